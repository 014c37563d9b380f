/**
 * What the hub has lent of the fleet's limits, and to whom. At any time the shares of all sensors are within each
 * limit, with those of sensors that fell silent: they may have used all that they had, so theirs is free again only
 * when their lease has ended and their last hit has left the window.
 *
 * A request that comes late, after newer ones are answered, changes nothing. The book has no side effects. It is kept
 * in the fleet (lease-store) after each round and before any answer is sent.
 */
import { type FleetLimit, fleetLimitText, limitsText } from './fleet-limit.ts';
import {
  type BreakerState,
  type FleetTrip,
  LEASE_MS,
  type LeaseAnswer,
  type LeaseRequest,
  type Ledger,
} from './lease-message.ts';

/** A sensor's lease has ended after this time, also where clocks run at other speeds. */
const ENDED_MS = LEASE_MS + 2000;
/** Processes of one sensor whose hits still count; more get no lease. */
const MOST_INSTANCES = 64;
/** A sensor that wants nothing gets this part of what is free, divided by the sensors. */
const SPARE_PART = 0.25;

export interface SensorRequest {
  readonly isp: string;
  readonly site: string;
  readonly request: LeaseRequest;
}

interface Entry {
  readonly isp: string;
  readonly site: string;
  readonly instance: string;
  number: number;
  shares: number[];
  used: number[];
  wanted: number;
  /** Clients that it hit between its last two requests: it may need as many again. */
  recent: number;
  /** When it asked last, by the hub's steady clock, ms. */
  heardMs: number;
  hasEnded: boolean;
}

export class LeaseBook {
  trip: FleetTrip | null = null;
  private readonly limits: readonly FleetLimit[];
  private readonly entries = new Map<string, Entry>();

  /** Goes on with a ledger, as of a time of the hub's steady clock; null for none. */
  constructor(limits: readonly FleetLimit[], ledger: Ledger | null, nowMs: number) {
    this.limits = limits;
    if (ledger === null) return;
    this.trip = ledger.trip;
    for (const kept of ledger.entries) {
      // With other limits than before, the most that it had counts for each.
      const of = (counts: readonly number[]): number[] =>
        limits.map(({ window_ms: ms }) => {
          const at = ledger.limits.findIndex((limit) => limit.window_ms === ms);
          return at < 0 ? Math.max(0, ...counts) : (counts[at] ?? 0);
        });
      this.entries.set(keyOf(kept, kept.instance), {
        ...kept,
        shares: of(kept.shares),
        used: of(kept.used),
        recent: 0,
        heardMs: nowMs,
        hasEnded: false,
      });
    }
  }

  /** Answers requests together, in their order; null for one without an answer. Trips if the limits do not suffice. */
  round(requests: readonly SensorRequest[], nowMs: number, wallMs: number): (LeaseAnswer | null)[] {
    this.forget(nowMs);
    const asking = requests.map((one) => this.note(one, nowMs));
    const live = this.live(nowMs);
    const wanted = live.reduce((sum, entry) => sum + entry.wanted, 0);
    this.trip ??= this.tripNow(live, wanted, nowMs, wallMs);
    return asking.map((entry, at) => {
      if (entry === null) return null;
      const { number, limits } = requests[at]!.request;
      // Another request of the same sensor may have come after this one.
      const isLast = entry.number === number && limits === limitsText(this.limits);
      if (isLast && this.trip === null && !entry.hasEnded) this.lend(entry, { sensors: live.length, wanted }, nowMs);
      return { limits: [...this.limits], shares: [...entry.shares], trip: this.trip };
    });
  }

  reset(): void {
    this.trip = null;
    for (const entry of this.entries.values()) entry.wanted = 0;
  }

  get ledger(): Ledger {
    const entries = [...this.entries.values()].map(({ isp, site, instance, number, shares, used, wanted }) => ({
      ...{ isp, site, instance, number, wanted },
      shares: [...shares],
      used: [...used],
    }));
    return { ledger: 1, limits: [...this.limits], entries, trip: this.trip };
  }

