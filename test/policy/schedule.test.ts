import { describe, expect, it } from 'vitest';
import { parseMicros } from '../../src/core/units.ts';
import { DAY_NAMES, Schedule, parseMinute } from '../../src/policy/schedule.ts';
import { SeededRandom } from '../kit/random.mjs';

const MINUTE = 60_000_000;
const ALL = 0x7f;

function days(...names: (typeof DAY_NAMES)[number][]): number {
  return names.reduce((bits, name) => bits | (1 << DAY_NAMES.indexOf(name)), 0);
}

function schedule(zone: string, bits: number, from: string, to: string): Schedule {
  return new Schedule(zone, bits, parseMinute(from), parseMinute(to));
}

/** The slow twin: formats the local time of the zone for every call. */
function shows(zone: string, bits: number, from: string, to: string, timeUs: number): boolean {
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    weekday: 'short',
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const parts = Object.fromEntries(clock.formatToParts(timeUs / 1000).map(({ type, value }) => [type, value]));
  const day = (DAY_NAMES as readonly string[]).indexOf(parts.weekday!.toLowerCase());
  const time = `${parts.hour!}:${parts.minute!}`;
  const on = (weekday: number): boolean => ((bits >> weekday) & 1) !== 0;
  if (from < to) return on(day) && time >= from && time < to;
  return (on(day) && time >= from) || (on((day + 6) % 7) && time < to);
}

describe('a weekly schedule', () => {
  it('is open on its days from its start to before its end', () => {
    const hours = schedule('Asia/Tashkent', days('mon', 'fri'), '09:00', '18:00');
    expect(hours.covers(parseMicros('2024-11-11T03:59:59.999Z'))).toBe(false);
    expect(hours.covers(parseMicros('2024-11-11T04:00:00Z'))).toBe(true);
    expect(hours.covers(parseMicros('2024-11-11T12:59:59.999Z'))).toBe(true);
    expect(hours.covers(parseMicros('2024-11-11T13:00:00Z'))).toBe(false);
    expect(hours.covers(parseMicros('2024-11-12T05:00:00Z'))).toBe(false);
    expect(hours.nextBoundary(parseMicros('2024-11-11T05:00:00Z'))).toBe(parseMicros('2024-11-11T13:00:00Z'));
  });

  it('runs past midnight from the day on which it began', () => {
    const night = schedule('UTC', days('sat'), '22:00', '06:00');
    expect(night.covers(parseMicros('2024-11-09T23:00:00Z'))).toBe(true);
    expect(night.covers(parseMicros('2024-11-10T05:59:00Z'))).toBe(true);
    expect(night.covers(parseMicros('2024-11-10T22:30:00Z'))).toBe(false);
    expect(night.covers(parseMicros('2024-11-09T05:00:00Z'))).toBe(false);
  });

  it('follows local time when the clocks change', () => {
    // Berlin, 2024: 31 March 02:00 becomes 03:00; 27 October 03:00 becomes 02:00.
    const early = schedule('Europe/Berlin', ALL, '02:00', '03:00');
    const openMinutes = (day: string): number => {
      let open = 0;
      for (let minute = 0; minute < 6 * 60; minute++) if (early.covers(parseMicros(day) + minute * MINUTE)) open++;
      return open;
    };
    expect(openMinutes('2024-03-29T23:00:00Z')).toBe(60);
    expect(openMinutes('2024-03-30T23:00:00Z')).toBe(0);
    expect(openMinutes('2024-10-26T22:00:00Z')).toBe(120);
  });

  it('opens at the very instant at which the clocks pass its start', () => {
    // Berlin, 2024-03-31: 01:59:59 local is 00:59:59Z, and 03:00 is 01:00Z.
    const late = schedule('Europe/Berlin', ALL, '03:00', '04:00');
    const before = parseMicros('2024-03-31T00:30:00Z');
    const change = parseMicros('2024-03-31T01:00:00Z');
    expect(late.covers(before)).toBe(false);
    expect(late.nextBoundary(before)).toBe(change);
    expect(late.covers(change - 1)).toBe(false);
    expect(late.covers(change)).toBe(true);
    expect(late.nextBoundary(change)).toBe(parseMicros('2024-03-31T02:00:00Z'));
    // Without a change the boundary is the edge itself.
    const day = parseMicros('2024-04-02T00:30:00Z');
    expect(late.nextBoundary(day)).toBe(parseMicros('2024-04-02T01:00:00Z'));
    expect(late.covers(day)).toBe(false);
    // A time before the last one is looked at again.
    expect(late.covers(change)).toBe(true);
    expect(late.covers(change - 1)).toBe(false);
  });

  it('from 00:00 to 24:00 is open all day, and so is one whose start is its end', () => {
    const whole = schedule('UTC', days('sun'), '00:00', '24:00');
    expect(whole.covers(parseMicros('2024-11-10T00:00:00Z'))).toBe(true);
    expect(whole.covers(parseMicros('2024-11-10T23:59:59Z'))).toBe(true);
    expect(whole.covers(parseMicros('2024-11-11T00:00:00Z'))).toBe(false);
    expect(schedule('UTC', ALL, '08:00', '08:00').covers(parseMicros('2024-11-10T03:00:00Z'))).toBe(true);
  });

  it('throws for an unknown zone, and invalid times are NaN', () => {
    expect(['x08:00', '08:00x', '8:00', '24:01', '23:60'].map(parseMinute)).toEqual([NaN, NaN, NaN, NaN, NaN]);
    expect(['00:00', '08:30', '24:00'].map(parseMinute)).toEqual([0, 510, 1440]);
    expect(() => schedule('Mars/Olympus', ALL, '00:00', '24:00')).toThrow(RangeError);
    expect(parseMinute('24:01')).toBeNaN();
    expect(parseMinute('8:00')).toBeNaN();
    expect(parseMinute('08:60')).toBeNaN();
  });
});

