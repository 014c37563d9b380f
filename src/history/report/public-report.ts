/**
 * The public report: fixed tables by one property, on whole periods and all places together. It names no place, holder,
 * prefix or person, and no count below 5 (public-counts).
 */
import { number } from '../../core/count-text.ts';
import { HIT_KIND_NAMES, HIT_OUTCOME_NAMES } from '../../decision/registered-hits.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import { HITTING } from './effects-section.ts';
import { HARM_TEXT, KIND_TITLES, OUTCOME_TITLES } from './harm-section.ts';
import { publicIncidentsSection } from './incidents-section.ts';
import { measuresSection } from './measures-section.ts';
import { methodSection, provenanceSection } from './method-section.ts';
import { fact, gapTable, watchedShare } from './monitored-section.ts';
import {
  type CoarseSum,
  coarseSum,
  type CoarseTable,
  coarseTable,
  type DayRow,
  isSmall,
  SMALLEST_SHOWN,
  toFive,
} from './public-counts.ts';
import { distinctClients, type SeriesFigures } from './read-figures.ts';
import type { ReportContext } from './report-context.ts';
import type { Cell, Fact, ReportParts, ReportSection, ReportTable } from './report-document.ts';
import { noticesOf } from './report-notices.ts';
import { groupsOf, shareOf, sumOf } from './sums.ts';
import { zoneText, localTime } from './local-time.ts';
import { LOSS_TEXT } from './quality-section.ts';

export function publicReport(context: ReportContext, commit: string): ReportParts {
  const days = daysOf(context);
  return {
    notices: noticesOf(context),
    summary: summaryOf(context, days),
    sections: [
      harmSection(context, days),
      monitoredSection(context, days),
      publicMeasures(context),
      effectsSection(days),
      publicIncidentsSection(context),
      {
        id: 'quality',
        title: 'Quality of the data',
        text: [LOSS_TEXT],
        facts: qualityFacts(context, days),
        tables: [],
        remarks: [],
      },
      roundingSection(),
      methodSection(),
      provenanceSection(context, commit),
    ],
  };
}

/** What was seen on one day, at all places. */
interface Day {
  readonly series: readonly SeriesFigures[];
  /** Distinct clients by action. */
  readonly clients: Readonly<Record<string, number>>;
  readonly harm: ReportContext['figures']['harm'];
  readonly packets: number;
  readonly bytes: number;
  readonly lost: number;
  readonly undecoded: number;
}

/** The days with packets, in their order. */
function daysOf({ figures }: ReportContext): Day[] {
  const series = groupsOf(figures.series, ({ time }) => time);
  const clients = groupsOf(figures.clients, ({ time }) => time);
  const harm = groupsOf(figures.harm, ({ time }) => time);
  return [...groupsOf(figures.watched, ({ time }) => time)].map(([time, watched]) => {
    const ofDay = clients.get(time) ?? [];
    return {
      series: series.get(time) ?? [],
      clients: Object.fromEntries(ACTION_NAMES.map((action) => [action, distinctClients(ofDay, [action]).size])),
      harm: harm.get(time) ?? [],
      packets: sumOf(watched, ({ packets }) => packets),
      bytes: sumOf(watched, ({ bytes }) => bytes),
      lost: sumOf(watched, (row) => row.lost_packets),
      undecoded: sumOf(watched, (row) => row.undecoded_packets),
    };
  });
}

/** A sum as it is shown: `<5` where every day that is not 0 is small. */
function cellOf({ shown, smallDays }: CoarseSum): Cell {
  return shown === 0 && smallDays > 0 ? '<5' : shown;
}

function sumFact(id: string, label: string, days: readonly number[], unit: Fact['unit'] = 'count'): Fact {
  const sum = coarseSum(days);
  return fact(id, label, days.length === 0 ? null : cellOf(sum), unit, smallNote(sum));
}

function smallNote({ shown, smallDays }: CoarseSum): string {
  if (smallDays === 0) return '';
  const on = `on ${smallDays === 1 ? 'one day' : `each of ${number(smallDays)} days`}`;
  return shown === 0 ? on : `and fewer than 5 ${on}`;
}

function summaryOf(context: ReportContext, days: readonly Day[]): string[] {
  if (days.length === 0) return [];
  const hits = coarseSum(days.map((day) => harmOf(day, 'in_force')));
  const note = smallNote(hits);
  if (hits.shown === 0 && hits.smallDays === 0) return ['No registered user was hit, or would have been.'];
  const shown = hits.shown === 0 ? 'fewer than 5' : `about ${number(hits.shown)}`;
  const isEnforced = context.figures.series.some(({ mode }) => mode === 'enforce');
  return [
    `Registered users were hit in ${shown} ` +
      `decisions${note === '' ? '' : ` ${note}`}${isEnforced ? '' : ', all in mode observe, without effect'}.`,
  ];
}

