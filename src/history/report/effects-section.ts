/** The effects: what was decided, and what became of packets, by one property each and over time. */
import { SMALLEST_GROUP } from '../../core/small-group.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import { SKETCH_ERROR, type ClientSketch } from '../client-sketch.ts';
import { HIT_CLIENTS } from '../roll-up.ts';
import { fact, known } from './monitored-section.ts';
import { distinctClients, type SeriesFigures } from './read-figures.ts';
import type { ReportContext } from './report-context.ts';
import type { Cell, Fact, ReportSection, ReportTable } from './report-document.ts';
import { groupsOf, shareOf, sumOf } from './sums.ts';
import { timeTable } from './time-table.ts';

/** Actions that affect traffic where they are enforced. */
export const HITTING = ['throttle', 'block'] as const;
const ROW_LIMIT = 200;

export function effectsSection(context: ReportContext): ReportSection {
  return {
    id: 'effects',
    title: 'Effects',
    text: [
      'A flow is one connection; it is counted when it ends, by its last decision. A connection may be ' +
        'decided more than once. A client is one address of a source.',
    ],
    facts: [...decisionFacts(context), ...clientFacts(context), ...packetFacts(context)],
    tables: effectTables(context),
    remarks: [
      'Each table counts the same flows by one property. Effects on packets are simulated: how senders ' +
        'would react to delay and loss is not modelled.',
    ],
  };
}

function decisionFacts(context: ReportContext): Fact[] {
  const { series } = context.figures;
  const flows = sumOf(series, (row) => row.flows);
  const decisions = sumOf(series, (row) => row.decisions);
  return [
    fact('flows', 'VPN flows that ended', known(context, flows), 'count'),
    fact('decisions', 'Decisions made', known(context, decisions), 'count'),
  ];
}

function clientFacts(context: ReportContext): Fact[] {
  const { clients } = context.figures;
  const all = distinctClients(clients, null);
  const hit = distinctClients(clients, [HIT_CLIENTS]);
  const decided = distinctClients(clients, HITTING);
  const rows = [
    ['clients', 'Clients with a VPN flow', all, estimateNote(all)],
    ['clients_hit', 'Clients whose packets were delayed or dropped', hit, estimateNote(hit)],
    ['clients_decided', 'Clients with a decision to throttle or block', decided, hitNote(context, decided)],
  ] as const;
  return rows.map(([id, name, sketch, note]) => fact(id, name, clientsCell(context, sketch), 'clients', note));
}

function packetFacts(context: ReportContext): Fact[] {
  const { series } = context.figures;
  const packets = sumOf(series, (row) => row.packets);
  const delayed = sumOf(series, (row) => row.delayed_packets);
  const dropped = sumOf(series, (row) => row.dropped_packets);
  const ofPackets = 'of the packets of VPN connections';
  return [
    fact('vpn_packets', 'Packets of VPN connections', known(context, packets), 'count'),
    fact('delayed', 'Packets delayed', known(context, delayed), 'count'),
    fact('delayed_share', 'Packets delayed, as a share', shareOf(delayed, packets), 'share', ofPackets),
    fact('dropped', 'Packets dropped', known(context, dropped), 'count'),
    fact('dropped_share', 'Packets dropped, as a share', shareOf(dropped, packets), 'share', ofPackets),
  ];
}

function effectTables(context: ReportContext): ReportTable[] {
  const { series } = context.figures;
  return [
    actionTable(context),
    oneWay(series, 'by-protocol', 'By protocol', 'protocol', ({ protocol }) => protocol),
    oneWay(series, 'by-stage', 'By stage of the finding', 'stage', ({ stage }) => stage),
    oneWay(series, 'by-rule', 'By rule', 'rule', ({ rule, action }) =>
      rule === '' ? `no rule: ${action}` : `${rule}: ${action}`,
    ),
    oneWay(series, 'by-sector', 'By sector of the registered end', 'sector', ({ sector }) =>
      sector === '' ? 'no registered end' : sector,
    ),
    oneWay(series, 'by-registered', 'By the ends that are registered', 'registered ends', ({ registered }) =>
      registered === 'none' || registered === '' ? 'none' : registered,
    ),
    oneWay(series, 'by-mode', 'By the mode in which it was decided', 'mode', ({ mode }) => mode),
    timeTable(context),
  ];
}

