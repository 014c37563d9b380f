/**
 * Tracks flows in the calling thread, in the compiled dataplane. Captures are read into its linear memory. It stops
 * where something happens to a flow, and goes on once the listener has been called, so a listener sees the rows of
 * flows as they are at that packet.
 */
import { invariant } from '../../core/invariant.ts';
import { RecordMemory } from '../../capture/format/record-memory.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Counters } from './counters.ts';
import { newSeed } from './hash-seed.ts';
import type { Tracker, TrackerListener } from './tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from './link-identity.ts';
import { BatchCopy } from './batch-copy.ts';
import { FlowEvents } from './flow-event.ts';
import { LinearCounters } from './linear-counters.ts';
import { address, type DataplaneExports, LinearDataplane } from './linear-dataplane.ts';
import { LinearEvidence } from './linear-evidence.ts';
import { LinearRows } from './linear-rows.ts';
import { memoryOf, snapshotMemory } from './linear-snapshot.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export class AssemblyTracker implements Tracker {
  readonly table: LinearRows;
  readonly evidence: LinearEvidence;
  readonly records: RecordMemory;

  private readonly exports: DataplaneExports;
  private readonly linearCounters: LinearCounters;
  private readonly batch: PacketBatch;
  /** Copies batches that are in other memory. */
  private readonly copy: BatchCopy;
  private readonly events: FlowEvents;
  private listener!: TrackerListener;
  private counters = new Counters();
  /** The capture has a packet. */
  private isBegun = false;

  /**
   * `capacity`: flows that are tracked at a time. `seed`: the secret of the table's hashes. `dataplane`: of this
   * tracker alone.
   */
  constructor(
    capacity: number,
    linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY,
    seed: number = newSeed(),
    dataplane: LinearDataplane = new LinearDataplane(),
  ) {
    const { exports, memory } = dataplane;
    exports.start(capacity, seed, linkIdentity === 'vlan' ? 1 : 0);
    exports.stopAtEvents(1);
    this.exports = exports;
    this.records = new RecordMemory(dataplane);
    this.batch = this.records.newBatch();
    this.copy = new BatchCopy(this.records);
    this.table = new LinearRows(capacity, dataplane);
    this.evidence = new LinearEvidence(dataplane);
    this.linearCounters = LinearCounters.of(dataplane);
    this.events = new FlowEvents(memory.buffer, address(exports.eventsAt()));
  }

  begin(listener: TrackerListener, counters: Counters): void {
    this.listener = listener;
    this.counters = counters;
    this.isBegun = false;
    this.exports.reportAllFlowEnds(listener.wantsAllFlowEnds ? 1 : 0);
    this.exports.begin();
  }

  nextBatch(): PacketBatch {
    return this.batch;
  }

  track(batch: PacketBatch, packetsBefore: number): void {
    const { exports, listener } = this;
    const { timeUs, count } = batch;
    if (count > 0 && !this.isBegun) this.beginAt(timeUs[0]!);
    exports.setPacketsBefore(packetsBefore);
    this.reportAll(exports.track(this.columnsOf(batch), count), batch, packetsBefore);
    exports.settle();
    this.linearCounters.copyTo(this.counters);
    listener.batchDone(batch);
  }

  /**
   * The capture's first packet has come. What is quiet stays so until the capture is over: a decision that becomes due
   * at the end of that time is made with the flow's next packet, whenever that comes.
   */
  private beginAt(timeUs: number): void {
    this.isBegun = true;
    this.exports.setQuiet(timeUs, this.listener.noChangeUntil(timeUs));
  }

  /** Copies the state of all flows, or puts a copy back. To be called between two batches, after `begin`. */
  snapshot(walk: Snapshot): void {
    walk.part('dataplane');
    this.isBegun = walk.data(this.isBegun);
    // What was read from a source is read again.
    const read = [...this.records.regions, this.copy.region];
    snapshotMemory(
      walk,
      memoryOf(this.records.dataplane),
      read.map(({ at }) => at),
    );
  }

  clockWasSet(byUs: number): void {
    this.exports.clockWasSet(byUs);
  }

  settle(): void {
    // Packets are reported as they come.
  }

  finish(): void {
    this.reportAll(this.exports.finish(), this.batch, 0);
    this.linearCounters.copyTo(this.counters);
  }

  /** Address of a batch's columns, or of those of its copy. */
  private columnsOf(batch: PacketBatch): number {
    const { records } = this;
    const columns = batch.data === records.data ? records.columnsOf(batch) : undefined;
    return columns ?? this.copy.columnsOf(batch);
  }

  /** Throws if an invariant is broken. To be called between two batches. */
  checkInvariants(): void {
    const broken = this.exports.checkInvariants();
    invariant(broken === 0, `invariant ${broken} of the dataplane (dataplane/assembly/flow/invariant)`);
  }

  /** Reports the events that wait, until none do. */
  private reportAll(waiting: number, batch: PacketBatch, packetsBefore: number): void {
    for (let count = waiting; count > 0; count = this.exports.resume()) this.report(count, batch, packetsBefore);
  }

  /** Reports the first records of the event queue. */
  private report(count: number, batch: PacketBatch, packetsBefore: number): void {
    for (let place = 0; place < count; place++) this.events.report(place, this.listener, batch, packetsBefore);
  }
}
