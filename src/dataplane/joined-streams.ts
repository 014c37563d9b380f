/**
 * Brings the fingerprint of OpenVPN the records of TCP connections that were joined in the middle, and of those whose
 * segments a snap length cuts. Records chain by their lengths over segment borders; a chain starts at a segment whose
 * first bytes may be a record's, and after a loss it starts again. The first bytes of each record are enough: nothing
 * else is copied.
 *
 * Framing alone finds nothing: what the records hold is for the fingerprint to say. A connection is retired after
 * STRANGE_LIMIT segments that fit no chain while nothing was found in it. It comes back with a segment that begins with
 * a control packet (first-records.ts), where a new chain starts if the fingerprint claims the packet.
 */
import { isMadeOfRecords, isRecordStart, RECORD_HEADER_LENGTH } from './fingerprint/first-records.ts';
import type { FingerprintSet } from './fingerprint/fingerprint-set.ts';
import { RETIRED } from './host/holder.ts';
import { NO_FINDING } from './host/finding.ts';
import { Framing } from './host/framing.ts';
import type { Payload } from './fingerprint/payload.ts';
import { HEAD_LIMIT, RecordChain } from './flow/record-chain.ts';
import type { PacketView } from './wire/packet-view.ts';

/** Segments from the middle of a stream that may fit nothing. */
const STRANGE_LIMIT = 16;
/** Bytes that tell whether a record may begin. */
const START_LENGTH = RECORD_HEADER_LENGTH + 1;

/** Answers of `continueRecord` that are no position in the segment. */
const MORE_NEEDED = -1;
const LOST = -2;

export class JoinedStreams {
  readonly chain = new RecordChain();
  private readonly fingerprints: FingerprintSet;

