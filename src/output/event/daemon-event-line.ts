/**
 * The daemon's own events, as JSON Lines in the same log as those of flows: breaker trips and resets, reloads, calendar
 * dates, operator actions and periodic counts. Their timestamp is the packet time at which they took effect.
 */
import { formatMicros } from '../../core/units.ts';
import type { HitCounts } from '../../decision/registered-hits.ts';
import type { EventContext } from './event-context.ts';
import type { ExcessNumbers } from '../../policy/excess-words.ts';
import type { ShownTrip } from './shown-trip.ts';

const MICROS_PER_SECOND = 1e6;

export interface BreakerEvent {
  readonly state: 'tripped' | 'reset';
  readonly mode: string;
  /** The trip; null for a reset. */
  readonly trip: ShownTrip | null;
}

export interface HarmEvent {
  readonly state: 'cleared';
  readonly reason: string;
  /** The counts of registered hits before they were cleared. */
  readonly before: HitCounts;
}

/** The pair of policy and registry in use: its hash, and the versions from the manifests if there are any. */
export interface RulesName {
  readonly sha256: string;
  readonly policy_version?: number;
  readonly registry_version?: number;
}

export interface ReloadEvent extends EventContext {
  readonly result: 'success' | 'failure' | 'unchanged' | 'refused';
  readonly mode: string;
  /** Flows that were decided again, and decisions that changed. */
  readonly flows: number;
  readonly changed: number;
  readonly problems: number;
  readonly rules: RulesName;
  /** The verdict of the change guard on the new rules; null if the guard was not consulted. */
  readonly change: ChangeFields | null;
}

/**
 * A change of rules that was tried: the hash of the resulting pair, the limits that it exceeds, and its figures
 * (policy/change-verdict).
 */
export interface ChangeFields {
  readonly sha256: string;
  readonly confirmed: boolean;
  readonly reasons: readonly string[];
  readonly exceeded: readonly ExcessNumbers[];
  readonly figures: Readonly<Record<string, unknown>>;
}

/** An event for a calendar date of the rules: ahead, held until it is confirmed, passed, or confirmed. */
export interface CalendarEvent {
  readonly state: string;
  /** Time until the date, like `24h`; null at the date itself. */
  readonly lead: string | null;
  /** The first and the last of the dates that are evaluated together, packet time. */
  readonly fromUs: number;
  readonly untilUs: number;
  readonly reasons: readonly string[];
  readonly exceeded: readonly ExcessNumbers[];
  readonly figures: Readonly<Record<string, unknown>>;
  readonly rules: RulesName;
}

/** The operator of an action: the user id from the control socket, or a signal. */
export type Operator =
  | { readonly via: 'socket'; readonly uid: number; readonly sudo_uid?: number }
  | { readonly via: 'signal'; readonly signal: string }
  | { readonly via: 'console'; readonly account: string };

/** An action of an operator. */
export interface ActionEvent {
  readonly what: string;
  readonly who: Operator;
  /** Wall-clock time, ISO 8601. */
  readonly at: string;
  readonly result: string;
  /** Hashes of the pair of policy and registry. */
  readonly rules_before: string;
  readonly rules_after: string;
  readonly [detail: string]: unknown;
}

/** Time that a restart of a live source did not watch, between what its flows have and its first packet. */
export interface GapEvent {
  readonly fromUs: number;
  readonly untilUs: number;
  /** Flows that go on. */
  readonly flows: number;
}

export function breakerLine(timeUs: number, { state, mode, trip }: BreakerEvent): string {
  return line(timeUs, 'breaker', { breaker: { state, mode, ...trip } });
}

export function harmLine(timeUs: number, { state, reason, before }: HarmEvent): string {
  return line(timeUs, 'harm', { harm: { state, reason, before } });
}

export function reloadLine(timeUs: number, notice: ReloadEvent): string {
  const { result, mode, flows, changed, problems, rules, change, policy, registry } = notice;
  const reload = { result, mode, flows, changed, problems, ...(change !== null && { change }) };
  return line(timeUs, 'reload', { reload, rules, policy, registry });
}

export function calendarLine(timeUs: number, notice: CalendarEvent): string {
  const { state, lead, fromUs, untilUs, reasons, exceeded, figures, rules } = notice;
  const [from, until] = [formatMicros(fromUs), formatMicros(untilUs)];
  const calendar = { state, lead, from, until, reasons, exceeded, figures };
  return line(timeUs, 'calendar', { calendar, rules });
}

/** A gap, which takes effect with the first packet after it. */
export function gapLine({ fromUs, untilUs, flows }: GapEvent): string {
  const [from, until] = [formatMicros(fromUs), formatMicros(untilUs)];
  const seconds = Math.max(0, untilUs - fromUs) / MICROS_PER_SECOND;
  return line(untilUs, 'gap', { gap: { from, until, seconds, flows } });
}

export function actionLine(timeUs: number, action: ActionEvent): string {
  return line(timeUs, 'action', { action });
}

export function statsLine(timeUs: number, stats: Readonly<Record<string, unknown>>): string {
  return line(timeUs, 'stats', { stats });
}

/** A line of the daemon's own: packet time, type and fields. */
export function line(timeUs: number, eventType: string, fields: object): string {
  return `${JSON.stringify({ timestamp: formatMicros(timeUs), event_type: eventType, ...fields })}\n`;
}
