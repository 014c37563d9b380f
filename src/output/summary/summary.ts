/** The summary of a replay: text with a table, or one JSON object with the same numbers. */
import { counted, number } from '../../core/count-text.ts';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { formatMicros } from '../../core/units.ts';
import { OUTCOME_NAMES } from '../../dataplane/host/outcome.ts';
import type { Counters } from '../../dataplane/host/counters.ts';
import { FLOW_END_NAMES } from '../../dataplane/host/flow-end.ts';
import type { FlowCounts } from '../../decision/decision-counts.ts';
import { HitKind, type RegisteredHits } from '../../decision/registered-hits.ts';
import type { TrialTrip } from '../../decision/trial-admission.ts';
import { STAGE_NAMES } from '../../dataplane/host/finding.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import type { FilesBack } from '../../pipeline/file-order.ts';
import { filesBackJson } from '../capture/files-back.ts';
import type { Provenance } from '../provenance/provenance.ts';
import { splitFlowsHint } from './split-flows-hint.ts';
import { type Interruption, interruptionJson, interruptionText } from './interruption.ts';
import { unreadPackets } from '../../pipeline/nothing-read.ts';
import { largeUnreadLayers } from '../../pipeline/unread-layers.ts';
import { trialTripJson, trialTripLines } from '../event/trial-trip.ts';

/** Totals of a replay. */
export interface ReplayTotals {
  readonly captureCount: number;
  /** Files in folders that are not captures. */
  readonly skippedCount: number;
  /** Captures that could not be read to their end, each with the reason. */
  readonly incomplete: readonly { readonly file: string; readonly fault: string; readonly message: string }[];
  /** Null if the captures were read to their end. */
  readonly interruption: Interruption | null;
  readonly filesBack: FilesBack;
  readonly counters: Counters;
  readonly flows: FlowCounts;
  /** Decision events, by action. */
  readonly decisions: Float64Array;
  readonly hits: RegisteredHits;
  /** Trips that the breaker would have had in mode enforce: the first of each kind. */
  readonly trips: readonly TrialTrip[];
  /** A JSON object for each throttle rule; null if none were collected. */
  readonly throttles: readonly object[] | null;
  readonly mode: string;
  readonly policy: { readonly name: string; readonly sha256: string; readonly rules: number };
  readonly registry: { readonly sha256: string; readonly entries: number };
  readonly provenance: Provenance;
}

interface FoundRow {
  readonly protocol: string;
  readonly stage: string;
  readonly flows: number;
  readonly actions: Record<string, number>;
}

/** The combinations of protocol and stage that have flows. */
function foundRows(flows: FlowCounts): FoundRow[] {
  const rows: FoundRow[] = [];
  for (let protocol = 1; protocol < PROTOCOL_NAMES.length; protocol++) {
    for (let stage = STAGE_NAMES.length - 1; stage > 0; stage--) {
      const counts = ACTION_NAMES.map((_, action) => flows.get(protocol, stage, action));
      const total = counts.reduce((sum, count) => sum + count, 0);
      if (total === 0) continue;
      const actions = Object.fromEntries(ACTION_NAMES.map((name, action) => [name, counts[action]!]));
      rows.push({ protocol: PROTOCOL_NAMES[protocol]!, stage: STAGE_NAMES[stage]!, flows: total, actions });
    }
  }
  return rows;
}

/** The keys of the summary as JSON. */
export type Summary = ReturnType<typeof summaryObject>;

/** One JSON object on one line; `more`: keys that a flag asks for. */
export function summaryJson(totals: ReplayTotals, more: object = {}): string {
  return `${JSON.stringify({ ...summaryObject(totals), ...more })}\n`;
}

/** The summary as data: the type of the result has the keys. */
export function summaryObject(totals: ReplayTotals) {
  const { counters } = totals;
  const time = (value: number): string | null => (Number.isNaN(value) ? null : formatMicros(value));
  return {
    captures: totals.captureCount,
    skipped_files: totals.skippedCount,
    incomplete: totals.incomplete,
    interrupted: totals.interruption === null ? null : interruptionJson(totals.interruption),
    files_back_in_time: filesBackJson(totals.filesBack),
    packets: {
      read: counters.packets,
      bytes: counters.bytes,
      in_flows: counters.flowPackets,
      not_decoded: counters.notDecodedByName(),
      unread_link_types: counters.unreadLinks
        .rows()
        .map(({ linkType, name, packets }) => ({ link_type: linkType, name, packets })),
      first: time(counters.firstTimeUs),
      last: time(counters.lastTimeUs),
    },
    flows: {
      total: counters.flowsStarted,
      split: counters.splitFlows,
      ended: byName(FLOW_END_NAMES, counters.flowsEnded),
      found: foundRows(totals.flows),
    },
    decisions: byName(ACTION_NAMES, totals.decisions),
    registered_hits: totals.hits.toCounts(),
    // Mode observe affects no client, so no limit can be reached.
    breaker: totals.mode === 'enforce' ? { would_trip: totals.trips.map(trialTripJson) } : null,
    outcome: {
      packets: byName(OUTCOME_NAMES, counters.outcomePackets),
      bytes: byName(OUTCOME_NAMES, counters.outcomeBytes),
    },
    throttles: totals.throttles,
    hints: counters.splitFlows > 0 ? [splitFlowsHint(counters.splitFlows)] : [],
    mode: totals.mode,
    policy: totals.policy,
    registry: totals.registry,
    provenance: totals.provenance,
  };
}

