/**
 * What the fingerprints made of payloads, for `explain`: a record for each look, with the check that did not hold, and
 * for each end of the search in a flow. Nothing is noted unless a trace is on; the host reads the records and clears
 * them before it goes on.
 */
import { byteAt, copyBytes } from '../memory';
import { Slab } from '../slab';
import { isRecordStart, Opening, openingRecord } from './first-records';
import { FingerprintId } from './holder';
import { Payload } from './payload';
import { fallShort, shortfall, SHORTFALL_LENGTH, Shortfall } from './shortfall';

export enum TraceKind {
  /** A fingerprint does not claim the payload. */
  UNCLAIMED = 1,
  /** The fingerprint that holds the flow has looked: `verdict` is its answer. */
  LOOK = 2,
  /**
   * The search in the flow has ended, by reason: too many packets that no fingerprint claims, undecided ones, or QUIC.
   */
  GIVEN_UP_UNCLAIMED = 3,
  GIVEN_UP_UNDECIDED = 4,
  GIVEN_UP_QUIC = 5,
  /** A segment of TCP: why it was shown to no fingerprint, where it was to none. */
  SEGMENT = 6,
}

/** The host reads records by the same offsets. */
// @ts-ignore: decorator
@unmanaged
@final
export class TraceRecord {
  kind: TraceKind;
  fingerprint: FingerprintId;
  verdict: i32;
  framing: i32;
  packet: f64;
  /**
   * The payload's address and bytes, as in Payload. Few bytes are a copy, as the start of the next record may take
   * their place.
   */
  at: u32;
  captured: i32;
  length: i32;
  evidenceOffset: u32;
  /** The record of shortfall. */
  reason: i32;
  offset: i32;
  expectedHigh: i32;
  expectedLow: i32;
  seenHigh: i32;
  seenLow: i32;
}

/** A record, and room for a copy of a payload: more than flow/record-chain keeps of one. */
const TRACE_RECORD_LENGTH: usize = 64;
const COPY_LIMIT: i32 = 192;
const ENTRY_LENGTH: usize = TRACE_RECORD_LENGTH + <usize>COPY_LIMIT;
const CHUNK_BITS: i32 = 12;
const RECORD_LIMIT: i32 = 1 << 22;

@final
export class FingerprintTrace {
  isOn: bool = false;
  /** Records since they were cleared. */
  count: i32 = 0;
  private readonly records: Slab = new Slab(ENTRY_LENGTH, CHUNK_BITS, RECORD_LIMIT);

  /** Address of a record, for the host. */
  recordAt(index: i32): usize {
    return this.records.at(index);
  }

  clear(): void {
    this.count = 0;
  }

  /** A fingerprint does not claim the payload. */
  noteUnclaimed(id: FingerprintId, payload: Payload): void {
    this.note(TraceKind.UNCLAIMED, id, 0, payload);
  }

  noteLook(id: FingerprintId, payload: Payload, verdict: i32): void {
    this.note(TraceKind.LOOK, id, verdict, payload);
  }

  /** A segment with data, all of which `payload` holds: no record begins in it, or not all of one is there. */
  noteSegment(payload: Payload): void {
    const at = payload.at;
    const captured = payload.captured;
    const isOpening = openingRecord(at, captured) != Opening.NOTHING || isRecordStart(at, captured);
    if (isOpening) fallShort(0, Shortfall.STREAM_INCOMPLETE, 0, 0, captured);
    else fallShort(0, Shortfall.STREAM_OPENING, 0, 0, firstWord(payload));
    this.note(TraceKind.SEGMENT, FingerprintId.NONE, 0, payload);
  }

  noteGivenUp(kind: TraceKind, payload: Payload): void {
    this.note(kind, FingerprintId.NONE, 0, payload);
  }

  private note(kind: TraceKind, id: FingerprintId, verdict: i32, payload: Payload): void {
    this.records.reserve(this.count);
    const record = changetype<TraceRecord>(this.records.at(this.count++));
    record.kind = kind;
    record.fingerprint = id;
    record.verdict = verdict;
    record.framing = payload.framing;
    record.packet = payload.packet;
    record.at = <u32>payload.at;
    if (payload.captured <= COPY_LIMIT) {
      record.at = <u32>(changetype<usize>(record) + TRACE_RECORD_LENGTH);
      copyBytes(record.at, payload.at, payload.captured);
    }
    record.captured = payload.captured;
    record.length = payload.length;
    record.evidenceOffset = payload.evidenceOffset;
    copyBytes(
      changetype<usize>(record) + offsetof<TraceRecord>('reason'),
      changetype<usize>(shortfall),
      SHORTFALL_LENGTH,
    );
  }
}

/** The first four bytes captured; those that are not there are zero. */
function firstWord(payload: Payload): u32 {
  let word: u32 = 0;
  for (let i = 0; i < 4; i++) word = (word << 8) | (i < payload.captured ? byteAt(payload.at + i) : 0);
  return word;
}
