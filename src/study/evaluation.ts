/**
 * Formats an evaluation: as text, as one JSON object, and as the Markdown table of test/corpus/ACCURACY.md.
 *
 * Conditions with a single capture (there is one for each encapsulation) are combined by folder, except those with a
 * mistake.
 */
import Table from 'cli-table3';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import type { ConditionScore, Evaluation, Mistake, Score } from './evaluate.ts';
import { proportion, type Proportion } from './wilson.ts';

/** The largest number of mistakes in the text; further ones are counted. */
const LISTED_MISTAKES = 40;

interface Row extends Score {
  readonly captures: number;
  readonly flows: number;
}

/** Tables and sentences. */
export function evaluationText(evaluation: Evaluation, flowsPerDay: number): string {
  const { captures, flows, all, mistakes, unlabelled } = evaluation;
  const sections = [
    `${count(captures, 'capture')} with ${count(flows, 'flow')}, ` +
      `of which ${number(all.right + all.missed)} are labelled as a VPN.`,
    scoreTable(evaluation),
    confusionTable(evaluation),
    conditionTable(evaluation),
    closingLines(evaluation, flowsPerDay).join('\n'),
  ];
  if (mistakes.length > 0) sections.push(mistakeLines(mistakes).join('\n'));
  if (unlabelled.length > 0)
    sections.push(`${count(unlabelled.length, 'capture')} without labels, not counted: ${shortened(unlabelled)}.`);
  return `${sections.join('\n\n')}\n`;
}

function closingLines(evaluation: Evaluation, flowsPerDay: number): string[] {
  const { stages, variants, falseFlows, optionalFound } = evaluation;
  const { expected, upper } = wrongPerDay(falseFlows, flowsPerDay);
  const lines = [
    `False findings in ${number(falseFlows.count)} of ${count(falseFlows.total, 'flow')}. ` +
      `Of ${number(flowsPerDay)} flows a day like these ${number(expected)} would be found wrongly, ` +
      `by the interval's upper bound ${number(upper)}.`,
  ];
  if (stages.total > 0) lines.push(`Stage as labelled: ${number(stages.count)} of ${number(stages.total)}.`);
  if (variants.total > 0) lines.push(`Variant as labelled: ${number(variants.count)} of ${number(variants.total)}.`);
  if (optionalFound > 0) lines.push(`Not counted: ${count(optionalFound, 'flow')} that may be found or not, and were.`);
  return lines;
}

/** The expected number of flows a day with a false finding, and its upper bound at 95 % confidence. */
function wrongPerDay({ value, upper }: Proportion, flowsPerDay: number): { expected: number; upper: number } {
  return { expected: Math.round((value ?? 0) * flowsPerDay), upper: Math.round(upper * flowsPerDay) };
}

function scoreTable({ protocols, all }: Evaluation): string {
  const table = newTable(['protocol', 'right', 'false', 'missed', 'precision', '95 %', 'recall', '95 %'], 1);
  for (const score of [...protocols, all]) {
    const { name, right, false: wrong, missed, precision, recall } = score;
    table.push([
      name,
      ...[right, wrong, missed].map(number),
      value(precision),
      interval(precision),
      value(recall),
      interval(recall),
    ]);
  }
  return table.toString();
}

function confusionTable({ confusion }: Evaluation): string {
  const table = newTable(['labelled \\ found', ...PROTOCOL_NAMES], 1);
  for (const [code, name] of PROTOCOL_NAMES.entries()) table.push([name, ...confusion[code]!.map(number)]);
  return table.toString();
}

