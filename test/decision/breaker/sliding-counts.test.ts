/** Counts of clients beyond the capacity of a table: estimates, and bounds at 95 % confidence. */
import { describe, expect, it } from 'vitest';
import { ClientHash } from '../../../src/policy/client-hash.ts';
import { HitClients } from '../../../src/decision/breaker/hit-clients.ts';
import { SeenClients } from '../../../src/decision/breaker/seen-clients.ts';
import { rounds } from '../../kit/mutated.ts';
import { SeededRandom } from '../../kit/random.mjs';

const SECOND = 1_000_000;
const START = 1_700_000_000 * SECOND;
const WINDOW = 60 * SECOND;
const CONFIRMED = 2;

/** A table of seen clients with a random key; clients are numbers. */
class SeenNumbers {
  readonly seen: SeenClients;
  private readonly hash: ClientHash;

  constructor(capacity: number, seed: number) {
    const random = new SeededRandom(seed);
    this.seen = new SeenClients(WINDOW, CONFIRMED, capacity);
    this.hash = new ClientHash([random.word(), random.word(), random.word(), random.word()]);
  }

  see(timeUs: number, number: number): void {
    this.hash.take([0, 0, 0xffff, number]);
    this.seen.advance(timeUs);
    this.seen.see(timeUs, this.hash.high, this.hash.low);
  }
}

describe('seen clients beyond the capacity', () => {
  it('are estimated, with bounds that hold for 95 of 100 keys', () => {
    const deployments = rounds(200);
    let below = 0;
    let above = 0;
    let errors = 0;
    for (let seed = 0; seed < deployments; seed++) {
      const clients = 3000 + 17 * seed;
      const numbers = new SeenNumbers(1 << 10, seed);
      // All are seen in one of 30 slices, every third one later again.
      for (let number = 0; number < clients; number++)
        numbers.see(START + Math.floor((number * 30) / clients) * SECOND, number);
      for (let number = 0; number < clients; number += 3) numbers.see(START + 40 * SECOND, number);
      const { counts } = numbers.seen;
      expect(counts.isExact).toBe(false);
      errors += Math.abs(counts.estimate(0) - clients) / clients;
      if (counts.lower(0) <= clients) below++;
      if (counts.upper(0) >= clients) above++;
    }
    expect(below).toBeGreaterThanOrEqual(deployments * 0.92);
    expect(above).toBeGreaterThanOrEqual(deployments * 0.92);
    // About 400 are in the sample, which gives an error of about 4 %.
    expect(errors / deployments).toBeLessThan(0.06);
  });

  it('are counted exactly again after the flood has left the window', () => {
    const numbers = new SeenNumbers(1 << 8, 3);
    for (let number = 0; number < 20_000; number++) numbers.see(START, number);
    expect(numbers.seen.counts.isExact).toBe(false);
    let timeUs = START;
    // The level falls by one in each slice, and the slices of the flood leave the window within a minute.
    for (let second = 0; second < 130; second++) {
      timeUs += SECOND;
      for (let number = 0; number < 50; number++) numbers.see(timeUs, 1_000_000 + number);
    }
    expect([numbers.seen.counts.isExact, numbers.seen.counts.lower(0)]).toEqual([true, 50]);
  });

  it('have the same counts after export and import', () => {
    const numbers = new SeenNumbers(1 << 8, 5);
    for (let number = 0; number < 5000; number++) numbers.see(START + number * 5000, number);
    const state = JSON.parse(JSON.stringify(numbers.seen.exportState())) as ReturnType<SeenClients['exportState']>;
    const after = new SeenClients(WINDOW, CONFIRMED, 1 << 8);
    after.importState(state, START + 4999 * 5000);
    for (const read of ['estimate', 'lower', 'upper'] as const)
      expect(after.counts[read](0)).toBe(numbers.seen.counts[read](0));
  });

  it('have an upper bound even where the sample is empty', () => {
    const numbers = new SeenNumbers(1 << 8, 7);
    for (let number = 0; number < 20_000; number++) numbers.see(START, number);
    // After a minute the flood has left the window. The only client is not necessarily in the sample.
    numbers.see(START + 61 * SECOND, -1);
    const { counts } = numbers.seen;
    expect(counts.upper(0)).toBeGreaterThanOrEqual(1);
    expect(counts.lower(0)).toBeLessThanOrEqual(1);
  });
});

describe('hit clients beyond the capacity', () => {
  it('have an upper bound that holds for 95 of 100 keys', () => {
    const deployments = rounds(100);
    let above = 0;
    for (let seed = 0; seed < deployments; seed++) {
      const random = new SeededRandom(seed);
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
