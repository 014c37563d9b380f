/**
 * Evidence: what was seen, where, and what was expected there; enough to verify a finding by hand in a packet analyser.
 * Rows are numbers, chained per flow; words and hexadecimal appear only when a decision leaves the engine.
 *
 * An offset counts bytes from the start of the UDP payload, of the TCP direction's stream, or of the ESP or AH header.
 * A stream whose beginning was not captured starts with the direction's first segment, as relative sequence numbers do
 * that count from 0.
 */
import { Slab } from '../slab';
import { Check } from './checks';

/** More rows than this a finding need not show: later ones are left out. */
export const EVIDENCE_LIMIT: i32 = 12;

/** Half a cache line. The host reads rows by the same offsets. */
// @ts-ignore: decorator
@unmanaged
@final
export class EvidenceRow {
  /** The row after it in its chain, or among the free ones; 0 for none. */
  next: i32;
  /** In a TCP stream it goes round as sequence numbers do. */
  offset: u32;
  /** The packet's number and, in units of CHECK_UNIT, the check. */
  packetAndCheck: f64;
  expectedHigh: i32;
  expectedLow: i32;
  seenHigh: i32;
  seenLow: i32;
}

export const EVIDENCE_ROW_LENGTH: usize = 32;
/** Packets are numbered below this; 256 checks of it fit a double's 53 bits. */
const CHECK_UNIT: f64 = 35184372088832;

/** Rows to a chunk, as a power of two, and rows at most: 2 GiB. */
const CHUNK_BITS: i32 = 16;
const ROW_LIMIT: i32 = 1 << 26;

/** `tail` of a chain whose last row has not been looked for yet. */
const UNKNOWN: i32 = -1;

/** The rows of all flows. Row 0 is no row. A chain runs from the first row noted to the last. */
@final
export class EvidenceLog {
  private readonly rows: Slab = new Slab(EVIDENCE_ROW_LENGTH, CHUNK_BITS, ROW_LIMIT);
  private used: i32 = 1;
  private free: i32 = 0;

  /** Rows in use, of all flows. */
  count: i32 = 0;
  /** Grows with every row that is noted and every chain that is given back. */
  changes: u32 = 0;

  /**
   * The chain that `note` appends to: its first row (0 while empty) and its length. Set by the fingerprint set around
   * each call.
   */
  head: i32 = 0;
  private tail: i32 = 0;
  private length: i32 = 0;

  /** Begins or goes on with the chain that starts at `head`. Its end is found once a row is added, which is rare. */
  select(head: i32): void {
    this.head = head;
    this.tail = head == 0 ? 0 : UNKNOWN;
    this.length = 0;
  }

  /** True when the selected chain already has a row of this check. */
  has(check: Check): bool {
    for (let row = this.head; row != 0; row = this.nextOf(row)) {
      if (this.checkOf(row) == check) return true;
    }
    return false;
  }

  /** Notes 32-bit (or smaller) values: what was expected is the low word. */
  note(packet: f64, check: Check, offset: u32, expected: i32, seen: i32): void {
    this.noteWide(packet, check, offset, 0, expected, 0, seen);
  }

  /**
   * Notes 64-bit values, as high and low words; or two bounds of what was expected, as the check's expectation names
   * them.
   */
  noteWide(
    packet: f64,
    check: Check,
    offset: u32,
    expectedHigh: i32,
    expectedLow: i32,
    seenHigh: i32,
    seenLow: i32,
  ): void {
    if (this.tail == UNKNOWN) this.findTail();
    if (this.length == EVIDENCE_LIMIT) return;
    this.changes++;
    const index = this.take();
    const row = this.row(index);
    row.next = 0;
    row.offset = offset;
    row.packetAndCheck = <f64>check * CHECK_UNIT + packet;
    row.expectedHigh = expectedHigh;
    row.expectedLow = expectedLow;
    row.seenHigh = seenHigh;
    row.seenLow = seenLow;
    if (this.head == 0) this.head = index;
    else this.row(this.tail).next = index;
    this.tail = index;
    this.length++;
  }

  /** Gives back a chain's rows. */
  release(head: i32): void {
    this.changes++;
    for (let index = head; index != 0;) {
      const row = this.row(index);
      const next = row.next;
      row.next = this.free;
      this.free = index;
      this.count--;
      index = next;
    }
  }

  /** Address of a row, for the host. */
  rowAt(index: i32): usize {
    return this.rows.at(index);
  }

  private row(index: i32): EvidenceRow {
    return changetype<EvidenceRow>(this.rows.at(index));
  }

  private nextOf(index: i32): i32 {
    return this.row(index).next;
  }

  private checkOf(index: i32): Check {
    return <i32>Math.floor(this.row(index).packetAndCheck / CHECK_UNIT);
  }

  private findTail(): void {
    let index = this.head;
    this.length = 1;
    for (let next = this.nextOf(index); next != 0; next = this.nextOf(index)) {
      index = next;
      this.length++;
    }
    this.tail = index;
  }

  private take(): i32 {
    this.count++;
    if (this.free != 0) {
      const index = this.free;
      this.free = this.nextOf(index);
      return index;
    }
    this.rows.reserve(this.used);
    return this.used++;
  }
}
