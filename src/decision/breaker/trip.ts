/** Why a breaker has tripped. */
import type { Then } from '../../policy/limits.ts';

/** `state`: what it had seen before a restart could not be read. */
export const TRIP_CAUSES = ['clients', 'share', 'registered', 'state'] as const;
export type TripCause = (typeof TRIP_CAUSES)[number];

/** The counts of the breaker when it tripped. */
export interface Trip {
  /** Packet time, µs since 1970. */
  readonly timeUs: number;
  readonly cause: TripCause;
  readonly then: Then;
  /** The limit that would have been exceeded (`60s confirmed`); null for the causes registered and state. */
  readonly limit: string | null;
  /** Clients newly hit in the limit's window, or registered hits, with the one that was not admitted. */
  readonly affected: number;
  /** Clients with a finding of the limit's stage in its window. */
  readonly seen: number;
  /** Clients, or registered hits, that are allowed. */
  readonly allowed: number;
}
