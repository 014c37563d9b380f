/**
 * Brings the fingerprint of OpenVPN the records of TCP connections that were joined in the middle, and of those whose
 * segments a snap length cuts. Records chain by their lengths over segment borders; a chain starts at a segment whose
 * first bytes may be a record's, and after a loss it starts again. The first bytes of each record are enough: nothing
 * else is copied.
 *
 * Framing alone finds nothing: what the records hold is for the fingerprint to say. A connection is retired after
 * STRANGE_LIMIT segments that fit no chain while nothing was found in it. It comes back with a segment that begins with
 * a control packet (fingerprint/first-records), where a new chain starts if the fingerprint claims the packet.
 */
import { isMadeOfRecords, isRecordStart, RECORD_HEADER_LENGTH } from './fingerprint/first-records';
import { NO_FINDING } from './fingerprint/finding';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { RETIRED } from './fingerprint/holder';
import { Framing, Payload } from './fingerprint/payload';
import { HEAD_LIMIT, RecordChain } from './flow/record-chain';
import { u16be } from './memory';
import { PacketView } from './wire/packet-view';

/** Segments from the middle of a stream that may fit nothing. */
const STRANGE_LIMIT: i32 = 16;
/** Bytes that say whether a record may begin. */
const START_LENGTH: i32 = RECORD_HEADER_LENGTH + 1;

/** Answers that are no position in the segment. */
const MORE_NEEDED: i32 = -1;
const LOST: i32 = -2;

@final
export class JoinedStreams {
  readonly chain: RecordChain = new RecordChain();
  private readonly fingerprints: FingerprintSet;

  /**
   * The connection of the segment at hand: its place (0 for none), its partition of all flows, and its handle.
   */
  private place: i32 = 0;
  private partition: i32 = 0;
  private handle: i32 = 0;
  /** Sequence number of the direction's first byte, from which evidence counts. */
  private base: u32 = 0;
  /** The direction's beginning was seen: it begins with a record, or the connection is none of ours. */
  private isFromStart: bool = false;

  constructor(fingerprints: FingerprintSet) {
    this.fingerprints = fingerprints;
  }

  /**
   * Looks at a segment with data, whose first byte has this sequence number. `place` is the connection's, 0 for none;
   * the place after the call is `placeAfter`. Leaves finding and evidence in the fingerprint set and returns the flow's
   * new handle.
   */
  observe(
    view: PacketView,
    payload: Payload,
    place: i32,
    partition: i32,
    sequence: u32,
    base: u32,
    handle: i32,
    isFromStart: bool,
  ): i32 {
    this.place = place;
    this.partition = partition;
    this.base = base;
    this.handle = handle;
    this.isFromStart = isFromStart;
    payload.framing = Framing.OPENVPN_RECORD;
    const position = this.firstPosition(view, payload, sequence);
    // What comes back retired has no place; what has one may have been retired by the end of a record that began
    // before.
    if (position >= 0 && position < view.payloadLength && (place == 0 || this.handle != RETIRED))
      this.walk(view, payload, sequence, position);
    // A connection that a fingerprint follows has a place, where its misses are counted.
    if (this.handle > 0 && this.place == 0) this.place = this.chain.take(this.partition);
    return this.handle;
  }

  get placeAfter(): i32 {
    return this.place;
  }

  /** Where in the segment a record begins; negative where more bytes of one that began before are needed. */
  private firstPosition(view: PacketView, payload: Payload, sequence: u32): i32 {
    const chain = this.chain;
    const place = this.place;
    const direction = payload.direction;
    if (place == 0 || !chain.isKnown(place, direction)) return 0;
    const position = <i32>(chain.next(place, direction) - sequence);
    const held = chain.held(place, direction);
    // A segment that is sent again is shown again, as a datagram is that comes twice, where it is made of whole
    // records.
    const isRepeated =
      position == view.payloadLength && isMadeOfRecords(view.payloadAt, view.payloadCaptured, view.payloadLength);
    if (held == 0 && isRepeated) return 0;
    if (position >= 0 && held == 0) return position;
    const after = this.continueRecord(view, payload, <i64>position + held, held);
    if (after == LOST) {
      chain.forget(place, direction);
      return 0;
    }
    return after == MORE_NEEDED ? after : <i32>(chain.next(place, direction) - sequence);
  }

