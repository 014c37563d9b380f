/**
 * A column of short texts, packed as UTF-8 in one block: a million holders' names cost their octets and four more each, not a
 * million strings. Text i is the octets ends[i - 1] … ends[i] - 1.
 */
const FIRST_OCTETS = 4096;
const FIRST_COUNT = 64;
/** UTF-8 octets of one UTF-16 unit at most. */
const OCTETS_PER_UNIT = 3;

const encoder = new TextEncoder();
const decoder = new TextDecoder();

export class TextColumn {
  count = 0;
  private octets = new Uint8Array(FIRST_OCTETS);
  private ends = new Uint32Array(FIRST_COUNT);

  push(text: string): void {
    const start = this.reserve(text.length * OCTETS_PER_UNIT);
    const { written } = encoder.encodeInto(text, this.octets.subarray(start));
    this.ends[this.count++] = start + written;
  }

  /** Adds the text that the octets `from` … `to` - 1 of some UTF-8 are. */
  pushOctets(source: Uint8Array, from: number, to: number): void {
    let at = this.reserve(to - from);
    const { octets } = this;
    for (let i = from; i < to; i++) octets[at++] = source[i]!;
    this.ends[this.count++] = at;
  }

  get(index: number): string {
    return decoder.decode(this.octets.subarray(this.startOf(index), this.ends[index]));
  }

  isEmpty(index: number): boolean {
    return this.startOf(index) === this.ends[index];
  }

  /** The same for two texts that are alike; spread over all 32 bits. */
  hashOf(index: number): number {
    const { octets } = this;
    const end = this.ends[index]!;
    let hash = 0x811c9dc5;
    for (let at = this.startOf(index); at < end; at++) hash = Math.imul(hash ^ octets[at]!, 0x01000193);
    return Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d) >>> 0;
  }

  isSame(one: number, other: number): boolean {
    const { octets } = this;
    const start = this.startOf(one);
    const distance = this.startOf(other) - start;
    const end = this.ends[one]!;
    if (this.ends[other]! - end !== distance) return false;
    for (let at = start; at < end; at++) if (octets[at] !== octets[at + distance]) return false;
    return true;
  }

  /** Gives back what is kept in reserve. */
  trim(): void {
    this.octets = this.octets.slice(0, this.startOf(this.count));
    this.ends = this.ends.slice(0, this.count);
  }

  get byteLength(): number {
    return this.octets.byteLength + this.ends.byteLength;
  }

  /** Room for one more text of so many octets; where it begins. */
  private reserve(length: number): number {
    const start = this.startOf(this.count);
    const needed = start + length;
    if (needed > this.octets.length) this.octets = grown(this.octets, Math.max(needed, this.octets.length * 2));
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

function grown(octets: Uint8Array<ArrayBuffer>, capacity: number): Uint8Array<ArrayBuffer> {
  const larger = new Uint8Array(capacity);
  larger.set(octets);
  return larger;
}
