/** Formats the agreement with another tool: as text, as one JSON object, and as Markdown. */
import { counted, number } from '../../core/count-text.ts';
import Table from 'cli-table3';
import type { Provenance } from '../../output/provenance/provenance.ts';
import { MIN_SESSIONS } from '../interval/proportion.ts';
import { leavesOutUnknown } from '../labels/tool-flows.ts';
import { type Agreement, CALLED, type Difference } from './agreement.ts';

/** The largest number of differences in the text; further ones are counted. */
const LISTED_DIFFERENCES = 40;

type Cells = readonly (readonly (string | number)[])[];

/** Tables and sentences. */
export function agreementText(agreement: Agreement): string {
  const sections = [opening(agreement), asText(protocolCells(agreement)), asText(matrixCells(agreement))];
  const rest = remarks(agreement);
  if (rest.length > 0) sections.push(rest.join('\n'));
  if (agreement.differences.length > 0) sections.push(differenceLines(agreement).join('\n'));
  return `${sections.join('\n\n')}\n`;
}

export function agreementMarkdown(agreement: Agreement): string {
  const sections = [opening(agreement), asMarkdown(protocolCells(agreement)), asMarkdown(matrixCells(agreement))];
  return `${[...sections, ...remarks(agreement)].join('\n\n')}\n`;
}

/** One JSON object on one line. `provenance` says how it came about. */
export function agreementJson(agreement: Agreement, provenance: Provenance): string {
  const { tool, captures, unlabelled, agreed, kappa, kappaInterval, protocols, matrix, differences } = agreement;
  const object = {
    tool,
    captures,
    unlabelled,
    agreed,
    kappa: { value: kappa, lower: kappaInterval?.lower ?? null, upper: kappaInterval?.upper ?? null },
    protocols: Object.fromEntries(
      protocols.map(({ name, both, onlyTool, onlySluice }) => [
        name,
        { both, only_tool: onlyTool, only_sluice: onlySluice },
      ]),
    ),
    matrix: Object.fromEntries(CALLED.map((name, row) => [name, byName(matrix[row]!)])),
    not_seen_by_sluice: byName(agreement.onlyTool),
    not_seen_by_tool: byName(agreement.onlySluice),
    rows_untracked: agreement.untracked,
    rows_unreadable: agreement.unreadable,
    flows_contradictory: agreement.contradictory,
    flows_unlisted: agreement.unlisted,
    differences,
    provenance,
  };
  return `${JSON.stringify(object)}\n`;
}

function byName(counts: readonly number[]): Record<string, number> {
  return Object.fromEntries(CALLED.map((name, code) => [name, counts[code]!]));
}

function opening({ tool, captures, agreed, kappa, kappaInterval }: Agreement): string {
  if (agreed.value === null)
    return (
      `${tool} and Sluice on ${counted(captures, 'capture')}: there is no flow that both saw. Is this ` +
      'the log of the capture?'
    );
  const interval = (lower: number | null | undefined, upper: number | null | undefined): string =>
    typeof lower !== 'number' || typeof upper !== 'number' ? '' : ` (95 %: ${lower.toFixed(3)} to ${upper.toFixed(3)})`;
  const beyond =
    kappa === null
      ? "Cohen's kappa is not defined: both call all flows the same."
      : `Cohen's kappa is ${kappa.toFixed(3)}${interval(kappaInterval?.lower, kappaInterval?.upper)}.`;
  const few = agreed.sessions < MIN_SESSIONS ? ` Below ${MIN_SESSIONS} captures there are no intervals.` : '';
  return (
    `${tool} and Sluice on ${counted(captures, 'capture')}: they agree on ${number(agreed.count)} of ` +
    `${counted(agreed.total, 'flow')}${leavesOutUnknown(tool) ? '' : ' that both saw'}, ` +
    `${(agreed.value * 100).toFixed(1)} %${interval(agreed.lower, agreed.upper)}.\n` +
    `${beyond} This is agreement and not accuracy: either may be wrong.${few}`
  );
}

function protocolCells({ tool, protocols }: Agreement): Cells {
  return [
    ['flows called', 'both', `only ${tool}`, 'only Sluice'],
    ...protocols.map(({ name, both, onlyTool, onlySluice }) => [name, both, onlyTool, onlySluice]),
  ];
}

function matrixCells({ tool, matrix, onlyTool, onlySluice }: Agreement): Cells {
  return [
    [`${tool} \\ Sluice`, ...CALLED, 'not seen'],
    ...CALLED.map((name, row) => [name, ...matrix[row]!, onlyTool[row]!]),
    ['not seen', ...onlySluice, ''],
  ];
}

function remarks({ tool, untracked, unreadable, contradictory, unlisted, unlabelled }: Agreement): string[] {
  const lines: string[] = [];
  if (unlisted > 0)
    lines.push(`${counted(unlisted, 'flow')} without a row of ${tool}, which lists what it recognises: other.`);
  if (untracked > 0)
    lines.push(`Not compared: ${counted(untracked, 'row')} of ${tool} of other transports than TCP, UDP, ESP and AH.`);
  if (unreadable > 0)
    lines.push(
      `Not compared: ${counted(unreadable, 'row')} with IPv6 addresses that were shortened twice, which ` +
        'two addresses could be.',
    );
  if (contradictory > 0)
    lines.push(
      `${counted(contradictory, 'row')} of ${tool} with another VPN protocol than the row before for the ` +
        'same flow: the first counts.',
    );
  if (unlabelled.length > 0) {
    const shown = unlabelled.slice(0, 3).join(', ');
    const more = unlabelled.length > 3 ? ` and ${number(unlabelled.length - 3)} more` : '';
    lines.push(`${counted(unlabelled.length, 'capture')} without a log of ${tool}, not counted: ${shown}${more}.`);
  }
  return lines;
}

function differenceLines({ tool, differences }: Agreement): string[] {
  const lines = differences
    .slice(0, LISTED_DIFFERENCES)
    .map((one: Difference) => `${one.file}: ${one.flow}: ${tool}: ${one.tool}; Sluice: ${one.sluice}`);
  const rest = differences.length - lines.length;
  return rest > 0 ? [...lines, `and ${number(rest)} more: --json lists them all`] : lines;
}

function asText([head, ...rows]: Cells): string {
  const table = new Table({
    head: head!.map(String),
    colAligns: head!.map((_, column) => (column === 0 ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
  for (const row of rows) table.push(row.map(cellText));
  return table.toString();
}

function asMarkdown([head, ...rows]: Cells): string {
  const line = (cells: readonly (string | number)[]): string => `| ${cells.map(cellText).join(' | ')} |`;
  return [line(head!), `|---|${'---:|'.repeat(head!.length - 1)}`, ...rows.map(line)].join('\n');
}

function cellText(cell: string | number): string {
  return typeof cell === 'number' ? number(cell) : cell;
}
