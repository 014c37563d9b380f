/**
 * A column of short texts, packed as UTF-8 in one block: a text takes its bytes and four more, and no string object.
 * Text i is the bytes ends[i - 1] … ends[i] - 1.
 */
const FIRST_BYTES = 4096;
const FIRST_COUNT = 64;
/** The most UTF-8 bytes of one UTF-16 unit. */
const BYTES_PER_UNIT = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class TextColumn {
  count = 0;
  private bytes = new Uint8Array(FIRST_BYTES);
  private ends = new Uint32Array(FIRST_COUNT);

  push(text: string): void {
    const start = this.reserve(text.length * BYTES_PER_UNIT);
    const { written } = encoder.encodeInto(text, this.bytes.subarray(start));
    this.ends[this.count++] = start + written;
  }

  /** Adds the UTF-8 text in the bytes `from` … `to` - 1 of `source`. */
  pushBytes(source: Uint8Array, from: number, to: number): void {
    let at = this.reserve(to - from);
    const { bytes } = this;
    for (let i = from; i < to; i++) bytes[at++] = source[i]!;
    this.ends[this.count++] = at;
  }

  get(index: number): string {
    return decoder.decode(this.bytes.subarray(this.startOf(index), this.ends[index]));
  }

  isEmpty(index: number): boolean {
    return this.startOf(index) === this.ends[index];
  }

  /** The hash of a text, as of its bytes. */
  hashOf(index: number): number {
    return hashBytes(this.bytes, this.startOf(index), this.ends[index]!);
  }

  /** True if a text has these UTF-8 bytes. */
  hasBytes(index: number, wanted: Uint8Array): boolean {
    const { bytes } = this;
    const start = this.startOf(index);
    if (this.ends[index]! - start !== wanted.length) return false;
    for (let at = 0; at < wanted.length; at++) if (bytes[start + at] !== wanted[at]) return false;
    return true;
  }

  isSame(one: number, other: number): boolean {
    const { bytes } = this;
    const start = this.startOf(one);
    const distance = this.startOf(other) - start;
    const end = this.ends[one]!;
    if (this.ends[other]! - end !== distance) return false;
    for (let at = start; at < end; at++) if (bytes[at] !== bytes[at + distance]) return false;
    return true;
  }

  /** Releases unused capacity. */
  trim(): void {
    this.bytes = this.bytes.slice(0, this.startOf(this.count));
    this.ends = this.ends.slice(0, this.count);
  }

  get byteLength(): number {
    return this.bytes.byteLength + this.ends.byteLength;
  }

  /** Reserves space for one more text of `length` bytes. Returns its start. */
  private reserve(length: number): number {
    const start = this.startOf(this.count);
    const needed = start + length;
    if (needed > this.bytes.length) this.bytes = grown(this.bytes, Math.max(needed, this.bytes.length * 2));
    if (this.count === this.ends.length) {
      const ends = new Uint32Array(this.count * 2);
      ends.set(this.ends);
      this.ends = ends;
    }
    return start;
  }

  private startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1]!;
  }
}

/** A 32-bit hash of the bytes `from` … `to` - 1 (FNV-1a with a finalizer). */
export function hashBytes(bytes: Uint8Array, from: number, to: number): number {
  let hash = 0x811c9dc5;
  for (let at = from; at < to; at++) hash = Math.imul(hash ^ bytes[at]!, 0x01000193);
  return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
}

function grown(bytes: Uint8Array<ArrayBuffer>, capacity: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(capacity);
  larger.set(bytes);
  return larger;
}
