/** A growing list of 32-bit numbers in one typed array. */
const FIRST_CAPACITY = 1024;

export class Int32List {
  private items = new Int32Array(FIRST_CAPACITY);
  private used = 0;

  get count(): number {
    return this.used;
  }

  /** Adds so many zeros; returns where they begin. */
  reserve(more: number): number {
    const first = this.used;
    this.used += more;
    if (this.used > this.items.length) {
      const grown = new Int32Array(Math.max(this.used, this.items.length * 2));
      grown.set(this.items);
      this.items = grown;
    }
    return first;
  }

  /** The numbers, to be read and written until more are reserved. */
  get memory(): Int32Array {
    return this.items;
  }

  /** The numbers in an array of exactly their size. */
  toArray(): Int32Array {
    return this.items.slice(0, this.used);
  }
}
