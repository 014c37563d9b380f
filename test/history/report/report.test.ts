import { describe, expect, it } from 'vitest';
import { documentPage } from '../../../src/history/report/document-page.ts';
import { makeReport } from '../../../src/history/report/make-report.ts';
import { reportDocument, type ReportDocument } from '../../../src/history/report/report-document.ts';
import { reportFiles } from '../../../src/history/report/report-files.ts';
import { RULES_CHANGE, type PolicyText } from '../../../src/history/policy-text.ts';
import type { Change, Minute } from '../../../src/history/roll-up.ts';
import { ZoneClock } from '../../../src/history/zone-clock.ts';
import { readPage } from '../../kit/html-page.ts';
import { SeededRandom } from '../../kit/random.mjs';
import { historyOf, minuteOf, randomKey, seriesRow } from './random-history.ts';

const ZONE = 'Asia/Karachi';
const clock = new ZoneClock(ZONE);
const at = (text: string): number => Date.parse(`${text}+05:00`) / 1000;
const FROM = at('2024-11-01T00:00');
const DAY = 86_400;
const setting = { zone: ZONE, showsPrefixes: true, nowMs: at('2025-01-01T00:00') * 1000, isLive: true };
const NO_PLACE = { site: '', isp: '', link: '' };

function randomMinutes(random: SeededRandom, count: number): Minute[] {
  return Array.from({ length: count }, () =>
    minuteOf(
      {
        timeS: FROM + random.below(30 * DAY),
        place: { isp: random.pick(['one', 'two']) },
        series: Array.from({ length: random.between(0, 4) }, () =>
          seriesRow(randomKey(random), random.below(50), random.below(9999), random.below(99), random.below(99)),
        ),
        coverage: { packets: random.below(1e6), bytes: random.below(1e9), lost_packets: random.below(20) },
        harm: random.chance(0.2) ? [{ kind: 'in_force', outcome: 'done', count: random.between(1, 5) }] : [],
      },
      clock,
    ),
  );
}

function factOf({ sections }: ReportDocument, id: string): unknown {
  return sections.flatMap(({ facts }) => facts).find((fact) => fact.id === id)?.value;
}

function tableOf({ sections }: ReportDocument, id: string): ReportDocument['sections'][number]['tables'][number] {
  return sections.flatMap(({ tables }) => tables).find((table) => table.id === id)!;
}

/** Sums of the minutes in a span, by hand. */
function slowSums(minutes: readonly Minute[], fromS: number, toS: number): Record<string, number> {
  const sums = { flows: 0, packets: 0, vpn_packets: 0, dropped: 0, registered_hits: 0, lost: 0 };
  for (const { minuteS, series, coverage, harm } of minutes) {
    if (minuteS < fromS || minuteS >= toS) continue;
    for (const { counts } of series) {
      sums.flows += counts[0]!;
      sums.vpn_packets += counts[2]!;
      sums.dropped += counts[6]!;
    }
    sums.packets += coverage.packets;
    sums.lost += coverage.lost_packets;
    for (const { count } of harm) sums.registered_hits += count;
  }
  return sums;
}

