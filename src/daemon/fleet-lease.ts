/**
 * The lease of one sensor: so many clients may newly be hit within each window of the fleet's limits. Times are those
 * of the machine's steady clock, as the fleet limits what happens now, whatever packet times say.
 *
 * A request gives back all that is not used, before it is sent; only the answer to the last request lends again. So a
 * lost, late or doubled message never lends twice. Without an answer the lease ends LEASE_MS after its request.
 */
import { randomBytes } from 'node:crypto';
import { SlidingCounts, SLICES } from '../decision/breaker/sliding-counts.ts';
import type { HitLease } from '../decision/hit-lease.ts';
import { type FleetLimit, limitsText } from '../fleet/breaker/fleet-limit.ts';
import { type FleetTrip, LEASE_MS, type LeaseAnswer, type LeaseRequest } from '../fleet/breaker/lease-message.ts';
import { ClientGroup } from '../policy/client-groups.ts';

const MICROS_PER_MS = 1000;
/** Clients whose refusal is noted one by one; more are as many. */
const MOST_WANTED = 1 << 16;
/** Bits of a hash's second word that fit into a number with the first. */
const LOW_BITS = 21;

interface Tally {
  readonly limit: FleetLimit;
  readonly counts: SlidingCounts;
  share: number;
}

export class SensorLease implements HitLease {
  /** Hits that were refused for want of a lease. */
  refusedCount = 0;
  /** The trip of the fleet's breaker; null while it has not tripped, or is not known to have. */
  trip: FleetTrip | null = null;
  private readonly instance = randomBytes(8).toString('hex');
  private readonly clock: () => number;
  private tallies: readonly Tally[] = [];
  private number = 0;
  private sentMs = -Infinity;
  private validUntilMs = -Infinity;
  private readonly wanted = new Set<number>();

  /** `clock`: a steady one, in ms. */
  constructor(clock: () => number = () => performance.now()) {
    this.clock = clock;
  }

  get isValid(): boolean {
    return this.trip === null && this.clock() < this.validUntilMs;
  }

  /** Clients that may still be hit, by the tightest limit. */
  get left(): number {
    if (this.tallies.length === 0) return 0;
    this.advance();
    return Math.max(0, Math.min(...this.tallies.map(({ share, counts }) => share - counts.upper(0))));
  }

  mayHit(high: number, low: number, stage: number): boolean {
    const { isValid } = this;
    if (isValid && this.left > 0) return true;
    this.refusedCount++;
    // What is refused without a valid lease says nothing of the need within a window: it may be of hours.
    if (isValid && stage === ClientGroup.CONFIRMED && this.wanted.size < MOST_WANTED)
      this.wanted.add(nameOf(high, low));
    return false;
  }

  hit(high: number, low: number): void {
    this.advance();
    this.wanted.delete(nameOf(high, low));
    for (const { counts } of this.tallies) counts.add(0, this.nowUs, 1);
  }

  /** The next request; what is not used is given back. `ends`: the last one. */
  request(ends = false): LeaseRequest {
    this.advance();
    this.sentMs = this.clock();
    this.number++;
    for (const tally of this.tallies) tally.share = tally.counts.upper(0);
    const wanted = this.isValid ? this.wanted.size : 0;
    this.wanted.clear();
    const used = this.tallies.map(({ share }) => share);
    const limits = limitsText(this.tallies.map(({ limit }) => limit));
    return { instance: this.instance, number: this.number, limits, used, wanted, ends };
  }

  /** Takes the answer to a request, unless another one was made meanwhile. False if it lends nothing. */
  take({ number }: LeaseRequest, { limits, shares, trip }: LeaseAnswer): boolean {
    if (number !== this.number) return false;
    this.trip = trip;
    if (limitsText(limits) !== limitsText(this.tallies.map(({ limit }) => limit))) {
      // The hub counts by other windows: it must have the counts of these before it lends.
      this.useLimits(limits);
      this.validUntilMs = -Infinity;
      return false;
    }
    for (const [at, tally] of this.tallies.entries()) tally.share = Math.max(tally.share, shares[at] ?? 0);
    this.validUntilMs = this.sentMs + LEASE_MS;
    return trip === null;
  }

  private get nowUs(): number {
    return this.clock() * MICROS_PER_MS;
  }

  private advance(): void {
    for (const { counts } of this.tallies) counts.advance(this.nowUs, 0);
  }

  /** A new window begins with the most that any window had, as if it were of now. */
  private useLimits(limits: readonly FleetLimit[]): void {
    this.advance();
    const most = Math.max(0, ...this.tallies.map(({ counts }) => counts.upper(0)));
    this.tallies = limits.map((limit) => {
      const known = this.tallies.find((one) => one.limit.window_ms === limit.window_ms);
      const counts = known?.counts ?? new SlidingCounts(limit.window_ms * MICROS_PER_MS, SLICES + 1, 1);
      counts.advance(this.nowUs, 0);
      for (let hit = known === undefined ? 0 : most; hit < most; hit++) counts.add(0, this.nowUs, 1);
      return { limit, counts, share: counts.upper(0) };
    });
  }
}

function nameOf(high: number, low: number): number {
  return (high >>> 0) * 2 ** LOW_BITS + (low >>> (32 - LOW_BITS));
}
