/**
 * The pipeline over several threads: this one decodes batches and hands them out, the shards' follow the flows of their
 * packets, and what they report is decided here, in the order of packets, as a pipeline of one thread would have. See
 * shard-memory.
 */
import type { BlockLender } from '../../capture/input/block-reader.ts';
import type { Block } from '../../capture/input/block.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Outcome } from '../../dataplane/outcome.ts';
import type { FingerprintId } from '../../dataplane/fingerprint/claims.ts';
import { FlowWord, ROW_WORDS } from '../../dataplane/flow/flow-row.ts';
import { DecodeStatus } from '../../dataplane/wire/decode-status.ts';
import type { LinkIdentity } from '../../dataplane/wire/link-identity.ts';
import { PacketView } from '../../dataplane/wire/packet-view.ts';
import { Counters, type FlowEnd } from '../../dataplane/counters.ts';
import { DecodeStage, WAITS } from '../../dataplane/decode-stage.ts';
import type { VpnFlowTable } from './vpn-flow-table.ts';
import { Detection } from '../../dataplane/detection.ts';
import type { DecisionPort } from '../../decision/decision-port.ts';
import type { PacketPipeline, PacketSink } from '../pipeline.ts';
import { EndedWord, DetectionWord, Report, ReportWord } from './report.ts';
import type { EventQueue } from './event-queue.ts';
import { ReportMerge } from './report-merge.ts';
import { addCounts } from './shard-counts.ts';
import { BATCHES, BatchKind, NoChange } from './shard-memory.ts';
import type { ShardPool } from './shard-pool.ts';

export class ShardedPipeline implements PacketPipeline {
  readonly counters = new Counters();

  private readonly pool: ShardPool;
  private readonly flows: VpnFlowTable;
  private readonly decisions: DecisionPort;
  private readonly packetSink: PacketSink | null;
  private readonly decodeStage: DecodeStage;
  private readonly merge: ReportMerge;
  private readonly view: PacketView;
  private readonly detection = new Detection();
  /** Batches decided so far, modulo 2^32, and how far the one at hand is. */
  private decided: number;
  private isBegun = false;
  private decidedRows = 0;
  /** Row of the last report of a detection, which has brought the flow's row with that packet counted. */
  private detectionRow = -1;

  constructor(
    pool: ShardPool,
    flows: VpnFlowTable,
    decisions: DecisionPort,
    packetSink: PacketSink | null,
    linkIdentity: LinkIdentity,
  ) {
    this.view = new PacketView(linkIdentity);
    this.pool = pool;
    this.flows = flows;
    this.decisions = decisions;
    this.packetSink = packetSink;
    this.decodeStage = new DecodeStage(flows.table.hashKeys, this.counters);
    this.merge = new ReportMerge(pool.reports);
    this.decided = pool.published;
  }

  /** Whose blocks captures are read into. */
  readonly lender: BlockLender = {
    lend: () => this.pool.shared.blocks,
    waitFor: (block) => {
      while (this.isInUse(block)) {
        this.decideMore();
        this.pool.check();
      }
    },
  };

  /** The batch to be filled next, once there is one. */
  async nextBatch(): Promise<PacketBatch> {
    while (this.underWay === BATCHES) await this.decideOne();
    return this.pool.shared.batches[(this.pool.published >>> 0) % BATCHES]!;
  }

  /** Hands out the batch that `nextBatch` gave, and decides what has been reported by now. */
  process(batch: PacketBatch): void {
    const { pool, counters, decodeStage, view } = this;
    const rows = pool.shared.rows[(pool.published >>> 0) % BATCHES]!;
    const packetsBefore = counters.packets;
    if (packetsBefore === 0 && batch.count > 0) this.beginCapture(batch.timeUs[0]!);
    for (let row = 0; row < batch.count; row++) {
      const status = decodeStage.take(batch, row, view);
      rows.store(row, view, status);
      counters.bytes += batch.wireLength[row]!;
      if (status !== DecodeStatus.OK && status !== WAITS) counters.notDecoded[status]!++;
    }
    counters.packets += batch.count;
    if (batch.count > 0) counters.lastTimeUs = batch.timeUs[batch.count - 1]!;
    decodeStage.settle(false);
    this.publish(BatchKind.PACKETS, packetsBefore);
    this.decideReported();
  }

  private beginCapture(timeUs: number): void {
    const { noChange } = this.pool.shared;
    this.counters.firstTimeUs = timeUs;
    noChange[NoChange.FROM] = timeUs;
    noChange[NoChange.UNTIL] = this.decisions.noChangeUntil(timeUs);
  }

  /** Judges all that is under way: before another file begins, and at the end. */
  async settle(): Promise<void> {
    while (this.underWay > 0) await this.decideOne();
  }

  /** The capture is over. */
  async finish(): Promise<void> {
    const { pool, counters } = this;
    await this.settle();
    this.decodeStage.settle(true);
    pool.shared.batches[(pool.published >>> 0) % BATCHES]!.count = 0;
    this.publish(BatchKind.CAPTURE_END, counters.packets);
    await this.settle();
    for (const counts of pool.counts) addCounts(counts, counters);
    this.countForwarded();
  }

  private get underWay(): number {
    return (this.pool.published - this.decided) | 0;
  }

  private publish(kind: BatchKind, packetsBefore: number): void {
    const { pool } = this;
    pool.shared.publish((pool.published >>> 0) % BATCHES, kind, packetsBefore);
    pool.published = (pool.published + 1) | 0;
  }

