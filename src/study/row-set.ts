/** A set of small whole numbers: a bit for each, up to the largest. */
const FIRST_OCTETS = 32;

export class RowSet {
  count = 0;
  private bits = new Uint8Array(FIRST_OCTETS);

  add(row: number): void {
    const at = row >>> 3;
    if (at >= this.bits.length) this.grow(at);
    const bit = 1 << (row & 7);
    if ((this.bits[at]! & bit) !== 0) return;
    this.bits[at]! |= bit;
    this.count++;
  }

  private grow(at: number): void {
    let length = this.bits.length * 2;
    while (length <= at) length *= 2;
    const bits = new Uint8Array(length);
    bits.set(this.bits);
    this.bits = bits;
  }
}