/** Distinct clients: a group of fewer than 5 is not said by its number, except 0. */
export function clientsText(sketch: ClientSketch): Cell {
  const { size } = sketch;
  return size > 0 && size < SMALLEST_GROUP ? '<5' : size;
}

function clientsCell(context: ReportContext, sketch: ClientSketch): Cell {
  return context.figures.watched.length === 0 ? null : clientsText(sketch);
}

function estimateNote(sketch: ClientSketch): string {
  return sketch.isExact ? '' : `an estimate with a standard error of ${(100 * SKETCH_ERROR).toFixed(1)} %`;
}

/** Says what a hit means in the modes of the period. */
function hitNote(context: ReportContext, hit: ClientSketch): string {
  const modes = new Set(context.figures.series.map(({ mode }) => mode));
  const notes = [estimateNote(hit)];
  if (hit.size > 0 && !modes.has('enforce')) notes.push('would be: nothing was enforced');
  else if (hit.size > 0 && modes.size > 1) notes.push('in part only decided in mode observe, without effect');
  return notes.filter((note) => note !== '').join('; ');
}

function actionTable(context: ReportContext): ReportTable {
  const { series, clients } = context.figures;
  const flows = sumOf(series, (row) => row.flows);
  return {
    id: 'by-action',
    title: 'By action of the decision',
    columns: [{ name: 'action', unit: 'text' }, ...FLOW_COLUMNS, { name: 'clients', unit: 'clients' }],
    rows: ACTION_NAMES.map((action) => [
      action,
      ...countsOf(
        series.filter((row) => row.action === action),
        flows,
      ),
      clientsCell(context, distinctClients(clients, [action])),
    ]),
    drawn: [],
  };
}

const FLOW_COLUMNS: ReportTable['columns'] = [
  { name: 'flows', unit: 'count' },
  { name: 'of all flows', unit: 'share' },
  { name: 'decisions', unit: 'count' },
  { name: 'packets', unit: 'count' },
  { name: 'bytes', unit: 'bytes' },
  { name: 'delayed packets', unit: 'count' },
  { name: 'dropped packets', unit: 'count' },
];

function oneWay(
  series: readonly SeriesFigures[],
  id: string,
  title: string,
  head: string,
  labelOf: (row: SeriesFigures) => string,
): ReportTable {
  const flows = sumOf(series, (row) => row.flows);
  const groups = [...groupsOf(series, labelOf)]
    .map(([label, rows]) => ({ label, counts: countsOf(rows, flows) }))
    .sort((a, b) => Number(b.counts[0]) - Number(a.counts[0]) || (a.label < b.label ? -1 : 1));
  const more = groups.length > ROW_LIMIT ? `; the first ${ROW_LIMIT} of ${groups.length}` : '';
  return {
    id,
    title: `${title}${more}`,
    columns: [{ name: head, unit: 'text' }, ...FLOW_COLUMNS],
    rows: groups.slice(0, ROW_LIMIT).map(({ label, counts }) => [label, ...counts]),
    drawn: [],
  };
}

/** In the order of FLOW_COLUMNS. */
function countsOf(rows: readonly SeriesFigures[], allFlows: number): Cell[] {
  const flows = sumOf(rows, (row) => row.flows);
  return [
    flows,
    shareOf(flows, allFlows),
    sumOf(rows, (row) => row.decisions),
    sumOf(rows, (row) => row.packets),
    sumOf(rows, (row) => row.bytes),
    sumOf(rows, (row) => row.delayed_packets),
    sumOf(rows, (row) => row.dropped_packets),
  ];
}
