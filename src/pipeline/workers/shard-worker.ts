/** The thread of a shard: follows the flows of its share of packets, and reports; see shard-memory. */
import { workerData } from 'node:worker_threads';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { FingerprintSet } from '../../dataplane/fingerprint/fingerprint-set.ts';
import { FlowTable, LOOK_AHEAD, NO_FLOW } from '../../dataplane/flow/flow-table.ts';
import type { DecodedPackets } from '../../dataplane/wire/decoded-packets.ts';
import { PacketView } from '../../dataplane/wire/packet-view.ts';
import { Counters } from '../../dataplane/counters.ts';
import { type FlowCensus, ONE_TABLE } from '../../dataplane/flow-census.ts';
import { FlowFollower } from '../../dataplane/flow-follower.ts';
import { ReportRing } from './report-ring.ts';
import { ReportWriter } from './report-writer.ts';
import { ShardCensus } from './shard-census.ts';
import { putCounts } from './shard-counts.ts';
import { BATCHES, BatchKind, Control, Quiet, SharedBatches, type ShardSetup } from './shard-memory.ts';

/** How long the thread sleeps at a time while there is nothing to do, and how often it looks before it sleeps. */
const SLEEP_MS = 1000;
const LOOKS = 400;

class Shard {
  private readonly setup: ShardSetup;
  private readonly shared: SharedBatches;
  private readonly table: FlowTable;
  private readonly fingerprints = new FingerprintSet();
  private readonly writer: ReportWriter;
  private readonly counts: Float64Array;
  private readonly census: FlowCensus;
  private counters = new Counters();
  private follower: FlowFollower;
  private readonly views = Array.from({ length: LOOK_AHEAD }, () => new PacketView());
  /** Rows of the batch that the views are of. */
  private readonly rowsAhead = new Int32Array(LOOK_AHEAD);

  constructor(setup: ShardSetup) {
    this.setup = setup;
    this.shared = new SharedBatches(setup.shared);
    this.table = new FlowTable(setup.flowCapacity, setup.shared.seed);
    this.writer = new ReportWriter(new ReportRing(setup.reports), this.table, this.fingerprints.evidenceLog);
    this.writer.tellsAllEnds = setup.tellsAllEnds;
    this.counts = new Float64Array(setup.counts);
    const { shard, shardCount, flowCapacity } = setup;
    this.census =
      shardCount === 1
        ? ONE_TABLE
        : new ShardCensus(setup.census, shard, shardCount, flowCapacity, () => {
            this.writer.passed();
          });
    this.follower = this.newFollower();
  }

  /** Takes batches in turn until the last one. */
  run(): void {
    const { shared } = this;
    for (let number = 0; ; number = (number + 1) | 0) {
      this.awaitBatch(number);
      const place = (number >>> 0) % BATCHES;
      const kind = shared.kindAt(place);
      if (kind === BatchKind.STOP) return;
      if (kind === BatchKind.PACKETS)
        this.follow(shared.open(place), shared.rows[place]!, shared.packetsBefore[place]!);
      else this.endCapture();
      this.writer.endBatch();
    }
  }

  private awaitBatch(number: number): void {
    const { control } = this.shared;
    for (let look = 0; ; look++) {
      if (Atomics.load(control, Control.PUBLISHED) !== number) return;
      if (look >= LOOKS) Atomics.wait(control, Control.PUBLISHED, number, SLEEP_MS);
    }
  }

  private newFollower(): FlowFollower {
    this.counters = new Counters();
    return new FlowFollower(this.table, this.fingerprints, this.writer, this.counters, this.census);
  }

  private endCapture(): void {
    this.writer.row = 0;
    this.follower.finish();
    this.census.reset();
    putCounts(this.counts, this.counters);
    this.follower = this.newFollower();
  }

  private follow(batch: PacketBatch, rows: DecodedPackets, packetsBefore: number): void {
    const { views, rowsAhead, table, writer } = this;
    if (packetsBefore === 0) writer.isQuiet = true;
    if (writer.isQuiet) writer.isQuiet = this.isQuietThroughout(batch);
    const { shard, shardCount } = this.setup;
    let done = 0;
    for (let row = 0; row < batch.count;) {
      let count = 0;
      for (; row < batch.count && count < LOOK_AHEAD; row++) {
        if (!rows.isOfShard(row, shard, shardCount)) continue;
        rowsAhead[count] = row;
        rows.load(row, views[count++]!, batch.data);
      }
      table.lookAhead(views, count);
      for (let i = 0; i < count; i++) {
        const mine = rowsAhead[i]!;
        this.passTo(mine, done, batch, packetsBefore);
        done = mine + 1;
        this.followPacket(views[i]!, mine, batch);
      }
    }
    this.passTo(batch.count - 1, done, batch, packetsBefore);
  }

  /** Whether the judge has nothing to say of any packet of the batch. */
  private isQuietThroughout(batch: PacketBatch): boolean {
    const { timeUs, count } = batch;
    const from = this.shared.quiet[Quiet.FROM]!;
    const until = this.shared.quiet[Quiet.UNTIL]!;
    for (let row = 0; row < count; row++) if (!(timeUs[row]! >= from && timeUs[row]! < until)) return false;
    return true;
  }

  /** Lets time pass up to a row, from the first that was not passed: all shards see the same clock. */
  private passTo(row: number, from: number, batch: PacketBatch, packetsBefore: number): void {
    const { follower, writer } = this;
    for (let passed = from; passed <= row; passed++) {
      writer.row = passed;
      follower.packet = packetsBefore + passed + 1;
      follower.clock.timeUs = batch.timeUs[passed]!;
      follower.begin();
    }
  }

  private followPacket(view: PacketView, row: number, batch: PacketBatch): void {
    const slot = this.follower.take(view, batch.wireLength[row]!);
    if (slot !== NO_FLOW) this.writer.packet(slot, this.table.direction);
  }
}

const setup = workerData as ShardSetup;
try {
  new Shard(setup).run();
} catch (error) {
  // The other side may wait without a turn of its event loop, in which it would hear of this.
  Atomics.store(new Int32Array(setup.shared.control), Control.FAILED, 1);
  throw error;
}
