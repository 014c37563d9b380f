/**
 * Evidence: what was seen, where, and what was expected there; enough to verify a finding by hand in a packet analyser.
 * Rows are numbers, chained per flow; words and hexadecimal appear only when a decision leaves the engine.
 *
 * An offset counts bytes from the start of the UDP payload, of the TCP direction's stream, or of the ESP or AH header. A stream whose
 * beginning was not captured starts with the direction's first segment, as relative sequence numbers do that count from 0.
 */
import { type Check, CHECKS, type CheckForm, ONE_VALUE } from './checks.ts';

/**
 * One row as it leaves the engine: the shape of the events' `evidence` entries. What was expected and seen are texts for every check:
 * a field that is a number in one event and a word in the next breaks the mappings of search engines.
 */
export interface EvidenceEntry {
  readonly packet: number;
  readonly check: string;
  readonly offset: number;
  readonly expected: string;
  readonly seen: string;
}

/** More rows than this a finding need not show: later ones are left out. */
export const EVIDENCE_LIMIT = 12;

const INITIAL_ROWS = 1024;

/**
 * Words of a row, half a cache line: the row after it; the offset, which in a TCP stream goes round as sequence numbers do; one double of
 * the packet's number and, in units of CHECK_UNIT, the check; what was expected and what was seen, two words each.
 */
const Field = { NEXT: 0, OFFSET: 1, PACKET_AND_CHECK: 2, VALUES: 4 } as const;
const ROW_WORDS = 8;
/** Packets are numbered below this; 256 checks of it fit a double's 53 bits. */
const CHECK_UNIT = 2 ** 45;

/** `tail` of a chain whose last row has not been looked for yet. */
const UNKNOWN = -1;

/** The rows of all flows. Row 0 is no row. A chain runs from the first row noted to the last. */
export class EvidenceLog {
  private words = new Int32Array(INITIAL_ROWS * ROW_WORDS);
  /** The same as doubles. */
  private numbers = new Float64Array(this.words.buffer);
  private used = 1;
  private free = 0;

  /** Rows in use, of all flows. */
  count = 0;
  /** Grows with every row that is noted and every chain that is given back. */
  changes = 0;

  /** The chain that `note` appends to: its first row (0 while empty) and its length. Set by the fingerprint set around each call. */
  head = 0;
  private tail = 0;
  private length = 0;

  /** Begins or goes on with the chain that starts at `head`. Most that is selected is not added to: its end is found when it is. */
  select(head: number): void {
    this.head = head;
    this.tail = head === 0 ? 0 : UNKNOWN;
    this.length = 0;
  }

  /** True when the selected chain already has a row of this check. */
  has(check: Check): boolean {
    for (let row = this.head; row !== 0; row = this.nextOf(row)) {
      if (this.checkOf(row) === check) return true;
    }
    return false;
  }

  /** Notes 32-bit (or smaller) values: what was expected is the low word. */
  note(packet: number, check: Check, offset: number, expected: number, seen: number): void {
    this.noteWide(packet, check, offset, 0, expected, 0, seen);
  }

  /** Notes 64-bit values, as high and low words; or two bounds of what was expected, as the check's expectation names them. */
  noteWide(
    packet: number,
    check: Check,
    offset: number,
    expectedHigh: number,
    expectedLow: number,
    seenHigh: number,
    seenLow: number,
  ): void {
    if (this.tail === UNKNOWN) this.findTail();
    if (this.length === EVIDENCE_LIMIT) return;
    this.changes++;
    const row = this.take();
    const { words } = this;
    const at = row * ROW_WORDS;
    words[at + Field.NEXT] = 0;
    words[at + Field.OFFSET] = offset | 0;
    this.numbers[(at + Field.PACKET_AND_CHECK) >> 1] = check * CHECK_UNIT + packet;
    words[at + Field.VALUES] = expectedHigh;
    words[at + Field.VALUES + 1] = expectedLow;
    words[at + Field.VALUES + 2] = seenHigh;
    words[at + Field.VALUES + 3] = seenLow;
    if (this.head === 0) this.head = row;
    else words[this.tail * ROW_WORDS + Field.NEXT] = row;
    this.tail = row;
    this.length++;
  }

