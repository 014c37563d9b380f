/**
 * Events of the daemon itself, as JSON Lines beside those of flows: the breaker tripped or was reset, rules were reloaded, a date of the rules is near
 * or there, an operator acted, and counts from time to time. Their timestamp is the packet time at which they took effect.
 */
import { formatMicros } from '../../core/units.ts';
import type { HitCounts } from '../../decision/registered-hits.ts';
import type { EventContext } from './event-fields.ts';
import type { ShownTrip } from './shown-trip.ts';

export interface BreakerNotice {
  readonly state: 'tripped' | 'reset';
  readonly mode: string;
  /** What it saw; null for a reset. */
  readonly trip: ShownTrip | null;
}

export interface HarmNotice {
  readonly state: 'cleared';
  readonly reason: string;
  /** The counts of registered hits before. */
  readonly before: HitCounts;
}

/** The pair of policy and registry in use: its hash, and the versions of manifests where there are any. */
export interface RulesName {
  readonly sha256: string;
  readonly policy_version?: number;
  readonly registry_version?: number;
}

export interface ReloadNotice extends EventContext {
  readonly result: 'success' | 'failure' | 'unchanged' | 'refused';
  readonly mode: string;
  /** Flows that were decided anew, and decisions that changed. */
  readonly flows: number;
  readonly changed: number;
  readonly problems: number;
  readonly rules: RulesName;
  /** What the guard said of the new rules; null where it was not asked. */
  readonly change: ChangeNotice | null;
}

/** A change of rules that was tried: the hash of the pair after it, what it is beyond, and its figures (policy/change-verdict). */
export interface ChangeNotice {
  readonly sha256: string;
  readonly confirmed: boolean;
  readonly reasons: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
}

/** A date under the rules in use: ahead, held until it is confirmed, passed, or confirmed. */
export interface CalendarEvent {
  readonly state: string;
  /** How long before it, like `24h`; null at the date itself. */
  readonly lead: string | null;
  /** The first and the last of the dates that are looked at together, packet time. */
  readonly fromUs: number;
  readonly untilUs: number;
  readonly reasons: readonly string[];
  readonly figures: Readonly<Record<string, unknown>>;
  readonly rules: RulesName;
}

/** The operator behind an action: by the control socket with the user id, or by a signal. */
export type ActionWho =
  | { readonly via: 'socket'; readonly uid: number; readonly sudo_uid?: number }
  | { readonly via: 'signal'; readonly signal: string };

/** Something that an operator did. */
export interface ActionNotice {
  readonly what: string;
  readonly who: ActionWho;
  /** Wall-clock time, ISO 8601. */
  readonly at: string;
  readonly result: string;
  /** Hashes of the pair of policy and registry. */
  readonly rules_before: string;
  readonly rules_after: string;
  readonly [detail: string]: unknown;
}

export function breakerLine(timeUs: number, { state, mode, trip }: BreakerNotice): string {
  return line(timeUs, 'breaker', { breaker: { state, mode, ...trip } });
}

export function harmLine(timeUs: number, { state, reason, before }: HarmNotice): string {
  return line(timeUs, 'harm', { harm: { state, reason, before } });
}

export function reloadLine(timeUs: number, notice: ReloadNotice): string {
  const { result, mode, flows, changed, problems, rules, change, policy, registry } = notice;
  const reload = { result, mode, flows, changed, problems, ...(change !== null && { change }) };
  return line(timeUs, 'reload', { reload, rules, policy, registry });
}

export function calendarLine(timeUs: number, notice: CalendarEvent): string {
  const { state, lead, fromUs, untilUs, reasons, figures, rules } = notice;
  const calendar = { state, lead, from: formatMicros(fromUs), until: formatMicros(untilUs), reasons, figures };
  return line(timeUs, 'calendar', { calendar, rules });
}

export function actionLine(timeUs: number, action: ActionNotice): string {
  return line(timeUs, 'action', { action });
}

export function statsLine(timeUs: number, stats: Readonly<Record<string, unknown>>): string {
  return line(timeUs, 'stats', { stats });
}

function line(timeUs: number, eventType: string, fields: object): string {
  return `${JSON.stringify({ timestamp: formatMicros(timeUs), event_type: eventType, ...fields })}\n`;
}
