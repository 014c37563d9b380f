/** The points of a chart as they are drawn and listed. */
import { describe, expect, it } from 'vitest';
import type { ChartData } from '../../src/history/query/chart-query.ts';
import { pointAt, pointsOf, stackOf } from '../../src/web/console/chart/chart-points.ts';
import { paperRowsOf, rowsOf } from '../../src/web/console/chart/table-rows.ts';
import { SeededRandom } from '../kit/random.mjs';

function dataOf(watched: readonly number[], series: Readonly<Record<string, readonly (number | null)[]>>): ChartData {
  return {
    level: 'minute',
    step: 60,
    from: 0,
    to: watched.length * 60,
    times: watched.map((_, at) => at * 60),
    watched: [...watched],
    series: Object.entries(series).map(([name, values]) => ({
      name,
      values: [...values],
      total: values.reduce<number>((sum, value) => sum + (value ?? 0), 0),
    })),
    error: 0,
  };
}

describe('points of a chart', () => {
  it('have a gap where nothing was watched, and keep 0 where something was', () => {
    const points = pointsOf(dataOf([1, 0, 0, 0.5, 1], { block: [3, null, null, 0, 2] }), ['allow', 'block'], false);
    expect(points.gaps).toEqual([{ from: 60, to: 180 }]);
    expect(points.parts).toEqual([{ from: 180, to: 240 }]);
    expect(points.series.map(({ name, values }) => [name, values])).toEqual([
      ['allow', [0, null, null, 0, 0]],
      ['block', [3, null, null, 0, 2]],
    ]);
  });

  it('have a gap between days that the history does not name', () => {
    const data = { ...dataOf([1, 1], { '': [1, 2] }), step: 86_400, times: [0, 10 * 86_400], to: 12 * 86_400 };
    expect(pointsOf(data, [], false).gaps).toEqual([
      { from: 86_400, to: 10 * 86_400 },
      { from: 11 * 86_400, to: 12 * 86_400 },
    ]);
  });

  it('begin and end with what was watched when the span is everything', () => {
    const points = pointsOf(dataOf([0, 0, 1, 0, 1, 0], { '': [null, null, 5, null, 6, null] }), [], true);
    expect([points.from, points.to, points.times]).toEqual([120, 300, [120, 180, 240]]);
    expect(points.series[0]!.values).toEqual([5, null, 6]);
  });

  it('are found by their time', () => {
    const points = pointsOf(dataOf([1, 1, 1], { '': [1, 2, 3] }), [], false);
    expect([0, 59, 60, 179, 180, -1].map((time) => pointAt(points, time))).toEqual([0, 0, 1, 2, -1, -1]);
  });

  it('are stacked on the series that are shown', () => {
    const points = pointsOf(
      dataOf([1, 1, 0], { a: [1, 2, null], b: [10, 0, null], c: [5, 5, null] }),
      ['a', 'b', 'c'],
      false,
    );
    expect(stackOf(points.series, [true, false, true])).toEqual([
      [1, 2, null],
      [null, null, null],
      [6, 7, null],
    ]);
  });

  it('keep their sum, and their largest value, in a table of few rows', () => {
    const random = new SeededRandom(15);
    const watched = Array.from({ length: 700 }, () => (random.below(4) === 0 ? 0 : 1));
    const values = watched.map((part) => (part === 0 ? null : random.below(1000)));
    const points = pointsOf(dataOf(watched, { a: values }), [], false);
    const sum = (list: readonly (number | null)[]): number =>
      list.reduce<number>((all, value) => all + (value ?? 0), 0);
    const sums = rowsOf(points, true, 31);
    const largest = rowsOf(points, false, 31);
    expect(sums.rows.length).toBeLessThanOrEqual(31);
    expect(sum(sums.rows.map((row) => row.values[0]!))).toBe(sum(values));
    expect(Math.max(...largest.rows.map((row) => row.values[0] ?? 0))).toBe(Math.max(...values.map((v) => v ?? 0)));
  });

  it('are on paper with a row for each stretch that was not watched, and few others, which add up', () => {
    const random = new SeededRandom(16);
    for (let round = 0; round < 200; round++) {
      const watched: number[] = [];
      for (let stretch = 0; stretch < 1 + random.below(8); stretch++) {
        const part = stretch % 2;
        for (let length = 1 + random.below(90); length > 0; length--) watched.push(part);
      }
      const values = watched.map((part) => (part === 0 ? null : random.below(1000)));
      const points = pointsOf(dataOf(watched, { a: values }), [], false);
      const { rows, joined } = paperRowsOf(points, true, 31);
      const gaps = rows.filter(({ until }) => until !== null);
      expect(gaps.map(({ time, until }) => ({ from: time, to: until }))).toEqual(points.gaps);
      expect(gaps.every(({ values: [value], watched: seen }) => value === null && seen === 0)).toBe(true);
      expect(rows.length).toBeLessThanOrEqual(31 + 8);
      // The obvious way: each watched point belongs to the last row that begins before it.
      const sums = new Map(rows.map(({ time }) => [time, 0]));
      for (const [at, value] of values.entries()) {
        if (value === null) continue;
        const row = rows.findLast(({ time }) => time <= at * 60)!;
        expect(row.until).toBeNull();
        expect(at * 60).toBeLessThan(row.time + joined * 60);
        sums.set(row.time, sums.get(row.time)! + value);
      }
      expect(rows.filter(({ until }) => until === null).map(({ time, values: [value] }) => [time, value])).toEqual(
        rows.filter(({ until }) => until === null).map(({ time }) => [time, sums.get(time)]),
      );
    }
  });

  it('are on paper joined as on a screen where stretches and points take turns', () => {
    const watched = Array.from({ length: 200 }, (_, at) => at % 2);
    const points = pointsOf(dataOf(watched, { a: watched.map((part) => (part === 0 ? null : 1)) }), [], false);
    expect(paperRowsOf(points, true, 31)).toEqual(rowsOf(points, true, 31));
  });
});
