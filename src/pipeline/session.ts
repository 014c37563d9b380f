/**
 * The front door of the engine: tracks the flows of captures and decides them. A session is opened once and used for
 * one capture after the other. Flow table and decision table are empty at the end of each capture, and are used again
 * for the next.
 *
 * Batches go through a tracker, whose reports go to the decisions. The session counts packets and their outcomes, and
 * hands each packet to the packet sink.
 */
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { Counters } from '../dataplane/host/counters.ts';
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import type { Detection } from '../dataplane/host/detection.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import { Outcome } from '../dataplane/host/outcome.ts';
import type { Tracker, TrackerListener } from '../dataplane/host/tracker.ts';
import { DecisionController, type DecisionPort } from '../decision/decision-controller.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Decisions } from '../decision/decisions.ts';
import type { Rules } from '../decision/rules.ts';
import type { HitAdmission } from '../decision/hit-admission.ts';
import type { ThrottleListener } from '../decision/throttle-listener.ts';
import type { ComparedOutcomes } from './compared-outcomes.ts';
import type { OutcomeListener } from './outcome-listener.ts';
import { ShadowedDecisions } from './shadowed-decisions.ts';
import { SideBySide } from './side-by-side.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** Receives every packet with its outcome, in order: writers of captures. */
export interface PacketSink {
  packet(batch: PacketBatch, row: number, outcome: Outcome, delayUs: number): void;
}

/** Receivers of a capture's results. */
export interface SessionOutputs {
  /** Receives decisions, and flows at their end. */
  readonly sink: DecisionSink;
  /** Limits how many clients are throttled or blocked; null or left out: no limit. */
  readonly admission?: HitAdmission | null;
  /** Receives every packet with its outcome; null or left out: none. */
  readonly packetSink?: PacketSink | null;
  /** Receives what throttles do in mode enforce; null or left out: none. */
  readonly throttles?: ThrottleListener | null;
  /** Receives packets that are delayed or dropped; null or left out: none. */
  readonly outcomes?: OutcomeListener | null;
}

/** A set of rules that decides flows beside others, and the receivers of its results. */
export interface Side {
  readonly rules: Rules;
  readonly sink: DecisionSink;
  readonly admission: HitAdmission | null;
  /** Receives what its throttles do; null or left out: none. */
  readonly throttles?: ThrottleListener | null;
}

/** The decisions of a capture that a shadow may decide too, from any moment on. */
export interface ShadowedCapture {
  readonly decisions: Decisions;
  readonly shadowed: ShadowedDecisions;
}

export class Session implements TrackerListener {
  /** Decides the flows. */
  readonly controller: DecisionController;
  /** Counts of the capture that was begun last. */
  counters = new Counters();
  /** The controllers of sides that decide the same flows; the first is the one above. */
  private readonly controllers: DecisionController[];
  private readonly tracker: Tracker;
  private decisions: DecisionPort;
  private packetSink: PacketSink | null = null;
  private outcomes: OutcomeListener | null = null;
  /** Rows of the batch being reported that the packet sink has. */
  private sunkRows = 0;
  /** Packets and bytes of that batch that were delayed or dropped. */
  private affectedPackets = 0;
  private affectedBytes = 0;

  /** `tracker` tracks flows in this thread or in workers. */
  constructor(tracker: Tracker) {
    this.tracker = tracker;
    this.controller = new DecisionController(tracker.table, tracker.evidence);
    this.controllers = [this.controller];
    this.decisions = this.controller;
  }

  /** The flows that are decided. */
  get table(): FlowRows {
    return this.tracker.table;
  }

  /** The memory into which packets are read. */
  get memory(): BatchMemory {
    return this.tracker;
  }

  /** Begins a capture; the one before must be finished. */
  begin(
    rules: Rules,
    { sink, admission = null, packetSink = null, throttles = null, outcomes = null }: SessionOutputs,
  ): Decisions {
    const decisions = this.controller.begin(rules, sink, admission, throttles);
    this.beginWith(this.controller, packetSink, outcomes);
    return decisions;
  }

  /** Begins a capture beside whose decisions a shadow may decide. */
  beginShadowed(rules: Rules, { sink, admission = null, outcomes = null }: SessionOutputs): ShadowedCapture {
    const { controller } = this;
    const shadowed = new ShadowedDecisions(controller);
    const decisions = controller.begin(rules, shadowed.noting(sink), admission);
    this.beginWith(shadowed, null, outcomes);
    return { decisions, shadowed };
  }

  /** Begins a capture that several sets of rules decide side by side. */
  beginSides(sides: readonly Side[], listener: ComparedOutcomes): void {
    const { tracker, controllers } = this;
    for (const [side, { rules }] of sides.entries()) {
      const lead = sides.findIndex(({ rules: other }) => other.registry === rules.registry);
      this.controllerOf(side, lead === side ? null : controllers[lead]!);
    }
    for (const [side, { rules, sink, admission, throttles = null }] of sides.entries())
      controllers[side]!.begin(rules, sink, admission, throttles);
    this.beginWith(new SideBySide(tracker.table, controllers.slice(0, sides.length), listener));
  }

