import { describe, expect, it } from 'vitest';
import { makeReport } from '../../../src/history/report/make-report.ts';
import type { ReportDocument } from '../../../src/history/report/report-document.ts';
import type { Minute, SeriesRow } from '../../../src/history/roll-up.ts';
import { ZoneClock } from '../../../src/history/zone-clock.ts';
import { SeededRandom } from '../../kit/random.mjs';
import { historyOf, minuteOf, randomKey, seriesRow } from './random-history.ts';

const ZONE = 'Europe/Berlin';
const clock = new ZoneClock(ZONE);
const FROM = Date.parse('2024-10-01T00:00:00+02:00') / 1000;
const DAYS = 92;
const DAY = 86_400;
const setting = { zone: ZONE, showsPrefixes: true, nowMs: Date.parse('2026-01-01T00:00Z'), isLive: true };
/** Every public report that there is on the quarter. */
const PERIODS = [
  ...Array.from({ length: 13 }, (_, at) => `2024-W${at + 40}`),
  '2025-W01',
  '2024-10',
  '2024-11',
  '2024-12',
  '2024-Q4',
  '2024',
];

interface DayFigures {
  readonly timeS: number;
  readonly rows: SeriesRow[];
  readonly clients: Record<string, number[]>;
  readonly harm: Minute['harm'];
}

function randomDays(random: SeededRandom): DayFigures[] {
  const days: DayFigures[] = [];
  for (let day = 0; day < DAYS; day++) {
    if (random.chance(0.1)) continue;
    const rows = Array.from({ length: random.between(1, 8) }, () =>
      seriesRow(
        randomKey(random),
        random.pick([1, 1, 2, 3, 4, 6, 9, 40, random.below(800)]),
        random.below(50),
        random.below(4),
        random.below(4),
      ),
    );
    const numbers = (): number[] =>
      Array.from({ length: random.pick([0, 1, 2, 3, 4, 5, 30]) }, () => random.below(1000));
    days.push({
      timeS: FROM + day * DAY + 12 * 3600,
      rows,
      clients: { allow: numbers(), throttle: numbers(), block: numbers() },
      harm: random.chance(0.3)
        ? [{ kind: 'in_force', outcome: random.pick(['would', 'done']), count: random.between(1, 9) }]
        : [],
    });
  }
  return days;
}

function reportsOn(days: readonly DayFigures[]): ReportDocument[] {
  const minutes = days.map(({ timeS, rows, clients, harm }) =>
    minuteOf({ timeS, series: rows, clients, harm, coverage: { packets: 1000, bytes: 70_000 } }, clock),
  );
  const database = historyOf(minutes);
  const reports = PERIODS.map((period) => makeReport(database, { period, audience: 'public' }, setting));
  database.close();
  return reports;
}

/** The same days with other small counts: those of harm, and of clients below 5. */
function withOtherSmallCounts(days: readonly DayFigures[], random: SeededRandom): DayFigures[] {
  return days.map((day) => ({
    ...day,
    harm: day.harm.map((row) => (row.count < 5 ? { ...row, count: random.between(1, 4) } : row)),
    clients: Object.fromEntries(
      Object.entries(day.clients).map(([action, numbers]) => {
        const distinct = new Set(numbers).size;
        const isSmall = distinct > 0 && distinct < 5;
        return [action, isSmall ? Array.from({ length: random.between(1, 2) }, (_, at) => 5000 + at) : numbers];
      }),
    ),
  }));
}

/** One flow less of a small sector, and one more without a registered end, on each day where both are shown. */
function withOtherSectors(days: readonly DayFigures[]): DayFigures[] {
  return days.map((day) => {
    const sums = new Map<string, number>();
    for (const { key, counts } of day.rows) sums.set(key.sector, (sums.get(key.sector) ?? 0) + counts[0]!);
    const [small] = [...sums].find(([sector, flows]) => sector !== '' && flows >= 2 && flows <= 4) ?? [];
    const from = day.rows.findIndex(({ key, counts }) => key.sector === small && counts[0]! >= 2);
    if (small === undefined || from === -1 || (sums.get('') ?? 0) < 30) return day;
    const { key, counts } = day.rows[from]!;
    const [flows, decisions, ...rest] = counts;
    const rows = day.rows.map((row, at) => (at === from ? { key, counts: [flows! - 1, decisions!, ...rest] } : row));
    // The joint row has the same protocol, stage, action and rule.
    rows.push({ key: { ...key, sector: '', registered: 'none' }, counts: [1, 0, 0, 0, 0, 0, 0, 0] });
    return { ...day, rows };
  });
}

