/**
 * Prefixes as columns of numbers: row i is (word0[i] … word3[i])/length[i] in mapped form, host bits zero. Columns grow
 * by doubling; `count` rows are in use.
 */
const FIRST_CAPACITY = 64;

export class PrefixColumns {
  count = 0;
  word0: Int32Array;
  word1: Int32Array;
  word2: Int32Array;
  word3: Int32Array;
  /** 0 to 128, mapped form. */
  length: Uint8Array;

  constructor(capacity: number = FIRST_CAPACITY) {
    this.word0 = new Int32Array(capacity);
    this.word1 = new Int32Array(capacity);
    this.word2 = new Int32Array(capacity);
    this.word3 = new Int32Array(capacity);
    this.length = new Uint8Array(capacity);
  }

  push(word0: number, word1: number, word2: number, word3: number, length: number): void {
    if (this.count === this.length.length) this.resize(Math.max(FIRST_CAPACITY, this.count * 2));
    const row = this.count++;
    this.word0[row] = word0;
    this.word1[row] = word1;
    this.word2[row] = word2;
    this.word3[row] = word3;
    this.length[row] = length;
  }

  /** Releases unused capacity. */
  trim(): void {
    if (this.count < this.length.length) this.resize(this.count);
  }

  /** Bytes of memory. */
  get byteLength(): number {
    return this.word0.byteLength * 4 + this.length.byteLength;
  }

  private resize(capacity: number): void {
    this.word0 = resized(this.word0, capacity);
    this.word1 = resized(this.word1, capacity);
    this.word2 = resized(this.word2, capacity);
    this.word3 = resized(this.word3, capacity);
    const length = new Uint8Array(capacity);
    length.set(this.length.subarray(0, capacity));
    this.length = length;
  }
}

function resized(column: Int32Array, capacity: number): Int32Array {
  const grown = new Int32Array(capacity);
  grown.set(column.subarray(0, capacity));
  return grown;
}
