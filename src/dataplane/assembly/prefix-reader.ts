/**
 * Reads the first bytes of a TCP connection's directions, once they are in order: steps over a proxy's preface, and
 * cuts the stream into records, which it shows to the fingerprints.
 */
import {
  foundPreface,
  isRecordStart,
  Opening,
  opening,
  recordLength,
  RECORD_HEADER_LENGTH,
  StreamPhase,
} from './fingerprint/first-records';
import { FingerprintSet } from './fingerprint/fingerprint-set';
import { RETIRED } from './fingerprint/holder';
import { Framing, Payload } from './fingerprint/payload';
import { TcpPrefixBuffer, WINDOW } from './flow/tcp-prefix-buffer';
import { TCP_PREFIX_LENGTH } from './wire/ike';
import { nextPreface } from './wire/proxy-preface';

/** An answer that is no handle. */
const NO_RECORD: i32 = -3_000_000;

@final
export class PrefixReader {
  private readonly streams: TcpPrefixBuffer;
  private readonly fingerprints: FingerprintSet;
  private lastOpening: Opening = Opening.NOTHING;

  constructor(streams: TcpPrefixBuffer, fingerprints: FingerprintSet) {
    this.streams = streams;
    this.fingerprints = fingerprints;
  }

  /** Whether what was read of a stream so far are records of OpenVPN, or nothing. */
  isOfOpenvpn(place: i32): bool {
    return this.isOpen(place, 0) && this.isOpen(place, 1);
  }

  private isOpen(place: i32, direction: i32): bool {
    const phase = this.streams.phase(place, direction);
    return (
      phase == StreamPhase.OPENVPN_RECORDS ||
      (phase == StreamPhase.START && this.streams.inOrder(place, direction) == 0)
    );
  }

  /**
   * Reads on in the payload's direction, which comes from the client or not, of a flow with this handle. `first` is the
   * sequence number of the direction's first byte, from which evidence counts. Returns the flow's new handle.
   */
  readRecords(payload: Payload, place: i32, before: i32, fromClient: bool, first: u32): i32 {
    const streams = this.streams;
    const direction = payload.direction;
    let handle = before;
    for (;;) {
      const phase = streams.phase(place, direction);
      if (phase >= StreamPhase.OPENVPN_RECORDS) {
        const next = this.readRecord(payload, place, handle, phase, first);
        if (next == NO_RECORD) return this.isFull(place, direction) ? this.fingerprints.retire(handle) : handle;
        // A record that no fingerprint holds ends the search: framing without content is chance.
        if (next <= 0) return RETIRED;
        handle = next;
      } else if (!this.open(place, direction, phase, fromClient)) {
        return this.openingOutcome(place, direction, handle);
      }
    }
    return handle;
  }

  /** Takes one step from the cursor on: over a preface, or into records. False where that must wait or fails. */
  private open(place: i32, direction: i32, phase: i32, fromClient: bool): bool {
    const streams = this.streams;
    const cursor = streams.cursor(place, direction);
    const length = streams.inOrder(place, direction) - cursor;
    const found = opening(streams.bytes(place, direction) + <usize>cursor, length, phase, fromClient);
    this.lastOpening = found;
    switch (found) {
      case Opening.PREFACE:
        streams.setCursor(place, direction, cursor + foundPreface.length);
        streams.setPhase(place, direction, nextPreface.phase);
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
        return found == Opening.NOTHING && this.answersRecords(place, direction, cursor, length);
    }
  }

  /**
   * Whether a direction whose reset was not seen begins with a record, as the other side's OpenVPN lets expect. Follows
   * it then.
   */
  private answersRecords(place: i32, direction: i32, cursor: i32, length: i32): bool {
    const streams = this.streams;
    if (streams.phase(place, 1 - direction) != StreamPhase.OPENVPN_RECORDS) return false;
    if (!isRecordStart(streams.bytes(place, direction) + <usize>cursor, length)) return false;
    streams.setPhase(place, direction, StreamPhase.OPENVPN_RECORDS);
    return true;
  }

  private openingOutcome(place: i32, direction: i32, handle: i32): i32 {
    if (this.lastOpening == Opening.MORE_NEEDED && !this.isFull(place, direction)) return handle;
    // What one side alone begins with does not undo what the other has shown.
    return handle > 0 && this.lastOpening == Opening.NOTHING ? handle : this.fingerprints.retire(handle);
  }

  private isFull(place: i32, direction: i32): bool {
    return this.streams.inOrder(place, direction) == WINDOW;
  }

  /** Shows the record at the cursor to the fingerprints; NO_RECORD where it is not all there. */
  private readRecord(payload: Payload, place: i32, handle: i32, phase: i32, first: u32): i32 {
    const streams = this.streams;
    const direction = payload.direction;
    const cursor = streams.cursor(place, direction);
    const at = streams.bytes(place, direction) + <usize>cursor;
    const available = streams.inOrder(place, direction) - cursor;
    const length = recordLength(at, available, phase);
    if (length < 0 || available < RECORD_HEADER_LENGTH + length) return NO_RECORD;
    streams.setCursor(place, direction, cursor + RECORD_HEADER_LENGTH + length);
    if (length == 0) return handle == 0 ? RETIRED : handle;
    payload.at = at + RECORD_HEADER_LENGTH;
    payload.captured = length;
    payload.length = length;
    payload.framing = phase == StreamPhase.IKE_RECORDS ? Framing.IKE_RECORD : Framing.OPENVPN_RECORD;
    payload.evidenceOffset = streams.base(place, direction) - first + <u32>(cursor + RECORD_HEADER_LENGTH);
    return this.fingerprints.observe(payload, handle, this.fingerprints.finding, this.fingerprints.evidence);
  }
}
