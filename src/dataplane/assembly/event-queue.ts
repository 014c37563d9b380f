/**
 * What happened to flows, in packet order, as records that the host reads after each packet that left some, or after
 * each group of packets. The host has read all of them when it calls back into the dataplane; or, where records have
 * copies of the rows that they are of (`copyRows`), when their places in the ring are needed again.
 *
 * A record has what was true at its packet: the flow's row may have counted later packets of the group since. A flow
 * that has ended keeps its row and its evidence until the host has read the record of its end, or has a copy.
 */
import { takeRegion } from './memory';
import { FlowEnd } from './counters';
import { EVIDENCE_LIMIT, EVIDENCE_ROW_LENGTH, EvidenceLog, EvidenceRow } from './fingerprint/evidence';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { DETAILS_LENGTH, FlowFlag, ROW_LENGTH, UPPER_LENGTH } from './flow/flow-row';
import { FlowRows } from './flow/flow-rows';
import { PREFETCH_COUNT } from './flow/flow-table';

export enum EventKind {
  /** The flow's own packets show something new. From here on the flow is a reported flow. */
  DETECTION = 1,
  /** A packet of a reported flow, after its detection and counted in the flow's row. */
  PACKET = 2,
  /** The flow has ended. */
  ENDED = 3,
}

// @ts-ignore: decorator
@unmanaged
@final
class FlowEvent {
  /** Time and number of the packet at which it happened. */
  timeUs: f64;
  packet: f64;
  kind: EventKind;
  slot: i32;
  /** DETECTION, PACKET: the packet's direction in its flow, and its bytes on the wire. */
  direction: i32;
  wireLength: u32;
  /** What the flow had counted in each direction, up to and with that packet; PACKET: without bytes. */
  packets0: u32;
  packets1: u32;
  bytes0: f64;
  bytes1: f64;
  /** DETECTION: the fingerprint that holds the flow, and what it finds. */
  holder: i32;
  finding: u32;
  /** The words by which flows of one tunnel are recognised (StateWord.KEY). */
  keyHigh: i32;
  keyLow: i32;
  /** Receiver index of a WireGuard transport message; 0 for anything else. */
  receiver: u32;
  /** DETECTION, ENDED: first row of the evidence, and how many rows it had. */
  evidence: i32;
  evidenceCount: i32;
  /** ENDED: a FlowEnd, and what sorts flows that end at one packet for one reason. */
  reason: FlowEnd;
  order: f64;
  free0: u64;
  free1: u64;
  free2: u64;
  free3: u64;
}

export const EVENT_LENGTH: usize = 128;

/** Records that wait at a time. */
const CAPACITY: i32 = 1024;
/** Records of the ring: a reader that has copies may be behind by all but those that wait. */
const RING: i32 = 4096;
/**
 * A copy: the parts of the flow's row one after the other, then the rows of its evidence. A copy for a PACKET has row
 * and details only.
 */
const COPIED_DETAILS: usize = ROW_LENGTH;
const COPIED_UPPER: usize = COPIED_DETAILS + DETAILS_LENGTH;
const COPIED_EVIDENCE: usize = COPIED_UPPER + 32;
const COPY_LENGTH: usize = 576;
/** A packet has a detection and its own record at most. */
const RECORDS_OF_GROUP: i32 = 2 * PREFETCH_COUNT;

@final
export class EventQueue {
  /** Address of the ring; the place of the first record that waits, and how many do. */
  readonly at: usize = takeRegion(<usize>RING * EVENT_LENGTH);
  private first: i32 = 0;
  count: i32 = 0;
  /** Address of the copies, one for each record of the ring; 0 where there are none. */
  private copiesAt: usize = 0;
  /** The packet at hand. */
  timeUs: f64 = 0;
  packet: f64 = 0;
  wireLength: u32 = 0;
  /** The ends of all flows are wanted, not only of reported ones. */
  reportsAllFlowEnds: bool = false;
  /** Packets from the first time on and before the second need no record: none of them changes anything. */
  private quietFromUs: f64 = 0;
  private quietUntilUs: f64 = 0;
  private readonly rows: FlowRows;
  private readonly log: EvidenceLog;

  constructor(rows: FlowRows, log: EvidenceLog) {
    this.rows = rows;
    this.log = log;
  }

  /** Leaves records of packets out from a packet time on and before another. */
  setQuiet(fromUs: f64, untilUs: f64): void {
    this.quietFromUs = fromUs;
    this.quietUntilUs = untilUs;
  }

  /** Records have copies from now on: the address of the first one. */
  copyRows(): usize {
    this.copiesAt = takeRegion(<usize>RING * COPY_LENGTH);
    return this.copiesAt;
  }

  /** The host has read all records, or knows of them. */
  clear(): void {
    if (this.copiesAt != 0) this.first = (this.first + this.count) & (RING - 1);
    this.count = 0;
  }

  /** Whether there is room for the end of a flow, and after it for all that the packets of a group may cause. */
  get hasRoom(): bool {
    return this.count < CAPACITY - RECORDS_OF_GROUP;
  }

