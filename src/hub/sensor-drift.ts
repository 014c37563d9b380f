/**
 * How a sensor has drifted from its fleet: it is silent, runs other rules than its ring, refuses them, or its clock is
 * off.
 */
import type { SensorStatus } from '../fleet/rules/sensor-status.ts';
import type { SensorHealth } from '../history/ship/sensor-table.ts';

export const DRIFTS = ['silent', 'other-rules', 'refuses-rules', 'clock'] as const;
export type Drift = (typeof DRIFTS)[number];

/** A sensor ships a minute every minute; three of them are missing then. */
const SILENT_MS = 180_000;
const CLOCK_MS = 2000;
/** A sensor needs a moment to take a bundle. */
const TAKE_MS = 30_000;

/** What a sensor says of its rules, and what its ring should run. */
export interface RulesState {
  readonly status: SensorStatus;
  /** Version and id of the bundle of its ring, and since when, ms since 1970; null for no bundle. */
  readonly wanted: { readonly version: number; readonly id: string; readonly sinceMs: number } | null;
}

/** `rules`: null for a sensor that has rules of its own. Its drifts, in the order of DRIFTS. */
export function driftsOf(health: SensorHealth, rules: RulesState | null, nowMs: number): Drift[] {
  const seenMs = Math.max(health.seen_ms, rules?.status.seen_ms ?? 0);
  const wanted = rules?.wanted ?? null;
  const isOther = wanted !== null && rules?.status.bundle?.id !== wanted.id && nowMs - wanted.sinceMs > TAKE_MS;
  const holds: Record<Drift, boolean> = {
    silent: nowMs - seenMs > SILENT_MS,
    'other-rules': isOther,
    'refuses-rules': (rules?.status.refused ?? null) !== null,
    clock: Math.abs(health.clock_offset_ms ?? 0) > CLOCK_MS,
  };
  return DRIFTS.filter((drift) => holds[drift]);
}
