/**
 * Decisions in words. Few differ from one another, so each is made once and handed out again: who shows many may keep what it makes of
 * one by its identity.
 */
import { ACTION_NAMES } from '../policy/action.ts';
import { REASON_NAMES } from '../policy/decide.ts';
import { MODE_NAMES, type Mode } from '../policy/policy.ts';
import type { ShownDecision } from './decision-sink.ts';
import { ruleName, type Rules, shownRegistration } from './rules.ts';

/** Pairs of registrations whose decisions are kept. */
const KEPT_PAIRS = 16_384;
/** More than there can be registrations. */
const MOST_REGISTRATIONS = 2 ** 26;

/** `previous` of a flow's first decision. */
export const NO_ACTION = -1;

export class ShownDecisions {
  private rules: Rules;
  /** By the registrations of both ends, then by all else. */
  private readonly byPair = new Map<number, Map<number, ShownDecision>>();

  constructor(rules: Rules) {
    this.rules = rules;
  }

  /** From now on rules and registrations are numbers of these rules. */
  useRules(rules: Rules): void {
    this.rules = rules;
    this.byPair.clear();
  }

  /** The decision of these numbers: an action, the one before or NO_ACTION, a rule, a reason, and the registrations of both ends. */
  of(
    action: number,
    previous: number,
    rule: number,
    reason: number,
    mode: Mode,
    source: number,
    destination: number,
  ): ShownDecision {
    const pair = (source + 1) * MOST_REGISTRATIONS + destination + 1;
    let decisions = this.byPair.get(pair);
    if (decisions === undefined) {
      if (this.byPair.size === KEPT_PAIRS) this.byPair.clear();
      decisions = new Map();
      this.byPair.set(pair, decisions);
    }
    const modeCode = mode === 'observe' ? 0 : 1;
    const previousPlace = (rule + 1) * (ACTION_NAMES.length + 1) + previous + 1;
    const place =
      ((previousPlace * ACTION_NAMES.length + action) * REASON_NAMES.length + reason) * MODE_NAMES.length + modeCode;
    let decision = decisions.get(place);
    if (decision === undefined) {
      decision = {
        action: ACTION_NAMES[action]!,
        previous: previous === NO_ACTION ? null : ACTION_NAMES[previous]!,
        rule: ruleName(this.rules, rule),
        reason: REASON_NAMES[reason]!,
        mode,
        source: shownRegistration(this.rules, source),
        destination: shownRegistration(this.rules, destination),
      };
      decisions.set(place, decision);
    }
    return decision;
  }
}
