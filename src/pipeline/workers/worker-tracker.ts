/**
 * Tracks flows in workers: this thread decodes batches and hands them out, each worker tracks the flows of its share of
 * packets, and what they report is merged here into packet order. See shard-memory.
 */
import type { RecordMemory } from '../../capture/format/record-memory.ts';
import type { Block } from '../../capture/input/block.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Counters, type FlowEnd } from '../../dataplane/counters.ts';
import { DecodeStage, WAITS } from '../../dataplane/decode-stage.ts';
import { Detection } from '../../dataplane/detection.ts';
import type { FingerprintId } from '../../dataplane/fingerprint/holder.ts';
import { EvidenceLog } from '../../dataplane/fingerprint/evidence.ts';
import { FlowTable } from '../../dataplane/flow/flow-table.ts';
import type { Tracker, TrackerListener } from '../../dataplane/tracker.ts';
import { DecodeStatus } from '../../dataplane/wire/decode-status.ts';
import type { LinkIdentity } from '../../dataplane/wire/link-identity.ts';
import { PacketView } from '../../dataplane/wire/packet-view.ts';
import type { EventQueue } from './event-queue.ts';
import { EndedWord, DetectionWord, Report, ReportWord } from './report.ts';
import { ReportMerge } from './report-merge.ts';
import { BATCHES, BatchKind, NoChange } from './shard-memory.ts';
import type { ShardPool } from './shard-pool.ts';
import { VpnFlowTable } from './vpn-flow-table.ts';

export class WorkerTracker implements Tracker {
  readonly table: FlowTable;
  readonly evidence = new EvidenceLog();

  private readonly pool: ShardPool;
  private readonly flows: VpnFlowTable;
  private readonly merge: ReportMerge;
  private readonly view: PacketView;
  private readonly detection = new Detection();
  private counters = new Counters();
  private listener!: TrackerListener;
  private decodeStage!: DecodeStage;
  private clockShiftUs = 0;
  /** Batches reported to the listener so far, modulo 2^32, and whether the next one has been begun. */
  private reported: number;
  private isBegun = false;

  constructor(pool: ShardPool, linkIdentity: LinkIdentity) {
    this.pool = pool;
    this.reported = pool.published;
    this.view = new PacketView(linkIdentity);
    this.table = new FlowTable(pool.flowCapacity, pool.seed);
    this.flows = new VpnFlowTable(this.table, pool.shardCount, this.evidence);
    this.merge = new ReportMerge(pool.reports);
    pool.waitFor = (block) => {
      while (this.isInUse(block)) {
        this.reportMore();
        pool.check();
      }
    };
  }

  /** The memory that workers see. A block is filled again once its batch is reported. */
  get records(): RecordMemory {
    return this.pool.records;
  }

  begin(listener: TrackerListener, counters: Counters): void {
    this.listener = listener;
    this.counters = counters;
    this.decodeStage = new DecodeStage(this.table.hashKeys, counters);
  }

  async nextBatch(): Promise<PacketBatch> {
    while (this.underWay === BATCHES) await this.reportOne();
    return this.pool.shared.batches[(this.pool.published >>> 0) % BATCHES]!;
  }

  /** Hands the batch out to the workers, and reports batches that they have finished by now. */
  track(batch: PacketBatch, packetsBefore: number): void {
    const { pool, counters, decodeStage, view } = this;
    const rows = pool.shared.rows[(pool.published >>> 0) % BATCHES]!;
    if (packetsBefore === 0 && batch.count > 0) this.setNoChange(batch.timeUs[0]!);
    for (let row = 0; row < batch.count; row++) {
      const status = decodeStage.take(batch, row, view);
      rows.store(row, view, status);
      if (status !== DecodeStatus.OK && status !== WAITS) counters.notDecoded[status]!++;
    }
    decodeStage.settle(false);
    this.publish(BatchKind.PACKETS, packetsBefore);
    while (this.underWay > 0 && this.merge.isThere) this.reportMore();
  }

  clockWasSet(byUs: number): void {
    this.clockShiftUs += byUs;
  }

  async settle(): Promise<void> {
    while (this.underWay > 0) await this.reportOne();
  }

  async finish(): Promise<void> {
    const { pool, decodeStage } = this;
    await this.settle();
    decodeStage.settle(true);
    pool.shared.batches[(pool.published >>> 0) % BATCHES]!.count = 0;
    this.publish(BatchKind.CAPTURE_END, 0);
    await this.settle();
    for (const counts of pool.counts) counts.endCapture();
  }

  private get underWay(): number {
    return (this.pool.published - this.reported) | 0;
  }