function byName(names: readonly string[], counts: Float64Array): Record<string, number> {
  return Object.fromEntries(names.map((name, index) => [name, counts[index]!]));
}

/** Some lines of text, and a table if there are findings. */
export async function summaryText(totals: ReplayTotals): Promise<string> {
  const { counters } = totals;
  const rows = foundRows(totals.flows);
  const found = rows.reduce((sum, row) => sum + row.flows, 0);
  const lines = [
    ...(totals.interruption === null ? [] : [`${capitalised(interruptionText(totals.interruption))}. So far:`]),
    firstLine(totals, found),
    `Policy ${totals.policy.name} (mode ${totals.mode}, ${counted(totals.policy.rules, 'rule')}); ` +
      `registry of ${counted(totals.registry.entries, 'registration')}.`,
  ];
  if (rows.length > 0) lines.push('', await foundTable(rows));
  // Without a packet the first line already reports that nothing could be read.
  if (counters.packets > 0 || !isNothingRead(totals)) lines.push('', ...notDecodedLines(counters));
  if (counters.splitFlows > 0) lines.push(`Hint: ${splitFlowsHint(counters.splitFlows)}.`);
  if (found > 0) lines.push(hitLine(totals));
  if (totals.mode === 'enforce') lines.push(...outcomeLines(counters), ...trialTripLines(totals.trips));
  return `${lines.join('\n')}\n`;
}

/** If nothing could be read, the line makes no claim about VPNs. */
function firstLine(totals: ReplayTotals, found: number): string {
  const { counters } = totals;
  const captures = capturesRead(totals);
  const packets = counted(counters.packets, 'packet');
  if (isNothingRead(totals)) return `${captures}, ${packets}: nothing could be read, so nothing is known of VPNs.`;
  return `${captures}, ${packets}, ${counted(counters.flowsStarted, 'flow')}, ${number(found)} of them VPN.`;
}

function isNothingRead({ counters, incomplete }: ReplayTotals): boolean {
  return incomplete.length > 0 && counters.packets === unreadPackets(counters.notDecoded);
}

/** After an interruption: the number of captures of which packets were read. */
function capturesRead({ captureCount, interruption }: ReplayTotals): string {
  const all = counted(captureCount, 'capture');
  if (interruption === null || captureCount === 1) return all;
  const { fileNumber, packet } = interruption;
  return `${number(packet === 0 ? fileNumber - 1 : fileNumber)} of ${all}`;
}

async function foundTable(rows: readonly FoundRow[]): Promise<string> {
  const { default: Table } = await import('cli-table3');
  const table = new Table({
    head: ['protocol', 'stage', 'flows', ...ACTION_NAMES],
    colAligns: ['left', 'left', 'right', 'right', 'right', 'right'],
    style: { head: [], border: [] },
  });
  for (const row of rows) {
    table.push([row.protocol, row.stage, number(row.flows), ...ACTION_NAMES.map((name) => number(row.actions[name]!))]);
  }
  return table.toString();
}

function notDecodedLines(counters: Counters): string[] {
  const reasons = Object.entries(counters.notDecodedByName()).sort(([, a], [, b]) => b - a);
  if (counters.packets === 0) return ['No packet was read.'];
  if (reasons.length === 0) return ['Every packet belongs to a flow.'];
  const total = reasons.reduce((sum, [, count]) => sum + count, 0);
  const list = reasons.map(([name, count]) => `${name} ${number(count)}`).join(', ');
  const lines = [`In flows: ${counted(counters.flowPackets, 'packet')}. Not in a flow: ${number(total)} (${list}).`];
  if (counters.unreadLinks.total > 0)
    lines.push(`Link types that are not read, with their packets: ${counters.unreadLinks.text(true)}.`);
  for (const { reason, layer, packets, share } of largeUnreadLayers(counters)) {
    const percent = (100 * share).toFixed(1);
    lines.push(
      `Not read, so no VPN is seen inside: ${layer}, ${percent} % of the packets (${reason} ${number(packets)}).`,
    );
  }
  return lines;
}

function outcomeLines(counters: Counters): string[] {
  const list = OUTCOME_NAMES.map((name, outcome) => `${number(counters.outcomePackets[outcome]!)} ${name}`);
  return [`Simulated outcome of packets: ${list.join(', ')}.`];
}

/** Number of flows of registered users for which a throttle or block was decided. */
function hitLine({ hits, mode }: ReplayTotals): string {
  const harm = hits.total(HitKind.IN_FORCE);
  const others = [
    { count: hits.total(HitKind.ON_PURPOSE), what: 'on purpose' },
    { count: hits.total(HitKind.OTHER_PROTOCOL), what: 'registered for another protocol' },
  ].filter(({ count }) => count > 0);
  const list = others.map(({ count, what }) => `${number(count)} ${what}`).join(', ');
  const apart = list === '' ? '' : `; apart from these, ${list}`;
  const would = mode === 'observe' ? ', had these decisions been enforced' : '';
  return harm === 0 ? `Registered hits: none${apart}.` : `Registered hits: ${number(harm)}${would}${apart}.`;
}

function capitalised(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