  /** Makes sure that a side has a controller with this lead: the one of the capture before, if it fits. */
  private controllerOf(side: number, lead: DecisionController | null): void {
    const { tracker, controllers } = this;
    if (controllers[side]?.lead !== lead)
      controllers[side] = new DecisionController(tracker.table, tracker.evidence, lead);
  }

  /** Begins a capture whose flows these decide. */
  beginWith(
    decisions: DecisionPort,
    packetSink: PacketSink | null = null,
    outcomes: OutcomeListener | null = null,
  ): void {
    this.decisions = decisions;
    this.packetSink = packetSink;
    this.outcomes = outcomes;
    this.counters = new Counters();
    this.tracker.begin(this, this.counters);
  }

  /** Takes the batch that the memory gave. With workers its decisions may come later: see `settle`. */
  process(batch: PacketBatch): void {
    const { counters } = this;
    const { timeUs, count } = batch;
    const packetsBefore = counters.packets;
    if (count > 0) {
      if (packetsBefore === 0) counters.firstTimeUs = timeUs[0]!;
      counters.lastTimeUs = timeUs[count - 1]!;
    }
    counters.packets += count;
    this.tracker.track(batch, packetsBefore);
  }

  /** Copies the state of flows and their decisions, or puts a copy back after `begin`. After `settle`. */
  snapshot(walk: Snapshot, decisions: Decisions): void {
    this.counters.snapshot(walk);
    this.tracker.snapshot(walk);
    decisions.snapshot(walk);
  }

  /** Packet times are greater by this from the next batch on, because a clock was set. */
  clockWasSet(byUs: number): void {
    this.tracker.clockWasSet(byUs);
  }

  /** All packets so far are decided afterwards. */
  settle(): void | Promise<void> {
    return this.tracker.settle();
  }

  /** Ends all flows and begins another capture under the same decisions. Packets are numbered and counted on. */
  async nextCapture(): Promise<void> {
    await this.tracker.finish();
    this.tracker.begin(this, this.counters);
  }

  /** Ends all flows: the capture is over. */
  finish(): void | Promise<void> {
    return this.tracker.finish();
  }

  onDetection(slot: number, detection: Detection): void {
    this.decisions.onDetection(slot, detection);
  }

  get wantsAllFlowEnds(): boolean {
    return this.decisions.wantsAllFlowEnds;
  }

  wantsFlowEnd(slot: number): boolean {
    return this.decisions.wantsFlowEnd(slot);
  }

  ended(slot: number, reason: FlowEnd, order: number): void {
    this.decisions.ended(slot, reason, order);
  }

  noChangeUntil(timeUs: number): number {
    return this.decisions.noChangeUntil(timeUs);
  }

  packet(batch: PacketBatch, row: number, slot: number, packet: number): void {
    const wireLength = batch.wireLength[row]!;
    const outcome = this.decisions.packet(slot, wireLength, packet);
    if (outcome === Outcome.FORWARDED) {
      this.table.setQuietUntil(slot, this.decisions.quietUntil(slot));
      return;
    }
    const { counters } = this;
    counters.outcomePackets[outcome]!++;
    counters.outcomeBytes[outcome]! += wireLength;
    this.affectedPackets++;
    this.affectedBytes += wireLength;
    this.outcomes?.affected(0, slot, outcome, wireLength, batch.timeUs[row]!);
    this.sinkForwarded(batch, row);
    this.packetSink?.packet(batch, row, outcome, outcome === Outcome.DELAYED ? this.decisions.delayUs : 0);
    this.sunkRows = row + 1;
  }

  batchDone(batch: PacketBatch): void {
    const { counters } = this;
    const bytes = wireBytes(batch);
    counters.bytes += bytes;
    counters.outcomePackets[Outcome.FORWARDED]! += batch.count - this.affectedPackets;
    counters.outcomeBytes[Outcome.FORWARDED]! += bytes - this.affectedBytes;
    this.affectedPackets = 0;
    this.affectedBytes = 0;
    this.sinkForwarded(batch, batch.count);
    this.sunkRows = 0;
  }

  /** Hands the packets before a row to the sink that it does not have. */
  private sinkForwarded(batch: PacketBatch, row: number): void {
    const { packetSink } = this;
    if (packetSink === null) return;
    for (let passed = this.sunkRows; passed < row; passed++) packetSink.packet(batch, passed, Outcome.FORWARDED, 0);
  }
}

function wireBytes({ wireLength, count }: PacketBatch): number {
  let bytes = 0;
  for (let row = 0; row < count; row++) bytes += wireLength[row]!;
  return bytes;
}
