/**
 * The safety breaker: it stops enforcement when too many clients are newly throttled or blocked within a window of packet time, so that a wrong
 * rule or a registry that lost its rows never becomes an outage.
 *
 * It is asked before a client is hit (`admit`) and trips instead of admitting the one too many: no more than `maxClientsAffected` distinct clients are
 * newly hit in any window, nor, once SHARE_MINIMUM clients are seen in it, more than `maxShareAffected` of them. Once tripped it admits nobody until an
 * operator resets it; a reset forgets who was affected, so a rule that is still wrong trips it again.
 *
 * Pure: no clock, no log, no file. What follows a trip (mode observe, an event, a metric) is its caller's part.
 */
import type { Address } from './client-key.ts';
import { type AffectedClient, ClientWindow } from './client-window.ts';
import type { Safety } from './policy.ts';

/** Clients in the window from which on their share is judged. */
export const SHARE_MINIMUM = 200;

export type TripCause = 'clients' | 'share';

/** What the breaker saw when it tripped. */
export interface Trip {
  /** Packet time, µs since 1970. */
  readonly timeUs: number;
  readonly cause: TripCause;
  /** Clients newly affected in the window, with the one that was not admitted; and clients seen in it. */
  readonly affected: number;
  readonly seen: number;
}

/** The state that survives a restart, as plain data for JSON. It names the clients affected in the last day: keep the file private. */
export interface BreakerState {
  readonly version: 1;
  readonly trip: Trip | null;
  readonly sliceUs: number;
  readonly slice: number;
  readonly clients: readonly AffectedClient[];
}

export class Breaker {
  private readonly limits: Safety;
  private readonly window: ClientWindow;
  private tripped: Trip | null = null;

  /** `capacity` (a power of two): clients that are told apart; see client-window for what follows beyond. */
  constructor(limits: Safety, capacity?: number) {
    this.limits = limits;
    this.window = new ClientWindow(limits.windowUs, capacity);
  }

  /** What tripped the breaker, or null while it is closed. */
  get trip(): Trip | null {
    return this.tripped;
  }

  /** Distinct clients newly affected, and seen, in the window that ends at the latest packet time. */
  get affectedCount(): number {
    return this.window.newlyAffectedCount;
  }

  get seenCount(): number {
    return this.window.seenCount;
  }

  /** Notes a client's packet. Call it for every client, hit or not: the share is of these. */
  see(timeUs: number, client: Address): void {
    this.window.see(timeUs, client);
  }

  /** True when the client may be throttled or blocked now, and it is counted so; false when the breaker is, or is hereby, tripped. */
  admit(timeUs: number, client: Address): boolean {
    if (this.tripped !== null) return false;
    const { window, limits } = this;
    window.see(timeUs, client);
    if (window.isNew(timeUs, client)) {
      const affected = window.newlyAffectedCount + 1;
      const seen = window.seenCount;
      const cause = this.causeOf(affected, seen, limits);
      if (cause !== null) {
        this.tripped = { timeUs, cause, affected, seen };
        return false;
      }
    }
    window.affect(timeUs, client);
    return true;
  }

  /** Closes the breaker again, and forgets who was affected and seen. */
  reset(): void {
    this.tripped = null;
    this.window.clear();
  }

  exportState(): BreakerState {
    const { sliceUs, slice } = this.window;
    return { version: 1, trip: this.tripped, sliceUs, slice, clients: this.window.affectedClients() };
  }

  /**
   * Takes up an exported state. A trip is kept whatever the limits now are; the clients only if the window is as long as it was.
   * Throws TypeError where the value is no such state.
   */
  importState(state: unknown): void {
    if (!isState(state)) throw new TypeError('this is no state of a breaker');
    this.tripped = state.trip;
    if (state.sliceUs === this.window.sliceUs) this.window.restore(state.slice, state.clients);
  }

  private causeOf(affected: number, seen: number, limits: Safety): TripCause | null {
    if (affected > limits.maxClientsAffected) return 'clients';
    return seen >= SHARE_MINIMUM && affected > limits.maxShareAffected * seen ? 'share' : null;
  }
}

function isState(value: unknown): value is BreakerState {
  if (!isRecord(value) || value.version !== 1) return false;
  const { trip, clients } = value;
  return (
    isCount(value.slice) &&
    typeof value.sliceUs === 'number' &&
    (trip === null || isTrip(trip)) &&
    Array.isArray(clients) &&
    clients.every(isClient)
  );
}

function isTrip(value: unknown): boolean {
  if (!isRecord(value) || (value.cause !== 'clients' && value.cause !== 'share')) return false;
  return typeof value.timeUs === 'number' && isCount(value.affected) && isCount(value.seen);
}

function isClient(value: unknown): boolean {
  if (!Array.isArray(value) || value.length !== 6) return false;
  const numbers: unknown[] = value;
  return numbers.every(Number.isInteger) && isCount(numbers[4]) && isCount(numbers[5]);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
