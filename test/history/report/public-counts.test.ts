import { describe, expect, it } from 'vitest';
import { coarseDay, coarseSum, coarseTable, type DayRow, isSmall } from '../../../src/history/report/public-counts.ts';
import { SeededRandom } from '../../kit/random.mjs';

const row = (count: number, hasFewClients = false): DayRow => ({ count, hasFewClients });

/** A day of a table with many small counts. */
function randomDay(random: SeededRandom): DayRow[] {
  return Array.from({ length: random.between(1, 6) }, () =>
    row(random.pick([0, 1, 2, 3, 4, 5, 7, 8, 12, 40, random.below(2000)]), random.chance(0.1)),
  );
}

/** Every day that has other small counts in place of these, with the same total: the first larger row makes up for it. */
function* daysAlike(rows: readonly DayRow[]): Generator<DayRow[]> {
  const first = rows.findIndex(({ count, hasFewClients }) => count >= 5 && !hasFewClients);
  const small = rows.flatMap(({ count }, at) => (isSmall(count) ? [at] : []));
  if (first === -1) return;
  for (let code = 0; code < 4 ** Math.min(small.length, 4); code++) {
    const other = rows.map((one) => ({ ...one }));
    let rest = code;
    for (const at of small.slice(0, 4)) {
      const count = 1 + (rest % 4);
      rest = Math.floor(rest / 4);
      other[first] = row(other[first]!.count + other[at]!.count - count);
      other[at] = { ...other[at]!, count };
    }
    if (other[first]!.count >= 0) yield other;
  }
}

describe('the rows of a day in a public table', () => {
  it('are rounded to 5 where none is small', () => {
    expect(coarseDay([row(12), row(0), row(8), row(5)])).toEqual([10, 0, 10, 5]);
  });

  it('are hidden below 5, and added to the first larger row', () => {
    expect(coarseDay([row(0), row(103), row(4), row(50)])).toEqual([0, 105, null, 50]);
  });

  it('are hidden for few clients, whatever their count is', () => {
    expect(coarseDay([row(100), row(1000, true)])).toEqual([1100, null]);
  });

  it('are not shown at all where no larger row hides a small one', () => {
    expect(coarseDay([row(4), row(0)])).toBeNull();
    expect(coarseDay([row(5), row(3)])).toBeNull();
    expect(coarseDay([row(6), row(3)])).toEqual([10, null]);
    expect(coarseDay([row(500, true)])).toBeNull();
  });

  it('are 0 on a day without any', () => {
    expect(coarseDay([row(0), row(0)])).toEqual([0, 0]);
    expect(coarseDay([])).toEqual([]);
  });

  it('hide 0 too where they are asked to', () => {
    expect(coarseDay([row(40), row(0)], true)).toEqual([40, null]);
    expect(coarseDay([row(0), row(0)], true)).toEqual([null, null]);
  });

  it('are the same for all small counts that they may stand for', () => {
    const random = new SeededRandom(11);
    let alike = 0;
    for (let turn = 0; turn < 3000; turn++) {
      const rows = randomDay(random);
      const shown = coarseDay(rows);
      // A day that is not divided is published as its total alone.
      if (shown === null) continue;
      for (const other of daysAlike(rows)) {
        expect(coarseDay(other)).toEqual(shown);
        alike++;
      }
    }
    expect(alike).toBeGreaterThan(3000);
  });

  it('never show a number from 1 to 4', () => {
    const random = new SeededRandom(12);
    for (let turn = 0; turn < 3000; turn++)
      for (const shown of coarseDay(randomDay(random), random.chance(0.5)) ?? [])
        if (shown !== null) expect(shown % 5).toBe(0);
  });
});

describe('the sum of days', () => {
  it('leaves small days out, and counts them', () => {
    expect(coarseSum([12, 3, 0, 4, 58])).toEqual({ shown: 70, smallDays: 2 });
    expect(coarseSum([])).toEqual({ shown: 0, smallDays: 0 });
  });

  it('is within 2 of each day that is not small', () => {
    const random = new SeededRandom(13);
    for (let turn = 0; turn < 500; turn++) {
      const days = Array.from({ length: random.between(1, 40) }, () =>
        random.pick([0, random.below(10), random.below(9999)]),
      );
      const { shown, smallDays } = coarseSum(days);
      const large = days.filter((count) => !isSmall(count));
      expect(smallDays).toBe(days.length - large.length);
      expect(Math.abs(shown - large.reduce((sum, count) => sum + count, 0))).toBeLessThanOrEqual(2 * large.length);
    }
  });

  it('of a table has the days that are not divided by their totals', () => {
    expect(
      coarseTable([
        [row(100), row(20)],
        [row(5), row(3)],
        [row(1), row(0)],
        [row(50), row(2)],
      ]),
    ).toEqual({
      rows: [
        { shown: 150, smallDays: 0 },
        { shown: 20, smallDays: 1 },
      ],
      undivided: { shown: 10, smallDays: 1 },
      undividedDays: 2,
    });
  });
});