  /**
   * Adds the segment's bytes from `from` on to those of a record that are kept, and shows it where there are enough.
   */
  private continueRecord(view: PacketView, payload: Payload, from: i64, held: i32): i32 {
    const chain = this.chain;
    const place = this.place;
    const direction = payload.direction;
    const captured = view.payloadCaptured;
    const isCut = captured < view.payloadLength;
    // Bytes between those that are kept and the segment were missed; or none were kept and the record's first byte was.
    if (from < 0 || held == 0) return LOST;
    if (from >= captured) return from >= view.payloadLength ? MORE_NEEDED : LOST;
    const now = chain.hold(place, direction, <usize>view.payloadAt + <usize>from, captured - <i32>from);
    const head = chain.bytes(place, direction);
    if (now >= START_LENGTH && !isRecordStart(head, now)) return LOST;
    const length = now < RECORD_HEADER_LENGTH ? HEAD_LIMIT : RECORD_HEADER_LENGTH + <i32>u16be(head);
    if (now < min(length, HEAD_LIMIT) && !(isCut && now >= START_LENGTH)) return isCut ? LOST : MORE_NEEDED;
    const next = chain.next(place, direction);
    this.show(payload, head, min(now, length), length, next);
    chain.expect(place, direction, next + <u32>length);
    return 0;
  }

  /** Shows the records that begin in the segment from `start` on. */
  private walk(view: PacketView, payload: Payload, sequence: u32, start: i32): void {
    const captured = view.payloadCaptured;
    const isCut = captured < view.payloadLength;
    let position = start;
    while (position < view.payloadLength) {
      const at: usize = <usize>view.payloadAt + <usize>position;
      const available = captured - position;
      if (available >= START_LENGTH && !isRecordStart(at, available)) {
        this.lose(payload.direction);
        return;
      }
      const length = available < RECORD_HEADER_LENGTH ? HEAD_LIMIT : RECORD_HEADER_LENGTH + <i32>u16be(at);
      if (available < min(length, HEAD_LIMIT) && !(isCut && available >= START_LENGTH)) {
        if (isCut) this.forget(payload.direction);
        else this.expect(payload.direction, sequence + <u32>position, at, available);
        return;
      }
      this.show(payload, at, min(available, length), length, sequence + <u32>position);
      if (this.handle == RETIRED) return;
      position += length;
    }
    if (position > view.payloadLength || this.place != 0)
      this.expect(payload.direction, sequence + <u32>position, 0, 0);
  }

  /** Shows the record whose `length` bytes, with its length in front, begin at `at`; `captured` of them are there. */
  private show(payload: Payload, at: usize, captured: i32, length: i32, sequence: u32): void {
    payload.at = at + RECORD_HEADER_LENGTH;
    payload.captured = captured - RECORD_HEADER_LENGTH;
    payload.length = length - RECORD_HEADER_LENGTH;
    payload.evidenceOffset = sequence + RECORD_HEADER_LENGTH - this.base;
    const fingerprints = this.fingerprints;
    this.handle = fingerprints.observe(payload, this.handle, fingerprints.finding, fingerprints.evidence);
    if (this.handle <= 0 && this.isFromStart) this.handle = RETIRED;
    if (this.place != 0) this.chain.hit(this.place);
  }

  /** The next record begins at `sequence`, and `length` bytes of it are there, at `at`. */
  private expect(direction: i32, sequence: u32, at: usize, length: i32): void {
    if (this.place == 0) this.place = this.chain.take(this.partition);
    if (this.place == 0) return;
    this.chain.expect(this.place, direction, sequence);
    if (length > 0) this.chain.hold(this.place, direction, at, length);
  }

  private forget(direction: i32): void {
    if (this.place != 0) this.chain.forget(this.place, direction);
  }

  /** No record begins where one should. */
  private lose(direction: i32): void {
    this.forget(direction);
    if (this.handle > 0) {
      const misses = this.place == 0 ? 0 : this.chain.miss(this.place);
      if (misses >= STRANGE_LIMIT && this.fingerprints.finding == NO_FINDING)
        this.handle = this.fingerprints.retire(this.handle);
    } else {
      this.handle = this.isFromStart || this.handle <= 1 - STRANGE_LIMIT ? RETIRED : this.handle - 1;
    }
  }
}
