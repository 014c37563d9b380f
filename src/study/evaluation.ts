/** Formats an evaluation: as text, as one JSON object, and as the Markdown table of test/corpus/ACCURACY.md. */
import { counted, number } from '../core/count-text.ts';
import Table from 'cli-table3';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import type { Provenance } from '../output/provenance/provenance.ts';
import type { Evaluation, Mistake } from './evaluate.ts';
import { MIN_SESSIONS, type Proportion } from './interval/proportion.ts';
import type { Origin } from './labels/capture-labels.ts';
import type { Score } from './score.ts';

/** The largest number of mistakes in the text; further ones are counted. */
const LISTED_MISTAKES = 40;

/** What is needed beside the evaluation to say how many decisions a day would be wrong. */
export interface DayOfFlows {
  /** Where the labelled captures are from; null where the labels do not say it. */
  readonly origin: Origin | null;
  readonly flowsPerDay: number;
}

/** Tables and sentences. */
export function evaluationText(evaluation: Evaluation, day: DayOfFlows): string {
  const { captures, flows, all, mistakes, unlabelled } = evaluation;
  const sections = [
    `${counted(captures, 'capture')} with ${counted(flows, 'flow')}, ` +
      `of which ${number(all.right + all.missed)} are labelled as a VPN.`,
    scoreTable(evaluation),
    confusionTable(evaluation),
    conditionTable(evaluation),
    closingLines(evaluation, day).join('\n'),
  ];
  if (mistakes.length > 0) sections.push(mistakeLines(mistakes).join('\n'));
  if (unlabelled.length > 0)
    sections.push(`${counted(unlabelled.length, 'capture')} without labels, not counted: ${shortened(unlabelled)}.`);
  return `${sections.join('\n\n')}\n`;
}

function closingLines(evaluation: Evaluation, day: DayOfFlows): string[] {
  const { stages, variants, falseFlows, optionalFound } = evaluation;
  const lines = [
    `Intervals (95 %) are over sessions, not over flows; below ${MIN_SESSIONS} sessions there is none.`,
    `False findings in ${number(falseFlows.count)} of ${counted(falseFlows.total, 'flow')} ` +
      `of ${counted(falseFlows.sessions, 'session')}${percentInterval(falseFlows)}.`,
  ];
  const wrong = wrongPerDay(falseFlows, day);
  if (wrong !== null) {
    const { expected, lower, upper } = wrong;
    const bounds = lower === null || upper === null ? '' : ` (95 %: ${number(lower)} to ${number(upper)})`;
    lines.push(
      `Of ${number(day.flowsPerDay)} flows a day like these ${number(expected)} would be found wrongly${bounds}.`,
    );
  }
  if (stages.total > 0) lines.push(`Stage as labelled: ${number(stages.count)} of ${number(stages.total)}.`);
  if (variants.total > 0) lines.push(`Variant as labelled: ${number(variants.count)} of ${number(variants.total)}.`);
  if (optionalFound > 0)
    lines.push(`Not counted: ${counted(optionalFound, 'flow')} that may be found or not, and were.`);
  return lines;
}

interface WrongPerDay {
  readonly expected: number;
  readonly lower: number | null;
  readonly upper: number | null;
}

/** The expected number of flows a day with a false finding; null where the flows are not those of a network in use. */
function wrongPerDay({ value, lower, upper }: Proportion, { origin, flowsPerDay }: DayOfFlows): WrongPerDay | null {
  if (origin !== 'field' || value === null) return null;
  const flows = (share: number | null): number | null => (share === null ? null : Math.round(share * flowsPerDay));
  return { expected: Math.round(value * flowsPerDay), lower: flows(lower), upper: flows(upper) };
}

/** Why there is no number of wrong decisions a day; null where there is one. */
export function missingDay(origin: Origin | null): string | null {
  if (origin === 'field') return null;
  return origin === null
    ? 'the labels do not say "origin": "field"; the share of other flows says nothing of a network in use'
    : `the labels say "origin": "${origin}"; the share of such flows says nothing of a network in use`;
}

function scoreTable({ protocols, all }: Evaluation): string {
  const table = newTable(
    ['protocol', 'right', 'false', 'missed', 'precision', '95 %', 'recall', '95 %', 'sessions'],
    1,
  );
  for (const score of [...protocols, all]) {
    table.push([score.name, ...scoreCells(score)]);
  }
  return table.toString();
}

function scoreCells({ right, false: wrong, missed, precision, recall, sessions }: Score): string[] {
  const shares = [value(precision), interval(precision), value(recall), interval(recall)];
  return [...[right, wrong, missed].map(number), ...shares, number(sessions)];
}