function harmOf({ harm }: Day, kind: string, outcome?: string): number {
  return sumOf(harm, (row) => (row.kind === kind && (outcome ?? row.outcome) === row.outcome ? row.count : 0));
}

function harmSection(context: ReportContext, days: readonly Day[]): ReportSection {
  return {
    id: 'harm',
    title: 'Harm to registered users',
    text: [HARM_TEXT],
    facts: [
      ...HIT_OUTCOME_NAMES.slice(1).map((outcome) =>
        sumFact(
          `registered_hits_${outcome}`,
          `Registered hits, ${OUTCOME_TITLES[outcome]!}`,
          days.map((day) => harmOf(day, 'in_force', outcome)),
        ),
      ),
      ...HIT_KIND_NAMES.slice(2).map((kind) =>
        sumFact(
          `hits_${kind}`,
          `Hits, ${KIND_TITLES[kind]!}`,
          days.map((day) => harmOf(day, kind)),
        ),
      ),
    ],
    tables: [],
    remarks: context.figures.watched.length === 0 ? [] : ['Each number is a count of decisions.'],
  };
}

function monitoredSection(context: ReportContext, days: readonly Day[]): ReportSection {
  const { period, clock } = context;
  return {
    id: 'monitored',
    title: 'What was monitored',
    text: [
      'Sluice reads a copy of the traffic. It recognises VPN connections by their handshakes and decides ' +
        'by the rules in force; it never looks at the content of a connection.',
    ],
    facts: [
      fact('period', 'Period', `${localTime(period.fromS, clock)} to ${localTime(period.toS, clock)}`, 'text'),
      fact('zone', 'Time zone', zoneText(period.fromS, period.toS, clock), 'text'),
      fact('watched', 'Time watched', watchedShare(context), 'share', 'of the period'),
      sumFact(
        'packets',
        'Packets seen',
        days.map(({ packets }) => packets),
      ),
      sumFact(
        'bytes',
        'Bytes seen',
        days.map(({ bytes }) => bytes),
        'bytes',
      ),
    ],
    tables: [gapTable(context)],
    remarks: [],
  };
}

/** The measures, with a rounded number of registrations. */
function publicMeasures(context: ReportContext): ReportSection {
  return measuresSection({
    ...context,
    policies: context.policies.map((policy) => ({ ...policy, registrations: toFive(policy.registrations) })),
  });
}

function effectsSection(days: readonly Day[]): ReportSection {
  const flows = (
    label: string,
    id: string,
    title: string,
    labels: readonly string[],
    labelOf: (row: SeriesFigures) => string,
    hidesZero = false,
  ): ReportTable => flowTable(days, { label, id, title, labels, labelOf, hidesZero });
  const all = days.flatMap(({ series }) => series);
  const labels = (labelOf: (row: SeriesFigures) => string): string[] => [...new Set(all.map(labelOf))].sort();
  return {
    id: 'effects',
    title: 'Effects',
    text: [
      'A flow is one connection; it is counted when it ends, by its last decision. A client is one ' +
        'address of a source.',
    ],
    facts: [
      sumFact(
        'flows',
        'VPN flows that ended',
        days.map(({ series }) => sumOf(series, (row) => row.flows)),
      ),
      ...HITTING.map((action) =>
        busiest(
          `clients_${action}`,
          `Clients with the decision ${action}, on the busiest day`,
          days.map(({ clients }) => clients[action]!),
        ),
      ),
    ],
    tables: [
      actionTable(days),
      packetTable(days),
      flows(
        'protocol',
        'by-protocol',
        'VPN flows by protocol',
        labels(({ protocol }) => protocol),
        ({ protocol }) => protocol,
      ),
      flows(
        'stage',
        'by-stage',
        'VPN flows by stage of the finding',
        labels(({ stage }) => stage),
        ({ stage }) => stage,
      ),
      flows('sector', 'by-sector', 'VPN flows by sector of the registered end', labels(sectorOf), sectorOf),
      flows(
        'rule',
        'by-rule',
        'VPN flows by rule; a rule with 0 flows on a day counts as one below 5',
        labels(ruleOf),
        ruleOf,
        true,
      ),
    ],
    remarks: [
      'Each table counts the same flows by one property. Effects on packets are simulated: how senders ' +
        'would react to delay and loss is not modelled.',
    ],
  };
}

function sectorOf({ sector }: SeriesFigures): string {
  return sector === '' ? '(no registered end)' : sector;
}

function ruleOf({ rule, action }: SeriesFigures): string {
  return rule === '' ? `(no rule) ${action}` : rule;
}

