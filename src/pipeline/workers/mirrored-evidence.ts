/**
 * The evidence of reported flows, copied from their events: chains of rows, of which those that were given back are
 * used again.
 */
import type { Snapshot } from '../../core/snapshot.ts';
import { EVIDENCE_WORDS, EvidenceRows, EvidenceWord } from '../../dataplane/host/evidence-rows.ts';

const INITIAL_ROWS = 1024;

export class MirroredEvidence extends EvidenceRows {
  /** Rows in use. */
  count = 0;
  private capacity = INITIAL_ROWS;
  /** Row 0 is no row. */
  private used = 1;
  private free = 0;

  constructor() {
    super();
    this.useMemory(new ArrayBuffer(INITIAL_ROWS * EVIDENCE_WORDS * 4));
  }

  /** Copies `count` rows that are one after the other from a place on: their chain's first row, 0 for none. */
  copy(copies: Int32Array, at: number, count: number): number {
    let head = 0;
    // The last one first: each row then knows the one after it.
    for (let row = count - 1; row >= 0; row--) head = this.add(copies, at + row * EVIDENCE_WORDS, head);
    return head;
  }

  /** Gives back a chain's rows. */
  release(head: number): void {
    for (let row = head; row !== 0;) {
      const next = this.nextOf(row);
      this.words[row * EVIDENCE_WORDS + EvidenceWord.NEXT] = this.free;
      this.free = row;
      this.count--;
      row = next;
    }
  }

  /** Copies all rows, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    walk.part('mirrored evidence');
    this.count = walk.number(this.count);
    this.used = walk.number(this.used);
    this.free = walk.number(this.free);
    this.useMemory(walk.column(this.words, this.used * EVIDENCE_WORDS).buffer);
    this.capacity = this.words.length / EVIDENCE_WORDS;
  }

  private add(copies: Int32Array, at: number, next: number): number {
    const row = this.take();
    const to = row * EVIDENCE_WORDS;
    for (let word = 0; word < EVIDENCE_WORDS; word++) this.words[to + word] = copies[at + word]!;
    this.words[to + EvidenceWord.NEXT] = next;
    return row;
  }

  private take(): number {
    const row = this.free;
    this.count++;
    if (row !== 0) {
      this.free = this.nextOf(row);
      return row;
    }
    if (this.used === this.capacity) this.grow();
    return this.used++;
  }

  private grow(): void {
    const { words } = this;
    this.capacity *= 2;
    this.useMemory(new ArrayBuffer(this.capacity * EVIDENCE_WORDS * 4));
    this.words.set(words);
  }
}
