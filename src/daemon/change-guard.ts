/**
 * The change guard: new rules are tried on the flows of the last hour before they take effect. Rules that exceed the
 * limits are refused, with the figures, until an operator confirms their hash.
 */
import { setImmediate } from 'node:timers/promises';
import { rulesSha256, type Rules } from '../decision/rules.ts';
import type { ChangeEvaluation } from '../policy/change-evaluation.ts';
import { type Excess, excessesOf } from '../policy/change-verdict.ts';
import { CoverageComparison, type CoverageChange, type RegistryAt } from '../registry/coverage-change.ts';
import type { Confirmations } from './confirmations.ts';

/** The verdict of the guard on new rules. */
export interface GuardVerdict {
  /** Hash of the pair of policy and registry (decision/rules). */
  readonly sha256: string;
  readonly evaluation: ChangeEvaluation;
  readonly excesses: readonly Excess[];
  readonly isConfirmed: boolean;
  readonly mayAct: boolean;
}

/** The part of the engine that evaluates new rules. */
export interface GuardedEngine {
  readonly rules: Rules;
  readonly rulesNowAt: RegistryAt;
  readonly timeUs: number;
  evaluate(rules: Rules, coverage: CoverageChange): ChangeEvaluation;
}

/** Prefixes to compare per turn of the event loop: about 10 ms. */
const PREFIXES_AT_ONCE = 30_000;

export class RunGuard {
  /** The last refused rules, until they are confirmed or replaced; null for none. */
  refused: GuardVerdict | null = null;
  private readonly engine: GuardedEngine;
  private readonly confirmations: Confirmations;

  constructor(engine: GuardedEngine, confirmations: Confirmations) {
    this.engine = engine;
    this.confirmations = confirmations;
  }

  /** The verdict on rules that are about to be used: refused ones wait for a confirmation. */
  async evaluate(rules: Rules): Promise<GuardVerdict> {
    const verdict = await this.preview(rules);
    this.refused = verdict.mayAct ? null : verdict;
    return verdict;
  }

  /**
   * The verdict without consequences: compares the registries in steps between packets, then tries the rules on the
   * flows at that time.
   */
  async preview(rules: Rules): Promise<GuardVerdict> {
    const { engine } = this;
    const sha256 = rulesSha256(rules);
    const comparison = new CoverageComparison(engine.rulesNowAt, { registry: rules.registry, timeUs: engine.timeUs });
    while (!comparison.step(PREFIXES_AT_ONCE)) await setImmediate();
    const evaluation = engine.evaluate(rules, comparison.result());
    // The limits of the policy in use: new rules cannot raise the limits that apply to them.
    const excesses = excessesOf(evaluation, engine.rules.policy.guard);
    const isConfirmed = this.confirmations.hasRules(sha256);
    const mayAct = isConfirmed || !excesses.some(({ refuses }) => refuses);
    return { sha256, evaluation, excesses, isConfirmed, mayAct };
  }

  /** Confirms the last refused rules. False if they have another hash. */
  confirm(sha256: string): boolean {
    if (this.refused?.sha256 !== sha256) return false;
    this.confirmations.addRules(sha256);
    return true;
  }

  /** Confirms rules that were in use before, to which the fleet returns. */
  trust(rules: Rules): void {
    this.confirmations.addRules(rulesSha256(rules));
  }

  /** To be called when the files contain the rules in use: no rules wait for a confirmation. */
  settle(): void {
    this.refused = null;
  }
}
