/**
 * The pipeline over several threads: this one decodes batches and hands them out, the shards' follow the flows of their packets, and
 * what they report is judged here, in the order of packets, as a pipeline of one thread would have. See shard-memory.
 */
import type { BlockLender } from '../../capture/input/block-reader.ts';
import type { Block } from '../../capture/input/block.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Outcome } from '../../dataplane/outcome.ts';
import type { Claim } from '../../dataplane/fingerprint/claims.ts';
import { FlowWord, ROW_WORDS } from '../../dataplane/flow/flow-table.ts';
import { DecodeStatus } from '../../dataplane/wire/decode-status.ts';
import type { LinkIdentity } from '../../dataplane/wire/link-identity.ts';
import { PacketView } from '../../dataplane/wire/packet-view.ts';
import { Counters, type FlowEnd } from '../../dataplane/counters.ts';
import { Intake, WAITS } from '../../dataplane/intake.ts';
import type { KnownFlows } from './known-flows.ts';
import { News } from '../../dataplane/news.ts';
import type { FlowJudge } from '../../decision/flow-judge.ts';
import type { PacketPipeline, PacketSink } from '../pipeline.ts';
import { EndedWord, HeardWord, Report, ReportWord } from './report.ts';
import type { ReportRing } from './report-ring.ts';
import { ReportMerge } from './report-merge.ts';
import { addCounts } from './shard-counts.ts';
import { BATCHES, BatchKind, Quiet } from './shard-memory.ts';
import type { ShardPool } from './shard-pool.ts';

export class ShardedPipeline implements PacketPipeline {
  readonly counters = new Counters();

  private readonly pool: ShardPool;
  private readonly flows: KnownFlows;
  private readonly judge: FlowJudge;
  private readonly packetSink: PacketSink | null;
  private readonly intake: Intake;
  private readonly merge: ReportMerge;
  private readonly view: PacketView;
  private readonly news = new News();
  /** Batches judged so far, modulo 2^32, and how far the one at hand is. */
  private judged: number;
  private isBegun = false;
  private judgedRows = 0;
  /** Row of the last report of news, which has brought the flow's row with that packet counted. */
  private heardRow = -1;

  constructor(
    pool: ShardPool,
    flows: KnownFlows,
    judge: FlowJudge,
    packetSink: PacketSink | null,
    linkIdentity: LinkIdentity,
  ) {
    this.view = new PacketView(linkIdentity);
    this.pool = pool;
    this.flows = flows;
    this.judge = judge;
    this.packetSink = packetSink;
    this.intake = new Intake(flows.table.hashKeys, this.counters);
    this.merge = new ReportMerge(pool.reports);
    this.judged = pool.published;
  }

  /** Whose blocks captures are read into. */
  readonly lender: BlockLender = {
    lend: () => this.pool.shared.blocks,
    waitFor: (block) => {
      while (this.isInUse(block)) {
        this.judgeMore();
        this.pool.check();
      }
    },
  };

  /** The batch to be filled next, once there is one. */
  async nextBatch(): Promise<PacketBatch> {
    while (this.underWay === BATCHES) await this.judgeOne();
    return this.pool.shared.batches[(this.pool.published >>> 0) % BATCHES]!;
  }

  /** Hands out the batch that `nextBatch` gave, and judges what has been reported by now. */
  process(batch: PacketBatch): void {
    const { pool, counters, intake, view } = this;
    const rows = pool.shared.rows[(pool.published >>> 0) % BATCHES]!;
    const packetsBefore = counters.packets;
    if (packetsBefore === 0 && batch.count > 0) this.beginCapture(batch.timeUs[0]!);
    for (let row = 0; row < batch.count; row++) {
      const status = intake.take(batch, row, view);
      rows.store(row, view, status);
      counters.octets += batch.wireLength[row]!;
      if (status !== DecodeStatus.OK && status !== WAITS) counters.notDecoded[status]!++;
    }
    counters.packets += batch.count;
    if (batch.count > 0) counters.lastTimeUs = batch.timeUs[batch.count - 1]!;
    intake.settle(false);
    this.publish(BatchKind.PACKETS, packetsBefore);
    this.judgeThere();
  }

  private beginCapture(timeUs: number): void {
    const { quiet } = this.pool.shared;
    this.counters.firstTimeUs = timeUs;
    quiet[Quiet.FROM] = timeUs;
    quiet[Quiet.UNTIL] = this.judge.quietPeriodEnd(timeUs);
  }

  /** Judges all that is under way: before another file begins, and at the end. */
  async settle(): Promise<void> {
    while (this.underWay > 0) await this.judgeOne();
  }

  /** The capture is over. */
  async finish(): Promise<void> {
    const { pool, counters } = this;
    await this.settle();
    this.intake.settle(true);
    pool.shared.batches[(pool.published >>> 0) % BATCHES]!.count = 0;
    this.publish(BatchKind.CAPTURE_END, counters.packets);
    await this.settle();
    for (const counts of pool.counts) addCounts(counts, counters);
    this.countForwarded();
  }

  private get underWay(): number {
    return (this.pool.published - this.judged) | 0;
  }

  private publish(kind: BatchKind, packetsBefore: number): void {
    const { pool } = this;
    pool.shared.publish((pool.published >>> 0) % BATCHES, kind, packetsBefore);
    pool.published = (pool.published + 1) | 0;
  }

