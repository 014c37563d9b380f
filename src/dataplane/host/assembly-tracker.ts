/**
 * Tracks flows in the calling thread, in the compiled dataplane. Captures are read into its linear memory. It stops where something
 * happens to a flow, and goes on once the listener has been called, so a listener sees the rows of flows as they are at that packet.
 */
import { invariant } from '../../core/invariant.ts';
import { RecordMemory } from '../../capture/format/record-memory.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Counters, type FlowEnd } from '../counters.ts';
import { Detection } from '../detection.ts';
import type { FingerprintId } from '../fingerprint/holder.ts';
import { newSeed } from '../flow/flow-table.ts';
import type { Tracker, TrackerListener } from '../tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../wire/link-identity.ts';
import { BatchCopy } from './batch-copy.ts';
import { EVENT_CAPACITY, EVENT_WORDS, EventKind, EventNumber, EventWord } from './flow-event.ts';
import { LinearCounters } from './linear-counters.ts';
import { address, type DataplaneExports, LinearDataplane } from './linear-dataplane.ts';
import { LinearEvidence } from './linear-evidence.ts';
import { LinearRows } from './linear-rows.ts';

export class AssemblyTracker implements Tracker {
  readonly table: LinearRows;
  readonly evidence: LinearEvidence;
  readonly records: RecordMemory;

  private readonly exports: DataplaneExports;
  private readonly linearCounters: LinearCounters;
  private readonly batch: PacketBatch;
  /** Copies batches that are in other memory. */
  private readonly copy: BatchCopy;
  /** The event queue, as words and as 64-bit numbers. */
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly detection = new Detection();
  private listener!: TrackerListener;
  private counters = new Counters();

  /** `capacity`: flows that are tracked at a time. `seed`: the secret of the table's hashes. */
  constructor(capacity: number, linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY, seed: number = newSeed()) {
    const dataplane = new LinearDataplane();
    const { exports, memory } = dataplane;
    exports.start(capacity, seed, linkIdentity === 'vlan' ? 1 : 0);
    exports.stopAtEvents(1);
    this.exports = exports;
    this.records = new RecordMemory(dataplane);
    this.batch = this.records.newBatch();
    this.copy = new BatchCopy(this.records);
    this.table = new LinearRows(capacity, dataplane);
    this.evidence = new LinearEvidence(dataplane);
    this.linearCounters = new LinearCounters(dataplane);
    const eventsAt = address(exports.eventsAt());
    this.words = new Int32Array(memory.buffer, eventsAt, EVENT_CAPACITY * EVENT_WORDS);
    this.numbers = new Float64Array(memory.buffer, eventsAt, (EVENT_CAPACITY * EVENT_WORDS) >> 1);
  }

  begin(listener: TrackerListener, counters: Counters): void {
    this.listener = listener;
    this.counters = counters;
    this.exports.reportAllFlowEnds(listener.wantsAllFlowEnds ? 1 : 0);
    this.exports.begin();
  }

  nextBatch(): PacketBatch {
    return this.batch;
  }

  track(batch: PacketBatch, packetsBefore: number): void {
    const { exports, listener } = this;
    const { timeUs, count } = batch;
    const quietFrom = count === 0 ? 0 : timeUs[0]!;
    exports.setQuiet(quietFrom, listener.noChangeUntil(quietFrom));
    exports.setPacketsBefore(packetsBefore);
    this.reportAll(exports.track(this.columnsOf(batch), count), batch, packetsBefore);
    exports.settle();
    this.linearCounters.copyTo(this.counters);
    listener.batchDone(batch);
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

  /** Reports the records of the event queue. */
  private report(count: number, batch: PacketBatch, packetsBefore: number): void {
    const { words, numbers, listener } = this;
    let at = 0;
    for (let left = count; left > 0; left--, at += EVENT_WORDS) {
      const slot = words[at + EventWord.SLOT]!;
      const packet = numbers[(at >> 1) + EventNumber.PACKET]!;
      switch (words[at + EventWord.KIND]) {
        case EventKind.DETECTION:
          this.reportDetection(slot, packet, at);
          break;
        case EventKind.PACKET:
          listener.packet(batch, packet - packetsBefore - 1, slot, packet);
          break;
        default:
          if (listener.wantsFlowEnd(slot))
            listener.ended(slot, words[at + EventWord.REASON] as FlowEnd, numbers[(at >> 1) + EventNumber.ORDER]!);
      }
    }
  }

  private reportDetection(slot: number, packet: number, at: number): void {
    const { detection, words } = this;
    detection.timeUs = this.numbers[(at >> 1) + EventNumber.TIME_US]!;
    detection.packet = packet;
    detection.direction = words[at + EventWord.DIRECTION] as 0 | 1;
    detection.holder = words[at + EventWord.HOLDER] as FingerprintId;
    detection.finding = words[at + EventWord.FINDING]!;
    detection.keyHigh = words[at + EventWord.KEY_HIGH]!;
    detection.keyLow = words[at + EventWord.KEY_LOW]!;
    detection.receiver = words[at + EventWord.RECEIVER]!;
    this.listener.onDetection(slot, detection);
  }
}
