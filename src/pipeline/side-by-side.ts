/**
 * Several sets of rules that decide the same flows side by side. Flows are tracked once; each side has its own
 * decisions and tunnels. No packet is affected: the listener receives the outcome that it has on each side.
 */
import type { FlowEnd } from '../dataplane/counters.ts';
import type { Detection } from '../dataplane/detection.ts';
import { FlowWord, ROW_WORDS } from '../dataplane/flow/flow-row.ts';
import type { FlowRows } from '../dataplane/flow/flow-rows.ts';
import { Outcome } from '../dataplane/outcome.ts';
import type { DecisionController } from '../decision/decision-controller.ts';
import type { DecisionPort } from '../decision/decision-controller.ts';
import type { OutcomeListener } from './outcome-listener.ts';

export class SideBySide implements DecisionPort {
  readonly delayUs = 0;
  private readonly controllers: readonly DecisionController[];
  private readonly table: FlowRows;
  private readonly listener: OutcomeListener;

  constructor(table: FlowRows, controllers: readonly DecisionController[], listener: OutcomeListener) {
    this.table = table;
    this.controllers = controllers;
    this.listener = listener;
  }

  onDetection(slot: number, detection: Detection): void {
    for (const controller of this.controllers) controller.onDetection(slot, detection);
  }

  /** A flow has a finding on all sides or on none. */
  wantsFlowEnd(slot: number): boolean {
    return this.controllers[0]!.isDecided(slot);
  }

  noChangeUntil(timeUs: number): number {
    return Math.min(...this.controllers.map((controller) => controller.noChangeUntil(timeUs)));
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const { controllers, listener } = this;
    for (let side = 0; side < controllers.length; side++) {
      const controller = controllers[side]!;
      const outcome = controller.packet(slot, wireLength, packet);
      if (outcome === Outcome.FORWARDED) continue;
      const timeUs = this.table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1]!;
      listener.affected(side, slot, outcome, wireLength, timeUs);
    }
    return Outcome.FORWARDED;
  }

  ended(slot: number, reason: FlowEnd): void {
    for (const controller of this.controllers) controller.ended(slot, reason);
  }
}