  private isInUse(block: Block): boolean {
    const { batches } = this.pool.shared;
    for (let number = this.judged; number !== this.pool.published; number = (number + 1) | 0)
      if (batches[(number >>> 0) % BATCHES]!.data === block.data) return true;
    return false;
  }

  /** Judges the oldest batch under way to its end, however long its reports take to come. */
  private async judgeOne(): Promise<void> {
    const before = this.judged;
    for (;;) {
      this.judgeMore();
      if (this.judged !== before) return;
      await new Promise(setImmediate);
      this.pool.check();
    }
  }

  /** Judges the batches whose reports are there, without waiting. */
  private judgeThere(): void {
    while (this.underWay > 0 && this.merge.isThere) this.judgeMore();
  }

  /** Judges what is reported of the oldest batch under way. */
  private judgeMore(): void {
    const { merge } = this;
    const place = (this.judged >>> 0) % BATCHES;
    const batch = this.pool.shared.batches[place]!;
    if (!this.isBegun) {
      this.isBegun = true;
      this.judgedRows = 0;
      this.heardRow = -1;
      merge.begin();
    }
    for (let ring = merge.next(); ring !== null; ring = merge.next()) {
      const { shard } = merge;
      const { words, at, kind } = ring;
      const row = words[at + ReportWord.ROW]!;
      if (kind === Report.ENDED) this.end(shard, ring);
      else if (kind === Report.HEARD) this.hear(shard, batch, row, ring);
      else if (kind === Report.PACKET) this.judgePacket(shard, batch, row, words[at + ReportWord.FLOW]!);
      merge.pass(shard);
    }
    if (!merge.areAllOver) return;
    this.forwardTo(batch, batch.count);
    this.isBegun = false;
    this.judged = (this.judged + 1) | 0;
  }

  private hear(shard: number, batch: PacketBatch, row: number, ring: ReportRing): void {
    const { news, flows } = this;
    const { words, at } = ring;
    const flow = words[at + ReportWord.FLOW]!;
    const slot = flows.update(shard, flow >> 1, ring, at + HeardWord.FLOW_COPY);
    flows.updateEvidence(slot, ring, at + HeardWord.EVIDENCE, words[at + HeardWord.EVIDENCE_COUNT]!);
    news.timeUs = batch.timeUs[row]!;
    news.packet = this.packetAt(row);
    news.direction = (flow & 1) as 0 | 1;
    news.holder = words[at + HeardWord.HOLDER] as Claim;
    news.finding = words[at + HeardWord.FINDING]!;
    news.keyHigh = words[at + HeardWord.KEY_HIGH]!;
    news.keyLow = words[at + HeardWord.KEY_LOW]!;
    news.receiver = words[at + HeardWord.RECEIVER]!;
    this.judge.heard(slot, news);
    this.heardRow = row;
  }

  private judgePacket(shard: number, batch: PacketBatch, row: number, flow: number): void {
    const { flows, counters } = this;
    const wireLength = batch.wireLength[row]!;
    const slot = flows.slotOf(shard, flow >> 1);
    if (row !== this.heardRow) this.count(slot, flow & 1, batch, row);
    if (flows.table.words[slot * ROW_WORDS + FlowWord.DECISION] === 0) return;
    const outcome = this.judge.packet(slot, wireLength, this.packetAt(row));
    if (outcome !== Outcome.FORWARDED) {
      counters.outcomePackets[outcome]!++;
      counters.outcomeOctets[outcome]! += wireLength;
    }
    this.forwardTo(batch, row);
    this.packetSink?.packet(batch, row, outcome, outcome === Outcome.DELAYED ? this.judge.delayUs : 0);
    this.judgedRows = row + 1;
  }

  /** Counts a packet with its flow. */
  private count(slot: number, direction: number, batch: PacketBatch, row: number): void {
    const { table } = this.flows;
    table.count(slot, direction, 1, batch.wireLength[row]!);
    table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1] = batch.timeUs[row]!;
  }

  private end(shard: number, ring: ReportRing): void {
    const { flows } = this;
    const { words, at } = ring;
    const shardSlot = words[at + ReportWord.FLOW]! >> 1;
    const slot = flows.update(shard, shardSlot, ring, at + EndedWord.FLOW_COPY);
    this.judge.ended(slot, words[at + EndedWord.REASON] as FlowEnd, 0);
    flows.forget(shard, shardSlot, slot);
  }

  /** Number in its capture of the packet at a row of the batch that is judged. */
  private packetAt(row: number): number {
    return this.pool.shared.packetsBefore[(this.judged >>> 0) % BATCHES]! + row + 1;
  }

  /** Nobody has anything against the packets from those that are judged up to a row. */
  private forwardTo(batch: PacketBatch, row: number): void {
    const { packetSink } = this;
    if (packetSink === null) return;
    for (let passed = this.judgedRows; passed < row; passed++) packetSink.packet(batch, passed, Outcome.FORWARDED, 0);
    this.judgedRows = row;
  }

  /** All packets but those that were delayed or dropped. */
  private countForwarded(): void {
    const { counters } = this;
    const { FORWARDED } = Outcome;
    counters.outcomePackets[FORWARDED] = 0;
    counters.outcomeOctets[FORWARDED] = 0;
    const affected = counters.outcomePackets.reduce((sum, count) => sum + count, 0);
    const affectedOctets = counters.outcomeOctets.reduce((sum, count) => sum + count, 0);
    counters.outcomePackets[FORWARDED] = counters.packets - affected;
    counters.outcomeOctets[FORWARDED] = counters.octets - affectedOctets;
  }
}
