/**
 * Brings the fingerprints what TCP connections begin with: puts the first bytes of each direction in order where one
 * segment does not settle it, steps over a proxy's preface, and cuts the stream into records. Connections seen from the
 * middle, and those whose segments a snap length cuts, are followed record by record (joined-streams.ts).
 */
import {
  isRecordStart,
  Opening,
  opening,
  openingRecord,
  prefaceLength,
  recordLength,
  RECORD_HEADER_LENGTH,
  StreamPhase,
} from './fingerprint/first-records.ts';
import { FingerprintId } from './host/holder.ts';
import { findingStage, Stage } from './host/finding.ts';
import type { FingerprintSet } from './fingerprint/fingerprint-set.ts';
import { RETIRED } from './host/holder.ts';
import { Framing } from './host/framing.ts';
import type { Payload } from './fingerprint/payload.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from './host/flow-row.ts';
import type { FlowTable } from './flow/flow-table.ts';
import { TcpPrefixBuffer, WINDOW } from './flow/tcp-prefix-buffer.ts';
import { TCP_PREFIX_LENGTH } from './wire/ike.ts';
import type { PacketView } from './wire/packet-view.ts';
import { nextPreface } from './wire/proxy-preface.ts';
import { TcpFlag, TURNING_FLAGS } from './wire/tcp.ts';
import { JoinedStreams } from './joined-streams.ts';

/** Segments that may be put in order before a connection is given up. */
const SEGMENT_LIMIT = 512;
/** Flags of a flow that tell of one connection. */
const CONNECTION_FLAGS = FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH | FlowFlag.FIN_LOW | FlowFlag.FIN_HIGH | FlowFlag.CLOSED;

export class StreamObserver {
  readonly streams = new TcpPrefixBuffer();
  readonly joined: JoinedStreams;
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;

