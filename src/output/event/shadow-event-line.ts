/**
 * Events of a daemon's shadow: a second set of rules that decides beside the active one and never acts. They are lines
 * of the log of decisions. There is one for each state; none is written for each flow.
 */
import type { infer as Infer } from 'zod/mini';
import { line } from './daemon-event-line.ts';
import type { TupleFields } from './event-fields.ts';
import type { VpnFields } from './flow-names.ts';
import type { shadowEvent, shadowFigures } from './schema/shadow-schema.ts';
import type { ShownTrip } from './shown-trip.ts';

/** Everything that is known of a shadow: in the events `summary` and `ended`, and in the daemon's status. */
export type ShadowFigures = Infer<typeof shadowFigures>;

/** The rules of a shadow: in each of its events. */
export type ShadowName = Pick<ShadowFigures, 'policy' | 'registry'>;

type ShadowEvent = Infer<typeof shadowEvent>;

/** What one side decides for the flow of a `registered-hit`. */
export type ShadowSideFields = NonNullable<ShadowEvent['shadow']['active']>;

/** A flow of a registered user that only the shadow throttles or blocks. */
export interface ShadowHit {
  readonly tuple: TupleFields;
  readonly vpn: VpnFields;
  readonly registration: NonNullable<ShadowEvent['registration']>;
  readonly active: ShadowSideFields;
  readonly candidate: ShadowSideFields;
  readonly deregistered: boolean;
}

export function shadowBeganLine(timeUs: number, name: ShadowName): string {
  return line(timeUs, 'shadow', { shadow: { state: 'began', ...name } });
}

export function shadowSummaryLine(timeUs: number, figures: ShadowFigures): string {
  return line(timeUs, 'shadow', { shadow: { state: 'summary', ...figures } });
}

/** `reason`: asked, replaced (by other rules) or stopped (with the daemon). */
export function shadowEndedLine(timeUs: number, reason: string, figures: ShadowFigures): string {
  return line(timeUs, 'shadow', { shadow: { state: 'ended', reason, ...figures } });
}

/** Files that were read are not valid: this shadow goes on. */
export function shadowFailedLine(timeUs: number, name: ShadowName, problems: number): string {
  return line(timeUs, 'shadow', { shadow: { state: 'failed', ...name, problems } });
}

export function shadowTripLine(timeUs: number, name: ShadowName, trip: ShownTrip): string {
  return line(timeUs, 'shadow', { shadow: { state: 'would-trip', ...name, trip } });
}

export function shadowHitLine(timeUs: number, name: ShadowName, hit: ShadowHit): string {
  const { tuple, vpn, registration, active, candidate, deregistered } = hit;
  const shadow = { state: 'registered-hit', ...name, active, candidate, deregistered };
  return line(timeUs, 'shadow', { ...tuple, vpn, registration, shadow });
}