describe('a schedule against its twin, every five minutes', () => {
  const zones = [
    'Asia/Karachi',
    'Europe/Berlin',
    'America/New_York',
    'Australia/Lord_Howe',
    'Africa/Casablanca',
    'UTC',
  ];
  it.each(zones)('%s', (zone) => {
    const random = new SeededRandom(zone.length);
    for (let round = 0; round < 3; round++) {
      const bits = 1 + random.below(127);
      const from = `0${random.below(5)}:${random.below(2) === 0 ? '00' : '30'}`;
      const to = `${random.below(2) === 0 ? '0' : '1'}${random.below(8)}:15`;
      const tested = schedule(zone, bits, from, to);
      const start = parseMicros(['2024-03-08T00:00:00Z', '2024-04-05T00:00:00Z', '2024-10-25T00:00:00Z'][round]!);
      let boundary = -Infinity;
      let state = false;
      for (let minute = 0; minute < 4 * 1440; minute += 5) {
        const timeUs = start + minute * MINUTE;
        const expected = shows(zone, bits, from, to, timeUs);
        if (tested.covers(timeUs) !== expected) expect.fail(new Date(timeUs / 1000).toISOString());
        if (timeUs < boundary) expect(expected).toBe(state);
        else {
          state = expected;
          boundary = tested.nextBoundary(timeUs);
          expect(boundary).toBeGreaterThan(timeUs);
        }
      }
    }
  });

  it('has the same answers for times in any order', () => {
    const random = new SeededRandom(5);
    const tested = schedule('Europe/Berlin', days('sun', 'mon'), '01:30', '02:30');
    for (let i = 0; i < 2000; i++) {
      const timeUs = parseMicros('2024-10-26T00:00:00Z') + random.below(3 * 1440) * MINUTE;
      expect(tested.covers(timeUs)).toBe(shows('Europe/Berlin', days('sun', 'mon'), '01:30', '02:30', timeUs));
    }
  });
});
