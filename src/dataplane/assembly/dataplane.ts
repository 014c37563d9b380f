/**
 * The dataplane of one thread: takes packet records in groups, and leaves what happened to flows in the event queue.
 *
 *     records ── decode stage → views ── prefetch, flow tracker → event queue → host
 *
 * `track`, `resume` and `finish` return how many events the host has to read. Where that is not 0, the host reads them and calls
 * `resume`, until it returns 0: only then is the group tracked, or the capture finished.
 */
import { Counters } from './counters';
import { DecodeStage, WAITS } from './decode-stage';
import { EventQueue } from './event-queue';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { FlowTable, NO_FLOW, PREFETCH_COUNT } from './flow/flow-table';
import { FlowTracker } from './flow-tracker';
import { takeRegion } from './memory';
import { PacketRecord, RECORD_LENGTH } from './record/packet-record';
import { DecodeStatus } from './wire/decode-status';
import { PacketView, VIEW_LENGTH } from './wire/packet-view';

@final
export class Dataplane {
  readonly table: FlowTable;
  readonly counters: Counters;
  readonly fingerprints: FingerprintSet;
  readonly queue: EventQueue;
  readonly flows: FlowTracker;
  /** Addresses of the records of a group, and of its views. */
  readonly recordsAt: usize = takeRegion(<usize>PREFETCH_COUNT * RECORD_LENGTH);
  private readonly viewsAt: usize = takeRegion(<usize>PREFETCH_COUNT * VIEW_LENGTH);
  private readonly decodeStage: DecodeStage;
  /** The group at hand: how many packets, how many of them are done, and how many of the capture came before. */
  private count: i32 = 0;
  private done: i32 = 0;
  private packetsBefore: f64 = 0;
  private isFinishing: bool = false;

  /** `seed` is the secret of the table's hashes; `hasDomain` says whether the link is part of a flow's identity. */
  constructor(capacity: i32, seed: u32, hasDomain: bool) {
    const table = new FlowTable(capacity, seed);
    const fingerprints = new FingerprintSet();
    const counters = new Counters();
    const queue = new EventQueue(table.rows, fingerprints.evidenceLog);
    this.table = table;
    this.fingerprints = fingerprints;
    this.counters = counters;
    this.queue = queue;
    this.decodeStage = new DecodeStage(table.rows.hashKeys, counters, hasDomain);
    this.flows = new FlowTracker(table, fingerprints, queue, counters);
  }

  /** Begins a capture. The one before it has finished. */
  begin(): void {
    this.counters.clear();
    this.decodeStage.clear();
    this.flows.reset();
    this.count = 0;
    this.done = 0;
  }

  /** Tracks the first `count` records. `packetsBefore`: packets of the capture before them. */
  track(count: i32, packetsBefore: f64): i32 {
    this.count = count;
    this.done = 0;
    this.packetsBefore = packetsBefore;
    for (let i = 0; i < count; i++) {
      const record = changetype<PacketRecord>(this.recordsAt + <usize>i * RECORD_LENGTH);
      this.decodeStage.take(record, this.view(i));
    }
    this.table.prefetch(this.viewsAt, count);
    return this.goOn();
  }

  /** Goes on after the host has read the queue. */
  resume(): i32 {
    this.queue.clear();
    return this.goOn();
  }

  /** Counts the fragments whose first one never came, so far: to be called now and then. */
  settle(): void {
    this.decodeStage.settle(false);
  }

  /** Ends all flows: the capture is over. */
  finish(): i32 {
    this.decodeStage.settle(true);
    this.isFinishing = true;
    return this.goOn();
  }

  private goOn(): i32 {
    const queue = this.queue;
    while (this.done < this.count) {
      const view = this.view(this.done);
      queue.timeUs = view.timeUs;
      queue.packet = this.packetsBefore + <f64>(this.done + 1);
      queue.wireLength = view.wireLength;
      if (!this.flows.begin()) return queue.count;
      this.done++;
      this.trackPacket(view);
    }
    if (this.isFinishing && this.flows.finish()) this.isFinishing = false;
    return queue.count;
  }

  private view(i: i32): PacketView {
    return changetype<PacketView>(this.viewsAt + <usize>i * VIEW_LENGTH);
  }

  private trackPacket(view: PacketView): void {
    const status = view.status;
    if (status != DecodeStatus.OK) {
      if (status != WAITS) this.counters.notDecoded(status);
      return;
    }
    const slot = this.flows.take(view);
    if (slot != NO_FLOW) this.queue.packetOf(slot, view.direction);
  }
}
