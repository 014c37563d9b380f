/** A comparison as text: registered users first, then what changes, and the time line. */
import { counted, number, spanUnit } from '../../core/count-text.ts';
import Table from 'cli-table3';
import { formatMicros } from '../../core/units.ts';
import { trialTripLines } from '../../output/event/trial-trip.ts';
import { interruptionText } from '../../output/summary/interruption.ts';
import { type ChangeRow, DIMENSIONS } from './change-table.ts';
import { type ChangeEvent, changeText } from './change-event.ts';
import type { ComparedRules, ComparisonTotals } from './comparison-totals.ts';
import type { LargestChanges } from './largest-changes.ts';
import type { HitHolder, PairComparison } from './pair-comparison.ts';
import type { ComparedInterval } from './compared-time-line.ts';

/** Rows of each table at most; further ones are counted. JSON has all. */
const LISTED_ROWS = 12;
const LISTED_HOLDERS = 5;
const TIME_ROWS = 24;
/** Length of a time in the table: without parts of seconds. */
const TO_SECONDS = '2024-11-30T18:00:00'.length;
const KILOBYTE = 1000;

export function comparisonText(totals: ComparisonTotals): string {
  const { comparison, rules, largest } = totals;
  const sections = comparison.pairs.map((pair) => firstLines(pair, rules, totals.showsHolders));
  if (totals.interruption !== null) sections.push([`Only in part: ${interruptionText(totals.interruption)}.`]);
  sections.push(whatWasCompared(totals));
  for (const [at, pair] of comparison.pairs.entries()) sections.push(...pairSections(pair, rules, largest[at]!));
  sections.push(timeLine(comparison.timeLine.intervals(TIME_ROWS), rules));
  return `${sections
    .filter((lines) => lines.length > 0)
    .map((lines) => lines.join('\n'))
    .join('\n\n')}\n`;
}

/** What matters most about a change, in one line, and the holders. */
function firstLines(pair: PairComparison, rules: readonly ComparedRules[], showsHolders: boolean): string[] {
  const { hits } = pair;
  const to = rules[pair.side]!;
  const which = rules.length > 2 ? ` by ${to.letter}` : '';
  const lost = hits.deregistered === 0 ? '' : `, ${number(hits.deregistered)} of them by losing the registration`;
  const registered =
    pair.registeredClients === 0
      ? `Registered users newly hit${which}: none.`
      : `Registered users newly hit${which}: ${counted(pair.registeredClients, 'client')} of ` +
        `${counted(pair.holders.size, 'registration')}${lost}.`;
  const clients = `${capital(counted(hits.newlyHit, 'client'))} of ${number(hits.count)} would newly be hit`;
  const trip = to.trips.length > 0 ? ', and the safety breaker would trip' : '';
  return [`${registered} ${clients}${trip}.`, ...(showsHolders ? holderLines(pair) : [])];
}

function holderLines({ holders }: PairComparison): string[] {
  const most = [...holders.values()].sort((a, b) => b.flows - a.flows);
  const lines = most.slice(0, LISTED_HOLDERS).map(holderLine);
  if (most.length > LISTED_HOLDERS) lines.push(`  and ${counted(most.length - LISTED_HOLDERS, 'registration')} more`);
  return lines;
}

function holderLine({ registration, isDeregistered, flows }: HitHolder): string {
  const { holder, prefix, sector } = registration;
  const lost = isDeregistered ? ', registered no more' : '';
  return `  ${holder}, ${prefix} (${sector}): ${counted(flows, 'flow')}${lost}`;
}

function whatWasCompared({ captureCount, counters, comparison, rules }: ComparisonTotals): string[] {
  const what =
    `${counted(captureCount, 'capture')}, ${counted(counters.packets, 'packet')}, ` +
    counted(comparison.flows, 'VPN flow');
  return [
    `Compared on ${what}, as if all rules were enforced:`,
    ...rules.map(
      ({ letter, policy, registry }) =>
        `  ${letter}  policy ${policy.name} (${policy.file}), registry of ` +
        `${counted(registry.entries, 'registration')} (${registry.file})`,
    ),
  ];
}