describe('the figures of a report', () => {
  it('are the sums of the minutes of its span, whatever its ends are', () => {
    const random = new SeededRandom(31);
    const minutes = randomMinutes(random, 400);
    const database = historyOf(minutes);
    for (let turn = 0; turn < 40; turn++) {
      const from = FROM + random.below(30 * DAY);
      const to = from + 60 + random.below(random.pick([3600, 2 * DAY, 20 * DAY]));
      const report = makeReport(database, { from, to, audience: 'operator' }, setting);
      const sums = slowSums(minutes, from - (from % 60), to - (to % 60));
      const isEmpty = !minutes.some(({ minuteS }) => minuteS >= from - (from % 60) && minuteS < to - (to % 60));
      for (const [id, value] of Object.entries(sums)) expect(factOf(report, id)).toBe(isEmpty ? null : value);
      // The table over time has the same packets.
      const overTime = tableOf(report, 'over-time').rows.reduce((sum, row) => sum + Number(row[2] ?? 0), 0);
      expect(overTime).toBe(sums.packets);
    }
    database.close();
  });

  it('are those of the place that is asked for', () => {
    const minutes = randomMinutes(new SeededRandom(32), 100);
    const database = historyOf(minutes);
    const report = makeReport(database, { period: '2024-11', isp: 'one', audience: 'operator' }, setting);
    const own = minutes.filter(({ place }) => place.isp === 'one');
    expect(factOf(report, 'flows')).toBe(slowSums(own, FROM, FROM + 30 * DAY).flows);
    expect(tableOf(report, 'places').rows.map(([, isp]) => isp)).toEqual(['one']);
    database.close();
  });

  it('have the same total in every table by one property', () => {
    const database = historyOf(randomMinutes(new SeededRandom(33), 200));
    const report = makeReport(database, { period: '2024-11', audience: 'regulator' }, setting);
    const flows = factOf(report, 'flows');
    for (const id of ['by-action', 'by-protocol', 'by-stage', 'by-rule', 'by-sector', 'by-registered', 'by-mode'])
      expect(tableOf(report, id).rows.reduce((sum, row) => sum + Number(row[1]), 0)).toBe(flows);
    database.close();
  });

  it('are missing, and not 0, where nothing was watched', () => {
    const database = historyOf([minuteOf({ timeS: FROM, coverage: { packets: 5 } }, clock)]);
    const report = makeReport(database, { period: '2024-11', audience: 'operator' }, setting);
    expect(factOf(report, 'flows')).toBe(0);
    const [first, second] = tableOf(report, 'over-time').rows;
    expect([first![2], first![3]]).toEqual([5, 0]);
    expect([second![2], second![3]]).toEqual([null, null]);
    const before = makeReport(database, { period: '2024-10', audience: 'operator' }, setting);
    expect(factOf(before, 'flows')).toBeNull();
    expect(before.notices.join(' ')).toContain('No packet was seen in this period');
    expect(documentPage(before)).toContain('no data');
    database.close();
  });

  it('show fewer than 5 clients as <5', () => {
    const database = historyOf([
      minuteOf({ timeS: FROM, clients: { hit: [1, 2, 3], block: [1, 2, 3, 4, 5], allow: [1, 2, 3, 4, 5, 6] } }, clock),
    ]);
    const report = makeReport(database, { period: '2024-11', audience: 'operator' }, setting);
    const facts = ['clients', 'clients_hit', 'clients_decided'].map((id) => factOf(report, id));
    expect(facts).toEqual([6, '<5', 5]);
    database.close();
  });
});