function conditionTable({ conditions }: Evaluation): string {
  const head = ['condition', 'captures', 'flows', 'right', 'false', 'missed', 'precision', '95 %', 'recall', '95 %'];
  const table = newTable(head, 1);
  for (const { name, captures, flows, right, false: wrong, missed, precision, recall } of conditionRows(conditions)) {
    table.push([
      name,
      ...[captures, flows, right, wrong, missed].map(number),
      value(precision),
      interval(precision),
      value(recall),
      interval(recall),
    ]);
  }
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

/**
 * The rows of the table of conditions. Conditions with one capture and no mistake are combined into one row for each
 * folder.
 */
function conditionRows(conditions: readonly ConditionScore[]): Row[] {
  const rows: Row[] = [];
  const byFolder = new Map<string, ConditionScore[]>();
  for (const condition of conditions) {
    const { folder } = condition;
    if (folder === null || condition.false > 0 || condition.missed > 0) rows.push(condition);
    else byFolder.set(folder, [...(byFolder.get(folder) ?? []), condition]);
  }
  for (const [folder, folded] of byFolder) {
    if (folded.length === 1) rows.push(folded[0]!);
    else rows.push(folderRow(folder, folded));
  }
  return rows.sort((a, b) => (a.name < b.name ? -1 : 1));
}

function folderRow(folder: string, folded: readonly ConditionScore[]): Row {
  const sum = (pick: (score: ConditionScore) => number): number => folded.reduce((total, one) => total + pick(one), 0);
  const right = sum((score) => score.right);
  return {
    name: `${folder}: ${folded.length} conditions`,
    captures: folded.length,
    flows: sum((score) => score.flows),
    right,
    false: 0,
    missed: 0,
    precision: proportion(right, right),
    recall: proportion(right, right),
  };
}

/** One table by protocol and condition, with intervals in brackets, and the closing sentences of the text. */
export function evaluationMarkdown(evaluation: Evaluation, flowsPerDay: number): string {
  const { protocols, all, conditions, captures, flows } = evaluation;
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  const score = ({ right, false: wrong, missed, precision, recall }: Score): string[] => [
    ...[right, wrong, missed].map(number),
    bracketed(precision),
    bracketed(recall),
  ];
  const lines = [
    line(['', 'captures', 'flows', 'right', 'false', 'missed', 'precision (95 %)', 'recall (95 %)']),
    '|---|---:|---:|---:|---:|---:|---:|---:|',
    ...protocols.map((one) => line([one.name, '', '', ...score(one)])),
    line(['**all**', number(captures), number(flows), ...score(all)]),
    ...conditionRows(conditions).map((one) => line([one.name, number(one.captures), number(one.flows), ...score(one)])),
    '',
    closingLines(evaluation, flowsPerDay).join(' '),
  ];
  return `${lines.join('\n')}\n`;
}

/** One JSON object on one line. */
export function evaluationJson(evaluation: Evaluation, flowsPerDay: number): string {
  const { captures, flows, unlabelled, protocols, all, conditions, confusion } = evaluation;
  const { optionalFound, stages, variants, falseFlows, mistakes } = evaluation;
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
    flows_per_day: flowsPerDay,
    wrong_per_day: wrongPerDay(falseFlows, flowsPerDay),
    mistakes,
  };
  return `${JSON.stringify(object)}\n`;
}

function byName(scores: readonly Score[]): Record<string, object> {
  return Object.fromEntries(scores.map((one) => [one.name, score(one)]));
}

function score({ right, false: wrong, missed, precision, recall }: Score): object {
  return { right, false: wrong, missed, precision, recall };
}

function value(share: Proportion): string {
  return share.value === null ? '–' : rounded(share.value);
}

function interval(share: Proportion): string {
  return share.value === null ? '' : `${rounded(share.lower)}–${rounded(share.upper)}`;
}

function bracketed(share: Proportion): string {
  return share.value === null ? '–' : `${value(share)} (${interval(share)})`;
}

/** Three decimals; a value below 1 is never shown as 1.000. */
function rounded(share: number): string {
  return (share < 1 ? Math.min(share, 0.999) : share).toFixed(3);
}

function shortened(names: readonly string[]): string {
  const shown = names.slice(0, 3).join(', ');
  return names.length > 3 ? `${shown} and ${number(names.length - 3)} more` : shown;
}

function number(value: number): string {
  return value.toLocaleString('en-US');
}

function count(value: number, noun: string): string {
  return `${number(value)} ${noun}${value === 1 ? '' : 's'}`;
}
