/**
 * A ring of records in shared memory, for one writer and one reader. A record never runs over the end of the ring: the
 * words that are too few for the next record are skipped.
 *
 * Invariants: WRITTEN and READ count words and only grow, modulo 2^32; READ <= WRITTEN <= READ + the ring's length.
 * Words between them are the reader's, all others the writer's. The writer waits while there is no room, the reader
 * while there is nothing to read.
 */

/** Words of the ring, a power of two: the reports of some tens of batches. */
const LENGTH = 1 << 20;
/** A record is shorter than this. */
export const LONGEST_RECORD = 1024;

/** Each on a cache line of its own. */
const Mark = { WRITTEN: 0, READ: 16 } as const;
const MARK_WORDS = 32;

/** First word of a record: its kind in the lower 8 bits, its length in words above. */
const PASSED_OVER = 255;

/** Longest sleep of a thread that waits for the other one, and the number of looks before the first sleep. */
const SLEEP_MS = 50;
const LOOKS = 400;

export class EventQueue {
  static readonly byteLength = (MARK_WORDS + LENGTH) * 4;

  /** The records: a writer's from `at` on, a reader's record at `at`. */
  readonly words: Int32Array;
  at = 0;
  private readonly marks: Int32Array;
  /** Words written, or read, by this side; the other side sees them after `publish`, or `giveBack`. */
  private done = 0;
  /** The other side's mark, when it was last read. */
  private seen = 0;

  constructor(memory: SharedArrayBuffer) {
    this.marks = new Int32Array(memory, 0, MARK_WORDS);
    this.words = new Int32Array(memory, MARK_WORDS * 4);
  }

  /** Writer: makes room for a record of up to LONGEST_RECORD words at `at`. */
  makeRoom(): void {
    let at = this.done & (LENGTH - 1);
    if (LENGTH - at < LONGEST_RECORD) {
      this.awaitRoom(LENGTH - at);
      this.words[at] = PASSED_OVER | ((LENGTH - at) << 8);
      this.done = (this.done + LENGTH - at) | 0;
      at = 0;
    }
    this.awaitRoom(LONGEST_RECORD);
    this.at = at;
  }

  /** Writer: the record at `at` has this many words. */
  add(kind: number, length: number): void {
    this.words[this.at] = kind | (length << 8);
    this.done = (this.done + length) | 0;
  }

  /** Writer: shows what is written to the reader. */
  publish(): void {
    Atomics.store(this.marks, Mark.WRITTEN, this.done);
    Atomics.notify(this.marks, Mark.WRITTEN);
  }

  /** Reader: true if there is a record, which is then at `at`. Waits for a short time at most. */
  hasRecord(): boolean {
    for (;;) {
      if (this.done === this.seen && !this.hasMore()) return false;
      const at = this.done & (LENGTH - 1);
      this.at = at;
      if ((this.words[at]! & 255) !== PASSED_OVER) return true;
      this.pass();
    }
  }

  /** Reader: true where something is written that is not read. */
  get hasUnread(): boolean {
    return this.done !== Atomics.load(this.marks, Mark.WRITTEN);
  }

  /** A whole number below 2^53, of two words. */
  putNumber(at: number, value: number): void {
    this.words[at] = value | 0;
    this.words[at + 1] = Math.floor(value / 2 ** 32);
  }

  numberAt(at: number): number {
    return (this.words[at]! >>> 0) + this.words[at + 1]! * 2 ** 32;
  }

  /** Reader: the kind of the record at `at`. */
  get kind(): number {
    return this.words[this.at]! & 255;
  }

  /** Reader: goes on after the record at `at`. */
  pass(): void {
    this.done = (this.done + (this.words[this.at]! >>> 8)) | 0;
  }

  /** Reader: gives the words that it has read back to the writer. */
  giveBack(): void {
    Atomics.store(this.marks, Mark.READ, this.done);
    Atomics.notify(this.marks, Mark.READ);
  }

  private awaitRoom(length: number): void {
    while (((this.done - this.seen) | 0) + length > LENGTH) {
      this.seen = Atomics.load(this.marks, Mark.READ);
      if (((this.done - this.seen) | 0) + length <= LENGTH) return;
      this.publish();
      Atomics.wait(this.marks, Mark.READ, this.seen, SLEEP_MS);
    }
  }

  private hasMore(): boolean {
    for (let look = 0; look < LOOKS; look++) {
      this.seen = Atomics.load(this.marks, Mark.WRITTEN);
      if (this.seen !== this.done) return true;
      if (look === 0) this.giveBack();
    }
    Atomics.wait(this.marks, Mark.WRITTEN, this.done, SLEEP_MS);
    this.seen = Atomics.load(this.marks, Mark.WRITTEN);
    return this.seen !== this.done;
  }
}
