/**
 * The way of one capture's packets: batches go through a tracker, whose reports go to the decisions. Counts packets
 * and their outcomes, and hands each packet to the packet sink.
 */
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { PacketBatch } from '../capture/packet-batch.ts';
import { Counters, type FlowEnd } from '../dataplane/counters.ts';
import type { Detection } from '../dataplane/detection.ts';
import { Outcome } from '../dataplane/outcome.ts';
import type { Tracker, TrackerListener } from '../dataplane/tracker.ts';
import type { DecisionPort } from '../decision/decision-port.ts';
import type { OutcomeListener } from './outcome-listener.ts';

/** Receives every packet with its outcome, in order: writers of captures. */
export interface PacketSink {
  packet(batch: PacketBatch, row: number, outcome: Outcome, delayUs: number): void;
}

export class Pipeline implements TrackerListener {
  readonly counters = new Counters();
  private readonly tracker: Tracker;
  private readonly decisions: DecisionPort;
  private readonly packetSink: PacketSink | null;
  private readonly outcomes: OutcomeListener | null;
  /** Rows of the batch being reported that the packet sink has. */
  private sunkRows = 0;
  /** Packets and bytes of that batch that were delayed or dropped. */
  private affectedPackets = 0;
  private affectedBytes = 0;

  constructor(
    tracker: Tracker,
    decisions: DecisionPort,
    packetSink: PacketSink | null = null,
    outcomes: OutcomeListener | null = null,
  ) {
    this.tracker = tracker;
    this.decisions = decisions;
    this.packetSink = packetSink;
    this.outcomes = outcomes;
    tracker.begin(this, this.counters);
  }

  /** The memory into which packets are read. */
  get memory(): BatchMemory {
    return this.tracker;
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
    if (outcome === Outcome.FORWARDED) return;
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
