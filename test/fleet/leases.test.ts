/**
 * Leases of the fleet's limits, in a simulation with a clock of its own: sensors that hit as much as they can, while
 * requests and answers are lost, late or doubled, and sensors and hubs are killed. A plain list of all hits says whether
 * any window had more than the limit.
 */
import { describe, expect, it } from 'vitest';
import { SensorLease } from '../../src/daemon/fleet-lease.ts';
import type { FleetLimit } from '../../src/fleet/breaker/fleet-limit.ts';
import { LeaseBook } from '../../src/fleet/breaker/lease-book.ts';
import { LEASE_MS, type LeaseAnswer, type LeaseRequest } from '../../src/fleet/breaker/lease-message.ts';
import { ClientGroup } from '../../src/policy/client-groups.ts';
import { SeededRandom } from '../kit/random.mjs';

const SITES = ['lahore-1', 'karachi-2', 'quetta-3', 'multan-4'];
const { CONFIRMED, SUSPECTED } = ClientGroup;

/** A fleet on a clock that a test moves. */
class Fleet {
  nowMs = 1000;
  readonly hits: number[] = [];
  book: LeaseBook;
  sensors: SensorLease[];
  private readonly limits: readonly FleetLimit[];
  private client = 0;

  constructor(limits: readonly FleetLimit[]) {
    this.limits = limits;
    this.book = new LeaseBook(limits, null, this.nowMs);
    this.sensors = SITES.map(() => this.newSensor());
  }

  newSensor(): SensorLease {
    return new SensorLease(() => this.nowMs);
  }

  answer(site: number, request: LeaseRequest): LeaseAnswer | null {
    return this.book.round([{ isp: 'example', site: SITES[site]!, request }], this.nowMs, this.nowMs)[0]!;
  }

  ask(site: number): boolean {
    const request = this.sensors[site]!.request();
    const answer = this.answer(site, request);
    return answer !== null && this.sensors[site]!.take(request, answer);
  }

  /** Tries to hit new clients; how many were. */
  hit(site: number, clients: number, stage: ClientGroup = CONFIRMED): number {
    const sensor = this.sensors[site]!;
    let done = 0;
    for (let one = 0; one < clients; one++) {
      const [high, low] = [++this.client, this.client * 7919];
      if (!sensor.isValid || !sensor.mayHit(high, low, stage)) continue;
      sensor.hit(high, low);
      this.hits.push(this.nowMs);
      done++;
    }
    return done;
  }

  /** The hub is killed, and another one begins with what is kept. */
  killHub(limits = this.limits): void {
    this.book = new LeaseBook(limits, this.book.ledger, this.nowMs);
  }

  /** The most hits that any window had, by counting all. */
  most(windowMs: number): number {
    let most = 0;
    for (let first = 0, last = 0; last < this.hits.length; last++) {
      while (this.hits[last]! - this.hits[first]! >= windowMs) first++;
      most = Math.max(most, last - first + 1);
    }
    return most;
  }
}

const MINUTE: FleetLimit = { clients: 100, window_ms: 60_000 };

