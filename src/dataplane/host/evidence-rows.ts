/**
 * Rows of evidence as the rest of Sluice reads them: each row has the number of the one after it, and a chain is named
 * by its first row. Row 0 is no row. The owner of the memory notes rows and gives them back (evidence.ts).
 */
import { Check, CHECKS, type CheckForm, ONE_VALUE } from './checks.ts';

/**
 * One row as it leaves the engine: the shape of the events' `evidence` entries. What was expected and seen are texts
 * for every check: a field that is a number in one event and a word in the next breaks the mappings of search engines.
 */
export interface EvidenceEntry {
  readonly packet: number;
  readonly check: string;
  readonly offset: number;
  readonly expected: string;
  readonly seen: string;
}

/**
 * Words of a row, half a cache line: the row after it; the offset, which in a TCP stream goes round as sequence numbers
 * do; one double of the packet's number and, in units of CHECK_UNIT, the check; what was expected and what was seen,
 * two words each.
 */
export const EvidenceWord = { NEXT: 0, OFFSET: 1, PACKET_AND_CHECK: 2, VALUES: 4 } as const;
export const EVIDENCE_WORDS = 8;
/** Packets are numbered below this; 256 checks of it fit a double's 53 bits. */
export const CHECK_UNIT = 2 ** 45;

/** A row that was read. */
export class EvidenceRow {
  /** The row after it, 0 for none. */
  next = 0;
  check: Check = Check.WIREGUARD_INITIATION;
  packet = 0;
  offset = 0;
  expectedHigh = 0;
  expectedLow = 0;
  seenHigh = 0;
  seenLow = 0;
}

export abstract class EvidenceRows {
  protected words!: Int32Array;
  /** The same memory as 64-bit numbers. */
  protected numbers!: Float64Array;

  /** The row after a row, 0 for none. */
  nextOf(row: number): number {
    return this.word(row, EvidenceWord.NEXT);
  }

  packetOf(row: number): number {
    const at = this.wordAt(row);
    const number = this.numbers[(at + EvidenceWord.PACKET_AND_CHECK) >> 1]!;
    return number - Math.floor(number / CHECK_UNIT) * CHECK_UNIT;
  }

  private word(row: number, word: number): number {
    // First the place: memory may have grown, and its views with it.
    const at = this.wordAt(row);
    return this.words[at + word]!;
  }

  /** Reads a row, by one look for its place. */
  read(row: number, into: EvidenceRow): void {
    const at = this.wordAt(row);
    const { words } = this;
    const number = this.numbers[(at + EvidenceWord.PACKET_AND_CHECK) >> 1]!;
    const check = Math.floor(number / CHECK_UNIT);
    into.next = words[at + EvidenceWord.NEXT]!;
    into.check = check as Check;
    into.packet = number - check * CHECK_UNIT;
    into.offset = words[at + EvidenceWord.OFFSET]! >>> 0;
    into.expectedHigh = words[at + EvidenceWord.VALUES]!;
    into.expectedLow = words[at + EvidenceWord.VALUES + 1]!;
    into.seenHigh = words[at + EvidenceWord.VALUES + 2]!;
    into.seenLow = words[at + EvidenceWord.VALUES + 3]!;
  }

  /** A row as an entry of an event. Control plane only. */
  entryOf(row: number): EvidenceEntry {
    const { check, packet, offset, expectedHigh, expectedLow, seenHigh, seenLow } = this.rowOf(row);
    const form = CHECKS[check];
    return {
      packet,
      check: form.name,
      offset,
      expected: expectation(form, expectedHigh, expectedLow),
      seen: format(form.form, seenHigh, seenLow),
    };
  }

  /** A row of its own. Control plane only. */
  rowOf(row: number): EvidenceRow {
    const read = new EvidenceRow();
    this.read(row, read);
    return read;
  }

  /** A chain as entries. Control plane only. */
  entries(head: number): EvidenceEntry[] {
    const entries: EvidenceEntry[] = [];
    for (let row = head; row !== 0; row = this.nextOf(row)) entries.push(this.entryOf(row));
    return entries;
  }

  /** Place of a row's first word. */
  protected wordAt(row: number): number {
    return row * EVIDENCE_WORDS;
  }

  protected useMemory(memory: ArrayBufferLike): void {
    this.words = new Int32Array(memory);
    this.numbers = new Float64Array(memory);
  }
}

/**
 * Which of two chains goes on, where they are read as one by their packets: true for the first. Not both may be at
 * their end.
 */
export function goesFirst(first: EvidenceRows, firstRow: number, second: EvidenceRows, secondRow: number): boolean {
  return firstRow !== 0 && (secondRow === 0 || first.packetOf(firstRow) <= second.packetOf(secondRow));
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
