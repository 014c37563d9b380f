/** A growable array of 32-bit numbers. */
const FIRST_CAPACITY = 1024;

export class Int32List {
  private items = new Int32Array(FIRST_CAPACITY);
  private used = 0;

  get count(): number {
    return this.used;
  }

  /** Appends `more` zeros. Returns the index of the first one. */
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

  /** The underlying array, valid until the next `reserve`. */
  get memory(): Int32Array {
    return this.items;
  }

  /** A copy of exactly the numbers in use. */
  toArray(): Int32Array {
    return this.items.slice(0, this.used);
  }
}
