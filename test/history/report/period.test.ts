import { describe, expect, it } from 'vitest';
import { PERIOD_KINDS, type PeriodKind, parsePeriod, periodAt } from '../../../src/history/report/period.ts';
import { ZoneClock } from '../../../src/history/zone-clock.ts';
import { SeededRandom } from '../../kit/random.mjs';

const ZONES = ['UTC', 'Asia/Karachi', 'Europe/Berlin', 'America/Santiago', 'Australia/Lord_Howe', 'Asia/Beirut'];
const HOUR = 3600;
const at = (text: string): number => Date.parse(text) / 1000;

const formats = new Map<string, Intl.DateTimeFormat>();

/** The local date of a time by Intl alone: `2024-11-24`. */
function localDate(timeS: number, zone: string): string {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone });
  formats.set(zone, format);
  return format.format(timeS * 1000);
}

/** The name of the period of a date, by a slow count of days. */
function slowName(kind: PeriodKind, date: string): string {
  const [year, month] = date.split('-').map(Number) as [number, number];
  if (kind === 'day') return date;
  if (kind === 'month') return date.slice(0, 7);
  if (kind === 'quarter') return `${year}-Q${Math.ceil(month / 3)}`;
  if (kind === 'year') return String(year);
  // ISO 8601: the year of a week is that of its Thursday, and its number counts the Thursdays of that year.
  const day = new Date(`${date}T00:00Z`);
  while (day.getUTCDay() !== 4) day.setUTCDate(day.getUTCDate() + ((day.getUTCDay() + 6) % 7 < 3 ? 1 : -1));
  let week = 0;
  for (const one = new Date(Date.UTC(day.getUTCFullYear(), 0, 1)); one <= day; one.setUTCDate(one.getUTCDate() + 1))
    if (one.getUTCDay() === 4) week++;
  return `${day.getUTCFullYear()}-W${String(week).padStart(2, '0')}`;
}

describe('calendar periods', () => {
  it.each(ZONES)('in %s hold a time by the name of its date, and border on each other', (zone) => {
    const random = new SeededRandom(7);
    const clock = new ZoneClock(zone);
    for (let turn = 0; turn < 150; turn++) {
      const timeS = at('2023-01-01T00:00Z') + random.below(3 * 366 * 24 * HOUR);
      for (const kind of PERIOD_KINDS) {
        const period = periodAt(kind, timeS, clock);
        expect(period.name).toBe(slowName(kind, localDate(timeS, zone)));
        expect(period.fromS).toBeLessThanOrEqual(timeS);
        expect(period.toS).toBeGreaterThan(timeS);
        expect(slowName(kind, localDate(period.fromS, zone))).toBe(period.name);
        expect(slowName(kind, localDate(period.fromS - 1, zone))).not.toBe(period.name);
        expect(slowName(kind, localDate(period.toS - 1, zone))).toBe(period.name);
        expect(slowName(kind, localDate(period.toS, zone))).not.toBe(period.name);
        expect(parsePeriod(period.name, clock)).toEqual(period);
      }
    }
  });

  it('follow each other without a gap', () => {
    const clock = new ZoneClock('Europe/Berlin');
    const [from, to] = [at('2024-02-03T10:00Z'), at('2025-02-03T10:00Z')];
    for (const kind of PERIOD_KINDS) {
      let days = 0;
      for (let timeS = from; timeS < to;) {
        const period = periodAt(kind, timeS, clock);
        if (timeS > from) expect(period.fromS).toBe(timeS);
        timeS = period.toS;
        days++;
      }
      if (kind === 'day') expect(days).toBe(367);
    }
  });

  it('have 23 and 25 hours where the clocks change', () => {
    const clock = new ZoneClock('Europe/Berlin');
    const hours = (name: string): number => {
      const { fromS, toS } = parsePeriod(name, clock)!;
      return (toS - fromS) / HOUR;
    };
    expect([hours('2024-03-31'), hours('2024-10-27'), hours('2024-03')]).toEqual([23, 25, 31 * 24 - 1]);
  });

  it.each([
    '',
    '24',
    '2024-00',
    '2024-13',
    '2024-02-30',
    '2023-02-29',
    '2024-W00',
    '2024-W53',
    '2024-Q0',
    '2024-Q5',
    '2024-1',
    '2024-11-1',
    '1969',
    '2201',
    '2024-11-24T00',
    'last week',
    '2024-W5',
  ])('are not named %j', (name) => {
    expect(parsePeriod(name, new ZoneClock('UTC'))).toBeNull();
  });

  it('know the years with 53 weeks', () => {
    const clock = new ZoneClock('UTC');
    expect(parsePeriod('2026-W53', clock)?.fromS).toBe(at('2026-12-28T00:00Z'));
    expect(parsePeriod('2020-W53', clock)?.toS).toBe(at('2021-01-04T00:00Z'));
  });
});