  private isInUse(block: Block): boolean {
    const { batches } = this.pool.shared;
    for (let number = this.decided; number !== this.pool.published; number = (number + 1) | 0)
      if (batches[(number >>> 0) % BATCHES]!.data === block.data) return true;
    return false;
  }

  /** Judges the oldest batch under way to its end, however long its reports take to come. */
  private async decideOne(): Promise<void> {
    const before = this.decided;
    for (;;) {
      this.decideMore();
      if (this.decided !== before) return;
      await new Promise(setImmediate);
      this.pool.check();
    }
  }

  /** Judges the batches whose reports are there, without waiting. */
  private decideReported(): void {
    while (this.underWay > 0 && this.merge.isThere) this.decideMore();
  }

  /** Judges what is reported of the oldest batch under way. */
  private decideMore(): void {
    const { merge } = this;
    const place = (this.decided >>> 0) % BATCHES;
    const batch = this.pool.shared.batches[place]!;
    if (!this.isBegun) {
      this.isBegun = true;
      this.decidedRows = 0;
      this.detectionRow = -1;
      merge.begin();
    }
    for (let queue = merge.next(); queue !== null; queue = merge.next()) {
      const { shard } = merge;
      const { words, at, kind } = queue;
      const row = words[at + ReportWord.ROW]!;
      if (kind === Report.ENDED) this.end(shard, queue);
      else if (kind === Report.DETECTION) this.detect(shard, batch, row, queue);
      else if (kind === Report.PACKET) this.decidePacket(shard, batch, row, words[at + ReportWord.FLOW]!);
      merge.pass(shard);
    }
    if (!merge.areAllOver) return;
    this.forwardTo(batch, batch.count);
    this.isBegun = false;
    this.decided = (this.decided + 1) | 0;
  }

  private detect(shard: number, batch: PacketBatch, row: number, queue: EventQueue): void {
    const { detection, flows } = this;
    const { words, at } = queue;
    const flow = words[at + ReportWord.FLOW]!;
    const slot = flows.update(shard, flow >> 1, queue, at + DetectionWord.FLOW_COPY);
    flows.updateEvidence(slot, queue, at + DetectionWord.EVIDENCE, words[at + DetectionWord.EVIDENCE_COUNT]!);
    detection.timeUs = batch.timeUs[row]!;
    detection.packet = this.packetAt(row);
    detection.direction = (flow & 1) as 0 | 1;
    detection.holder = words[at + DetectionWord.HOLDER] as FingerprintId;
    detection.finding = words[at + DetectionWord.FINDING]!;
    detection.keyHigh = words[at + DetectionWord.KEY_HIGH]!;
    detection.keyLow = words[at + DetectionWord.KEY_LOW]!;
    detection.receiver = words[at + DetectionWord.RECEIVER]!;
    this.decisions.onDetection(slot, detection);
    this.detectionRow = row;
  }

  private decidePacket(shard: number, batch: PacketBatch, row: number, flow: number): void {
    const { flows, counters } = this;
    const wireLength = batch.wireLength[row]!;
    const slot = flows.slotOf(shard, flow >> 1);
    if (row !== this.detectionRow) this.count(slot, flow & 1, batch, row);
    const outcome = this.decisions.packet(slot, wireLength, this.packetAt(row));
    if (outcome !== Outcome.FORWARDED) {
      counters.outcomePackets[outcome]!++;
      counters.outcomeBytes[outcome]! += wireLength;
    }
    this.forwardTo(batch, row);
    this.packetSink?.packet(batch, row, outcome, outcome === Outcome.DELAYED ? this.decisions.delayUs : 0);
    this.decidedRows = row + 1;
  }

  /** Counts a packet with its flow. */
  private count(slot: number, direction: number, batch: PacketBatch, row: number): void {
    const { table } = this.flows;
    table.count(slot, direction, 1, batch.wireLength[row]!);
    table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1] = batch.timeUs[row]!;
  }

  private end(shard: number, queue: EventQueue): void {
    const { flows } = this;
    const { words, at } = queue;
    const shardSlot = words[at + ReportWord.FLOW]! >> 1;
    const slot = flows.update(shard, shardSlot, queue, at + EndedWord.FLOW_COPY);
    this.decisions.ended(slot, words[at + EndedWord.REASON] as FlowEnd, 0);
    flows.forget(shard, shardSlot, slot);
  }

  /** Number in its capture of the packet at a row of the batch that is decided. */
  private packetAt(row: number): number {
    return this.pool.shared.packetsBefore[(this.decided >>> 0) % BATCHES]! + row + 1;
  }

  /** Nobody has anything against the packets from those that are decided up to a row. */
  private forwardTo(batch: PacketBatch, row: number): void {
    const { packetSink } = this;
    if (packetSink === null) return;
    for (let passed = this.decidedRows; passed < row; passed++) packetSink.packet(batch, passed, Outcome.FORWARDED, 0);
    this.decidedRows = row;
  }

  /** All packets but those that were delayed or dropped. */
  private countForwarded(): void {
    const { counters } = this;
    const { FORWARDED } = Outcome;
    counters.outcomePackets[FORWARDED] = 0;
    counters.outcomeBytes[FORWARDED] = 0;
    const affected = counters.outcomePackets.reduce((sum, count) => sum + count, 0);
    const affectedBytes = counters.outcomeBytes.reduce((sum, count) => sum + count, 0);
    counters.outcomePackets[FORWARDED] = counters.packets - affected;
    counters.outcomeBytes[FORWARDED] = counters.bytes - affectedBytes;
  }
}
