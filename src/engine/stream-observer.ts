/**
 * Brings the fingerprints what TCP connections begin with: puts the first octets of each direction in order where one segment
 * does not settle it, steps over a proxy's preface, and cuts the stream into records. Connections seen from the middle are
 * offered segment by segment, as long as those are made of whole records.
 */
import {
  isDataSegment,
  Opening,
  opening,
  prefaceLength,
  recordLength,
  RECORD_HEADER_LENGTH,
  StreamPhase,
} from '../fingerprint/first-records.ts';
import { Claim } from '../fingerprint/claims.ts';
import { findingStage, Stage } from '../fingerprint/finding.ts';
import { type FingerprintSet, RETIRED } from '../fingerprint/fingerprint-set.ts';
import { Framing, type Payload } from '../fingerprint/payload.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, type FlowTable, ROW_WORDS } from '../flow/flow-table.ts';
import { StreamStart, WINDOW } from '../flow/stream-start.ts';
import { TCP_PREFIX_LENGTH } from '../wire/ike.ts';
import type { PacketView } from '../wire/packet-view.ts';
import { nextPreface } from '../wire/proxy-preface.ts';
import { TcpFlag, TURNING_FLAGS } from '../wire/tcp.ts';

/** Segments that may be put in order before a connection is given up. */
const SEGMENT_LIMIT = 512;
/** Flags of a flow that tell of one connection. */
const CONNECTION_FLAGS = FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH | FlowFlag.FIN_LOW | FlowFlag.FIN_HIGH | FlowFlag.CLOSED;
/** Segments from the middle of a stream that may fit nothing. */
const STRANGE_LIMIT = 6;

export class StreamObserver {
  readonly streams = new StreamStart();
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;

  constructor(table: FlowTable, fingerprints: FingerprintSet) {
    this.table = table;
    this.fingerprints = fingerprints;
  }

