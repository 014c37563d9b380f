/**
 * What DataView lacks: 24-bit numbers, 48-bit counters, runs of zeros, comparing and printing bytes.
 * All numbers are big-endian (network order) unless the name says otherwise. Callers have checked the
 * bounds: nothing here reads further than the bytes its arguments name.
 */

/** Unsigned 24-bit number at `at`. */
export function uint24(data: DataView, at: number): number {
  return (data.getUint8(at) << 16) | data.getUint16(at + 1);
}

/** True when the `length` bytes from `at` are all zero. */
export function isZero(data: DataView, at: number, length: number): boolean {
  for (let i = at; i < at + length; i++) {
    if (data.getUint8(i) !== 0) return false;
  }
  return true;
}

/** True when `length` bytes at `a` in `left` equal those at `b` in `right`. */
export function sameBytes(left: DataView, a: number, right: DataView, b: number, length: number): boolean {
  for (let i = 0; i < length; i++) {
    if (left.getUint8(a + i) !== right.getUint8(b + i)) return false;
  }
  return true;
}

/** Lower-case hexadecimal of `length` bytes from `at`, without separators. */
export function toHex(data: DataView, at: number, length: number): string {
  let text = '';
  for (let i = at; i < at + length; i++) {
    const byte = data.getUint8(i);
    text += (byte >> 4).toString(16) + (byte & 15).toString(16);
  }
  return text;
}
