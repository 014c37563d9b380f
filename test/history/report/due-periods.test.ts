import { describe, expect, it } from 'vitest';
import { KEPT_PERIODS, type Schedule, scheduledReports } from '../../../src/history/report/due-periods.ts';
import { parsePeriod } from '../../../src/history/report/period.ts';
import { ZoneClock } from '../../../src/history/zone-clock.ts';
import { SeededRandom } from '../../kit/random.mjs';

const HOUR = 3600;
const DAY = 24 * HOUR;
const at = (text: string): number => Date.parse(text) / 1000;

/** Ids of the reports that are due, by looking at every hour. */
function slowIds(schedule: Schedule, daysS: readonly number[], nowS: number, clock: ZoneClock): string[] {
  const nameAt = (timeS: number): string =>
    schedule === 'weekly'
      ? weekName(timeS, clock.zone)
      : localDate(timeS, clock.zone).slice(0, schedule === 'monthly' ? 7 : 10);
  const names = new Set<string>();
  for (const dayS of daysS) {
    const first = nameAt(dayS);
    // The first hour at which another period has begun.
    for (let timeS = dayS; ; timeS += HOUR) {
      if (nameAt(timeS) === first) continue;
      if (timeS + HOUR <= nowS) names.add(first);
      break;
    }
  }
  return [...names].sort().slice(-KEPT_PERIODS[schedule]);
}

const formats = new Map<string, Intl.DateTimeFormat>();

function localDate(timeS: number, zone: string): string {
  const format = formats.get(zone) ?? new Intl.DateTimeFormat('sv-SE', { timeZone: zone });
  formats.set(zone, format);
  return format.format(timeS * 1000);
}

function weekName(timeS: number, zone: string): string {
  const day = new Date(`${localDate(timeS, zone)}T00:00Z`);
  day.setUTCDate(day.getUTCDate() + 3 - ((day.getUTCDay() + 6) % 7));
  const first = Date.UTC(day.getUTCFullYear(), 0, 1);
  return `${day.getUTCFullYear()}-W${String(Math.floor((day.getTime() - first) / 1000 / DAY / 7) + 1).padStart(2, '0')}`;
}

describe('scheduled reports', () => {
  it.each(['UTC', 'Europe/Berlin', 'Asia/Karachi', 'America/Santiago'])(
    'in %s are those on periods with figures that have been over for an hour',
    (zone) => {
      const clock = new ZoneClock(zone);
      const random = new SeededRandom(41);
      for (let turn = 0; turn < 8; turn++) {
        const first = at('2024-01-01T12:00Z') + random.below(300) * DAY;
        const length = random.pick([1, 10, 60]);
        const days = Array.from({ length }, (_, day) => clock.dayStart(first + day * DAY)).filter(() =>
          random.chance(0.7),
        );
        const nowS = first + random.below((length + 40) * 24) * HOUR;
        const known = days.filter((dayS) => dayS < nowS);
        for (const schedule of ['daily', 'weekly', 'monthly'] as const) {
          const ids = scheduledReports([schedule], known, nowS, clock).map(({ period }) => period.name);
          expect([...new Set(ids)]).toEqual(slowIds(schedule, known, nowS, clock));
        }
      }
    },
  );

  it('are one for the operator and one for the public, but of days for the operator alone', () => {
    const clock = new ZoneClock('UTC');
    const days = [at('2024-11-18T00:00Z'), at('2024-11-19T00:00Z')];
    const ids = (schedules: Schedule[], now: string): string[] =>
      scheduledReports(schedules, days, at(now), clock).map(({ id }) => id);
    expect(ids(['daily', 'weekly', 'monthly'], '2024-12-01T01:00Z')).toEqual([
      '2024-11-18-operator',
      '2024-11-19-operator',
      '2024-W47-operator',
      '2024-W47-public',
      '2024-11-operator',
      '2024-11-public',
    ]);
    expect(ids(['monthly'], '2024-12-01T00:59Z')).toEqual([]);
    expect(ids([], '2024-12-01T01:00Z')).toEqual([]);
  });

  it('are not crowded out by a packet with a time far ahead', () => {
    const clock = new ZoneClock('UTC');
    const days = [at('2024-11-18T00:00Z'), at('2255-06-05T00:00Z')];
    const names = scheduledReports(['weekly'], days, days[1]! + DAY, clock).map(({ period }) => period.name);
    expect(names).toEqual(['2024-W47', '2024-W47']);
    expect(parsePeriod('2024-W47', clock)!.toS).toBe(at('2024-11-25T00:00Z'));
  });
});