describe('leases of the limits of a fleet', () => {
  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'never lend more than the limits, whatever is lost, late or killed (seed %i)',
    (seed) => {
      const random = new SeededRandom(seed);
      const limits = [MINUTE, { clients: 300, window_ms: 400_000 }];
      const fleet = new Fleet(limits);
      const late: { site: number; request: LeaseRequest; toHub: boolean; answer: LeaseAnswer | null }[] = [];
      for (let step = 0; step < 6000; step++) {
        fleet.nowMs += random.below(400);
        const site = random.below(SITES.length);
        const sensor = fleet.sensors[site]!;
        if (random.chance(0.5)) fleet.hit(site, random.below(12));
        else if (random.chance(0.7)) {
          const request = sensor.request();
          if (random.chance(0.15)) late.push({ site, request, toHub: true, answer: null });
          else {
            const answer = fleet.answer(site, request);
            if (random.chance(0.2)) late.push({ site, request, toHub: false, answer });
            else if (answer !== null) sensor.take(request, answer);
          }
        } else if (late.length > 0 && random.chance(0.6)) {
          const { toHub, ...one } = late.splice(random.below(late.length), 1)[0]!;
          const answer = toHub ? fleet.answer(one.site, one.request) : one.answer;
          if (answer !== null) fleet.sensors[one.site]!.take(one.request, answer);
        } else {
          const fate = random.below(50);
          if (fate < 3) fleet.sensors[site] = fleet.newSensor();
          else if (fate < 8) fleet.killHub();
          else if (fate === 8) fleet.nowMs += random.below(200_000);
        }
        // The wants of this fleet are without end: an operator lets it go on.
        if (random.chance(0.2)) fleet.book.reset();
      }
      expect(fleet.hits.length).toBeGreaterThan(200);
      for (const { clients, window_ms: ms } of limits) expect(fleet.most(ms)).toBeLessThanOrEqual(clients);
      expect(fleet.most(MINUTE.window_ms)).toBeGreaterThan(MINUTE.clients / 2);
    },
  );

  it('go to the sensor that needs them, until all is used', () => {
    const fleet = new Fleet([MINUTE]);
    for (const site of SITES.keys()) fleet.ask(site);
    for (const site of SITES.keys()) expect(fleet.ask(site)).toBe(true);
    let done = 0;
    for (let second = 0; second < 25; second++) {
      done += fleet.hit(2, Math.min(5, 100 - done));
      fleet.nowMs += 1000;
      for (const site of SITES.keys()) fleet.ask(site);
    }
    expect(done).toBe(100);
    expect(fleet.book.trip).toBeNull();
  });

  it('do not trip again after a reset because of clients that were not hit while they had tripped', () => {
    const fleet = new Fleet([MINUTE]);
    for (let round = 0; round < 2; round++) for (const site of SITES.keys()) fleet.ask(site);
    fleet.hit(0, 500);
    fleet.nowMs += 1000;
    for (const site of SITES.keys()) fleet.ask(site);
    expect(fleet.book.trip).not.toBeNull();
    for (const sensor of fleet.sensors)
      for (let client = 0; client < 200; client++) expect(sensor.mayHit(client, client * 31, CONFIRMED)).toBe(false);
    fleet.book.reset();
    for (const site of SITES.keys()) fleet.ask(site);
    expect(fleet.book.trip).toBeNull();
    for (const sensor of fleet.sensors) expect(sensor.isValid).toBe(true);
  });

  it('do not trip because of clients that a sensor did not hit in an hour without the fleet', () => {
    const fleet = new Fleet([MINUTE]);
    for (let round = 0; round < 2; round++) for (const site of SITES.keys()) fleet.ask(site);
    const cutOff = fleet.sensors[0]!;
    const hour = 3600;
    for (let second = 0; second < hour; second++) {
      fleet.nowMs += 1000;
      cutOff.mayHit(second, second * 31, CONFIRMED);
      for (const site of [1, 2, 3]) fleet.ask(site);
    }
    fleet.ask(0);
    expect(fleet.book.trip).toBeNull();
    expect(cutOff.isValid).toBe(true);
  });

  it('trip when more confirmed clients would be hit than the limit, and every sensor observes until a reset', () => {
    const fleet = new Fleet([MINUTE]);
    for (let round = 0; round < 2; round++) for (const site of SITES.keys()) fleet.ask(site);
    const done = fleet.hit(0, 500) + fleet.hit(1, 30);
    expect(done).toBeLessThanOrEqual(100);
    fleet.nowMs += 1000;
    for (const site of SITES.keys()) fleet.ask(site);
    expect(fleet.book.trip).toMatchObject({ limit: '100/60s', sensor: 'example/lahore-1' });
    for (const [site, sensor] of fleet.sensors.entries()) {
      expect(sensor.isValid).toBe(false);
      expect(fleet.hit(site, 1)).toBe(0);
    }
    fleet.killHub();
    fleet.ask(0);
    expect(fleet.sensors[0]!.trip).not.toBeNull();
    fleet.book.reset();
    fleet.nowMs += 61_001;
    fleet.ask(0);
    expect(fleet.ask(0)).toBe(true);
    expect(fleet.hit(0, 1)).toBe(1);
  });

  it('are not tripped by suspected clients alone, whose addresses may be forged', () => {
    const fleet = new Fleet([MINUTE]);
    fleet.ask(0);
    fleet.ask(0);
    fleet.hit(0, 10_000, SUSPECTED);
    fleet.nowMs += 1000;
    fleet.ask(0);
    expect(fleet.book.trip).toBeNull();
    expect(fleet.hits.length).toBeLessThanOrEqual(100);
  });

  it('end after ten seconds without an answer; what a silent sensor had comes back after its window', () => {
    const fleet = new Fleet([MINUTE]);
    for (let round = 0; round < 2; round++) for (const site of SITES.keys()) fleet.ask(site);
    fleet.nowMs += LEASE_MS - 1;
    expect(fleet.sensors[0]!.isValid).toBe(true);
    fleet.nowMs += 1;
    expect(fleet.sensors[0]!.isValid).toBe(false);
    expect(fleet.hit(0, 1)).toBe(0);
    const lent = (): number => fleet.book.state(fleet.nowMs).limits[0]!.lent;
    expect(lent()).toBeGreaterThan(10);
    fleet.nowMs += 62_000 + 2000;
    expect(lent()).toBe(0);
  });

  it('of a list of limits that has changed begin with the most that a sensor has counted', () => {
    const fleet = new Fleet([MINUTE]);
    fleet.ask(0);
    fleet.ask(0);
    const done = fleet.hit(0, 15);
    expect(done).toBe(15);
    const other = { clients: 40, window_ms: 600_000 };
    fleet.killHub([other]);
    expect(fleet.ask(0)).toBe(false);
    expect(fleet.sensors[0]!.isValid).toBe(false);
    expect(fleet.ask(0)).toBe(true);
    expect(fleet.book.state(fleet.nowMs).limits).toMatchObject([{ limit: '40/600s', used: 15 }]);
    expect(done + fleet.hit(0, 100)).toBeLessThanOrEqual(40);
  });
});
