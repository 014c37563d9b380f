/**
 * Decides flows by their detections. Joins them into tunnels, which may raise their findings, and decides those that
 * have a finding. Owns the table of VPN flows and their decisions. Nothing goes back to the fingerprints: a detection
 * depends on the packets of its own flow alone, so flows can be tracked in other threads than the one that decides
 * them.
 */
import type { EvidenceRows } from '../dataplane/host/evidence-rows.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import type { Detection } from '../dataplane/host/detection.ts';
import type { Outcome } from '../dataplane/host/outcome.ts';
import type { FlowListener } from '../dataplane/host/tracker.ts';
import type { DecisionSink } from './decision-sink.ts';
import { DecisionTable } from './decision-table.ts';
import { Decisions } from './decisions.ts';
import type { Rules } from './rules.ts';
import type { HitAdmission } from './hit-admission.ts';
import type { ThrottleListener } from './throttle-listener.ts';
import { Tunnels } from './tunnels.ts';

/** Decides flows and their packets: the port between packets and decisions. */
export interface DecisionPort extends FlowListener {
  /** A packet of a flow that may have a decision; returns its outcome. */
  packet(slot: number, wireLength: number, packet: number): Outcome;
  /** Delay of the last packet with outcome DELAYED, in microseconds. */
  readonly delayUs: number;
  /** The ends of all flows are wanted, not only of decided ones. */
  readonly wantsAllFlowEnds: boolean;
  /** The packet time before which no packet from `timeUs` on has an effect in `packet`; `timeUs` if any may. */
  noChangeUntil(timeUs: number): number;
  /** The packet time before which no packet of a flow has an effect in `packet`; -Infinity if any may. */
  quietUntil(slot: number): number;
}

/** Receives decided flows that are about to end, while both tables still have them. */
export interface EndingFlows {
  ending(slot: number): void;
}

export class DecisionController implements DecisionPort {
  readonly decisionTable: DecisionTable;
  readonly tunnels: Tunnels;
  private readonly table: FlowRows;
  private readonly evidence: EvidenceRows;
  /** The controller that takes detections for this one too; null where this one takes its own. */
  readonly lead: DecisionController | null;
  private current: Decisions | null = null;
  private readonly ends: EndingFlows[] = [];

  /**
   * `table` holds the flows that the tracker reports, `evidence` their evidence. `lead`: a controller that always has
   * the same registry. What does not depend on the policy is then found once: findings, tunnels and registrations.
   */
  constructor(table: FlowRows, evidence: EvidenceRows, lead: DecisionController | null = null) {
    this.table = table;
    this.evidence = evidence;
    this.lead = lead;
    this.decisionTable = new DecisionTable(table.largestSlot, lead?.decisionTable);
    this.tunnels = lead?.tunnels ?? new Tunnels(table, this.decisionTable);
  }

  /** A controller of other rules for the same flows, none of which it has decided yet. */
  beside(): DecisionController {
    return new DecisionController(this.table, this.evidence);
  }

  /** Begins a capture, after the lead; all flows of the one before have ended. Returns its decisions. */
  begin(
    rules: Rules,
    sink: DecisionSink,
    admission: HitAdmission | null = null,
    throttles: ThrottleListener | null = null,
  ): Decisions {
    const { table, decisionTable, evidence, tunnels } = this;
    const lead = this.lead?.decisions ?? null;
    this.current = new Decisions(table, decisionTable, evidence, tunnels, rules, sink, admission, throttles, lead);
    return this.current;
  }

  /**
   * Decides the flows that another controller has decided, at a packet time: as a change of its rules would decide them
   * again. This one must have begun, and have no flows yet.
   */
  takeOver(other: DecisionController, timeUs: number, packet: number): void {
    const { table, tunnels, decisions } = this;
    tunnels.copyFrom(other.tunnels);
    for (let slot = 1; slot <= table.lastSlot; slot++)
      if (table.isActive(slot) && other.isDecided(slot)) decisions.found(slot, timeUs, packet);
  }

  /** Hands decided flows to it when they end. */
  watchEnds(receiver: EndingFlows): void {
    this.ends.push(receiver);
  }

  get delayUs(): number {
    return this.decisions.delayUs;
  }

  onDetection(slot: number, detection: Detection): void {
    const { tunnels, decisionTable, decisions } = this;
    const before = decisionTable.findingOf(slot);
    tunnels.follow(slot, detection);
    if (decisionTable.findingOf(slot) === before) return;
    decisions.found(slot, detection.timeUs, detection.packet);
    for (const raised of tunnels.raisedSlots) decisions.found(raised, detection.timeUs, detection.packet);
  }

  noChangeUntil(timeUs: number): number {
    return this.decisions.noChangeUntil(timeUs);
  }

  quietUntil(slot: number): number {
    return this.decisions.quietUntil(slot);
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    return this.decisions.packet(slot, wireLength, packet);
  }

  get wantsAllFlowEnds(): boolean {
    return this.decisions.reportsAllFlowEnds;
  }

  wantsFlowEnd(slot: number): boolean {
    return this.isDecided(slot) || this.decisions.reportsAllFlowEnds;
  }

  ended(slot: number, reason: FlowEnd): void {
    const isDecided = this.isDecided(slot);
    if (isDecided) for (const receiver of this.ends) receiver.ending(slot);
    this.decisions.ended(slot, reason);
    // A lead ends after those that it leads.
    if (!isDecided || this.lead !== null) return;
    this.tunnels.leave(slot);
    this.decisionTable.forgetFlow(slot);
  }

  /** Its decisions in the capture at hand. Throws before the first. */
  get decisions(): Decisions {
    if (this.current === null) throw new Error('no capture has begun');
    return this.current;
  }

  /** A flow in a tunnel has a finding, and with it a decision. */
  isDecided(slot: number): boolean {
    return this.decisionTable.numberOf(slot) !== 0;
  }
}
