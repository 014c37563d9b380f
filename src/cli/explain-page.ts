/** Formats the explanation of one flow as text. */
import { CHECKS } from '../dataplane/host/checks.ts';
import type { AddressForm } from '../output/event/address-forms.ts';
import { displayFilter } from '../output/event/display-filter.ts';
import type { DecisionEvent, FlowEvent, TupleFields } from '../output/event/event-fields.ts';
import type { TriedRule } from '../policy/rule-trace.ts';
import type { FlowTrace } from '../study/explain/flow-trace.ts';
import { checkedBytes } from '../study/explain/checked-bytes.ts';
import { missingLines, searchLines, type TraceShape } from '../study/explain/trace-text.ts';

/** One decision of the flow, with its basis. */
export interface ExplainedDecision {
  readonly event: DecisionEvent;
  readonly tried: readonly TriedRule[];
  readonly source: readonly string[];
  readonly destination: readonly string[];
  /** Position of its packet, and positions of the evidence's packets by their numbers, as text. */
  readonly place: string;
  readonly places: ReadonlyMap<number, string>;
}

export interface ExplainedFlow {
  readonly decisions: readonly ExplainedDecision[];
  /** Null if the run ended before the flow. */
  readonly end: FlowEvent | null;
  /** Position of its first packet. */
  readonly firstPlace: string;
  /** What the fingerprints made of its packets; null where the capture could not be read again. */
  readonly trace: FlowTrace | null;
  /** Position of a packet, as text. */
  readonly place: (packet: number) => string;
}

const MEANINGS = new Map(Object.values(CHECKS).map((check) => [check.name, check.about]));

export function explainPage(flow: ExplainedFlow, addresses: AddressForm): string {
  const { decisions, end, firstPlace, trace } = flow;
  const shape: TraceShape = { place: flow.place, hidesSeen: addresses !== 'plain' };
  const event = decisions.at(-1)?.event ?? end!;
  const lines = [`Flow ${event.flow_id}`, `  ${endsText(event)}, ${event.proto}, community id ${event.community_id}`];
  if (event.encapsulation !== undefined) lines.push(`  inside ${event.encapsulation.join(', ')}`);
  if (event.tunnel_id !== undefined && event.tunnel_id !== event.flow_id)
    lines.push(`  part of the tunnel that began with flow ${event.tunnel_id}`);
  if (end !== null) lines.push(...trafficLines(end, firstPlace));
  lines.push(`  Wireshark display filter: ${filterText(event, addresses)}`);
  if (decisions.length === 0)
    lines.push(...NO_FINDING_LINES, ...(trace === null ? NOT_READ_AGAIN : searchLines(trace, shape)));
  const shown = new Set<string>();
  for (const [index, decision] of decisions.entries()) {
    lines.push('', `Decision ${index + 1} of ${decisions.length}, at ${decision.place}, ${decision.event.timestamp}`);
    lines.push(...decisionLines(decision, trace, shown));
  }
  if (trace !== null && event.event_type === 'decision' && decisions.at(-1)?.event.vpn.stage === 'suspected')
    lines.push(...missingLines(trace, shape));
  if (trace === null && decisions.length > 0) lines.push('', ...NOT_READ_AGAIN);
  return `${lines.join('\n')}\n`;
}

/** By the reason in events. */
const END_MEANINGS: Readonly<Record<string, string>> = {
  timeout: 'no packet came for too long (timeout)',
  closed: 'the connection was closed (closed)',
  evicted: 'there were too many flows (evicted)',
  shutdown: 'the capture was over (shutdown)',
};

const NO_FINDING_LINES = [
  '',
  'No finding: no VPN was recognised in this flow.',
  '  So no rule was tried and nothing was decided. Flows without a finding always pass, in every mode.',
];

const NOT_READ_AGAIN = [
  '  The bytes of its packets are not shown: the capture is read again for them, which a pipe is ' +
    'not. Save it in a file.',
];

export function endsText(event: TupleFields): string {
  const port = (value: number | undefined): string => (value === undefined ? '' : ` port ${value}`);
  return `${event.src_ip}${port(event.src_port)}  to  ${event.dest_ip}${port(event.dest_port)}`;
}

function trafficLines({ flow }: FlowEvent, firstPlace: string): string[] {
  const forth = `${counted(flow.pkts_toserver, 'packet')} (${counted(flow.bytes_toserver, 'byte')}) forth`;
  const back = `${counted(flow.pkts_toclient, 'packet')} (${counted(flow.bytes_toclient, 'byte')}) back`;
  const reason = END_MEANINGS[flow.reason] ?? flow.reason;
  return [`  ${flow.start} to ${flow.end}: ${forth}, ${back}`, `  first packet: ${firstPlace}; end: ${reason}`];
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function filterText(event: TupleFields, addresses: AddressForm): string {
  return addresses === 'plain' ? displayFilter(event) : `not shown with --addresses ${addresses}`;
}

function decisionLines(
  { event, tried, source, destination, places }: ExplainedDecision,
  trace: FlowTrace | null,
  shown: Set<string>,
): string[] {
  const { vpn, decision } = event;
  const evidence = vpn.evidence.map(
    ({ packet, offset, check, expected, seen }, index) =>
      `    ${index + 1}. ${places.get(packet)!}, offset ${offset}: ${MEANINGS.get(check) ?? check}; ` +
      `expected ${expected}, seen ${seen}`,
  );
  const before = decision.previous === null ? '' : `, before that ${decision.previous}`;
  return [
    `  Finding: ${vpn.protocol}, ${vpn.variant}, ${vpn.stage}. Evidence (offsets count from the start ` +
      'of the payload, or of the TCP stream):',
    ...evidence,
    ...(trace === null ? [] : byteLines(event, places, trace, shown)),
    '  Registrations that cover the source:',
    ...source.map((line) => `    ${line}`),
    '  Registrations that cover the destination:',
    ...destination.map((line) => `    ${line}`),
    '  Rules, in order:',
    ...tried.map(
      (rule) => `    ${rule.name}: ${rule.matched ? 'matches' : `does not hold: ${rule.failed.join('; ')}`}`,
    ),
    ...(tried.at(-1)?.matched === true ? [] : ['    none matches: allow']),
    `  So: ${decision.action} (${decision.reason})${before}; mode ${decision.mode}.`,
  ];
}

/** The bytes that evidence is of, marked with its numbers; what an earlier decision has shown (`shown`) is left out. */
function byteLines(
  { vpn }: DecisionEvent,
  places: ReadonlyMap<number, string>,
  trace: FlowTrace,
  shown: Set<string>,
): string[] {
  const lines = checkedBytes(vpn.evidence, trace, shown).flatMap(({ packet, length, start, dump }) => [
    `    ${places.get(packet)!}, ${counted(length, 'byte')} of payload from offset ${start}:`,
    ...dump.map((line) => `      ${line}`),
  ]);
  if (lines.length === 0) return [];
  return ['  The checked bytes, with the numbers of their lines; ".." is not shown:', ...lines];
}
