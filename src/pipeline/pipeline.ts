/**
 * The one loop: takes batches, decodes each packet, takes it to its flow, and counts what becomes of it.
 *
 * Every packet ends in exactly one place: its flow, or the counter of the reason why it reached none.
 */
import type { BlockLender } from '../capture/input/block-reader.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import { Outcome } from '../dataplane/outcome.ts';
import type { DecisionPort } from '../decision/decision-port.ts';
import type { FingerprintSet } from '../dataplane/fingerprint/fingerprint-set.ts';
import { FlowFlag, FlowWord, ROW_WORDS } from '../dataplane/flow/flow-row.ts';
import { type FlowTable, PREFETCH_COUNT, NO_FLOW } from '../dataplane/flow/flow-table.ts';
import { DecodeStatus } from '../dataplane/wire/decode-status.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { PacketView } from '../dataplane/wire/packet-view.ts';
import { Counters } from '../dataplane/counters.ts';
import { FlowTracker } from '../dataplane/flow-tracker.ts';
import { DecodeStage, WAITS } from '../dataplane/decode-stage.ts';

/** The way of a capture's packets: batches are filled, one after the other, and processed. */
export interface PacketPipeline {
  readonly counters: Counters;
  /** Whose blocks captures are read into; null where any will do. */
  readonly lender: BlockLender | null;
  /** The batch to be filled next. */
  nextBatch(): PacketBatch | Promise<PacketBatch>;
  /** Runs the batch that `nextBatch` gave, filled, through. */
  process(batch: PacketBatch): void;
  /** Sees to it that all that was processed is decided. */
  settle(): void | Promise<void>;
  /** The capture is over. */
  finish(): void | Promise<void>;
}

/** Takes every packet with its outcome: writers of captures. */
export interface PacketSink {
  packet(batch: PacketBatch, row: number, outcome: Outcome, delayUs: number): void;
}

export class Pipeline implements PacketPipeline {
  readonly counters = new Counters();
  readonly lender: BlockLender | null = null;
  readonly table: FlowTable;

  private readonly decisions: DecisionPort;
  private readonly packetSink: PacketSink | null;
  private readonly decodeStage: DecodeStage;
  private readonly tracker: FlowTracker;
  /** Packets decoded ahead, and how each ended. */
  private readonly views: readonly PacketView[];
  private readonly statuses = new Uint8Array(PREFETCH_COUNT);
  private batch: PacketBatch | undefined;

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    decisions: DecisionPort,
    packetSink: PacketSink | null = null,
    linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY,
  ) {
    this.table = table;
    this.decisions = decisions;
    this.packetSink = packetSink;
    this.views = Array.from({ length: PREFETCH_COUNT }, () => new PacketView(linkIdentity));
    this.decodeStage = new DecodeStage(table.hashKeys, this.counters);
    this.tracker = new FlowTracker(table, fingerprints, decisions, this.counters);
  }

  nextBatch(): PacketBatch {
    return (this.batch ??= new PacketBatch());
  }

  settle(): void {
    // Each packet is decided as it comes.
  }

  process(batch: PacketBatch): void {
    const { views, statuses, decodeStage } = this;
    for (let row = 0; row < batch.count; row += PREFETCH_COUNT) {
      const count = Math.min(PREFETCH_COUNT, batch.count - row);
      // Decoded ahead of their turn, so that their flows are at hand when it comes.
      for (let i = 0; i < count; i++) statuses[i] = decodeStage.take(batch, row + i, views[i]!);
      this.table.prefetch(views, count);
      for (let i = 0; i < count; i++) this.processPacket(batch, row + i, i);
    }
    decodeStage.settle(false);
  }

  /** Packet times are greater by this from now on, because a clock was set: flows are as idle as they were. */
  clockWasSet(byUs: number): void {
    this.tracker.clock.wasSet(byUs);
  }

  /** The capture is over. */
  finish(): void {
    this.decodeStage.settle(true);
    this.tracker.finish();
  }

  private processPacket(batch: PacketBatch, row: number, i: number): void {
    const { counters, tracker } = this;
    const timeUs = batch.timeUs[row]!;
    const wireLength = batch.wireLength[row]!;
    counters.packets++;
    counters.bytes += wireLength;
    if (counters.packets === 1) counters.firstTimeUs = timeUs;
    counters.lastTimeUs = timeUs;
    tracker.packet = counters.packets;
    tracker.clock.timeUs = timeUs;
    tracker.begin();
    let outcome: Outcome = Outcome.FORWARDED;
    const status = this.statuses[i]!;
    if (status === DecodeStatus.OK) {
      const slot = tracker.take(this.views[i]!, wireLength);
      if (slot !== NO_FLOW) outcome = this.outcomeOf(slot, wireLength);
    } else if (status !== WAITS) {
      counters.notDecoded[status]!++;
    }
    counters.outcomePackets[outcome]!++;
    counters.outcomeBytes[outcome]! += wireLength;
    this.packetSink?.packet(batch, row, outcome, outcome === Outcome.DELAYED ? this.decisions.delayUs : 0);
  }

  /** What becomes of a packet that has reached its flow. */
  private outcomeOf(slot: number, wireLength: number): Outcome {
    if ((this.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & FlowFlag.REPORTED) === 0) return Outcome.FORWARDED;
    return this.decisions.packet(slot, wireLength, this.counters.packets);
  }
}