  state(nowMs: number): BreakerState {
    const limits = this.limits.map((limit, at) => ({
      limit: fleetLimitText(limit),
      clients: limit.clients,
      used: this.sumOf('used', at, nowMs),
      lent: this.sumOf('shares', at, nowMs),
    }));
    return { trip: this.trip, limits, sensors: this.live(nowMs).map(({ isp, site }) => ({ isp, site })) };
  }

  /** The entry of a sensor, with what it says; null for one that is not answered. */
  private note({ isp, site, request }: SensorRequest, nowMs: number): Entry | null {
    const key = keyOf({ isp, site }, request.instance);
    const known = this.entries.get(key);
    // An older request than the last that was answered says less than is lent.
    if (known !== undefined && request.number <= known.number) return null;
    const isSame = request.limits === limitsText(this.limits) && request.used.length === this.limits.length;
    if (known === undefined && this.instancesOf(isp, site) >= MOST_INSTANCES) return null;
    const entry: Entry = known ?? {
      ...{ isp, site, instance: request.instance, number: 0, wanted: 0, recent: 0, heardMs: nowMs, hasEnded: false },
      shares: this.limits.map(() => 0),
      used: this.limits.map(() => 0),
    };
    this.entries.set(key, entry);
    entry.number = request.number;
    entry.heardMs = nowMs;
    entry.hasEnded = request.ends;
    entry.wanted = isSame ? request.wanted : 0;
    // A sensor that counts by other windows keeps what it had; the answer has the windows.
    if (isSame) {
      entry.recent = Math.max(0, ...request.used.map((used, limit) => used - entry.used[limit]!));
      entry.used = [...request.used];
      entry.shares = [...request.used];
    }
    return entry;
  }

  /** `wanted`: by all sensors; what is spare goes to those that want nothing. */
  private lend(entry: Entry, fleet: { readonly sensors: number; readonly wanted: number }, nowMs: number): void {
    for (const [at, { clients }] of this.limits.entries()) {
      const free = Math.max(0, clients - this.sumOf('shares', at, nowMs));
      const spare = Math.floor((SPARE_PART * Math.max(0, free - fleet.wanted)) / fleet.sensors);
      entry.shares[at]! += Math.min(free, entry.wanted + entry.recent + spare);
    }
  }

  /** A trip if all that is used and wanted is more than a limit. */
  private tripNow(live: readonly Entry[], wanted: number, nowMs: number, wallMs: number): FleetTrip | null {
    if (wanted === 0) return null;
    for (const [at, limit] of this.limits.entries()) {
      const used = this.sumOf('used', at, nowMs);
      if (used + wanted <= limit.clients) continue;
      const { isp, site } = live.reduce((most, entry) => (entry.wanted > most.wanted ? entry : most));
      return { at_ms: wallMs, limit: fleetLimitText(limit), used, wanted, sensor: `${isp}/${site}` };
    }
    return null;
  }

  /** Sensors that ask. */
  private live(nowMs: number): Entry[] {
    return [...this.entries.values()].filter(({ heardMs, hasEnded }) => !hasEnded && nowMs - heardMs <= ENDED_MS);
  }

  /** Clients in the window of a limit: those newly hit, as sensors said last, or with what is lent. */
  private sumOf(what: 'used' | 'shares', at: number, nowMs: number): number {
    let sum = 0;
    for (const entry of this.entries.values()) if (this.counts(entry, at, nowMs)) sum += entry[what][at]!;
    return sum;
  }

  /** Whether hits of a sensor may still be in the window of a limit. */
  private counts({ heardMs }: Entry, at: number, nowMs: number): boolean {
    // 61 slices of a sixtieth span the window of a sensor.
    return nowMs - heardMs <= ENDED_MS + (this.limits[at]!.window_ms * 61) / 60;
  }

  private instancesOf(isp: string, site: string): number {
    return [...this.entries.values()].filter((entry) => entry.isp === isp && entry.site === site).length;
  }

  private forget(nowMs: number): void {
    for (const [key, entry] of this.entries)
      if (!this.limits.some((_, at) => this.counts(entry, at, nowMs))) this.entries.delete(key);
  }
}

function keyOf({ isp, site }: { readonly isp: string; readonly site: string }, instance: string): string {
  return `${isp}/${site}#${instance}`;
}
