/**
 * Bytes with guards around them: poison of a chosen value on both sides, so that a read outside shows as a different
 * result, and a DataView that throws at any such read, so that it shows even where the result would be the same.
 */

/** Bytes of poison on each side; more than any header has. */
const MARGIN = 320;

/** Values that begin an IPv4 or IPv6 header, end an MPLS stack, are all zeros or ones, or nothing in particular. */
export const POISONS = [0x00, 0xff, 0x45, 0x60, 0x01, 0xa5] as const;

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
export function guarded(bytes: Uint8Array, length: number = bytes.length, poison = 0xa5): Guarded {
  const buffer = new ArrayBuffer(length + 2 * MARGIN);
  new Uint8Array(buffer).fill(poison).set(bytes.subarray(0, length), MARGIN);
  return { data: new GuardedView(buffer, MARGIN, MARGIN + length), at: MARGIN, end: MARGIN + length };
}

/** The same, readable: what lies outside may be read, and shows where it makes a difference. */
export function poisoned(bytes: Uint8Array, length: number, poison: number): Guarded {
  const { data, at, end } = guarded(bytes, length, poison);
  return { data: new DataView(data.buffer), at, end };
}