  /**
   * The connection of the segment at hand: its place (0 for none), which partition of all flows it is of, and its
   * handle.
   */
  private place = 0;
  private partition = 0;
  private handle = 0;
  /** Sequence number of the direction's first byte, from which evidence counts. */
  private base = 0;
  /** The direction's beginning was seen: it begins with a record, or the connection is none of ours. */
  private isFromStart = false;

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
    place: number,
    partition: number,
    sequence: number,
    base: number,
    handle: number,
    isFromStart: boolean,
  ): number {
    this.place = place;
    this.partition = partition;
    this.base = base;
    this.handle = handle;
    this.isFromStart = isFromStart;
    payload.framing = Framing.OPENVPN_RECORD;
    const position = this.firstPosition(view, payload, sequence);
    // What comes back retired has no place; what has one may have been retired by the end of a record that began
    // before.
    if (position >= 0 && position < view.payloadLength && (place === 0 || this.handle !== RETIRED))
      this.walk(view, payload, sequence, position);
    // A connection that a fingerprint follows has a place, where its misses are counted.
    if (this.handle > 0 && this.place === 0) this.place = this.chain.take(this.partition);
    return this.handle;
  }

  get placeAfter(): number {
    return this.place;
  }

  /** Where in the segment a record begins; negative where more bytes of one that began before are needed. */
  private firstPosition(view: PacketView, payload: Payload, sequence: number): number {
    const { chain, place } = this;
    const { direction } = payload;
    if (place === 0 || !chain.isKnown(place, direction)) return 0;
    const position = (chain.next(place, direction) - sequence) | 0;
    const held = chain.held(place, direction);
    // A segment that is sent again is shown again, as a datagram is that comes twice, where it is made of whole
    // records.
    const { data, payloadAt, payloadCaptured, payloadLength } = view;
    const isRepeated = position === payloadLength && isMadeOfRecords(data, payloadAt, payloadCaptured, payloadLength);
    if (held === 0 && isRepeated) return 0;
    if (position >= 0 && held === 0) return position;
    const after = this.continueRecord(view, payload, position + held, held);
    if (after === LOST) {
      chain.forget(place, direction);
      return 0;
    }
    return after === MORE_NEEDED ? after : (chain.next(place, direction) - sequence) | 0;
  }

  /**
   * Adds the segment's bytes from `from` on to those of a record that are kept, and shows it where there are enough.
   */
  private continueRecord(view: PacketView, payload: Payload, from: number, held: number): number {
    const { chain, place } = this;
    const { direction } = payload;
    const { data, payloadAt, payloadCaptured, payloadLength } = view;
    // Bytes between those that are kept and the segment were missed; or none were kept and the record's first byte was.
    if (from < 0 || held === 0) return LOST;
    if (from >= payloadCaptured) return from >= payloadLength ? MORE_NEEDED : LOST;
    const now = chain.hold(place, direction, data, payloadAt + from, payloadCaptured - from);
    const head = chain.bytes(place);
    const at = chain.offset(place, direction);
    if (now >= START_LENGTH && !isRecordStart(head, at, now)) return LOST;
    const length = now < RECORD_HEADER_LENGTH ? HEAD_LIMIT : RECORD_HEADER_LENGTH + head.getUint16(at);
    const isCut = payloadCaptured < payloadLength;
    if (now < Math.min(length, HEAD_LIMIT) && !(isCut && now >= START_LENGTH)) return isCut ? LOST : MORE_NEEDED;
    const next = chain.next(place, direction);
    this.show(payload, head, at, Math.min(now, length), length, next);
    chain.expect(place, direction, (next + length) | 0);
    return 0;
  }

  /** Shows the records that begin in the segment from `position` on. */
  private walk(view: PacketView, payload: Payload, sequence: number, start: number): void {
    const { data, payloadAt, payloadCaptured, payloadLength } = view;
    const isCut = payloadCaptured < payloadLength;
    let position = start;
    while (position < payloadLength) {
      const at = payloadAt + position;
      const available = payloadCaptured - position;
      if (available >= START_LENGTH && !isRecordStart(data, at, available)) {
        this.lose(payload.direction);
        return;
      }
      const length = available < RECORD_HEADER_LENGTH ? HEAD_LIMIT : RECORD_HEADER_LENGTH + data.getUint16(at);
      if (available < Math.min(length, HEAD_LIMIT) && !(isCut && available >= START_LENGTH)) {
        if (isCut) this.forget(payload.direction);
        else this.expect(payload.direction, (sequence + position) | 0, data, at, available);
        return;
      }
      this.show(payload, data, at, Math.min(available, length), length, (sequence + position) | 0);
      if (this.handle === RETIRED) return;
      position += length;
    }
    if (position > payloadLength || this.place !== 0)
      this.expect(payload.direction, (sequence + position) | 0, data, 0, 0);
  }

  /** Shows the record whose `length` bytes, with its length in front, begin at `at`; `captured` of them are there. */
  private show(payload: Payload, data: DataView, at: number, captured: number, length: number, sequence: number): void {
    payload.data = data;
    payload.at = at + RECORD_HEADER_LENGTH;
    payload.captured = captured - RECORD_HEADER_LENGTH;
    payload.length = length - RECORD_HEADER_LENGTH;
    payload.evidenceOffset = (sequence + RECORD_HEADER_LENGTH - this.base) >>> 0;
    const { fingerprints } = this;
    this.handle = fingerprints.observe(payload, this.handle, fingerprints.finding, fingerprints.evidence);
    if (this.handle <= 0 && this.isFromStart) this.handle = RETIRED;
    if (this.place !== 0) this.chain.hit(this.place);
  }

  /** The next record begins at `sequence`, and `length` bytes of it are there. */
  private expect(direction: number, sequence: number, data: DataView, at: number, length: number): void {
    if (this.place === 0) this.place = this.chain.take(this.partition);
    if (this.place === 0) return;
    this.chain.expect(this.place, direction, sequence);
    if (length > 0) this.chain.hold(this.place, direction, data, at, length);
  }

  private forget(direction: number): void {
    if (this.place !== 0) this.chain.forget(this.place, direction);
  }

  /** No record begins where one should. */
  private lose(direction: number): void {
    this.forget(direction);
    if (this.handle > 0) {
      const misses = this.place === 0 ? 0 : this.chain.miss(this.place);
      if (misses >= STRANGE_LIMIT && this.fingerprints.finding === NO_FINDING)
        this.handle = this.fingerprints.retire(this.handle);
    } else {
      this.handle = this.isFromStart || this.handle - 1 <= -STRANGE_LIMIT ? RETIRED : this.handle - 1;
    }
  }
}
