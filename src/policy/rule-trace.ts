/**
 * The rules that were tried for a decision, up to the one that matched: noted in numbers while the decision is made,
 * and put into words where they are read, perhaps after the policy has been replaced.
 */
import { isInRollout } from './decide.ts';
import type { DecisionInput } from './decision-input.ts';
import type { Policy, Rule } from './policy.ts';
import { ruleWords } from './rule-words.ts';
import { wordedRule } from './worded-rule.ts';

/** A rule that was tried for a decision, in words. */
export interface TriedRule {
  readonly name: string;
  readonly matched: boolean;
  /** The conditions that did not hold; empty where the rule matched. */
  readonly failed: readonly string[];
}

/** A rule as traces are read by it. */
export interface TraceWords {
  readonly name: string;
  /** What the rule does: `throttled to 256kbit/s with …`. */
  readonly action: string;
  readonly conditions: readonly string[];
  readonly rollout: string;
}

/** Ends the note of a rule. A rule that matched has nothing before it. */
const END = ';';
const ROLLOUT = 'r';

/** `hidesPrefixes`: addresses are hidden, so prefixes are only counted. */
export function traceWords(policy: Policy, hidesPrefixes = false): TraceWords[] {
  return policy.rules.map((rule) => ({
    name: rule.name,
    action: ruleWords(wordedRule(rule, hidesPrefixes)).action,
    conditions: rule.conditions.map(
      ({ name, wanted }) => `${name}: ${hidesPrefixes ? (hidden(rule, name) ?? wanted) : wanted}`,
    ),
    rollout: `rollout: the client is not within the first ${Number((rule.rollout * 100).toFixed(6))} %`,
  }));
}

/** What stands for the prefixes of a condition; null where it has none. */
function hidden({ shape: { when } }: Rule, name: string): string | null {
  if (name !== 'source' && name !== 'destination') return null;
  const count = when?.[name]?.length ?? 0;
  return `${count} named prefix${count === 1 ? '' : 'es'}`;
}

/** The note of the rules that are tried for the input: for each the numbers of its conditions that do not hold. */
export function noteRules(policy: Policy, input: DecisionInput): string {
  let note = '';
  for (const rule of policy.rules) {
    let failed = '';
    const { conditions } = rule;
    for (let index = 0; index < conditions.length; index++) {
      if (!conditions[index]!.holds(input)) failed += failed === '' ? String(index) : `,${index}`;
    }
    if (failed === '' && !isInRollout(rule, input)) failed = ROLLOUT;
    note += failed + END;
    if (failed === '') break;
  }
  return note;
}

/** A note in words. `rules` are those of the policy by which it was made. */
export function triedRules(rules: readonly TraceWords[], note: string): TriedRule[] {
  const notes = note.split(END).slice(0, -1);
  return notes.map((text, index) => {
    const { name, conditions, rollout } = rules[index]!;
    if (text === '') return { name, matched: true, failed: [] };
    const failed = text.split(',').map((part) => (part === ROLLOUT ? rollout : conditions[Number(part)]!));
    return { name, matched: false, failed };
  });
}

/** The rules that were tried for a decision, up to the one that matched. */
export function traceRules(policy: Policy, input: DecisionInput): TriedRule[] {
  return triedRules(traceWords(policy), noteRules(policy, input));
}
