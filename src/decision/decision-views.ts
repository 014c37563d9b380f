/**
 * Decisions in words. Few differ from one another, so each is made once and returned again. Outputs may cache what they
 * derive from one by its number.
 */
import { finishHash, mixWord } from '../core/hash.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import { NO_RULE, REASON_NAMES } from '../policy/decide.ts';
import { MODE_NAMES, type Mode } from '../policy/mode.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { DecisionView, ShownRegistration } from './decision-sink.ts';
import type { Rules } from './rules.ts';

/** Decisions that are kept; with more of them the cache starts again. A power of two. */
export const KEPT_DECISIONS = 16_384;
/** Places of the hash table: four times as many, so few collide. */
const PLACES = 4 * KEPT_DECISIONS;
const KEY_WORDS = 4;

/** `previous` of a flow's first decision. */
export const NO_ACTION = -1;

export class DecisionViews {
  private rules: Rules;
  private readonly decisions: DecisionView[] = [];
  /** The hash table: the number of a decision plus one, 0 for none. */
  private readonly numbers = new Uint16Array(PLACES);
  /** By number: the registrations of both ends, the rule, and all else in one word. */
  private readonly keys = new Int32Array(KEPT_DECISIONS * KEY_WORDS);

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** Rules and registrations are numbers of these rules from now on. */
  useRules(rules: Rules): void {
    this.rules = rules;
    this.forget();
  }

  /**
   * The decision of these numbers: an action, the one before or NO_ACTION, a rule, a reason, and the registrations of
   * both ends.
   */
  of(
    action: number,
    previous: number,
    rule: number,
    reason: number,
    mode: Mode,
    source: number,
    destination: number,
  ): DecisionView {
    const modeCode = mode === 'observe' ? 0 : 1;
    const actions = (previous + 1) * ACTION_NAMES.length + action;
    const rest = (actions * REASON_NAMES.length + reason) * MODE_NAMES.length + modeCode;
    const { keys, numbers } = this;
    let place = placeOf(source, destination, rule, rest);
    for (let number = numbers[place]!; number !== 0; number = numbers[place]!) {
      const at = (number - 1) * KEY_WORDS;
      if (keys[at] === source && keys[at + 1] === destination && keys[at + 2] === rule && keys[at + 3] === rest)
        return this.decisions[number - 1]!;
      place = (place + 1) & (PLACES - 1);
    }
    // Where all begins again the place is free as well.
    if (this.decisions.length === KEPT_DECISIONS) this.forget();
    const number = this.decisions.length;
    const decision = {
      number,
      action: ACTION_NAMES[action]!,
      previous: previous === NO_ACTION ? null : ACTION_NAMES[previous]!,
      rule: ruleName(this.rules, rule),
      reason: REASON_NAMES[reason]!,
      mode,
      source: shownRegistration(this.rules, source),
      destination: shownRegistration(this.rules, destination),
    };
    this.decisions.push(decision);
    numbers[place] = number + 1;
    keys.set([source, destination, rule, rest], number * KEY_WORDS);
    return decision;
  }

  private forget(): void {
    this.decisions.length = 0;
    this.numbers.fill(0);
  }
}

function placeOf(source: number, destination: number, rule: number, rest: number): number {
  return finishHash(mixWord(mixWord(mixWord(mixWord(0, source), destination), rule), rest)) & (PLACES - 1);
}

/** Name of a rule by its number; null for NO_RULE. */
export function ruleName(rules: Rules, rule: number): string | null {
  return rule === NO_RULE ? null : rules.policy.rules[rule]!.name;
}

/** A registration by its number; null for NO_REGISTRATION. */
export function shownRegistration(rules: Rules, index: number): ShownRegistration | null {
  if (index === NO_REGISTRATION) return null;
  const { prefix, holder, sector, reference } = rules.registry.registrationAt(index);
  return { prefix, holder, sector, reference };
}

/** True when events show the two registrations alike, wherever they stand in their registries. */
export function isSameRegistration(rulesA: Rules, indexA: number, rulesB: Rules, indexB: number): boolean {
  const a = shownRegistration(rulesA, indexA);
  const b = shownRegistration(rulesB, indexB);
  if (a === null || b === null) return a === b;
  return a.prefix === b.prefix && a.holder === b.holder && a.sector === b.sector && a.reference === b.reference;
}
