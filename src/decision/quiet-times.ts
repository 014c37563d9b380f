/** Until when the packets of a decided flow change nothing, so that they need not be reported one by one. */
import { Action } from '../policy/action.ts';
import type { Mode } from '../policy/mode.ts';
import { DECISION_WORDS, type DecisionTable, DecisionWord } from './decision-table.ts';
import type { DueDecisions } from './due-decisions.ts';
import type { HitAdmission } from './hit-admission.ts';

export class QuietTimes {
  private readonly decisionTable: DecisionTable;
  private readonly due: DueDecisions;
  private readonly admission: HitAdmission | null;

  constructor(decisionTable: DecisionTable, due: DueDecisions, admission: HitAdmission | null) {
    this.decisionTable = decisionTable;
    this.due = due;
    this.admission = admission;
  }

  /**
   * The packet time before which no packet of a flow, whose decision has this number, changes its decision, is affected
   * by it or is shown to the breaker; -Infinity if any may.
   */
  quietUntil(number: number, mode: Mode): number {
    const action = this.decisionTable.words[number * DECISION_WORDS + DecisionWord.ACTION];
    return mode === 'observe' || action === Action.ALLOW ? this.unchangedUntil(number) : -Infinity;
  }

  /** The same, and also where packets are dropped like the one before. */
  steadyUntil(number: number, mode: Mode): number {
    return this.staysBlocked(number) ? this.unchangedUntil(number) : this.quietUntil(number, mode);
  }

  /** A block of an admitted client, by a breaker on trial, or without one. */
  private staysBlocked(number: number): boolean {
    const { words } = this.decisionTable;
    const { admission } = this;
    const row = number * DECISION_WORDS;
    if (words[row + DecisionWord.ACTION] !== Action.BLOCK) return false;
    return admission === null || (admission.isTrial && words[row + DecisionWord.ADMITTED_BY] === admission.generation);
  }

  private unchangedUntil(number: number): number {
    const dueUs = this.due.quietUntil(number);
    return this.admission === null ? dueUs : Math.min(dueUs, this.decisionTable.shownUntil[number]!);
  }
}
