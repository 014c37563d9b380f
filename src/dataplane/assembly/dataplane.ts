/**
 * The dataplane of one thread: walks the records of a capture, or takes records from the host, and leaves what happened to flows in the
 * event queue.
 *
 *     block ── record reader → records ── decode stage → views ── prefetch, flow tracker → event queue → host
 *
 * `feed`, `track`, `resume` and `finish` return how many events the host has to read. Where that is not 0, the host reads them and calls
 * `resume`, until it returns 0: only then is the block used up, the group tracked, or the capture finished.
 */
import { Counters } from './counters';
import { DecodeStage, WAITS } from './decode-stage';
import { EventQueue } from './event-queue';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { FlowTable, NO_FLOW, PREFETCH_COUNT } from './flow/flow-table';
import { FlowTracker } from './flow-tracker';
import { leavePacket, readPacket, takeRegion } from './memory';
import { PacketRecord, RECORD_LENGTH } from './record/packet-record';
import { PcapReader } from './record/pcap-reader';
import { PcapngReader } from './record/pcapng-reader';
import { RecordReader, Walk } from './record/record-reader';
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
  private readonly pcap: PcapReader = new PcapReader();
  private readonly pcapng: PcapngReader = new PcapngReader();
  /** The reader of the capture at hand, and what it stopped at last. */
  reader: RecordReader = this.pcap;
  stop: Walk = Walk.NEEDS_MORE;
  /** The group at hand: how many packets, and how many of them are done. */
  private count: i32 = 0;
  private done: i32 = 0;
  /** The host reads events after each packet that left some: the flow's row is then as of that packet. Else after each group. */
  stopsAtEvents: bool = false;
  /** Packets of the capture that are done; the host may set it between two batches. */
  packets: f64 = 0;
  /** The block has more records to walk; the flows of the capture are to end. */
  private isFeeding: bool = false;
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
    this.count = 0;
    this.done = 0;
    this.packets = 0;
  }

  /** Begins a file, of one format or the other; a capture may have several. */
  openFile(isPcapng: bool): void {
    if (isPcapng) {
      this.pcapng.begin();
      this.reader = this.pcapng;
    } else {
      this.pcap.begin();
      this.reader = this.pcap;
    }
  }

  /** Walks and tracks the records in [at, limit). Afterwards `stop` and `reader` say where it stopped and what it needs. */
  feed(at: usize, limit: usize): i32 {
    this.reader.at = at;
    this.reader.limit = limit;
    this.isFeeding = true;
    return this.goOn();
  }

  /** Tracks the first `count` records, which the host has written. */
  track(count: i32): i32 {
    this.decode(count);
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

  /** Goes on until the host has something to read, or all is done. */
  private goOn(): i32 {
    while (this.trackGroup() && this.isFeeding) this.walkGroup();
    if (this.isFinishing && this.done == this.count && this.flows.finish()) this.isFinishing = false;
    return this.queue.count;
  }

  /** Walks and decodes the next records of the block. */
  private walkGroup(): void {
    const reader = this.reader;
    readPacket(reader.at, reader.limit);
    this.stop = reader.walk(this.recordsAt, PREFETCH_COUNT);
    leavePacket();
    // Records before a wrong one are tracked first.
    this.isFeeding = this.stop == Walk.GROUP_FULL || (this.stop == Walk.FAULTY && reader.count > 0);
    this.decode(reader.count);
  }

  private decode(count: i32): void {
    const totals = this.counters.totals;
    this.count = count;
    this.done = 0;
    if (count == 0) return;
    let bytes: u64 = 0;
    for (let i = 0; i < count; i++) {
      const record = changetype<PacketRecord>(this.recordsAt + <usize>i * RECORD_LENGTH);
      bytes += record.wireLength;
      this.decodeStage.take(record, this.view(i));
    }
    if (totals.packets == 0) totals.firstTimeUs = this.view(0).timeUs;
    totals.lastTimeUs = this.view(count - 1).timeUs;
    totals.packets += count;
    totals.bytes += <f64>bytes;
    this.table.prefetch(this.viewsAt, count);
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
