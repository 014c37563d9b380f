/** The hash table of clients against a twin that keeps them in a Map. */
import { describe, expect, it } from 'vitest';
import { ClientSample, isLevel, NEVER, NO_ROW } from '../../../src/decision/breaker/client-sample.ts';
import { SeededRandom } from '../../kit/random.mjs';

const CAPACITY = 16;
const WIDTH = 2;
const SEEDS = 10;

type Hash = readonly [high: number, low: number];

/** The same table without hashing: room is made by the rules that the class states. */
class PlainSample {
  level = 0;
  rows = new Map<string, { hash: Hash; values: number[] }>();
  private readonly isNeeded: (values: readonly number[]) => boolean;

  constructor(isNeeded: (values: readonly number[]) => boolean) {
    this.isNeeded = isNeeded;
  }

  isSampled([, low]: Hash): boolean {
    // The first bits of the hash, as text.
    return !(low >>> 0).toString(2).padStart(32, '0').slice(0, this.level).includes('1');
  }

  take(hash: Hash): number[] | null {
    if (!this.isSampled(hash)) return null;
    const known = this.rows.get(String(hash));
    if (known !== undefined) return known.values;
    if (this.rows.size >= 12) {
      this.drop();
      while (this.rows.size > 8) {
        this.level++;
        this.drop();
      }
      if (!this.isSampled(hash)) return null;
    }
    const values = [NEVER, NEVER];
    this.rows.set(String(hash), { hash, values });
    return values;
  }

  lowerLevel(): boolean {
    if (this.level === 0) return false;
    this.drop();
    if (this.rows.size > 2) return false;
    this.level--;
    return true;
  }

  raiseLevel(level: number): void {
    if (level <= this.level) return;
    this.level = level;
    this.drop();
  }

  private drop(): void {
    for (const [key, { hash, values }] of this.rows)
      if (!this.isNeeded(values) || !this.isSampled(hash)) this.rows.delete(key);
  }
}

/** The values of a client's row; undefined for a client without one. */
function valuesOf(sample: ClientSample, hash: Hash): number[] | undefined {
  const row = sample.find(...hash);
  return row === NO_ROW ? undefined : [...sample.values.subarray(row * WIDTH, (row + 1) * WIDTH)];
}

/** Hashes of few different slots, so that rows of several clients stand one after the other, over the table's end too. */
function hashes(random: SeededRandom): Hash[] {
  return Array.from({ length: 60 }, () => [12 + random.below(6) + CAPACITY * random.below(3), random.word() | 0]);
}