  /** Follows SYN, FIN and RST. */
  noteFlags(view: PacketView, slot: number, direction: number): void {
    const flags = view.tcpFlags;
    if ((flags & TURNING_FLAGS) === 0) return;
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    if ((flags & TcpFlag.SYN) !== 0) {
      const first = (view.tcpSequence + 1) | 0;
      if ((flags & TcpFlag.ACK) === 0 && this.isAnother(slot, direction, first)) this.beginAgain(slot);
      words[row + FlowWord.TRANSPORT]! |= FlowFlag.SYN_LOW << direction;
      details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction] = first;
    }
    if ((flags & TcpFlag.FIN) !== 0) words[row + FlowWord.TRANSPORT]! |= FlowFlag.FIN_LOW << direction;
    const fins = FlowFlag.FIN_LOW | FlowFlag.FIN_HIGH;
    if ((flags & TcpFlag.RST) !== 0 || (words[row + FlowWord.TRANSPORT]! & fins) === fins) {
      words[row + FlowWord.TRANSPORT]! |= FlowFlag.CLOSED;
    }
  }

  /** Whether a SYN, of sequence number `first` - 1, is no repetition: it opens a connection between the ports of an earlier one. */
  private isAnother(slot: number, direction: number, first: number): boolean {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    if (words[row + FlowWord.HANDLE] === 0 || findingStage(words[row + FlowWord.OWN_FINDING]!) === Stage.CONFIRMED)
      return false;
    const sawSyn = (words[row + FlowWord.TRANSPORT]! & (FlowFlag.SYN_LOW << direction)) !== 0;
    return !sawSyn || details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction] !== first;
  }

  /** Forgets what was seen of the earlier connection, but not what was found in it. */
  private beginAgain(slot: number): void {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const evidenceAt = slot * DETAIL_WORDS + FlowDetail.OWN_EVIDENCE;
    this.release(slot);
    this.fingerprints.finding = words[row + FlowWord.OWN_FINDING]!;
    this.fingerprints.evidence = details[evidenceAt]!;
    this.fingerprints.retire(words[row + FlowWord.HANDLE]!);
    details[evidenceAt] = this.fingerprints.evidence;
    words[row + FlowWord.HANDLE] = 0;
    words[row + FlowWord.TRANSPORT]! &= ~CONNECTION_FLAGS;
  }

  /**
   * Looks at a segment with data of a connection that is not retired. `payload` holds time, packet number and direction; its
   * octets are set here; `evidence` is the flow's own. Leaves finding and evidence in the fingerprint set and returns the flow's new handle.
   */
  observe(view: PacketView, payload: Payload, slot: number, evidence: number): number {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const { direction } = payload;
    // Most segments are shown to no fingerprint: whoever looked at the packet before holds nothing of this one.
    this.fingerprints.holder = Claim.NONE;
    this.fingerprints.finding = words[row + FlowWord.OWN_FINDING]!;
    this.fingerprints.evidence = evidence;
    // Data in a SYN (RFC 7413) begins behind it.
    const sequence = (view.tcpFlags & TcpFlag.SYN) !== 0 ? (view.tcpSequence + 1) | 0 : view.tcpSequence;
    // The details of most stay unread.
    let place = (words[row + FlowWord.TRANSPORT]! & FlowFlag.STREAM) === 0 ? 0 : details[detail + FlowDetail.STREAM]!;
    if (place === 0) {
      const decided = this.judgeFirstSegment(view, payload, slot, sequence);
      if (decided !== NEEDS_PLACE) return decided;
      place = this.streams.take(this.table.partOf(slot));
      if (place === 0) return this.fingerprints.retire(words[row + FlowWord.HANDLE]!);
      details[detail + FlowDetail.STREAM] = place;
      words[row + FlowWord.TRANSPORT]! |= FlowFlag.STREAM;
    }
    if (!this.streams.hasBase(place, direction)) {
      const known = (words[row + FlowWord.TRANSPORT]! & (FlowFlag.SYN_LOW << direction)) !== 0;
      this.streams.setBase(
        place,
        direction,
        known ? details[detail + FlowDetail.FIRST_SEQUENCE + direction]! : sequence,
      );
    }
    const before = this.streams.inOrder(place, direction);
    const now = this.streams.push(place, direction, sequence, view.data, view.payloadAt, view.payloadCaptured);
    let handle = words[row + FlowWord.HANDLE]!;
    if (now > before) handle = this.readRecords(payload, row, place, handle);
    if (this.streams.segmentCount(place) > SEGMENT_LIMIT) handle = this.fingerprints.retire(handle);
    if (handle === RETIRED) this.release(slot);
    return handle;
  }

  /** Gives back what an ended or decided connection holds. */
  release(slot: number): void {
    const { words, details } = this.table;
    const at = slot * ROW_WORDS + FlowWord.TRANSPORT;
    if ((words[at]! & FlowFlag.STREAM) === 0) return;
    words[at]! &= ~FlowFlag.STREAM;
    this.streams.release(details[slot * DETAIL_WORDS + FlowDetail.STREAM]!);
  }

  /** Most connections end here: their first segment begins like nothing of ours. */
  private judgeFirstSegment(view: PacketView, payload: Payload, slot: number, sequence: number): number {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const { direction } = payload;
    const flags = words[row + FlowWord.TRANSPORT]!;
    const sawSyn = (flags & (FlowFlag.SYN_LOW << direction)) !== 0;
    if (sawSyn && details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction] !== sequence) return NEEDS_PLACE;
    const startedHigh = (flags & FlowFlag.STARTED_HIGH) !== 0;
    const isClient = startedHigh === (direction === 1);
    const start = opening(view.data, view.payloadAt, view.payloadCaptured, StreamPhase.START, isClient);
    if (start !== Opening.NOTHING) return NEEDS_PLACE;
    return sawSyn ? this.fingerprints.retire(words[row + FlowWord.HANDLE]!) : this.observeMiddle(view, payload, row);
  }

  private observeMiddle(view: PacketView, payload: Payload, row: number): number {
    let handle = this.table.words[row + FlowWord.HANDLE]!;
    const { data, payloadAt, payloadCaptured, payloadLength } = view;
    if (!isDataSegment(data, payloadAt, payloadCaptured, payloadLength)) {
      if (handle > 0) return handle;
      return handle - 1 <= -STRANGE_LIMIT ? RETIRED : handle - 1;
    }
    payload.data = data;
    payload.framing = Framing.OPENVPN_RECORD;
    let position = 0;
    while (handle !== RETIRED && position + RECORD_HEADER_LENGTH < payloadCaptured) {
      const length = data.getUint16(payloadAt + position);
      payload.at = payloadAt + position + RECORD_HEADER_LENGTH;
      payload.evidenceOffset = position + RECORD_HEADER_LENGTH;
      payload.length = length;
      payload.captured = Math.min(length, payloadCaptured - position - RECORD_HEADER_LENGTH);
      handle = this.fingerprints.observe(payload, handle, this.fingerprints.finding, this.fingerprints.evidence);
      position += RECORD_HEADER_LENGTH + length;
    }
    return handle;
  }

  private readRecords(payload: Payload, row: number, place: number, handle: number): number {
    const { streams } = this;
    const { direction } = payload;
    const startedHigh = (this.table.words[row + FlowWord.TRANSPORT]! & FlowFlag.STARTED_HIGH) !== 0;
    const isClient = startedHigh === (direction === 1);
    for (;;) {
      const phase = streams.phase(place, direction);
      if (phase >= StreamPhase.OPENVPN_RECORDS) {
        const next = this.readRecord(payload, place, handle, phase);
        if (next === NO_RECORD) return this.isFull(place, direction) ? this.fingerprints.retire(handle) : handle;
        // A record that no fingerprint holds ends the search: framing without content is chance.
        if (next <= 0) return RETIRED;
        handle = next;
      } else if (!this.open(place, direction, phase, isClient)) {
        return this.openingOutcome(place, direction, handle);
      }
    }
  }

  private lastOpening: Opening = Opening.NOTHING;

  /** Takes one step from the cursor on: over a preface, or into records. False where that must wait or fails. */
  private open(place: number, direction: number, phase: number, isClient: boolean): boolean {
    const { streams } = this;
    const cursor = streams.cursor(place, direction);
    const length = streams.inOrder(place, direction) - cursor;
    const found = opening(streams.bytes(place), streams.offset(place, direction) + cursor, length, phase, isClient);
    this.lastOpening = found;
    switch (found) {
      case Opening.PREFACE:
        streams.setCursor(place, direction, cursor + prefaceLength);
        streams.setPhase(place, direction, nextPreface);
        return true;
      case Opening.IKE_PREFIX:
        streams.setCursor(place, direction, cursor + TCP_PREFIX_LENGTH);
        streams.setPhase(place, direction, StreamPhase.IKE_RECORDS);
        return true;
      case Opening.OPENVPN:
        streams.setPhase(place, direction, StreamPhase.OPENVPN_RECORDS);
        return true;
      case Opening.IKE:
        streams.setPhase(place, direction, StreamPhase.IKE_RECORDS);
        return true;
      default:
        return false;
    }
  }

  private openingOutcome(place: number, direction: number, handle: number): number {
    if (this.lastOpening === Opening.MORE_NEEDED && !this.isFull(place, direction)) return handle;
    // What one side alone begins with does not undo what the other has shown.
    return handle > 0 && this.lastOpening === Opening.NOTHING ? handle : this.fingerprints.retire(handle);
  }

  private isFull(place: number, direction: number): boolean {
    return this.streams.inOrder(place, direction) === WINDOW;
  }

  /** Shows the record at the cursor to the fingerprints; NO_RECORD where it is not all there. */
  private readRecord(payload: Payload, place: number, handle: number, phase: number): number {
    const { streams } = this;
    const { direction } = payload;
    const cursor = streams.cursor(place, direction);
    const at = streams.offset(place, direction) + cursor;
    const available = streams.inOrder(place, direction) - cursor;
    const length = recordLength(streams.bytes(place), at, available, phase);
    if (length < 0 || available < RECORD_HEADER_LENGTH + length) return NO_RECORD;
    streams.setCursor(place, direction, cursor + RECORD_HEADER_LENGTH + length);
    if (length === 0) return handle === 0 ? RETIRED : handle;
    payload.data = streams.bytes(place);
    payload.at = at + RECORD_HEADER_LENGTH;
    payload.captured = length;
    payload.length = length;
    payload.framing = phase === StreamPhase.IKE_RECORDS ? Framing.IKE_RECORD : Framing.OPENVPN_RECORD;
    payload.evidenceOffset = cursor + RECORD_HEADER_LENGTH;
    return this.fingerprints.observe(payload, handle, this.fingerprints.finding, this.fingerprints.evidence);
  }
}

const NEEDS_PLACE = -2_000_000;
const NO_RECORD = -3_000_000;
