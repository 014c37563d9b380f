/**
 * Tracks flows in the calling thread, in the compiled dataplane. Packets are read into its linear memory. It stops where something
 * happens to a flow, and goes on once the listener has been called, so a listener sees the rows of flows as they are at that packet.
 */
import { invariant } from '../../core/invariant.ts';
import type { Block } from '../../capture/input/block.ts';
import { BLOCK_LENGTH, type BlockLender } from '../../capture/input/block-reader.ts';
import { PacketBatch } from '../../capture/packet-batch.ts';
import { Counters, type FlowEnd } from '../counters.ts';
import { Detection } from '../detection.ts';
import type { FingerprintId } from '../fingerprint/holder.ts';
import { newSeed } from '../flow/flow-table.ts';
import type { Tracker, TrackerListener } from '../tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../wire/link-identity.ts';
import { EVENT_CAPACITY, EVENT_WORDS, EventKind, EventNumber, EventWord } from './flow-event.ts';
import { LinearCounters } from './linear-counters.ts';
import { address, type DataplaneExports, LinearDataplane } from './linear-dataplane.ts';
import { LinearEvidence } from './linear-evidence.ts';
import { LinearRows } from './linear-rows.ts';

/** Words of a packet record, after its time (dataplane/assembly/record/packet-record). */
const RecordWord = { AT: 2, CAPTURED_LENGTH: 3, WIRE_LENGTH: 4, LINK_TYPE: 5 } as const;
const RECORD_WORDS = 6;
/** Packets that are tracked at a time. */
const GROUP = 64;

/** One to read from, and one to read into. */
const BLOCKS = 2;

interface LinearBlock extends Block {
  /** Address of its first byte. */
  readonly at: number;
}

export class AssemblyTracker implements Tracker {
  readonly table: LinearRows;
  readonly evidence: LinearEvidence;
  readonly lender: BlockLender;

  private readonly memory: WebAssembly.Memory;
  private readonly exports: DataplaneExports;
  private readonly linearCounters: LinearCounters;
  private readonly blocks: readonly LinearBlock[];
  private readonly batch = new PacketBatch();
  /** The records of a group, as words and as 64-bit numbers. */
  private readonly recordWords: Uint32Array;
  private readonly recordTimes: Float64Array;
  /** The event queue, as words and as 64-bit numbers. */
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly detection = new Detection();
  /** Where blocks of other memory are copied to, and how long they may be. */
  private copyAt = 0;
  private copyLength = 0;
  private listener!: TrackerListener;
  private counters = new Counters();

  /** `capacity`: flows that are tracked at a time. `seed`: the secret of the table's hashes. */
  constructor(capacity: number, linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY, seed: number = newSeed()) {
    const dataplane = new LinearDataplane();
    const { exports, memory } = dataplane;
    exports.start(capacity, seed, linkIdentity === 'vlan' ? 1 : 0);
    exports.stopAtEvents(1);
    const addresses = Array.from({ length: BLOCKS }, () => address(exports.takeRegion(BLOCK_LENGTH)));
    // Memory has grown: only now does its buffer hold all of it.
    const { buffer } = memory;
    this.blocks = addresses.map((at) => ({
      at,
      bytes: new Uint8Array(buffer, at, BLOCK_LENGTH),
      data: new DataView(buffer, at, BLOCK_LENGTH),
    }));
    this.memory = memory;
    this.exports = exports;
    this.lender = { lend: () => this.blocks, waitFor: () => undefined };
    this.table = new LinearRows(capacity, dataplane);
    this.evidence = new LinearEvidence(dataplane);
    this.linearCounters = new LinearCounters(dataplane);
    const recordsAt = address(exports.recordsAt());
    this.recordWords = new Uint32Array(buffer, recordsAt, GROUP * RECORD_WORDS);
    this.recordTimes = new Float64Array(buffer, recordsAt, (GROUP * RECORD_WORDS) >> 1);
    const eventsAt = address(exports.eventsAt());
    this.words = new Int32Array(buffer, eventsAt, EVENT_CAPACITY * EVENT_WORDS);
    this.numbers = new Float64Array(buffer, eventsAt, (EVENT_CAPACITY * EVENT_WORDS) >> 1);
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
    const blockAt = this.blockAt(batch.data);
    exports.setPacketsBefore(packetsBefore);
    for (let row = 0; row < count; row += GROUP) {
      const group = Math.min(GROUP, count - row);
      this.writeRecords(batch, row, group, blockAt);
      this.reportAll(exports.track(group), batch, packetsBefore);
    }
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

  /** Copies a block that is not in linear memory; returns its address there. */
  private copied(data: DataView): number {
    const { exports } = this;
    if (data.byteLength > this.copyLength) {
      this.copyLength = Math.max(BLOCK_LENGTH, 2 * data.byteLength);
      this.copyAt = address(exports.takeRegion(this.copyLength));
    }
    const bytes = new Uint8Array(this.memory.buffer, this.copyAt, data.byteLength);
    bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength));
    return this.copyAt;
  }

  /** Address of a block's first byte: one that was lent, or a copy. */
  private blockAt(data: DataView): number {
    return this.blocks.find((block) => block.data === data)?.at ?? this.copied(data);
  }

  private writeRecords(batch: PacketBatch, from: number, count: number, blockAt: number): void {
    const { recordWords, recordTimes } = this;
    const { timeUs, at, capturedLength, wireLength, linkType } = batch;
    for (let row = from, word = 0; row < from + count; row++, word += RECORD_WORDS) {
      recordTimes[word >> 1] = timeUs[row]!;
      recordWords[word + RecordWord.AT] = blockAt + at[row]!;
      recordWords[word + RecordWord.CAPTURED_LENGTH] = capturedLength[row]!;
      recordWords[word + RecordWord.WIRE_LENGTH] = wireLength[row]!;
      recordWords[word + RecordWord.LINK_TYPE] = linkType[row]!;
    }
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
