/**
 * The guard before a reload: new rules are tried on the flows of the last hour before they act. Beyond the limits they are refused with the numbers,
 * until an operator confirms their very hash.
 */
import { setImmediate } from 'node:timers/promises';
import { rulesSha256, type Rules } from '../decision/rules.ts';
import type { ChangeEvaluation } from '../policy/change-evaluation.ts';
import { type Excess, excessesOf } from '../policy/change-verdict.ts';
import { CoverageComparison, type CoverageChange, type RegistryAt } from '../registry/coverage-change.ts';
import type { Confirmations } from './confirmations.ts';

/** What the guard says of new rules. */
export interface Judgement {
  /** Of the pair (decision/rules). */
  readonly sha256: string;
  readonly evaluation: ChangeEvaluation;
  readonly excesses: readonly Excess[];
  readonly isConfirmed: boolean;
  readonly mayAct: boolean;
}

/** The engine, as far as new rules go. */
export interface JudgingEngine {
  readonly rules: Rules;
  readonly rulesNowAt: RegistryAt;
  readonly timeUs: number;
  evaluate(rules: Rules, coverage: CoverageChange): ChangeEvaluation;
}

/** Prefixes that are compared before packets have their turn: about 10 ms. */
const PREFIXES_AT_ONCE = 30_000;

export class RunGuard {
  /** The rules refused last, while they are not in use; null for none. */
  refused: Judgement | null = null;
  private readonly engine: JudgingEngine;
  private readonly confirmations: Confirmations;

  constructor(engine: JudgingEngine, confirmations: Confirmations) {
    this.engine = engine;
    this.confirmations = confirmations;
  }

  /** Compares the registries between packets, then tries the rules on the flows as they are at the end. */
  async judge(rules: Rules): Promise<Judgement> {
    const { engine } = this;
    const sha256 = rulesSha256(rules);
    const comparison = new CoverageComparison(engine.rulesNowAt, { registry: rules.registry, timeUs: engine.timeUs });
    while (!comparison.step(PREFIXES_AT_ONCE)) await setImmediate();
    const evaluation = engine.evaluate(rules, comparison.result());
    // The limits in use, not those of the new policy: rules cannot let themselves in.
    const excesses = excessesOf(evaluation, engine.rules.policy.guard);
    const isConfirmed = this.confirmations.hasRules(sha256);
    const mayAct = isConfirmed || !excesses.some(({ refuses }) => refuses);
    const judgement = { sha256, evaluation, excesses, isConfirmed, mayAct };
    this.refused = mayAct ? null : judgement;
    return judgement;
  }

  /** Confirms the rules refused last. False where they have another hash. */
  confirm(sha256: string): boolean {
    if (this.refused?.sha256 !== sha256) return false;
    this.confirmations.addRules(sha256);
    return true;
  }

  /** The files hold the rules in use: nothing waits. */
  settle(): void {
    this.refused = null;
  }
}
