/**
 * The dataplane of one thread: takes the packets of a batch to their flows, and leaves what happened to flows in the
 * event queue.
 *
 *     batch ── decode stage → views of a group ── prefetch, flow tracker → event queue → host
 *
 * `track`, `resume` and `finish` return how many events the host has to read. Where that is not 0, the host reads them
 * and calls `resume`, until it returns 0: only then is the batch tracked, or the capture finished.
 */
import { Counters } from './counters';
import { DecodeStage, WAITS } from './decode-stage';
import { EventQueue } from './event-queue';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { FlowTable, NO_FLOW, PREFETCH_COUNT } from './flow/flow-table';
import { FlowTracker } from './flow-tracker';
import { byteAt, leavePacket, readPacket, takeRegion } from './memory';
import { PacketBatch } from './record/packet-batch';
import { DecodeStatus } from './wire/decode-status';
import { Fragment, PacketView, VIEW_LENGTH } from './wire/packet-view';

@final
export class Dataplane {
  readonly table: FlowTable;
  readonly counters: Counters;
  readonly fingerprints: FingerprintSet;
  readonly queue: EventQueue;
  readonly flows: FlowTracker;
  /** Address of views for a group, and of those of the group at hand. */
  private readonly ownViewsAt: usize = takeRegion(<usize>PREFETCH_COUNT * VIEW_LENGTH);
  private viewsAt: usize = this.ownViewsAt;
  readonly decodeStage: DecodeStage;
  /** The batch at hand: how many packets, and with which row its next group begins. */
  private batch: PacketBatch = changetype<PacketBatch>(0);
  private batchCount: i32 = 0;
  private nextRow: i32 = 0;
  /** Address of its views where it is decoded already; else 0. */
  private decodedAt: usize = 0;
  /** The group at hand: how many packets, and how many of them are done. */
  private count: i32 = 0;
  private done: i32 = 0;
  /**
   * The host reads events after each packet that left some: the flow's row is then as of that packet. Else after each
   * group.
   */
  stopsAtEvents: bool = false;
  /** Packets of the capture that are done; the host may set it between two batches. */
  packets: f64 = 0;
  /** Kept, so that the compiler keeps the reads of `prefetchPayloads`. */
  touchedSum: u32 = 0;
  /** The flows of the capture are to end. */
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

  /** Begins a capture of flows. The one before it has finished. */
  begin(): void {
    this.counters.clear();
    this.decodeStage.clear();
    this.flows.reset();
    this.batchCount = 0;
    this.nextRow = 0;
    this.count = 0;
    this.done = 0;
    this.packets = 0;
  }

  /** Tracks the first `count` packets of a batch. */
  track(batch: PacketBatch, count: i32): i32 {
    this.batch = batch;
    this.decodedAt = 0;
    return this.trackNext(count);
  }

