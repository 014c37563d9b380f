/** The record of a trip of the breaker. */
import type { Then } from '../../policy/then.ts';

/** The causes of a trip. `state`: the breaker's state could not be read after a restart. */
export const TRIP_CAUSES = ['clients', 'share', 'registered', 'state'] as const;
export type TripCause = (typeof TRIP_CAUSES)[number];

/** A trip, with the counts at its time. */
export interface Trip {
  /** Packet time, µs since 1970. */
  readonly timeUs: number;
  readonly cause: TripCause;
  readonly then: Then;
  /** The limit that would have been exceeded (`60s confirmed`); null for the causes registered and state. */
  readonly limit: string | null;
  /** Clients newly hit in the limit's window, or registered hits, including the one that was not admitted. */
  readonly affected: number;
  /** Clients with a finding of the limit's stage in its window. */
  readonly seen: number;
  /** The allowed number of clients, or of registered hits. */
  readonly allowed: number;
}