  /** Whether the end of a flow needs a record. */
  wantsFlowEnd(slot: i32): bool {
    return this.reportsAllFlowEnds || this.isReported(slot);
  }

  isReported(slot: i32): bool {
    return (this.rows.row(slot).transport & FlowFlag.REPORTED) != 0;
  }

  /** The last look of the fingerprints says something new of a flow, which is a reported flow from here on. */
  detection(slot: i32, direction: i32, fingerprints: FingerprintSet, receiver: u32): void {
    this.rows.row(slot).transport |= <u32>FlowFlag.REPORTED;
    // The host decides it again, and this packet may be affected. The slot may also have been that of another flow.
    this.rows.setQuietUntil(slot, -Infinity);
    const event = this.add(EventKind.DETECTION, slot);
    event.direction = direction;
    event.wireLength = this.wireLength;
    event.holder = fingerprints.holder;
    event.finding = fingerprints.finding;
    event.keyHigh = fingerprints.keyHigh;
    event.keyLow = fingerprints.keyLow;
    event.receiver = receiver;
    this.noteEvidence(event, fingerprints.evidence);
  }

  /** The packet at hand is one of a flow: a record, where the flow is a reported one. */
  packetOf(slot: i32, direction: i32): void {
    if (!this.isReported(slot)) return;
    if (this.timeUs >= this.quietFromUs && this.timeUs < this.quietUntilUs) return;
    if (this.timeUs < this.rows.quietUntil(slot) && this.isCounted(slot)) return;
    const event = this.add(EventKind.PACKET, slot);
    event.direction = direction;
    event.wireLength = this.wireLength;
  }

  /** Counts the packet at hand of a quiet flow, where that is wanted. False for one before the count's first time. */
  private isCounted(slot: i32): bool {
    if (this.rows.quietCountsAt == 0) return true;
    const count = this.rows.quietCount(slot);
    if (this.timeUs < count.fromUs) return false;
    count.packets++;
    count.bytes += <f64>this.wireLength;
    return true;
  }

  /**
   * The flow ends. It leaves the table once the host has read this. `order` sorts flows that end at one packet for one
   * reason.
   */
  ended(slot: i32, reason: FlowEnd, order: f64): void {
    const event = this.add(EventKind.ENDED, slot);
    event.reason = reason;
    event.order = order;
    event.finding = this.rows.row(slot).ownFinding;
    this.noteEvidence(event, this.rows.details(slot).ownEvidence);
  }

  private add(kind: EventKind, slot: i32): FlowEvent {
    const place = <usize>((this.first + this.count) & (RING - 1));
    const event = changetype<FlowEvent>(this.at + place * EVENT_LENGTH);
    this.count++;
    const row = this.rows.row(slot);
    if (this.copiesAt != 0) this.copyRow(kind, slot, this.copiesAt + place * COPY_LENGTH);
    event.timeUs = this.timeUs;
    event.packet = this.packet;
    event.kind = kind;
    event.slot = slot;
    event.packets0 = row.packets0;
    event.packets1 = row.packets1;
    // Where a flow's bytes have passed 2^32 is in its details, which most packets do not read.
    event.bytes0 = kind == EventKind.PACKET ? 0 : this.rows.bytes(slot, 0);
    event.bytes1 = kind == EventKind.PACKET ? 0 : this.rows.bytes(slot, 1);
    return event;
  }

  private noteEvidence(event: FlowEvent, head: i32): void {
    let count = 0;
    let to: usize = this.copyOf(event) + COPIED_EVIDENCE;
    for (let row = head; row != 0; row = changetype<EvidenceRow>(this.log.rowAt(row)).next) {
      if (this.copiesAt != 0 && count < EVIDENCE_LIMIT) copyWords(to, this.log.rowAt(row), EVIDENCE_ROW_LENGTH);
      to += EVIDENCE_ROW_LENGTH;
      count++;
    }
    event.evidence = head;
    event.evidenceCount = count;
  }

  private copyOf(event: FlowEvent): usize {
    return this.copiesAt + ((changetype<usize>(event) - this.at) / EVENT_LENGTH) * COPY_LENGTH;
  }

  private copyRow(kind: EventKind, slot: i32, to: usize): void {
    const rows = this.rows;
    copyWords(to, changetype<usize>(rows.row(slot)), ROW_LENGTH);
    copyWords(to + COPIED_DETAILS, changetype<usize>(rows.details(slot)), DETAILS_LENGTH);
    if (kind != EventKind.PACKET && (rows.row(slot).transport & FlowFlag.IS_IPV6) != 0)
      copyWords(to + COPIED_UPPER, changetype<usize>(rows.upper(slot)), UPPER_LENGTH);
  }
}

/** Copies memory by words of eight bytes: a copy instruction takes longer for so few. */
function copyWords(to: usize, from: usize, length: usize): void {
  for (let offset: usize = 0; offset < length; offset += 8) store<u64>(to + offset, load<u64>(from + offset));
}