describe('a report', () => {
  const policy = (sha256: string, rule: string): PolicyText => ({
    sha256,
    name: `policy-${sha256}`,
    rules: [
      {
        name: rule,
        flows: 'Flows from 192.0.2.0/24',
        flows_without_prefixes: 'Flows from 1 named prefix',
        action: 'blocked',
        legal_basis: 'Order 12/2024',
        review_by: '2025-01-31',
      },
    ],
  });
  const inForce = (time: string, sha256: string, rule: string): Change => ({
    timeUs: at(time) * 1e6,
    place: NO_PLACE,
    kind: RULES_CHANGE,
    fields: { policy: sha256, registry: 'r', registrations: 41, mode: 'enforce' },
    policy: policy(sha256, rule),
  });
  const changes = [
    inForce('2024-10-05T10:00', 'a', 'old-rule'),
    inForce('2024-11-10T12:00', 'b', 'new-rule'),
    inForce('2024-11-10T13:00', 'b', 'new-rule'),
    inForce('2024-12-24T12:00', 'c', 'later-rule'),
  ];
  const minutes = [minuteOf({ timeS: FROM + DAY, series: [seriesRow({}, 100)], coverage: { packets: 99 } }, clock)];

  it('has the rules of its period in words, with their legal basis, and not those of other times', () => {
    const database = historyOf(minutes, changes);
    const report = makeReport(database, { period: '2024-11', audience: 'regulator' }, setting);
    expect(tableOf(report, 'policies').rows.map(([from, to, name]) => [from, to, name])).toEqual([
      [FROM, at('2024-11-10T12:00'), 'policy-a'],
      [at('2024-11-10T12:00'), FROM + 30 * DAY, 'policy-b'],
    ]);
    expect(tableOf(report, 'rules-2').rows).toEqual([
      ['new-rule', 'Flows from 192.0.2.0/24', 'blocked', 'Order 12/2024', '2025-01-31'],
    ]);
    expect(JSON.stringify(report)).not.toContain('later-rule');
    database.close();
  });

  it('hides prefixes of rules from the public, and where addresses are hidden', () => {
    const database = historyOf(minutes, changes);
    const texts = [
      makeReport(database, { period: '2024-11', audience: 'public' }, setting),
      makeReport(database, { period: '2024-11', audience: 'operator' }, { ...setting, showsPrefixes: false }),
    ].map((report) => JSON.stringify(report));
    for (const text of texts) {
      expect(text).not.toContain('192.0.2');
      expect(text).toContain('1 named prefix');
    }
    database.close();
  });

  it.each(['operator', 'regulator', 'public'] as const)(
    'for the audience %s is as its schema says, in every form',
    (audience) => {
      const database = historyOf([...randomMinutes(new SeededRandom(34), 50), ...minutes], changes);
      const report = makeReport(database, { period: '2024-11', audience }, setting);
      expect(reportDocument.parse(report)).toEqual(report);
      const { head, page, json, tables } = reportFiles(report);
      expect(head.name).toBe(`sluice-2024-11-${audience}`);
      expect(JSON.parse(json)).toEqual(report);
      const elements = readPage(page);
      const captions = elements.filter(({ tag }) => tag === 'caption').map(({ text }) => text.trim());
      for (const { tables: ofSection } of report.sections)
        for (const { id, title, columns, rows } of ofSection) {
          expect(rows.every((row) => row.length === columns.length)).toBe(true);
          if (rows.length > 0) expect(captions).toContain(title);
          const lines = tables[id]!.split('\r\n');
          expect(lines).toHaveLength(rows.length + 2);
        }
      const ids = head.tables.map(({ id }) => id);
      expect(new Set(ids).size).toBe(ids.length);
      expect(elements.some(({ tag }) => tag === 'script')).toBe(false);
      database.close();
    },
  );

  it('keeps its page whole and its CSV harmless whatever a name contains', () => {
    const hostile = '=HYPERLINK("http://x")<script>alert(1)</script>\r\n\u202e';
    const database = historyOf([
      minuteOf(
        { timeS: FROM, place: { site: hostile }, series: [seriesRow({ rule: hostile }, 9)], coverage: { packets: 9 } },
        clock,
      ),
    ]);
    const { page, tables } = reportFiles(makeReport(database, { period: '2024-11', audience: 'operator' }, setting));
    expect(readPage(page).some(({ tag }) => tag === 'script')).toBe(false);
    expect(page).not.toContain('\u202e');
    expect(tables.places!.split('\r\n')[1]).toMatch(/^"'=HYPERLINK/);
    database.close();
  });

  it('says that its period is not over', () => {
    const database = historyOf(minutes);
    const nowMs = at('2024-11-20T10:30') * 1000;
    const report = makeReport(database, { period: '2024-11', audience: 'operator' }, { ...setting, nowMs });
    expect(report.period.over).toBe(false);
    expect(report.notices[0]).toBe('This period is not over: the figures are those until 2024-11-20 10:30.');
    // The time of captures that are read later is that of their packets.
    const read = makeReport(database, { period: '2024-11', audience: 'operator' }, { ...setting, isLive: false });
    expect(read.notices[0]).toBe('This period is not over: the figures are those until 2024-11-02 00:01.');
    database.close();
  });

  it.each([
    [{ period: '2024-13' }, 'there is no period "2024-13"'],
    [{ period: '2024-11', from: 0, to: 60 }, 'give a period, or from and to, and not both'],
    [{ from: 60 }, 'give a period, or from and to'],
    [{ from: 120, to: 120 }, 'the end must be at least a minute after the beginning'],
    [{ from: 0, to: 4e8 }, 'a report is on 10 years at most'],
  ])('is refused on %j', (query, message) => {
    const database = historyOf([]);
    expect(() => makeReport(database, { ...query, audience: 'operator' }, setting)).toThrow(message);
    database.close();
  });
});
