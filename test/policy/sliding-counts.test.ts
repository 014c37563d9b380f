/** The sample and its bounds: exact below the capacity, and at 95 % confidence beyond, in memory that does not grow. */
import { describe, expect, it } from 'vitest';
import { ClientHash } from '../../src/policy/client-hash.ts';
import { HitClients } from '../../src/decision/breaker/hit-clients.ts';
import { SeenClients } from '../../src/decision/breaker/seen-clients.ts';
import { randomFrom } from '../registry/random.ts';

const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;
const WINDOW = 60 * SECOND;
const CONFIRMED = 2;

/** Clients of numbers, seen by a table under a key. */
class Watched {
  readonly seen: SeenClients;
  private readonly hash: ClientHash;

  constructor(capacity: number, seed: number) {
    const random = randomFrom(seed);
    this.seen = new SeenClients(WINDOW, CONFIRMED, capacity);
    this.hash = new ClientHash([random.word(), random.word(), random.word(), random.word()]);
  }

  see(timeUs: number, number: number): void {
    this.hash.take([0, 0, 0xffff, number]);
    this.seen.advance(timeUs);
    this.seen.see(timeUs, this.hash.high, this.hash.low);
  }
}

describe('clients beyond the table', () => {
  it('are estimated, with bounds that hold in 95 of 100 deployments', () => {
    const deployments = 200;
    let below = 0;
    let above = 0;
    let errors = 0;
    for (let seed = 0; seed < deployments; seed++) {
      const clients = 3000 + 17 * seed;
      const watched = new Watched(1 << 10, seed);
      // Seen in several slices, some again and again.
      for (let number = 0; number < clients; number++)
        watched.see(START + Math.floor((number * 30) / clients) * SECOND, number);
      for (let number = 0; number < clients; number += 3) watched.see(START + 40 * SECOND, number);
      const { counts } = watched.seen;
      expect(counts.isExact).toBe(false);
      errors += Math.abs(counts.estimate(0) - clients) / clients;
      if (counts.lower(0) <= clients) below++;
      if (counts.upper(0) >= clients) above++;
    }
    expect(below).toBeGreaterThanOrEqual(deployments * 0.92);
    expect(above).toBeGreaterThanOrEqual(deployments * 0.92);
    // Some 400 are in the sample: an error of some 4 %.
    expect(errors / deployments).toBeLessThan(0.06);
  });

  it('are exact again once the flood has left the window', () => {
    const watched = new Watched(1 << 8, 3);
    for (let number = 0; number < 20_000; number++) watched.see(START, number);
    expect(watched.seen.counts.isExact).toBe(false);
    let timeUs = START;
    // The level falls by one a slice; the slices of the flood leave within a minute.
    for (let second = 0; second < 130; second++) {
      timeUs += SECOND;
      for (let number = 0; number < 50; number++) watched.see(timeUs, 1_000_000 + number);
    }
    expect([watched.seen.counts.isExact, watched.seen.counts.lower(0)]).toEqual([true, 50]);
  });

  it('go through a state and back as they were', () => {
    const watched = new Watched(1 << 8, 5);
    for (let number = 0; number < 5000; number++) watched.see(START + number * 5000, number);
    const state = JSON.parse(JSON.stringify(watched.seen.exportState())) as ReturnType<SeenClients['exportState']>;
    const after = new SeenClients(WINDOW, CONFIRMED, 1 << 8);
    after.importState(state, START + 4999 * 5000);
    for (const read of ['estimate', 'lower', 'upper'] as const)
      expect(after.counts[read](0)).toBe(watched.seen.counts[read](0));
  });

  it('of which few or none are in the sample still have an upper bound', () => {
    const watched = new Watched(1 << 8, 7);
    for (let number = 0; number < 20_000; number++) watched.see(START, number);
    // A minute later no client of the flood is left, and one that may not be in the sample has come.
    watched.see(START + 61 * SECOND, -1);
    const { counts } = watched.seen;
    expect(counts.upper(0)).toBeGreaterThanOrEqual(1);
    expect(counts.lower(0)).toBeLessThanOrEqual(1);
  });
});

describe('hit clients beyond the table', () => {
  it('are never fewer than there are, but for one deployment in twenty', () => {
    const deployments = 100;
    let above = 0;
    for (let seed = 0; seed < deployments; seed++) {
      const random = randomFrom(seed);
      const hash = new ClientHash([random.word(), random.word(), random.word(), random.word()]);
      const hits = new HitClients([WINDOW], 1 << 9);
      for (let number = 0; number < 4000; number++) {
        hash.take([0, 0, 0xffff, number]);
        hits.advance(START + number * 1000);
        hits.hit(START + number * 1000, hash.high, hash.low, CONFIRMED);
      }
      if (hits.within(WINDOW).upper(CONFIRMED) >= 4000) above++;
      expect(hits.within(WINDOW).estimate(CONFIRMED)).toBeGreaterThan(2500);
    }
    expect(above).toBeGreaterThanOrEqual(deployments * 0.92);
  });
});
