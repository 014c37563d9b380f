/**
 * Events of the daemon itself, as JSON Lines beside those of flows: the breaker tripped or was reset, rules were reloaded, and
 * counts from time to time. Their timestamp is the packet time at which they took effect.
 */
import { formatMicros } from '../core/units.ts';
import type { Trip } from '../engine/safety-guard.ts';
import type { EventContext } from './event-fields.ts';

export interface BreakerNotice {
  readonly state: 'tripped' | 'reset';
  readonly mode: string;
  /** What it saw; null for a reset. */
  readonly trip: Trip | null;
}

export interface ReloadNotice extends EventContext {
  readonly result: 'success' | 'failure' | 'unchanged';
  readonly mode: string;
  /** Flows that were decided anew, and decisions that changed. */
  readonly flows: number;
  readonly changed: number;
  readonly problems: number;
}

export function breakerLine(timeUs: number, { state, mode, trip }: BreakerNotice): string {
  const cause = trip === null ? {} : { cause: trip.cause, clients_affected: trip.affected, clients_seen: trip.seen };
  return line(timeUs, 'breaker', { breaker: { state, mode, ...cause } });
}

export function reloadLine(timeUs: number, notice: ReloadNotice): string {
  const { result, mode, flows, changed, problems, policy, registry } = notice;
  return line(timeUs, 'reload', { reload: { result, mode, flows, changed, problems }, policy, registry });
}

export function statsLine(timeUs: number, stats: Readonly<Record<string, unknown>>): string {
  return line(timeUs, 'stats', { stats });
}

function line(timeUs: number, eventType: string, fields: object): string {
  return `${JSON.stringify({ timestamp: formatMicros(timeUs), event_type: eventType, ...fields })}\n`;
}
