/** Reports whether a policy would trip its own limits on the traffic of a replay, as JSON and as text. */
import { number } from '../../core/count-text.ts';
import { formatMicros } from '../../core/units.ts';
import type { TrialTrip } from '../../decision/trial-admission.ts';

const NO_TRIP = "The safety breaker would not have tripped: this traffic stays within the policy's limits.";

/** A trip as JSON shows it. */
export interface TrialTripJson {
  readonly timestamp: string;
  readonly then: string;
  readonly cause: string;
  readonly limit: string | null;
  readonly clients_affected: number;
  readonly clients_seen: number;
  readonly clients_allowed: number;
  readonly rule: string;
}

export function trialTripJson({ trip, rule }: TrialTrip): TrialTripJson {
  const { timeUs, cause, then, limit, affected, seen, allowed } = trip;
  const counts = { clients_affected: affected, clients_seen: seen, clients_allowed: allowed };
  return { timestamp: formatMicros(timeUs), then, cause, limit, ...counts, rule };
}

/** One sentence per trip, or one that reports that there is none. */
export function trialTripLines(trips: readonly TrialTrip[]): string[] {
  return trips.length === 0 ? [NO_TRIP] : trips.map(tripText);
}

function tripText({ trip, rule }: TrialTrip): string {
  const [affected, allowed, seen] = [trip.affected, trip.allowed, trip.seen].map(number);
  const what =
    trip.cause === 'registered'
      ? `registered hits: ${affected}, allowed: ${allowed}`
      : `clients newly hit within ${trip.limit ?? ''}: ${affected}, allowed: ${allowed}, with a finding: ${seen}`;
  const effect = trip.then === 'observe' ? '' : ' for suspected findings';
  return `The safety breaker would have tripped${effect} at ${formatMicros(trip.timeUs)} on rule ${rule} (${what}).`;
}
