/** Bytes with guards around them: a DataView that throws at any read outside of them. */

/** Bytes of poison on each side; more than any header has. */
const MARGIN = 320;
const POISON = 0xa5;

/** A view that refuses to read outside [from, to). */
class GuardedView extends DataView<ArrayBuffer> {
  private readonly from: number;
  private readonly to: number;

  constructor(buffer: ArrayBuffer, from: number, to: number) {
    super(buffer);
    this.from = from;
    this.to = to;
  }

  private check(at: number, length: number): void {
    if (at < this.from || at + length > this.to) {
      throw new Error(`read of ${length} at ${at - this.from} of ${this.to - this.from}`);
    }
  }

  override getUint8(at: number): number {
    this.check(at, 1);
    return super.getUint8(at);
  }

  override getUint16(at: number, littleEndian?: boolean): number {
    this.check(at, 2);
    return super.getUint16(at, littleEndian);
  }

  override getUint32(at: number, littleEndian?: boolean): number {
    this.check(at, 4);
    return super.getUint32(at, littleEndian);
  }

  override getInt32(at: number, littleEndian?: boolean): number {
    this.check(at, 4);
    return super.getInt32(at, littleEndian);
  }
}

export interface Guarded {
  readonly data: DataView;
  /** Offset of the first byte. */
  readonly at: number;
  readonly end: number;
}

/** The first `length` bytes between margins of poison; reading the poison throws. */
export function guarded(bytes: Uint8Array, length: number = bytes.length): Guarded {
  const buffer = new ArrayBuffer(length + 2 * MARGIN);
  new Uint8Array(buffer).fill(POISON).set(bytes.subarray(0, length), MARGIN);
  return { data: new GuardedView(buffer, MARGIN, MARGIN + length), at: MARGIN, end: MARGIN + length };
}