  /** Tracks the packets of a batch that `decodeStage` has decoded into `count` views. */
  trackDecoded(viewsAt: usize, count: i32): i32 {
    this.decodedAt = viewsAt;
    return this.trackNext(count);
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

  private trackNext(count: i32): i32 {
    this.batchCount = count;
    this.nextRow = 0;
    return this.goOn();
  }

  /** Goes on until the host has something to read, or all is done. */
  private goOn(): i32 {
    while (this.trackGroup() && this.nextRow < this.batchCount) this.takeGroup();
    if (this.isFinishing && this.done == this.count && this.flows.finish()) this.isFinishing = false;
    return this.queue.count;
  }

  /** Takes the next packets of the batch as the group at hand: decodes them, unless they are. */
  private takeGroup(): void {
    const totals = this.counters.totals;
    const first = this.nextRow;
    const count = min(this.batchCount - first, PREFETCH_COUNT);
    if (this.decodedAt == 0) {
      this.viewsAt = this.ownViewsAt;
      for (let i = 0; i < count; i++) this.decodeStage.take(this.batch, first + i, this.view(i));
    } else {
      this.viewsAt = this.decodedAt + <usize>first * VIEW_LENGTH;
      this.prefetchPayloads(count);
    }
    let bytes: u64 = 0;
    for (let i = 0; i < count; i++) bytes += this.view(i).wireLength;
    this.nextRow = first + count;
    this.count = count;
    this.done = 0;
    if (totals.packets == 0) totals.firstTimeUs = this.view(0).timeUs;
    totals.lastTimeUs = this.view(count - 1).timeUs;
    totals.packets += count;
    totals.bytes += <f64>bytes;
    this.flows.prefetch(this.viewsAt, count);
  }

  /** Reads the first byte of each payload of the group: another thread may have decoded it, on another core. */
  private prefetchPayloads(count: i32): void {
    let sum: u32 = 0;
    for (let i = 0; i < count; i++) {
      const view = this.view(i);
      if (view.status != DecodeStatus.OK || view.fragment == Fragment.LATER || view.payloadCaptured <= 0) continue;
      readPacket(view.payloadAt, view.payloadAt + view.payloadCaptured);
      sum ^= byteAt(view.payloadAt);
      leavePacket();
    }
    this.touchedSum = sum;
  }

  /** Tracks what is left of the group. False where the host has events to read. */
  private trackGroup(): bool {
    const queue = this.queue;
    while (this.done < this.count) {
      const view = this.view(this.done);
      queue.timeUs = view.timeUs;
      queue.packet = this.packets + 1;
      queue.wireLength = view.wireLength;
      if (!this.flows.begin()) return false;
      this.done++;
      this.packets++;
      this.trackPacket(view);
      if (this.stopsAtEvents && queue.count != 0) return false;
    }
    return queue.count == 0;
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

/** Made by `start`. */
export let dataplane: Dataplane = changetype<Dataplane>(0);

/**
 * Makes the dataplane, with room for so many flows. `seed` is the secret of the hashes; `hasDomain` says whether the
 * link is part of a flow's identity. Called once.
 */
export function start(capacity: i32, seed: u32, hasDomain: bool): void {
  dataplane = new Dataplane(capacity, seed, hasDomain);
}

/** Address of the dataplane. */
export function dataplaneAt(): usize {
  return changetype<usize>(dataplane);
}

/**
 * Takes the dataplane of another instance, in whose memory this one is, as its own. One of them calls it at a time, but
 * for `decode`.
 */
export function attach(at: usize): void {
  dataplane = changetype<Dataplane>(at);
}

/**
 * Decodes the first `count` packets of a batch into views, in the order of batches; one instance at a time, whichever
 * it is.
 */
export function decode(batch: usize, count: i32, viewsAt: usize): void {
  dataplane.decodeStage.takeAll(changetype<PacketBatch>(batch), count, viewsAt);
}

/** Tracks the packets of a batch that was decoded. Returns how many events wait in the queue. */
export function trackDecoded(viewsAt: usize, count: i32): i32 {
  return dataplane.trackDecoded(viewsAt, count);
}

/** Begins a capture of flows. The one before it has finished. */
export function begin(): void {
  dataplane.begin();
}

/** The next packet has the number after this in its capture. */
export function setPacketsBefore(packets: f64): void {
  dataplane.packets = packets;
}

/** Tracks the first `count` packets of a batch. Returns how many events wait in the queue. */
export function track(batch: usize, count: i32): i32 {
  return dataplane.track(changetype<PacketBatch>(batch), count);
}

/** The host has read the queue. Returns how many more events wait; 0 where all is done. */
export function resume(): i32 {
  return dataplane.resume();
}

/** Ends all flows: the capture is over. Returns how many events wait in the queue. */
export function finish(): i32 {
  return dataplane.finish();
}

/** Counts the fragments whose first one never came, so far: to be called now and then. */
export function settle(): void {
  dataplane.settle();
}