  /** Gives back a chain's rows. */
  release(head: number): void {
    this.changes++;
    const { words } = this;
    for (let row = head; row !== 0;) {
      const at = row * ROW_WORDS + Field.NEXT;
      const next = words[at]!;
      words[at] = this.free;
      this.free = row;
      this.count--;
      row = next;
    }
  }

  /** Notes a copy of another log's chain; returns its first row. */
  copyChain(other: EvidenceLog, head: number): number {
    this.select(0);
    for (let row = head; row !== 0; row = other.nextOf(row)) {
      const [expectedHigh, expectedLow] = [other.wordOf(row, 0), other.wordOf(row, 1)];
      const [seenHigh, seenLow] = [other.wordOf(row, 2), other.wordOf(row, 3)];
      const [packet, check, offset] = [other.packetOf(row), other.checkOf(row), other.offsetOf(row)];
      this.noteWide(packet, check, offset, expectedHigh, expectedLow, seenHigh, seenLow);
    }
    return this.head;
  }

  /** Which of two chains goes on, where they are read by their packets: true for the first. Not both may be at their end. */
  isBefore(one: number, other: number): boolean {
    return one !== 0 && (other === 0 || this.packetOf(one) <= this.packetOf(other));
  }

  /** The parts of a row, for those who walk a chain by themselves: the row after it (0 for none), and what it holds. */
  nextOf(row: number): number {
    return this.words[row * ROW_WORDS + Field.NEXT]!;
  }

  checkOf(row: number): Check {
    return Math.floor(this.numbers[(row * ROW_WORDS + Field.PACKET_AND_CHECK) >> 1]! / CHECK_UNIT) as Check;
  }

  packetOf(row: number): number {
    return this.numbers[(row * ROW_WORDS + Field.PACKET_AND_CHECK) >> 1]! % CHECK_UNIT;
  }

  offsetOf(row: number): number {
    return this.words[row * ROW_WORDS + Field.OFFSET]! >>> 0;
  }

  /** One of the four words of what was expected (0 the higher, 1 the lower) and what was seen (2 and 3). */
  wordOf(row: number, word: number): number {
    return this.words[row * ROW_WORDS + Field.VALUES + word]!;
  }

  /** Two chains as entries, by their packets, those of the first before those of the second. Control plane only. */
  entries(first: number, second = 0): EvidenceEntry[] {
    const list: EvidenceEntry[] = [];
    for (let [one, other] = [first, second]; one !== 0 || other !== 0;) {
      const row = this.isBefore(one, other) ? one : other;
      if (row === one) one = this.nextOf(row);
      else other = this.nextOf(row);
      const form = CHECKS[this.checkOf(row)];
      list.push({
        packet: this.packetOf(row),
        check: form.name,
        offset: this.offsetOf(row),
        expected: expectation(form, this.wordOf(row, 0), this.wordOf(row, 1)),
        seen: format(form.form, this.wordOf(row, 2), this.wordOf(row, 3)),
      });
    }
    return list;
  }

  private findTail(): void {
    let row = this.head;
    this.length = 1;
    for (let next = this.nextOf(row); next !== 0; next = this.nextOf(row)) {
      row = next;
      this.length++;
    }
    this.tail = row;
  }

  private take(): number {
    this.count++;
    if (this.free !== 0) {
      const row = this.free;
      this.free = this.nextOf(row);
      return row;
    }
    if ((this.used + 1) * ROW_WORDS > this.words.length) this.grow();
    return this.used++;
  }

  private grow(): void {
    const wider = new Int32Array(this.words.length * 2);
    wider.set(this.words);
    this.words = wider;
    this.numbers = new Float64Array(wider.buffer);
  }
}

export function expectation({ form, expected = ONE_VALUE }: CheckForm, high: number, low: number): string {
  return expected.replace('{high}', () => format(form, 0, high)).replace('{low}', () => format(form, high, low));
}

export function format(form: CheckForm['form'], high: number, low: number): string {
  switch (form) {
    case 'number':
      return String(low >>> 0);
    case 'hex8':
      return `0x${(low & 255).toString(16).padStart(2, '0')}`;
    case 'hex32':
      return `0x${(low >>> 0).toString(16).padStart(8, '0')}`;
    case 'hex64':
      return `0x${(high >>> 0).toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')}`;
  }
}
