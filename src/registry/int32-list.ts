/** A growing list of 32-bit numbers in one typed array. `count` may be raised by the caller to reserve zeros, or lowered to drop the end. */
const FIRST_CAPACITY = 1024;

export class Int32List {
  private items = new Int32Array(FIRST_CAPACITY);
  private used = 0;

  get count(): number {
    return this.used;
  }

  set count(count: number) {
    if (count > this.items.length) this.grow(count);
    if (count < this.used) this.items.fill(0, count, this.used);
    this.used = count;
  }

  get(at: number): number {
    return this.items[at]!;
  }

  set(at: number, value: number): void {
    this.items[at] = value;
  }

  /** The numbers and what is in reserve behind them, to write many at once: until `count` rises. */
  get memory(): Int32Array {
    return this.items;
  }

  push(value: number): void {
    if (this.used === this.items.length) this.grow(this.used + 1);
    this.items[this.used++] = value;
  }

  /** The numbers in an array of exactly their size. */
  toArray(): Int32Array {
    return this.items.slice(0, this.used);
  }

  private grow(needed: number): void {
    const grown = new Int32Array(Math.max(needed, this.items.length * 2));
    grown.set(this.items);
    this.items = grown;
  }
}