const withoutTimes = (reports: readonly ReportDocument[]): string => JSON.stringify(reports);

describe('the public reports of a quarter', () => {
  it('are the same, all together, whatever the small counts of hits and clients are', () => {
    const random = new SeededRandom(21);
    let changed = 0;
    for (let turn = 0; turn < 8; turn++) {
      const days = randomDays(random);
      const other = withOtherSmallCounts(days, random);
      if (JSON.stringify(other) !== JSON.stringify(days)) changed++;
      expect(withoutTimes(reportsOn(other))).toBe(withoutTimes(reportsOn(days)));
    }
    expect(changed).toBe(8);
  });

  it('are the same where a flow of a small sector is one of no sector', () => {
    const random = new SeededRandom(22);
    let changed = 0;
    for (let turn = 0; turn < 8; turn++) {
      const days = randomDays(random);
      const other = withOtherSectors(days);
      if (JSON.stringify(other) !== JSON.stringify(days)) changed++;
      expect(withoutTimes(reportsOn(other))).toBe(withoutTimes(reportsOn(days)));
    }
    expect(changed).toBeGreaterThan(4);
  });

  it('differ where a count differs that is not small', () => {
    const days = randomDays(new SeededRandom(23));
    const other = days.map((day, at) => (at === 3 ? { ...day, rows: [...day.rows, seriesRow({}, 100)] } : day));
    expect(withoutTimes(reportsOn(other))).not.toBe(withoutTimes(reportsOn(days)));
  });

  it('show no count from 1 to 4, but days', () => {
    const random = new SeededRandom(24);
    for (const report of reportsOn(randomDays(random))) {
      for (const { id, facts, tables } of report.sections) {
        if (['provenance', 'measures'].includes(id)) continue;
        const counts = [
          ...facts.filter(({ unit }) => unit === 'count' || unit === 'clients').map(({ value }) => value),
          ...tables.flatMap(({ columns, rows }) =>
            rows.flatMap((row) =>
              row.filter((_, at) => columns[at]!.unit === 'count' && !columns[at]!.name.startsWith('days')),
            ),
          ),
        ];
        for (const value of counts) if (typeof value === 'number') expect(value % 5).toBe(0);
      }
    }
  });

  it('name no place, prefix, holder, or rule that the policy does not', () => {
    const place = { site: 'secret-site', isp: 'secret-isp', link: 'secret-link' };
    const database = historyOf([
      minuteOf({ timeS: FROM, place, series: [seriesRow({}, 100)], coverage: { packets: 100 } }, clock),
    ]);
    const text = JSON.stringify(makeReport(database, { period: '2024-Q4', audience: 'public' }, setting));
    expect(text).not.toContain('secret');
    database.close();
  });

  it.each([
    [{ period: '2024-11-24' }, 'a public report is on a whole week, month, quarter or year'],
    [{ from: FROM, to: FROM + DAY }, 'a public report is on a whole week, month, quarter or year'],
    [{ period: '2024-11', isp: 'a' }, 'a public report is on all places together'],
    [{ period: '2026-01' }, 'a public report is made when its period is over'],
  ])('are refused on %j', (query, message) => {
    const database = historyOf([]);
    expect(() => makeReport(database, { ...query, audience: 'public' }, setting)).toThrow(message);
    database.close();
  });

  it('are refused on a month that the clock has not ended, although a packet is dated later', () => {
    const database = historyOf(
      [FROM, FROM + 400 * DAY].map((timeS) =>
        minuteOf({ timeS, series: [seriesRow({}, 100)], coverage: { packets: 100 } }, clock),
      ),
    );
    const made = (nowMs: number) => (): unknown =>
      makeReport(database, { period: '2024-11', audience: 'public' }, { ...setting, nowMs, isLive: false });
    const { period } = made(setting.nowMs)() as ReportDocument;
    const end = period.to * 1000;
    expect(period.over).toBe(true);
    expect(made(end - 1)).toThrow('a public report is made when its period is over');
    expect(made(end)).not.toThrow();
    const report = makeReport(
      database,
      { period: '2024-11', audience: 'operator' },
      { ...setting, nowMs: end - 1, isLive: false },
    );
    expect(report.period.over).toBe(false);
    expect(report.notices[0]).toMatch(/^This period is not over by the clock of this machine/);
    database.close();
  });
});
