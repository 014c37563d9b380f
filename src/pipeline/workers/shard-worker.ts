/** The thread of a worker: tracks the flows of its share of packets, and reports. See shard-memory. */
import { workerData } from 'node:worker_threads';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { FingerprintSet } from '../../dataplane/fingerprint/fingerprint-set.ts';
import { FlowTable, PREFETCH_COUNT, NO_FLOW } from '../../dataplane/flow/flow-table.ts';
import type { DecodedPackets } from '../../dataplane/wire/decoded-packets.ts';
import { PacketView } from '../../dataplane/wire/packet-view.ts';
import { Counters } from '../../dataplane/counters.ts';
import { type FlowLimit, ONE_TABLE } from '../../dataplane/flow-limit.ts';
import { FlowTracker } from '../../dataplane/flow-tracker.ts';
import { EventQueue } from './event-queue.ts';
import { ReportWriter } from './report-writer.ts';
import { SharedFlowLimit } from './shared-flow-limit.ts';
import { ShardCounts } from './shard-counts.ts';
import { BATCHES, BatchKind, Control, NoChange, SharedBatches, type ShardSetup } from './shard-memory.ts';

/** Longest sleep while there is no batch, and the number of looks before the first sleep. */
const SLEEP_MS = 1000;
const LOOKS = 400;

class Shard {
  private readonly setup: ShardSetup;
  private readonly shared: SharedBatches;
  private readonly table: FlowTable;
  private readonly fingerprints = new FingerprintSet();
  private readonly writer: ReportWriter;
  private readonly counts: ShardCounts;
  private readonly flowLimit: FlowLimit;
  private counters = new Counters();
  private tracker: FlowTracker;
  private readonly views = Array.from({ length: PREFETCH_COUNT }, () => new PacketView());
  /** Rows of the batch that are in the views. */
  private readonly prefetchedRows = new Int32Array(PREFETCH_COUNT);

  constructor(setup: ShardSetup) {
    this.setup = setup;
    this.shared = new SharedBatches(setup.shared);
    this.table = new FlowTable(setup.flowCapacity, setup.shared.seed);
    this.writer = new ReportWriter(new EventQueue(setup.reports), this.table, this.fingerprints.evidenceLog);
    this.writer.reportsAllFlowEnds = setup.reportsAllFlowEnds;
    this.counts = new ShardCounts(setup.counts);
    const { shard, shardCount, flowCapacity } = setup;
    this.flowLimit =
      shardCount === 1
        ? ONE_TABLE
        : new SharedFlowLimit(setup.flowLimit, shard, shardCount, flowCapacity, () => {
            this.writer.watermark();
          });
    this.tracker = this.newTracker();
  }

  /** Takes batches in turn until the last one. */
  run(): void {
    const { shared } = this;
    for (let number = 0; ; number = (number + 1) | 0) {
      this.awaitBatch(number);
      const place = (number >>> 0) % BATCHES;
      const kind = shared.kindAt(place);
      if (kind === BatchKind.STOP) return;
      if (kind === BatchKind.PACKETS) this.track(place);
      else this.endCapture();
      this.counts.store(this.counters);
      this.writer.endBatch();
      if (kind === BatchKind.CAPTURE_END) this.tracker = this.newTracker();
    }
  }

  private awaitBatch(number: number): void {
    const { control } = this.shared;
    for (let look = 0; ; look++) {
      if (Atomics.load(control, Control.PUBLISHED) !== number) return;
      if (look >= LOOKS) Atomics.wait(control, Control.PUBLISHED, number, SLEEP_MS);
    }
  }

  private newTracker(): FlowTracker {
    this.counters = new Counters();
    return new FlowTracker(this.table, this.fingerprints, this.writer, this.counters, this.flowLimit);
  }

  private endCapture(): void {
    this.writer.row = 0;
    this.tracker.finish();
    this.flowLimit.reset();
  }

  private track(place: number): void {
    const { shared, tracker } = this;
    const shiftUs = shared.clockShiftUs[place]!;
    if (shiftUs !== 0) tracker.clock.wasSet(shiftUs);
    this.trackBatch(shared.open(place), shared.rows[place]!, shared.packetsBefore[place]!);
  }

  private trackBatch(batch: PacketBatch, rows: DecodedPackets, packetsBefore: number): void {
    const { views, prefetchedRows, table, writer } = this;
    if (packetsBefore === 0) writer.skipsPackets = true;
    if (writer.skipsPackets) writer.skipsPackets = this.changesNothing(batch);
    const { shard, shardCount } = this.setup;
    let done = 0;
    for (let row = 0; row < batch.count;) {
      let count = 0;
      for (; row < batch.count && count < PREFETCH_COUNT; row++) {
        if (!rows.isOfShard(row, shard, shardCount)) continue;
        prefetchedRows[count] = row;
        rows.load(row, views[count++]!, batch.data);
      }
      table.prefetch(views, count);
      for (let i = 0; i < count; i++) {
        const mine = prefetchedRows[i]!;
        this.passTo(mine, done, batch, packetsBefore);
        done = mine + 1;
        this.trackPacket(views[i]!, mine, batch);
      }
    }
    this.passTo(batch.count - 1, done, batch, packetsBefore);
  }

  /** True if no packet of the batch changes a decision. */
  private changesNothing(batch: PacketBatch): boolean {
    const { timeUs, count } = batch;
    const from = this.shared.noChange[NoChange.FROM]!;
    const until = this.shared.noChange[NoChange.UNTIL]!;
    for (let row = 0; row < count; row++) if (!(timeUs[row]! >= from && timeUs[row]! < until)) return false;
    return true;
  }

  /** Advances the clock over rows of other workers: the clocks of all workers are the same. */
  private passTo(row: number, from: number, batch: PacketBatch, packetsBefore: number): void {
    const { tracker, writer } = this;
    for (let passed = from; passed <= row; passed++) {
      writer.row = passed;
      tracker.packet = packetsBefore + passed + 1;
      tracker.clock.timeUs = batch.timeUs[passed]!;
      tracker.begin();
    }
  }

  private trackPacket(view: PacketView, row: number, batch: PacketBatch): void {
    const slot = this.tracker.take(view, batch.wireLength[row]!);
    if (slot !== NO_FLOW) this.writer.packet(slot, this.table.direction);
  }
}

const setup = workerData as ShardSetup;
try {
  new Shard(setup).run();
} catch (error) {
  // The deciding thread may wait without a turn of its event loop, and would then not receive the error.
  Atomics.store(new Int32Array(setup.shared.control), Control.FAILED, 1);
  throw error;
}
