/**
 * Notes in the history which rules come into force, with the policy in words, so that a report can show those of its
 * period.
 */
import type { Rules } from '../../decision/rules.ts';
import type { HistoryClient } from '../../history/process/history-client.ts';
import { type PolicyText, RULES_CHANGE, type RulesInForce } from '../../history/policy-text.ts';
import type { Place } from '../../history/roll-up.ts';
import type { Policy } from '../../policy/policy.ts';
import { ruleWords } from '../../policy/rule-words.ts';
import { wordedRule } from '../../policy/worded-rule.ts';
import type { RunSource } from '../source-run.ts';

/** The part of the engine that says which rules are in use. */
interface RulesUser {
  readonly rules: Rules;
  /** Packet time; the wall clock before the first packet. */
  readonly timeUs: number;
  readonly counters: { readonly packets: number; readonly firstTimeUs: number };
}

/** Before their first packet it is the time of the wall clock. */
const LIVE_SOURCES: readonly RunSource['kind'][] = ['interface'];

export class RulesNoter {
  private readonly client: Pick<HistoryClient, 'addChange'>;
  private readonly place: Place;
  private noted: Rules | null = null;

  constructor(client: Pick<HistoryClient, 'addChange'>, place: Place) {
    this.client = client;
    this.place = place;
  }

  /**
   * Notes the rules in use if they are others than before. The first ones decide from the first packet on; of captures
   * that are read later, always. `sinceMs`: since when they have been in use, by the clock.
   */
  note({ rules, counters, timeUs }: RulesUser, source: RunSource['kind'], sinceMs: number): void {
    if (rules === this.noted) return;
    const isFirst = this.noted === null;
    if (counters.packets > 0) this.add(rules, isFirst ? sinceOf(source, counters.firstTimeUs) : timeUs, sinceMs);
    else if (!isFirst || LIVE_SOURCES.includes(source)) this.add(rules, timeUs, sinceMs);
  }

  private add(rules: Rules, sinceUs: number, sinceMs: number): void {
    this.noted = rules;
    const { policy, registry, mode } = rules;
    const fields: RulesInForce = {
      policy: policy.sha256,
      registry: registry.sha256,
      registrations: registry.count,
      mode,
      since_ms: sinceMs,
    };
    this.client.addChange({
      timeUs: Math.round(sinceUs),
      place: this.place,
      kind: RULES_CHANGE,
      fields: { ...fields },
      policy: policyText(policy),
    });
  }
}

function sinceOf(source: RunSource['kind'], firstUs: number): number {
  return source === 'captures' ? 0 : firstUs;
}

function policyText({ sha256, name, rules }: Policy): PolicyText {
  return {
    sha256,
    name,
    rules: rules.map((rule) => {
      const { flows, action } = ruleWords(wordedRule(rule, false));
      return {
        name: rule.name,
        flows,
        flows_without_prefixes: ruleWords(wordedRule(rule, true)).flows,
        action,
        legal_basis: rule.shape.legal_basis ?? null,
        review_by: rule.shape.review_by ?? null,
      };
    }),
  };
}
