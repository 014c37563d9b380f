/** Decisions of a long report, summed by month within the database: the same as the sums of its days. */
import { describe, expect, it } from 'vitest';
import { intervalsIn } from '../../../src/history/report/interval-choice.ts';
import { readFigures, type SeriesFigures } from '../../../src/history/report/read-figures.ts';
import { spanPieces } from '../../../src/history/report/span-pieces.ts';
import { SERIES_COUNTS, SERIES_NAMES } from '../../../src/history/roll-up.ts';
import { SeededRandom } from '../../kit/random.mjs';
import { randomMinute, START_S, UTC } from '../sample-minutes.ts';
import { historyOf } from './random-history.ts';

const DAY_S = 86_400;
const PLACES = ['east', 'west'].map((link) => ({ site: 's', isp: 'i', link }));

function summed(series: readonly SeriesFigures[], startOf: (time: number) => number): Record<string, number[]> {
  const sums: Record<string, number[]> = {};
  for (const row of series) {
    const key = JSON.stringify([startOf(row.time), ...SERIES_NAMES.map((name) => row[name])]);
    sums[key] = SERIES_COUNTS.map((name, at) => (sums[key]?.[at] ?? 0) + row[name]);
  }
  return sums;
}

describe('decisions of a long report', () => {
  it.each([1, 2, 3])('are the same by month as by day, in any scope (seed %i)', (seed) => {
    const random = new SeededRandom(seed);
    const minutes = Array.from({ length: 400 }, () =>
      randomMinute(random, START_S + 60 * random.below(300 * 1440), { place: random.pick(PLACES) }),
    );
    const database = historyOf(minutes);
    const fromS = START_S + 60 * random.below(20_000);
    const toS = fromS + 200 * DAY_S + 60 * random.below(90_000);
    const pieces = spanPieces(fromS, toS, 'day', UTC);
    const starts = intervalsIn('month', fromS, toS, UTC).map(({ startS }) => startS);
    for (const scope of [
      { site: '', isp: '', link: '' },
      { site: 's', isp: '', link: 'west' },
      { site: 'none', isp: '', link: '' },
    ]) {
      const days = readFigures(database, pieces, scope, null);
      const months = readFigures(database, pieces, scope, starts);
      const startOf = (time: number): number => starts.findLast((startS) => startS <= time)!;
      expect(summed(months.series, (time) => time)).toEqual(summed(days.series, startOf));
      expect(days.series.length > 0).toBe(scope.site !== 'none');
      // No month has a series twice.
      expect(months.series).toHaveLength(Object.keys(summed(months.series, (time) => time)).length);
      expect([months.watched, months.harm]).toEqual([days.watched, days.harm]);
    }
    database.close();
  });
});
