/**
 * Several sets of rules that decide the same flows side by side. Flows are tracked once; each side has its own
 * decisions. A side with the registry of an earlier one follows it: what does not depend on the policy is found once.
 * No packet is affected: the listener receives the outcome that it has on each side.
 */
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import type { Detection } from '../dataplane/host/detection.ts';
import { FlowWord, ROW_WORDS } from '../dataplane/host/flow-row.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import { Outcome } from '../dataplane/host/outcome.ts';
import type { DecisionController } from '../decision/decision-controller.ts';
import type { DecisionPort } from '../decision/decision-controller.ts';
import type { OutcomeListener } from './outcome-listener.ts';

export class SideBySide implements DecisionPort {
  readonly wantsAllFlowEnds = false;
  readonly delayUs = 0;
  private readonly controllers: readonly DecisionController[];
  /** The same in the capture that has begun, without a step for each packet. */
  private readonly sides: readonly Pick<DecisionController, 'decisions' | 'decisionTable'>[];
  private readonly table: FlowRows;
  private readonly listener: OutcomeListener;

  constructor(table: FlowRows, controllers: readonly DecisionController[], listener: OutcomeListener) {
    this.table = table;
    this.controllers = controllers;
    this.sides = controllers.map(({ decisions, decisionTable }) => ({ decisions, decisionTable }));
    this.listener = listener;
  }

  onDetection(slot: number, detection: Detection): void {
    for (const controller of this.controllers) if (controller.lead === null) controller.onDetection(slot, detection);
  }

  /** A flow has a finding on all sides or on none. */
  wantsFlowEnd(slot: number): boolean {
    return this.controllers[0]!.isDecided(slot);
  }

  noChangeUntil(timeUs: number): number {
    let untilUs = Infinity;
    for (const controller of this.controllers) untilUs = Math.min(untilUs, controller.noChangeUntil(timeUs));
    return untilUs;
  }

  quietUntil(slot: number): number {
    let untilUs = Infinity;
    for (const controller of this.controllers) untilUs = Math.min(untilUs, controller.quietUntil(slot));
    return untilUs;
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const { sides, listener } = this;
    const timeUs = this.table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1]!;
    for (let side = 0; side < sides.length; side++) {
      const { decisions, decisionTable } = sides[side]!;
      const number = decisionTable.numberOf(slot);
      if (number === 0) continue;
      const outcome = decisions.packetAt(timeUs, number, slot, wireLength, packet);
      if (outcome !== Outcome.FORWARDED) listener.affected(side, slot, outcome, wireLength, timeUs);
    }
    return Outcome.FORWARDED;
  }

  /** The last side first: a side that leads forgets the flow for those that follow it. */
  ended(slot: number, reason: FlowEnd): void {
    const { controllers } = this;
    for (let side = controllers.length - 1; side >= 0; side--) controllers[side]!.ended(slot, reason);
  }
}