function pairSections(pair: PairComparison, rules: readonly ComparedRules[], largest: LargestChanges): string[][] {
  const { hits } = pair;
  const [from, to] = [rules[0]!.letter, rules[pair.side]!];
  const otherwise =
    pair.decidedOtherwise === 0
      ? ''
      : ` ${capital(counted(pair.decidedOtherwise, 'other flow'))} get the same action by another rule or ` +
        'registration.';
  const changes =
    `${from} → ${to.letter}: ${counted(pair.changed, 'flow')} of ` +
    `${counted(pair.changedClients, 'client')} change (${counted(pair.packets, 'packet')}, ` +
    `${bytes(pair.bytes)}).`;
  const lines = [
    changes + otherwise,
    `Clients newly hit: ${number(hits.newlyHit)}; no longer hit: ${number(hits.noLongerHit)}.${byRule(pair)}`,
    ...registeredLines(pair, from),
    ...trialTripLines(to.trips).map((line) => `${to.letter}: ${line}`),
  ];
  return pair.changed === 0 ? [lines] : [lines, changeTable(pair), largestTable(largest)];
}

/** Registered users who are hit already are not among the clients newly hit: the first may be more than the second. */
function registeredLines({ hits }: PairComparison, from: string): string[] {
  const { registeredAlreadyHit: already } = hits;
  if (already === 0) return [];
  return [
    `Not among them: ${counted(already, 'registered user')} newly hit, with other flows that ${from} hits already.`,
  ];
}

function byRule(pair: PairComparison): string {
  const rules = pair.hitsByRule().map(([rule, clients]) => `${rule} ${number(clients)}`);
  return rules.length === 0 ? '' : ` By rule: ${rules.join(', ')}.`;
}

function changeTable(pair: PairComparison): string[] {
  const table = newTable(['by', 'value', 'action', 'flows', 'clients', 'packets', 'bytes'], 3);
  for (const dimension of DIMENSIONS) {
    const rows = pair.table.rows(dimension);
    for (const [at, row] of rows.slice(0, LISTED_ROWS).entries())
      table.push(changeCells(row, at === 0 ? dimension : ''));
    if (rows.length > LISTED_ROWS) table.push(['', `${number(rows.length - LISTED_ROWS)} more`, '', '', '', '', '']);
  }
  return [table.toString()];
}

function changeCells({ value, from, to, flows, clients, packets, bytes: sum }: ChangeRow, by: string): string[] {
  return [by, value, `${from} → ${to}`, number(flows), number(clients), number(packets), bytes(sum)];
}

function largestTable({ events }: LargestChanges): string[] {
  const table = newTable(['flow', 'from', 'to', 'vpn', 'action', 'rule', 'bytes'], 6);
  for (const event of events) {
    const { flow, vpn, after } = event;
    table.push([
      event.flow_id,
      endText(event.src_ip, event.src_port),
      endText(event.dest_ip, event.dest_port),
      `${vpn?.protocol ?? ''} ${vpn?.stage ?? ''}`,
      changeText(event),
      after.rule ?? 'no rule',
      bytes(flow.bytes_toserver + flow.bytes_toclient),
    ]);
  }
  return [events.length === 1 ? 'The flow that changes:' : 'The flows that change most:', table.toString()];
}

function endText(address: ChangeEvent['src_ip'], port: number | undefined): string {
  if (port === undefined) return address;
  return address.includes(':') ? `[${address}]:${port}` : `${address}:${port}`;
}

function timeLine(intervals: readonly ComparedInterval[], rules: readonly ComparedRules[]): string[] {
  if (intervals.length === 0) return [];
  const head = rules.flatMap(({ letter }) => [`${letter} delayed`, `${letter} dropped`]);
  const table = newTable(['from', 'packets', ...head], 1);
  for (const { fromUs, packets, sides } of intervals) {
    const cells = sides.flatMap(({ delayedPackets, droppedPackets }) => [delayedPackets, droppedPackets].map(number));
    table.push([formatMicros(fromUs).slice(0, TO_SECONDS), number(packets), ...cells]);
  }
  return [`Packets over time; each row with packets is ${spanText(intervals[0]!.lengthUs / 1e6)}:`, table.toString()];
}

/** A span of time in its largest fitting unit. */
function spanText(seconds: number): string {
  const [size, noun] = spanUnit(seconds);
  return `about ${counted(Math.round(seconds / size), noun)}`;
}

/** A table whose first `texts` columns are text. */
function newTable(head: string[], texts: number): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, column) => (column < texts ? 'left' : 'right')),
    style: { head: [], border: [], compact: true },
  });
}

function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let size = value;
  let unit = 0;
  while (size >= KILOBYTE && unit < units.length - 1) {
    size /= KILOBYTE;
    unit++;
  }
  return `${unit === 0 ? String(size) : size.toFixed(1)} ${units[unit]!}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