describe('the table of clients', () => {
  it('has the same clients, values and level as its twin', () => {
    let [raised, lowered] = [0, 0];
    for (let seed = 0; seed < SEEDS; seed++) {
      const random = new SeededRandom(seed);
      let oldest = 0;
      const sample: ClientSample = new ClientSample(CAPACITY, WIDTH, (row) => sample.values[row * WIDTH]! >= oldest);
      const plain = new PlainSample(([first]) => first! >= oldest);
      const clients = hashes(random);
      for (let time = 1; time < 300; time++) {
        oldest = time - 40;
        const client = clients[random.below(clients.length)]!;
        const levelBefore = plain.level;
        if (random.below(3) > 0) {
          const row = sample.take(...client);
          const values = plain.take(client);
          expect(row === NO_ROW).toBe(values === null);
          if (values !== null) {
            expect([...sample.values.subarray(row * WIDTH, row * WIDTH + WIDTH)]).toEqual(values);
            sample.values[row * WIDTH] = values[0] = time;
            sample.values[row * WIDTH + 1] = values[1] = -time;
          }
        } else if (random.below(4) === 0) {
          expect(sample.lowerLevel()).toBe(plain.lowerLevel());
        } else if (random.below(30) === 0) {
          const level = random.below(3);
          sample.raiseLevel(level);
          plain.raiseLevel(level);
        }
        raised += Math.max(0, plain.level - levelBefore);
        lowered += Math.max(0, levelBefore - plain.level);
        expect([sample.level, sample.count]).toEqual([plain.level, plain.rows.size]);
        expect(clients.map(([, low]) => sample.isSampled(low))).toEqual(clients.map((one) => plain.isSampled(one)));
        expect(clients.map((one) => valuesOf(sample, one))).toEqual(
          clients.map((one) => plain.rows.get(String(one))?.values),
        );
      }
      const visited: string[] = [];
      sample.visit((row, high, low) => {
        visited.push(`${high},${low}`);
        expect(sample.find(high, low)).toBe(row);
      });
      expect(visited.sort()).toEqual([...plain.rows.keys()].sort());
    }
    expect(raised).toBeGreaterThan(SEEDS);
    expect(lowered).toBeGreaterThan(SEEDS / 2);
  });

  it('tells clients apart by both words of their hash', () => {
    const sample = new ClientSample(CAPACITY, 1, () => true);
    const rows = [sample.take(1, 1), sample.take(1, 2), sample.take(2, 1)];
    expect(new Set(rows).size).toBe(3);
    expect([sample.find(1, 2), sample.find(2, 2)]).toEqual([rows[1], NO_ROW]);
  });

  it('keeps every client until the table is three quarters full', () => {
    const sample = new ClientSample(CAPACITY, 1, () => false);
    for (let client = 0; client < 12; client++) sample.take(client, -1);
    expect(sample.count).toBe(12);
    sample.take(12, -1);
    expect([sample.count, sample.level]).toEqual([1, 0]);
  });

  it('grows up to its capacity before it samples, and keeps each client with its values', () => {
    const sample = new ClientSample(4096, 2, () => true);
    const hashOf = (client: number): Hash => [client * 7, Math.imul(client, 0x9e3779b1)];
    for (let client = 0; client < 3072; client++) {
      const row = sample.take(...hashOf(client));
      sample.values[row * 2] = client;
      sample.values[row * 2 + 1] = -client;
    }
    expect([sample.level, sample.count]).toEqual([0, 3072]);
    const values = Array.from({ length: 3072 }, (_, client) => valuesOf(sample, hashOf(client)));
    expect(values).toEqual(Array.from({ length: 3072 }, (_, client) => [client, -client]));
    sample.take(-1, 0);
    expect(sample.level).toBe(1);
    expect(sample.count).toBeLessThan(2048);
  });

  it('does not grow for clients that are no longer needed', () => {
    const needed = 3000;
    const sample: ClientSample = new ClientSample(4096, 1, (row) => sample.values[row]! >= needed);
    for (let client = 0; client <= needed; client++) sample.values[sample.take(client, client)] = client;
    // Rows were dropped each time the first 512 slots were three quarters full.
    expect(sample.count).toBeLessThan(384);
    expect(sample.find(needed, needed)).not.toBe(NO_ROW);
  });

  it('has no level above 24, which samples one client of 16 million', () => {
    const sample = new ClientSample(CAPACITY, 1, () => true);
    sample.raiseLevel(99);
    expect(sample.level).toBe(24);
    expect([sample.isSampled(0xff), sample.isSampled(0x1ff)]).toEqual([true, false]);
    // Clients that are in the sample at every level.
    for (let client = 0; client < 14; client++) expect(sample.take(client, client)).not.toBe(NO_ROW);
    expect([sample.level, sample.count]).toEqual([24, 14]);
  });

  it('is empty, and takes all clients, once it is cleared', () => {
    const sample = new ClientSample(CAPACITY, 1, () => true);
    sample.raiseLevel(3);
    sample.take(1, 1);
    sample.clear();
    expect([sample.count, sample.level, sample.find(1, 1)]).toEqual([0, 0, NO_ROW]);
    expect(sample.take(1, -1)).not.toBe(NO_ROW);
  });

  it('has levels from 0 to 24, which are whole numbers', () => {
    expect([0, 24, -1, 25, 0.5, '1', null].map(isLevel)).toEqual([true, true, false, false, false, false, false]);
  });
});