  private setNoChange(timeUs: number): void {
    const { noChange } = this.pool.shared;
    noChange[NoChange.FROM] = timeUs;
    noChange[NoChange.UNTIL] = this.listener.noChangeUntil(timeUs);
  }

  private publish(kind: BatchKind, packetsBefore: number): void {
    const { pool } = this;
    pool.shared.publish((pool.published >>> 0) % BATCHES, kind, packetsBefore, this.clockShiftUs);
    pool.published = (pool.published + 1) | 0;
    this.clockShiftUs = 0;
  }

  private isInUse(block: Block): boolean {
    const { batches } = this.pool.shared;
    for (let number = this.reported; number !== this.pool.published; number = (number + 1) | 0)
      if (isIn(block, batches[(number >>> 0) % BATCHES]!)) return true;
    return false;
  }

  /** Reports the oldest batch under way to its end, and waits for the workers meanwhile. */
  private async reportOne(): Promise<void> {
    const before = this.reported;
    this.reportMore();
    while (this.reported === before) {
      await new Promise(setImmediate);
      this.pool.check();
      if (this.reported === before) this.reportMore();
    }
  }

  /** Reports what workers have written of the oldest batch under way. */
  private reportMore(): void {
    const { merge } = this;
    const place = (this.reported >>> 0) % BATCHES;
    const batch = this.pool.shared.batches[place]!;
    if (!this.isBegun) {
      this.isBegun = true;
      merge.begin();
    }
    for (let queue = merge.next(); queue !== null; queue = merge.next()) {
      const { shard } = merge;
      if (queue.kind === Report.ENDED) this.reportEnd(shard, queue);
      else if (queue.kind === Report.DETECTION) this.reportDetection(shard, batch, queue);
      else if (queue.kind === Report.PACKET) this.reportPacket(shard, batch, queue);
      merge.pass(shard);
    }
    if (!merge.areAllOver) return;
    for (const counts of this.pool.counts) counts.addTo(this.counters);
    this.isBegun = false;
    this.reported = (this.reported + 1) | 0;
    this.listener.batchDone(batch);
  }

  /** A detection, with its flow's row as it is at that packet; and the packet itself. */
  private reportDetection(shard: number, batch: PacketBatch, queue: EventQueue): void {
    const { detection, flows, listener } = this;
    const { words, at } = queue;
    const row = words[at + ReportWord.ROW]!;
    const flow = words[at + ReportWord.FLOW]!;
    const slot = flows.update(shard, flow >> 1, queue, at + DetectionWord.FLOW_COPY);
    flows.updateEvidence(slot, queue, at + DetectionWord.EVIDENCE, words[at + DetectionWord.EVIDENCE_COUNT]!);
    const packet = this.packetAt(row);
    detection.timeUs = batch.timeUs[row]!;
    detection.packet = packet;
    detection.direction = (flow & 1) as 0 | 1;
    detection.holder = words[at + DetectionWord.HOLDER] as FingerprintId;
    detection.finding = words[at + DetectionWord.FINDING]!;
    detection.keyHigh = words[at + DetectionWord.KEY_HIGH]!;
    detection.keyLow = words[at + DetectionWord.KEY_LOW]!;
    detection.receiver = words[at + DetectionWord.RECEIVER]!;
    listener.onDetection(slot, detection);
    listener.packet(batch, row, slot, packet);
  }

  private reportPacket(shard: number, batch: PacketBatch, { words, at }: EventQueue): void {
    const row = words[at + ReportWord.ROW]!;
    const flow = words[at + ReportWord.FLOW]!;
    const slot = this.flows.slotOf(shard, flow >> 1);
    this.flows.countPacket(slot, flow & 1, batch.wireLength[row]!, batch.timeUs[row]!);
    this.listener.packet(batch, row, slot, this.packetAt(row));
  }

  private reportEnd(shard: number, queue: EventQueue): void {
    const { flows } = this;
    const { words, at } = queue;
    const shardSlot = words[at + ReportWord.FLOW]! >> 1;
    const slot = flows.update(shard, shardSlot, queue, at + EndedWord.FLOW_COPY);
    this.listener.ended(slot, words[at + EndedWord.REASON] as FlowEnd, 0);
    flows.forget(shard, shardSlot, slot);
  }

  /** Number in its capture of the packet at a row of the batch that is reported. */
  private packetAt(row: number): number {
    return this.pool.shared.packetsBefore[(this.reported >>> 0) % BATCHES]! + row + 1;
  }
}

/** Whether a batch has packets in a block. */
function isIn({ data }: Block, { count, at }: PacketBatch): boolean {
  return count > 0 && at[0]! >= data.byteOffset && at[0]! < data.byteOffset + data.byteLength;
}
