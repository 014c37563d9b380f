/**
 * Problems of policy and registry files, and of a change of rules, for logs, commands and the console's page: each has
 * its English, its code and values, and its place where it has one.
 */
import { type CodedProblem, problemsOf } from '../core/coded-problem.ts';
import { type Issue, placeOf, type Severity } from '../core/issue.ts';
import { coarseExcess } from '../policy/coarse-excess.ts';
import { EXCEEDED_LIMITS, type ExcessNumbers, excessWords } from '../policy/excess-words.ts';

export interface RulesProblem extends CodedProblem {
  readonly severity: Severity;
  /** `file:line:column`, or the file alone; null for a problem of no file. */
  readonly place: string | null;
}

/** The codes of RULES_PROBLEMS are not those of other problems. */
export const RULES_PROBLEMS = {
  'in-rules-file': (said: string) => said,
  'in-hidden-file': () => 'not shown where addresses are hidden; sluice check shows it',
  'rows-signed': (rows: string, signed: string) => `it has ${rows} rows, and ${signed} were signed`,
  'rules-unreadable': (said: string) => said,
  'limit-exceeded': (limit: string, seen: string, allowed: string, of = '', stage = '', window = '') =>
    excessWords({
      limit: EXCEEDED_LIMITS.find((one) => one === limit) ?? 'registrations',
      seen: Number(seen),
      allowed: Number(allowed),
      of: of === '' ? null : Number(of),
      stage: stage === '' ? null : stage,
      window: window === '' ? null : Number(window),
    }),
  'no-draft-to-read': () => 'there is no shadow whose files could be read',
  'daemon-stopping': () => 'the daemon is stopping',
  'no-rules-refused': () => 'no rules with this hash were refused: no rules wait for it',
  'other-rules-refused': (sha256: string) =>
    `no rules with this hash were refused: the rules that wait for it are ${sha256}`,
  'other-rules-in-use': (sha256: string) => `the rules in use are ${sha256}: a date is only confirmed for these`,
  'no-date-held': () => 'no date at this time is held, or ahead and beyond the limits',
  'request-wrong': (said: string) => said,
} as const;

export const rulesProblem = problemsOf(RULES_PROBLEMS);

/** A problem of no file. */
export function placeless(problem: CodedProblem): RulesProblem {
  return { ...problem, severity: 'error', place: null };
}

/** A problem of a whole file. */
export function ofFile(file: string, problem: CodedProblem): RulesProblem {
  return { ...problem, severity: 'error', place: file };
}

/** `isHidden`: its message, which may quote the file, is left out. */
export function ofIssue(issue: Issue, isHidden: boolean): RulesProblem {
  const problem = isHidden ? rulesProblem('in-hidden-file') : rulesProblem('in-rules-file', issue.message);
  return { ...problem, severity: issue.severity, place: placeOf(issue) };
}

/** The numbers of small groups of clients are not among its values. */
export function ofExcess(excess: ExcessNumbers): RulesProblem {
  const { limit, seen, allowed, of, stage, window } = coarseExcess(excess);
  const values = [of, stage, window].map((value) => (value === null ? '' : String(value)));
  const problem = rulesProblem('limit-exceeded', limit, String(seen), String(allowed), ...values);
  return placeless({ ...problem, problem: excessWords(excess) });
}

/** One line, in the form that editors and terminals can jump to. */
export function problemLine({ place, severity, problem }: RulesProblem): string {
  return place === null ? problem : `${place}: ${severity}: ${problem}`;
}
