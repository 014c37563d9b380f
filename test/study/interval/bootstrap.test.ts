/**
 * The bootstrap against its definition: for a few sessions every resample can be listed, so that nothing is left to
 * chance; and against what an interval is for: that it holds the true value 19 times of 20.
 */
import { describe, expect, it } from 'vitest';
import { bootstrapInterval, type Figure } from '../../../src/study/interval/bootstrap.ts';
import { wilsonInterval } from '../../../src/study/interval/wilson.ts';
import { SeededRandom } from '../../kit/random.mjs';

const ratio: Figure = (sums) => sums[0]! / sums[1]!;

type Session = readonly [count: number, total: number];
const rowsOf = (sessions: readonly Session[]): Float64Array[] => sessions.map((session) => Float64Array.from(session));
const shareOf = (sessions: readonly Session[]): number =>
  sessions.reduce((sum, [count]) => sum + count, 0) / sessions.reduce((sum, [, total]) => sum + total, 0);

/** Every resample of n sessions, each of the n^n equally likely. */
function everyShare(sessions: readonly Session[]): number[] {
  const shares: number[] = [];
  const choose = (chosen: Session[]): void => {
    if (chosen.length === sessions.length) shares.push(shareOf(chosen));
    else for (const one of sessions) choose([...chosen, one]);
  };
  choose([]);
  return shares.sort((a, b) => a - b);
}

/** Probabilities of the normal distribution, by adding up its density. */
function probabilityBelow(z: number): number {
  const [from, steps] = [-8, 20_000];
  const width = (z - from) / steps;
  let sum = 0;
  for (let i = 0; i < steps; i++) sum += Math.exp(-((from + (i + 0.5) * width) ** 2) / 2);
  return (sum * width) / Math.sqrt(2 * Math.PI);
}

function quantile(probability: number): number {
  let z = -8;
  for (let step = 1; step > 1e-5; step /= 10) while (probabilityBelow(z + step) < probability) z += step;
  return z;
}

/** BCa as its formulas are printed, over every resample. */
function exactInterval(sessions: readonly Session[]): { lower: number; upper: number } {
  const shares = everyShare(sessions);
  const share = shareOf(sessions);
  const below = shares.filter((one) => one < share).length + shares.filter((one) => one === share).length / 2;
  const z0 = quantile(below / shares.length);
  const jackknife = sessions.map((_, left) => shareOf(sessions.filter((_, at) => at !== left)));
  const mean = jackknife.reduce((sum, one) => sum + one, 0) / jackknife.length;
  const cubes = jackknife.reduce((sum, one) => sum + (mean - one) ** 3, 0);
  const squares = jackknife.reduce((sum, one) => sum + (mean - one) ** 2, 0);
  const a = cubes / (6 * squares ** 1.5);
  const at = (z: number): number => {
    const probability = probabilityBelow(z0 + (z0 + z) / (1 - a * (z0 + z)));
    return shares[Math.min(shares.length - 1, Math.floor(probability * shares.length))]!;
  };
  return { lower: at(-1.96), upper: at(1.96) };
}

describe('the bootstrap over sessions', () => {
  it('has the bounds that all resamples have together', () => {
    const random = new SeededRandom(1);
    for (let round = 0; round < 12; round++) {
      const sessions = Array.from({ length: 6 }, (): Session => {
        const total = random.between(20, 60);
        return [random.between(0, total), total];
      });
      const exact = exactInterval(sessions);
      const interval = bootstrapInterval(rowsOf(sessions), ratio, 40_000)!;
      expect(interval.lower).toBeCloseTo(exact.lower, 1.5);
      expect(interval.upper).toBeCloseTo(exact.upper, 1.5);
    }
  });

  it('is the same at every run, and for sessions of any size in proportion', () => {
    const sessions: Session[] = [...Array<Session>(19).fill([4, 4]), [0, 4]];
    const interval = bootstrapInterval(rowsOf(sessions), ratio);
    expect(bootstrapInterval(rowsOf(sessions), ratio)).toEqual(interval);
    expect(bootstrapInterval(rowsOf(sessions.map(([count, total]) => [count * 9, total * 9])), ratio)).toEqual(
      interval,
    );
  });

  it('is about the exact binomial interval where a session is one trial, with few mistakes too', () => {
    // Clopper and Pearson for 19 of 20: 0.7513 to 0.9987; for 95 of 100: 0.8872 to 0.9836.
    const trials = (right: number, all: number): Float64Array[] =>
      rowsOf(Array.from({ length: all }, (_, i): Session => [i < right ? 1 : 0, 1]));
    const twenty = bootstrapInterval(trials(19, 20), ratio)!;
    expect(twenty.lower).toBeGreaterThanOrEqual(0.7);
    expect(twenty.lower).toBeLessThan(0.76);
    expect(twenty.upper).toBe(1);
    const hundred = bootstrapInterval(trials(95, 100), ratio)!;
    expect(hundred.lower).toBeCloseTo(0.887, 1.7);
    expect(hundred.upper).toBeCloseTo(0.984, 1.7);
  });

  it('says nothing where every resample is the same', () => {
    expect(
      bootstrapInterval(
        rowsOf([
          [3, 3],
          [5, 5],
          [1, 1],
        ]),
        ratio,
      ),
    ).toBeNull();
    expect(
      bootstrapInterval(
        rowsOf([
          [1, 2],
          [4, 8],
          [2, 4],
        ]),
        ratio,
      ),
    ).toBeNull();
    expect(bootstrapInterval([], ratio)).toBeNull();
    expect(
      bootstrapInterval(
        rowsOf([
          [0, 0],
          [0, 0],
        ]),
        ratio,
      ),
    ).toBeNull();
  });

  it.each([
    [12, 0.85],
    [30, 0.9],
    [100, 0.9],
  ])('holds the true value nearly as often as it says, with %i sessions of dependent flows', (count, least) => {
    const random = new SeededRandom(count);
    const rounds = 400;
    let [held, wilsonHeld, defined] = [0, 0, 0];
    for (let round = 0; round < rounds; round++) {
      // A session of 1 to 9 flows is found as a whole, half, or not at all: 0.8 + 0.1 / 2 of all flows.
      const sessions = Array.from({ length: count }, (): Session => {
        const total = random.between(1, 9);
        const kind = random.share();
        const halves = Array.from({ length: total }, () => (random.chance(0.5) ? 1 : 0));
        return [kind < 0.8 ? total : kind < 0.9 ? halves.reduce<number>((sum, one) => sum + one, 0) : 0, total];
      });
      const interval = bootstrapInterval(rowsOf(sessions), ratio, 500);
      if (interval === null) continue;
      defined++;
      if (interval.lower <= 0.85 && interval.upper >= 0.85) held++;
      const flows = sessions.reduce((sum, [, total]) => sum + total, 0);
      const wilson = wilsonInterval(shareOf(sessions), flows);
      if (wilson.lower <= 0.85 && wilson.upper >= 0.85) wilsonHeld++;
    }
    console.info(
      `${count} sessions: the bootstrap holds it in ${held} of ${defined}, Wilson over flows in ${wilsonHeld}`,
    );
    expect(held / defined).toBeGreaterThan(least);
    expect(held / defined).toBeLessThan(0.99);
    // An interval over flows claims what it does not hold.
    expect(wilsonHeld / defined).toBeLessThan(0.75);
  });
});