function confusionTable({ confusion }: Evaluation): string {
  const table = newTable(['labelled \\ found', ...PROTOCOL_NAMES], 1);
  for (const [code, name] of PROTOCOL_NAMES.entries()) table.push([name, ...confusion[code]!.map(number)]);
  return table.toString();
}

function conditionTable({ conditionGroups }: Evaluation): string {
  const scores = ['right', 'false', 'missed', 'precision', '95 %', 'recall', '95 %', 'sessions'];
  const table = newTable(['condition', 'captures', 'flows', ...scores], 1);
  for (const row of conditionGroups)
    table.push([row.name, number(row.captures), number(row.flows), ...scoreCells(row)]);
  return table.toString();
}

function newTable(head: string[], leftColumns: number): Table.Table {
  return new Table({
    head,
    colAligns: head.map((_, column) => (column < leftColumns ? 'left' : 'right')),
    style: { head: [], border: [] },
  });
}

function mistakeLines(mistakes: readonly Mistake[]): string[] {
  const lines = mistakes
    .slice(0, LISTED_MISTAKES)
    .map(({ kind, file, flow, labelled, found }) => `${kind}: ${file}: ${flow}: labelled ${labelled}; found ${found}`);
  const rest = mistakes.length - lines.length;
  return rest > 0 ? [...lines, `and ${number(rest)} more: --json lists them all`] : lines;
}

/** One table by protocol and condition, with intervals in brackets, and the closing sentences of the text. */
export function evaluationMarkdown(evaluation: Evaluation, day: DayOfFlows): string {
  const { protocols, all, conditionGroups, captures, flows } = evaluation;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const score = ({ right, false: wrong, missed, precision, recall, sessions }: Score): string[] => [
    ...[right, wrong, missed].map(number),
    bracketed(precision),
    bracketed(recall),
    number(sessions),
  ];
  const lines = [
    line(['', 'captures', 'flows', 'right', 'false', 'missed', 'precision (95 %)', 'recall (95 %)', 'sessions']),
    '|---|---:|---:|---:|---:|---:|---:|---:|---:|',
    ...protocols.map((one) => line([one.name, '', '', ...score(one)])),
    line(['**all**', number(captures), number(flows), ...score(all)]),
    ...conditionGroups.map((one) => line([one.name, number(one.captures), number(one.flows), ...score(one)])),
    '',
    closingLines(evaluation, day).join(' '),
  ];
  return `${lines.join('\n')}\n`;
}

/** One JSON object on one line. */
export function evaluationJson(evaluation: Evaluation, day: DayOfFlows, provenance: Provenance): string {
  const { captures, flows, unlabelled, protocols, all, conditions, confusion } = evaluation;
  const { optionalFound, stages, variants, falseFlows, mistakes } = evaluation;
  const wrong = wrongPerDay(falseFlows, day);
  const object = {
    captures,
    flows,
    unlabelled,
    protocols: byName(protocols),
    all: score(all),
    conditions: Object.fromEntries(
      conditions.map((one) => [one.name, { captures: one.captures, flows: one.flows, ...score(one) }]),
    ),
    confusion: Object.fromEntries(
      PROTOCOL_NAMES.map((name, label) => [
        name,
        Object.fromEntries(PROTOCOL_NAMES.map((found, code) => [found, confusion[label]![code]!])),
      ]),
    ),
    optional_found: optionalFound,
    stage: stages,
    variant: variants,
    false_flows: falseFlows,
    origin: day.origin,
    flows_per_day: day.flowsPerDay,
    wrong_per_day: wrong,
    wrong_per_day_missing: missingDay(day.origin),
    mistakes,
    provenance,
  };
  return `${JSON.stringify(object)}\n`;
}

function byName(scores: readonly Score[]): Record<string, object> {
  return Object.fromEntries(scores.map((one) => [one.name, score(one)]));
}

function score({ right, false: wrong, missed, precision, recall, sessions }: Score): object {
  return { right, false: wrong, missed, precision, recall, sessions };
}

function value(share: Proportion): string {
  return share.value === null ? '–' : rounded(share.value);
}

function interval({ lower, upper }: Proportion): string {
  return lower === null || upper === null ? '' : `${rounded(lower)}–${rounded(upper)}`;
}

function bracketed(share: Proportion): string {
  const bounds = interval(share);
  return bounds === '' ? value(share) : `${value(share)} (${bounds})`;
}

function percentInterval({ lower, upper }: Proportion): string {
  if (lower === null || upper === null) return '';
  return ` (95 %: ${(lower * 100).toFixed(2)} % to ${(upper * 100).toFixed(2)} %)`;
}

/** Three decimals; a value below 1 is never shown as 1.000. */
function rounded(share: number): string {
  return (share < 1 ? Math.min(share, 0.999) : share).toFixed(3);
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${number(names.length - 3)} more` : shown;
}