  constructor(table: FlowTable, fingerprints: FingerprintSet) {
    this.table = table;
    this.fingerprints = fingerprints;
    this.joined = new JoinedStreams(fingerprints);
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

  /**
   * Whether a SYN, of sequence number `first` - 1, is no repetition: it opens a connection between the ports of an
   * earlier one.
   */
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
    for (let way = 0; way < 2; way++) details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + way] = 0;
  }

  /**
   * Looks at a segment with data of a connection, of a retired one where the segment begins with a control packet.
   * `payload` holds time, packet number and direction; its bytes are set here; `evidence` is the flow's own. Leaves
   * finding and evidence in the fingerprint set and returns the flow's new handle.
   */
  observe(view: PacketView, payload: Payload, slot: number, evidence: number): number {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const { direction } = payload;
    // Most segments are shown to no fingerprint: whoever looked at the packet before holds nothing of this one.
    this.fingerprints.holder = FingerprintId.NONE;
    this.fingerprints.finding = words[row + FlowWord.OWN_FINDING]!;
    this.fingerprints.evidence = evidence;
    // Data in a SYN (RFC 7413) begins behind it.
    const sequence = (view.tcpFlags & TcpFlag.SYN) !== 0 ? (view.tcpSequence + 1) | 0 : view.tcpSequence;
    // The details of most stay unread.
    let place = (words[row + FlowWord.TRANSPORT]! & FlowFlag.STREAM) === 0 ? 0 : details[detail + FlowDetail.STREAM]!;
    if ((words[row + FlowWord.TRANSPORT]! & FlowFlag.CHAIN) !== 0 || words[row + FlowWord.HANDLE] === RETIRED)
      return this.observeJoined(view, payload, slot, sequence, place);
    const isCut = view.payloadCaptured < view.payloadLength;
    if (place === 0) {
      const decided = this.judgeFirstSegment(view, payload, slot, sequence);
      if (decided !== NEEDS_PLACE) return decided;
      if (isCut && openingRecord(view.data, view.payloadAt, view.payloadCaptured) === Opening.OPENVPN)
        return this.observeJoined(view, payload, slot, sequence, 0);
      place = this.streams.take(this.table.partitionOf(slot));
      if (place === 0) return this.giveUp(row, words[row + FlowWord.HANDLE]!);
      details[detail + FlowDetail.STREAM] = place;
      words[row + FlowWord.TRANSPORT]! |= FlowFlag.STREAM;
    } else if (isCut && this.isOfOpenvpn(place)) {
      return this.observeJoined(view, payload, slot, sequence, this.joinAt(slot, place));
    }
    if (!this.streams.hasBase(place, direction))
      this.streams.setBase(place, direction, this.firstSequence(slot, direction, sequence));
    const before = this.streams.inOrder(place, direction);
    const now = this.streams.push(place, direction, sequence, view.data, view.payloadAt, view.payloadCaptured);
    let handle = words[row + FlowWord.HANDLE]!;
    if (now > before) handle = this.readRecords(payload, slot, place, handle);
    if (this.streams.segmentCount(place) > SEGMENT_LIMIT) handle = this.giveUp(row, handle);
    if (handle === RETIRED) this.release(slot);
    return handle;
  }

  /** Sequence number of the direction's first byte: after its SYN, or of the first segment that is looked at. */
  private firstSequence(slot: number, direction: number, sequence: number): number {
    const { words, details } = this.table;
    const at = slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction;
    const sawSyn = (words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & (FlowFlag.SYN_LOW << direction)) !== 0;
    if (!sawSyn && details[at] === 0) details[at] = sequence;
    return sawSyn ? details[at]! : sequence;
  }

  /** Whether what was read of a stream so far are records of OpenVPN, or nothing. */
  private isOfOpenvpn(place: number): boolean {
    const { streams } = this;
    const isOpen = (direction: number): boolean =>
      streams.phase(place, direction) === StreamPhase.OPENVPN_RECORDS ||
      (streams.phase(place, direction) === StreamPhase.START && streams.inOrder(place, direction) === 0);
    return isOpen(0) && isOpen(1);
  }

  /**
   * Hands a stream over to be followed record by record from where it was read to. Returns its place there, 0 for none.
   */
  private joinAt(slot: number, place: number): number {
    const { chain } = this.joined;
    const joined = chain.take(this.table.partitionOf(slot));
    for (let direction = 0; direction < 2 && joined !== 0; direction++) {
      if (!this.streams.hasBase(place, direction)) continue;
      const next = this.streams.base(place, direction) + this.streams.cursor(place, direction);
      chain.expect(joined, direction, next | 0);
    }
    this.release(slot);
    return joined;
  }

  /** Follows the records of a connection whose beginning was not seen, or is cut. `place` is where, 0 for a new one. */
  private observeJoined(view: PacketView, payload: Payload, slot: number, sequence: number, place: number): number {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const { direction } = payload;
    const flags = words[row + FlowWord.TRANSPORT]!;
    this.firstSequence(slot, direction, sequence);
    const first = details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction]!;
    const isFromStart = (flags & (FlowFlag.SYN_LOW << direction)) !== 0;
    const partition = this.table.partitionOf(slot);
    const before = words[row + FlowWord.HANDLE]!;
    const handle = this.joined.observe(view, payload, place, partition, sequence, first, before, isFromStart);
    const after = this.joined.placeAfter;
    if (after !== 0) {
      details[slot * DETAIL_WORDS + FlowDetail.STREAM] = after;
      words[row + FlowWord.TRANSPORT]! |= FlowFlag.STREAM | FlowFlag.CHAIN;
    }
    if (handle === RETIRED) this.release(slot);
    return handle;
  }

  /**
   * Retires a connection whose beginning could not be put together: it is one that was joined in the middle from now
   * on.
   */
  private giveUp(row: number, handle: number): number {
    this.table.words[row + FlowWord.TRANSPORT]! &= ~(FlowFlag.SYN_LOW | FlowFlag.SYN_HIGH);
    return this.fingerprints.retire(handle);
  }

  /** Gives back what an ended or decided connection holds. */
  release(slot: number): void {
    const { words, details } = this.table;
    const at = slot * ROW_WORDS + FlowWord.TRANSPORT;
    const flags = words[at]!;
    if ((flags & FlowFlag.STREAM) === 0) return;
    words[at] = flags & ~(FlowFlag.STREAM | FlowFlag.CHAIN);
    const place = details[slot * DETAIL_WORDS + FlowDetail.STREAM]!;
    if ((flags & FlowFlag.CHAIN) !== 0) this.joined.chain.release(place);
    else this.streams.release(place);
  }

  /** Most connections end here: their first segment begins like nothing of ours. */
  private judgeFirstSegment(view: PacketView, payload: Payload, slot: number, sequence: number): number {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const { direction } = payload;
    const flags = words[row + FlowWord.TRANSPORT]!;
    const sawSyn = (flags & (FlowFlag.SYN_LOW << direction)) !== 0;
    if (sawSyn && details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction] !== sequence) return NEEDS_PLACE;
    const { data, payloadAt, payloadCaptured } = view;
    // In the middle of a stream, the length of a data record may begin like a proxy's preface.
    const isJoined =
      !sawSyn &&
      (words[row + FlowWord.HANDLE]! > 0 ||
        (isRecordStart(data, payloadAt, payloadCaptured) &&
          openingRecord(data, payloadAt, payloadCaptured) === Opening.NOTHING));
    if (isJoined) return this.observeJoined(view, payload, slot, sequence, 0);
    const startedHigh = (flags & FlowFlag.STARTED_HIGH) !== 0;
    const isClient = startedHigh === (direction === 1);
    if (opening(data, payloadAt, payloadCaptured, StreamPhase.START, isClient) !== Opening.NOTHING) return NEEDS_PLACE;
    if (sawSyn) return this.fingerprints.retire(words[row + FlowWord.HANDLE]!);
    return this.observeJoined(view, payload, slot, sequence, 0);
  }

  private readRecords(payload: Payload, slot: number, place: number, handle: number): number {
    const { streams } = this;
    const { direction } = payload;
    const startedHigh = (this.table.words[slot * ROW_WORDS + FlowWord.TRANSPORT]! & FlowFlag.STARTED_HIGH) !== 0;
    const isClient = startedHigh === (direction === 1);
    for (;;) {
      const phase = streams.phase(place, direction);
      if (phase >= StreamPhase.OPENVPN_RECORDS) {
        const next = this.readRecord(payload, slot, place, handle, phase);
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
        return found === Opening.NOTHING && this.answersRecords(place, direction, cursor, length);
    }
  }

  /**
   * Whether a direction whose reset was not seen begins with a record, as the other side's OpenVPN lets expect. Follows
   * it then.
   */
  private answersRecords(place: number, direction: number, cursor: number, length: number): boolean {
    const { streams } = this;
    if (streams.phase(place, 1 - direction) !== StreamPhase.OPENVPN_RECORDS) return false;
    if (!isRecordStart(streams.bytes(place), streams.offset(place, direction) + cursor, length)) return false;
    streams.setPhase(place, direction, StreamPhase.OPENVPN_RECORDS);
    return true;
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
  private readRecord(payload: Payload, slot: number, place: number, handle: number, phase: number): number {
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
    const first = this.table.details[slot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE + direction]!;
    const skipped = (streams.base(place, direction) - first) >>> 0;
    payload.evidenceOffset = (skipped + cursor + RECORD_HEADER_LENGTH) >>> 0;
    return this.fingerprints.observe(payload, handle, this.fingerprints.finding, this.fingerprints.evidence);
  }
}

const NEEDS_PLACE = -2_000_000;
const NO_RECORD = -3_000_000;
