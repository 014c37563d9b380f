/**
 * Evidence of tunnels: why a flow is taken as one of a tunnel's. Rows are those of the dataplane's evidence, chained
 * per flow.
 */
import type { Snapshot } from '../core/snapshot.ts';
import type { Check } from '../dataplane/host/checks.ts';
import { CHECK_UNIT, EVIDENCE_WORDS, EvidenceRows, EvidenceWord } from '../dataplane/host/evidence-rows.ts';

/** More rows than this need not be shown: later ones are left out. */
export const EVIDENCE_LIMIT = 12;

const INITIAL_ROWS = 1024;

/** `tail` of a chain whose last row has not been looked for yet. */
const UNKNOWN = -1;

/** The rows of all flows. Row 0 is no row. A chain runs from the first row noted to the last. */
export class TunnelEvidence extends EvidenceRows {
  private used = 1;
  private free = 0;

  /** Rows in use, of all flows. */
  count = 0;

  /** First row of the chain that `note` appends to; 0 while it is empty. */
  head = 0;
  private tail = 0;
  private length = 0;

  constructor() {
    super();
    this.useMemory(new ArrayBuffer(INITIAL_ROWS * EVIDENCE_WORDS * 4));
  }

  /**
   * Begins or goes on with the chain that starts at `head`. Most that is selected is not added to: its end is found
   * when it is.
   */
  select(head: number): void {
    this.head = head;
    this.tail = head === 0 ? 0 : UNKNOWN;
    this.length = 0;
  }

  /** Notes 32-bit (or smaller) values: what was expected is the low word. */
  note(packet: number, check: Check, offset: number, expected: number, seen: number): void {
    this.noteWide(packet, check, offset, 0, expected, 0, seen);
  }

  /**
   * Notes 64-bit values, as high and low words; or two bounds of what was expected, as the check's expectation names
   * them.
   */
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
    const row = this.take();
    const { words } = this;
    const at = row * EVIDENCE_WORDS;
    words[at + EvidenceWord.NEXT] = 0;
    words[at + EvidenceWord.OFFSET] = offset | 0;
    this.numbers[(at + EvidenceWord.PACKET_AND_CHECK) >> 1] = check * CHECK_UNIT + packet;
    words[at + EvidenceWord.VALUES] = expectedHigh;
    words[at + EvidenceWord.VALUES + 1] = expectedLow;
    words[at + EvidenceWord.VALUES + 2] = seenHigh;
    words[at + EvidenceWord.VALUES + 3] = seenLow;
    if (this.head === 0) this.head = row;
    else words[this.tail * EVIDENCE_WORDS + EvidenceWord.NEXT] = row;
    this.tail = row;
    this.length++;
  }

  /** Gives back a chain's rows. */
  release(head: number): void {
    const { words } = this;
    for (let row = head; row !== 0;) {
      const at = row * EVIDENCE_WORDS + EvidenceWord.NEXT;
      const next = words[at]!;
      words[at] = this.free;
      this.free = row;
      this.count--;
      row = next;
    }
  }

  /** Notes a copy of another log's chain; returns its first row. */
  copyChain(other: TunnelEvidence, head: number): number {
    this.select(0);
    for (let row = head; row !== 0; row = other.nextOf(row)) {
      const { packet, check, offset, expectedHigh, expectedLow, seenHigh, seenLow } = other.rowOf(row);
      this.noteWide(packet, check, offset, expectedHigh, expectedLow, seenHigh, seenLow);
    }
    return this.head;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.used = walk.number(this.used);
    this.free = walk.number(this.free);
    this.count = walk.number(this.count);
    const words = walk.column(this.words, this.used * EVIDENCE_WORDS);
    if (walk.isRestoring) this.useMemory(words.buffer);
    this.select(0);
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
    if ((this.used + 1) * EVIDENCE_WORDS > this.words.length) this.grow();
    return this.used++;
  }

  private grow(): void {
    const { words } = this;
    this.useMemory(new ArrayBuffer(words.byteLength * 2));
    this.words.set(words);
  }
}
