/**
 * The rules that were tried for a decision, up to the one that matched: noted in numbers while the decision is made,
 * and read later, perhaps after the policy has been replaced: as texts for a terminal, or as values whose words the
 * page of the console has.
 */
import { isInRollout } from './decide.ts';
import type { DecisionInput } from './decision-input.ts';
import type { Policy } from './policy.ts';
import type { WordedCondition, WordedRule } from './rule-words.ts';
import { wordedRule } from './worded-rule.ts';

/** A rule that was tried for a decision, in the terms of its policy file. */
export interface TriedRule {
  readonly name: string;
  readonly matched: boolean;
  /** The conditions that did not hold; empty where the rule matched. */
  readonly failed: readonly string[];
}

/** The same as values. */
export interface TriedValues {
  readonly name: string;
  readonly matched: boolean;
  readonly failed: readonly WordedCondition[];
  /** The client is outside this rollout (`10%`); null where it is not for that. */
  readonly rollout: string | null;
}

/** A rule as notes are read by it. */
export interface TracedRule {
  readonly name: string;
  readonly words: WordedRule;
  /** Keys of its conditions, in the order in which notes number them. */
  readonly order: readonly WordedCondition['key'][];
}

/** What did not hold; nothing for a rule that matched. */
interface Failed {
  /** Numbers of conditions. */
  readonly conditions: readonly number[];
  readonly isOutside: boolean;
}

/** Ends the note of a rule. A rule that matched has nothing before it. */
const END = ';';
const ROLLOUT = 'r';

/** `hidesPrefixes`: addresses are hidden, so prefixes are only counted. */
export function tracedRules(policy: Policy, hidesPrefixes: boolean): TracedRule[] {
  return policy.rules.map((rule) => ({
    name: rule.name,
    words: wordedRule(rule, hidesPrefixes),
    order: rule.conditions.map(({ name }) => name as WordedCondition['key']),
  }));
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

/** A note as values. `rules` are those of the policy by which it was made. */
export function triedValues(rules: readonly TracedRule[], note: string): TriedValues[] {
  return readNote(note).map(({ conditions, isOutside }, index) => {
    const { name, words, order } = rules[index]!;
    return {
      name,
      matched: conditions.length === 0 && !isOutside,
      failed: conditions.map((number) => words.conditions.find(({ key }) => key === order[number])!),
      rollout: isOutside ? words.rollout : null,
    };
  });
}

/** The rules that are tried for the input, up to the one that matches. */
export function traceRules(policy: Policy, input: DecisionInput): TriedRule[] {
  return readNote(noteRules(policy, input)).map(({ conditions, isOutside }, index) => {
    const { name, conditions: all, rollout } = policy.rules[index]!;
    const failed = conditions.map((number) => `${all[number]!.name}: ${all[number]!.wanted}`);
    if (isOutside) failed.push(`rollout: the client is not within the first ${Number((rollout * 100).toFixed(6))} %`);
    return { name, matched: failed.length === 0, failed };
  });
}

function readNote(note: string): Failed[] {
  return note
    .split(END)
    .slice(0, -1)
    .map((text) => ({
      conditions: text === '' || text === ROLLOUT ? [] : text.split(',').map(Number),
      isOutside: text === ROLLOUT,
    }));
}
