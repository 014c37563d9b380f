/** What changed in the period: starts, reloads, trips and actions. */
import type { ReportContext } from './report-context.ts';
import { CHANGE_LIMIT, type ChangeFigures } from './read-changes.ts';
import type { ReportSection } from './report-document.ts';

/** For regulators, the daemon's own changes only: what the operator's people did is shown to operators. */
const OPERATOR_KINDS: readonly string[] = ['action', 'shadow'];

type Fields = Readonly<Record<string, unknown>>;

export function changesSection(context: ReportContext): ReportSection {
  const shown = context.changes.filter(({ kind }) => context.audience === 'operator' || !OPERATOR_KINDS.includes(kind));
  return {
    id: 'changes',
    title: 'What changed',
    text: [],
    facts: [],
    tables: [
      {
        id: 'changes',
        title: `Changes in the order of time${context.moreChanges ? `; the first ${CHANGE_LIMIT}` : ''}`,
        columns: [
          { name: 'time', unit: 'time' },
          { name: 'what', unit: 'text' },
          { name: 'details', unit: 'text' },
        ],
        rows: shown.map((change) => [change.timeS, change.kind, changeWords(change)]),
        drawn: [],
      },
    ],
    remarks: [],
  };
}

/** The main fields of a change in words. */
function changeWords({ kind, fields }: ChangeFigures): string {
  switch (kind) {
    case 'start':
      return joined([textOf(fields, 'version'), labelled('mode', textOf(fields, 'mode'))]);
    case 'reload':
      return joined([
        textOf(fields, 'reload', 'result'),
        labelled('mode', textOf(fields, 'reload', 'mode')),
        labelled('changed decisions', textOf(fields, 'reload', 'changed')),
        reasons(fields, 'reload', 'change', 'reasons'),
      ]);
    case 'breaker':
      return joined([
        textOf(fields, 'breaker', 'state'),
        textOf(fields, 'breaker', 'cause'),
        labelled('rule', textOf(fields, 'breaker', 'rule')),
        labelled('mode', textOf(fields, 'breaker', 'mode')),
      ]);
    case 'harm':
      return joined([textOf(fields, 'harm', 'state'), textOf(fields, 'harm', 'reason')]);
    case 'calendar':
      return joined([
        textOf(fields, 'calendar', 'state'),
        labelled('lead', textOf(fields, 'calendar', 'lead')),
        reasons(fields, 'calendar', 'reasons'),
      ]);
    case 'action':
      return joined([textOf(fields, 'action', 'what'), textOf(fields, 'action', 'result')]);
    default:
      return '';
  }
}

function valueOf(fields: Fields, path: readonly string[]): unknown {
  let value: unknown = fields;
  for (const name of path) value = (value as Fields | null | undefined)?.[name];
  return value;
}

/** Empty where the field is not there, or has no text. */
function textOf(fields: Fields, ...path: string[]): string {
  const value = valueOf(fields, path);
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '';
}

function reasons(fields: Fields, ...path: string[]): string {
  const value = valueOf(fields, path);
  return Array.isArray(value) ? value.map(String).join('; ') : '';
}

function labelled(label: string, text: string): string {
  return text === '' ? '' : `${label} ${text}`;
}

function joined(parts: readonly string[]): string {
  return parts.filter((part) => part !== '').join(', ');
}
