/**
 * The one loop: takes batches, decodes each packet, takes it to its flow, and counts what becomes of it.
 *
 * Every packet ends in exactly one place: its flow, or the counter of the reason why it reached none.
 */
import type { BlockLender } from '../capture/input/block-reader.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import { Outcome } from '../dataplane/outcome.ts';
import type { FlowJudge } from '../decision/flow-judge.ts';
import type { FingerprintSet } from '../dataplane/fingerprint/fingerprint-set.ts';
import { type FlowTable, FlowWord, LOOK_AHEAD, NO_FLOW, ROW_WORDS } from '../dataplane/flow/flow-table.ts';
import { DecodeStatus } from '../dataplane/wire/decode-status.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { PacketView } from '../dataplane/wire/packet-view.ts';
import { Counters } from '../dataplane/counters.ts';
import { FlowFollower } from '../dataplane/flow-follower.ts';
import { Intake, WAITS } from '../dataplane/intake.ts';

/** The way of a capture's packets: batches are filled, one after the other, and processed. */
export interface PacketPipeline {
  readonly counters: Counters;
  /** Whose blocks captures are read into; null where any will do. */
  readonly lender: BlockLender | null;
  /** The batch to be filled next. */
  nextBatch(): PacketBatch | Promise<PacketBatch>;
  /** Runs the batch that `nextBatch` gave, filled, through. */
  process(batch: PacketBatch): void;
  /** Sees to it that all that was processed is judged. */
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

  private readonly judge: FlowJudge;
  private readonly packetSink: PacketSink | null;
  private readonly intake: Intake;
  private readonly follower: FlowFollower;
  /** Packets decoded ahead, and how each ended. */
  private readonly views: readonly PacketView[];
  private readonly statuses = new Uint8Array(LOOK_AHEAD);
  private batch: PacketBatch | undefined;

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    judge: FlowJudge,
    packetSink: PacketSink | null = null,
    linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY,
  ) {
    this.table = table;
    this.judge = judge;
    this.packetSink = packetSink;
    this.views = Array.from({ length: LOOK_AHEAD }, () => new PacketView(linkIdentity));
    this.intake = new Intake(table.hashKeys, this.counters);
    this.follower = new FlowFollower(table, fingerprints, judge, this.counters);
  }

  nextBatch(): PacketBatch {
    return (this.batch ??= new PacketBatch());
  }

  settle(): void {
    // Each packet is judged as it comes.
  }

  process(batch: PacketBatch): void {
    const { views, statuses, intake } = this;
    for (let row = 0; row < batch.count; row += LOOK_AHEAD) {
      const count = Math.min(LOOK_AHEAD, batch.count - row);
      // Decoded ahead of their turn, so that their flows are at hand when it comes.
      for (let i = 0; i < count; i++) statuses[i] = intake.take(batch, row + i, views[i]!);
      this.table.lookAhead(views, count);
      for (let i = 0; i < count; i++) this.processPacket(batch, row + i, i);
    }
    intake.settle(false);
  }

  /** Packet times are greater by this from now on, because a clock was set: flows are as idle as they were. */
  clockWasSet(byUs: number): void {
    this.follower.clock.wasSet(byUs);
  }

  /** The capture is over. */
  finish(): void {
    this.intake.settle(true);
    this.follower.finish();
  }

  private processPacket(batch: PacketBatch, row: number, i: number): void {
    const { counters, follower } = this;
    const timeUs = batch.timeUs[row]!;
    const wireLength = batch.wireLength[row]!;
    counters.packets++;
    counters.octets += wireLength;
    if (counters.packets === 1) counters.firstTimeUs = timeUs;
    counters.lastTimeUs = timeUs;
    follower.packet = counters.packets;
    follower.clock.timeUs = timeUs;
    follower.begin();
    let outcome: Outcome = Outcome.FORWARDED;
    const status = this.statuses[i]!;
    if (status === DecodeStatus.OK) {
      const slot = follower.take(this.views[i]!, wireLength);
      if (slot !== NO_FLOW) outcome = this.outcomeOf(slot, wireLength);
    } else if (status !== WAITS) {
      counters.notDecoded[status]!++;
    }
    counters.outcomePackets[outcome]!++;
    counters.outcomeOctets[outcome]! += wireLength;
    this.packetSink?.packet(batch, row, outcome, outcome === Outcome.DELAYED ? this.judge.delayUs : 0);
  }

  /** What becomes of a packet that has reached its flow. */
  private outcomeOf(slot: number, wireLength: number): Outcome {
    if (this.table.words[slot * ROW_WORDS + FlowWord.DECISION] === 0) return Outcome.FORWARDED;
    return this.judge.packet(slot, wireLength, this.counters.packets);
  }
}
