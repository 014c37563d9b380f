/**
 * Several sets of rules that decide the same flows side by side. Flows are tracked once; each side has its own
 * decisions. A side with the registry of an earlier one follows it: what does not depend on the policy is found once.
 * No packet is affected: the listener receives the outcome that it has on each side. Packets that a side drops like the
 * one before are counted by the tracker, where it can, and come to the listener together.
 */
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import type { Detection } from '../dataplane/host/detection.ts';
import { FlowWord, ROW_WORDS } from '../dataplane/host/flow-row.ts';
import type { QuietCounts } from '../dataplane/host/quiet-counts.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import { Outcome } from '../dataplane/host/outcome.ts';
import type { DecisionController } from '../decision/decision-controller.ts';
import type { DecisionPort } from '../decision/decision-controller.ts';
import type { ComparedOutcomes } from './compared-outcomes.ts';

/** Sides whose drops are counted together: each has a bit. */
const COUNTED_SIDES = 31;

export class SideBySide implements DecisionPort {
  readonly wantsAllFlowEnds = false;
  readonly delayUs = 0;
  private readonly controllers: readonly DecisionController[];
  /** The same in the capture that has begun, without a step for each packet. */
  private readonly sides: readonly Pick<DecisionController, 'decisions' | 'decisionTable'>[];
  private readonly table: FlowRows;
  private readonly listener: ComparedOutcomes;
  /** Counts of the packets that are not reported; null where all are. */
  private readonly counts: QuietCounts | null;
  /** The sides that drop these packets, by slot: bit i for side i. */
  private readonly dropping: Int32Array;
  /** The sides that dropped the last packet. */
  private droppedBy = 0;

  constructor(table: FlowRows, controllers: readonly DecisionController[], listener: ComparedOutcomes) {
    this.table = table;
    this.counts = controllers.length > COUNTED_SIDES ? null : table.countQuiet();
    this.dropping = new Int32Array(table.largestSlot + 1);
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

  /** The last packet was one of the flow. */
  quietUntil(slot: number): number {
    const { counts, droppedBy, sides } = this;
    if (counts === null && droppedBy !== 0) return -Infinity;
    let untilUs = Infinity;
    for (const { decisions } of sides) untilUs = Math.min(untilUs, decisions.steadyUntil(slot));
    if (counts === null || untilUs === -Infinity) return untilUs;
    this.dropping[slot] = droppedBy;
    if (droppedBy === 0) {
      counts.begin(slot, -Infinity);
      return untilUs;
    }
    const interval = this.listener.intervalOf(this.timeOf(slot));
    counts.begin(slot, interval.fromUs);
    return Math.min(untilUs, interval.untilUs);
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const { sides, listener } = this;
    const timeUs = this.timeOf(slot);
    if (this.dropping[slot]! !== 0) this.takeCounted(slot);
    let droppedBy = 0;
    for (let side = 0; side < sides.length; side++) {
      const { decisions, decisionTable } = sides[side]!;
      const number = decisionTable.numberOf(slot);
      if (number === 0) continue;
      const outcome = decisions.packetAt(timeUs, number, slot, wireLength, packet);
      if (outcome === Outcome.FORWARDED) continue;
      listener.affected(side, slot, outcome, wireLength, timeUs);
      if (outcome === Outcome.DROPPED) droppedBy |= 1 << side;
    }
    this.droppedBy = droppedBy;
    return Outcome.FORWARDED;
  }

  /** The last side first: a side that leads forgets the flow for those that follow it. */
  ended(slot: number, reason: FlowEnd): void {
    const { controllers } = this;
    if (this.dropping[slot]! !== 0) this.takeCounted(slot);
    for (let side = controllers.length - 1; side >= 0; side--) controllers[side]!.ended(slot, reason);
  }

  /** Hands the packets over that were counted since the last one that was reported. */
  private takeCounted(slot: number): void {
    const { dropping, listener, sides } = this;
    const counts = this.counts!;
    const droppedBy = dropping[slot]!;
    dropping[slot] = 0;
    const packets = counts.packets(slot);
    if (packets === 0) return;
    const [bytes, fromUs] = [counts.bytes(slot), counts.fromUs(slot)];
    for (let side = 0; side < sides.length; side++)
      if ((droppedBy & (1 << side)) !== 0) listener.dropped(side, slot, packets, bytes, fromUs);
  }

  /** Packet time of the flow's last packet. */
  private timeOf(slot: number): number {
    return this.table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1]!;
  }
}