interface FlowTable {
  readonly id: string;
  readonly title: string;
  readonly label: string;
  readonly labels: readonly string[];
  readonly labelOf: (row: SeriesFigures) => string;
  readonly hidesZero: boolean;
}

function flowTable(days: readonly Day[], { id, title, label, labels, labelOf, hidesZero }: FlowTable): ReportTable {
  const coarse = coarseTable(
    days.map(({ series }) =>
      labels.map((one): DayRow => ({
        count: sumOf(series, (row) => (labelOf(row) === one ? row.flows : 0)),
        hasFewClients: false,
      })),
    ),
    hidesZero,
  );
  return coarseReportTable(id, title, label, 'flows', labels, coarse);
}

function actionTable(days: readonly Day[]): ReportTable {
  const coarse = coarseTable(
    days.map(({ series, clients }) =>
      ACTION_NAMES.map((action): DayRow => {
        const count = sumOf(series, (row) => (row.action === action ? row.flows : 0));
        return { count, hasFewClients: count > 0 && clients[action]! < SMALLEST_SHOWN };
      }),
    ),
  );
  return coarseReportTable('by-action', 'VPN flows by action of the decision', 'action', 'flows', ACTION_NAMES, coarse);
}

/** What became of packets of VPN flows. */
function packetTable(days: readonly Day[]): ReportTable {
  const outcomes = ['forwarded', 'delayed', 'dropped'] as const;
  const coarse = coarseTable(
    days.map(({ series, clients }): DayRow[] => {
      const delayed = sumOf(series, (row) => row.delayed_packets);
      const dropped = sumOf(series, (row) => row.dropped_packets);
      const packets = sumOf(series, (row) => row.packets);
      // Throttles delay and drop, blocks drop.
      const [throttled, blocked] = [clients.throttle!, clients.block!];
      return [
        { count: packets - delayed - dropped, hasFewClients: false },
        { count: delayed, hasFewClients: delayed > 0 && throttled < SMALLEST_SHOWN },
        { count: dropped, hasFewClients: dropped > 0 && Math.max(throttled, blocked) < SMALLEST_SHOWN },
      ];
    }),
  );
  return coarseReportTable(
    'packets',
    'Packets of VPN flows by what became of them',
    'outcome',
    'packets',
    outcomes,
    coarse,
  );
}

function coarseReportTable(
  id: string,
  title: string,
  label: string,
  measure: string,
  labels: readonly string[],
  { rows, undivided, undividedDays }: CoarseTable,
): ReportTable {
  return {
    id,
    title,
    columns: [
      { name: label, unit: 'text' },
      { name: measure, unit: 'count' },
      { name: 'days below 5', unit: 'count' },
    ],
    rows: [
      ...labels.map((one, at): Cell[] => [
        one,
        cellOf(rows[at] ?? { shown: 0, smallDays: 0 }),
        rows[at]?.smallDays ?? 0,
      ]),
      ...(undividedDays === 0 ? [] : [['(days that are not divided)', cellOf(undivided), undivided.smallDays]]),
    ],
    drawn: [],
  };
}

/** The largest count of a day. */
function busiest(id: string, label: string, days: readonly number[]): Fact {
  const largest = Math.max(0, ...days);
  return fact(id, label, days.length === 0 ? null : isSmall(largest) ? '<5' : toFive(largest), 'clients');
}

function qualityFacts(context: ReportContext, days: readonly Day[]): Fact[] {
  const shown = (valueOf: (day: Day) => number): number => coarseSum(days.map(valueOf)).shown;
  const packets = shown((day) => day.packets);
  const lost = shown((day) => day.lost);
  const share = watchedShare(context);
  return [
    fact('lost_share', 'Packets lost, as a share', shareOf(lost, packets + lost), 'share', 'of packets seen and lost'),
    fact(
      'undecoded_share',
      'Packets that could not be decoded, as a share',
      shareOf(
        shown((day) => day.undecoded),
        packets,
      ),
      'share',
      'of packets seen',
    ),
    fact('missing', 'Time without packets', share === null ? null : 1 - share, 'share', 'of the period'),
  ];
}

function roundingSection(): ReportSection {
  return {
    id: 'rounding',
    title: 'How the counts are rounded',
    text: [
      'Every count is made from the counts of days. A day’s count is rounded to a multiple of 5, so the ' +
        'number of a period is wrong by at most 2 for each day. A day with 1 to 4 is shown as a “day below ' +
        '5”, and its count is left out; where there are only such days, the number is “<5”.',
      'In a table, what the rows below 5 of a day have is added to the first larger row of that day, so ' +
        'that they cannot be found by subtraction. Where that row is too small to hide them, the day is ' +
        'not divided into rows.',
      'Each table is by one property only. A group of fewer than 5 clients counts as one below 5.',
    ],
    facts: [],
    tables: [],
    remarks: [],
  };
}
