/**
 * The first bytes of both directions of a TCP connection, put in order: over segments of any size, reordered, repeated and
 * overlapping. Only for connections whose first bytes leave it open what they are; most are decided on their first segment
 * and never come here.
 *
 * What arrives is copied to its place by sequence number, and a bit per byte says what is there; where segments overlap, the
 * bytes that came first stay. Bounded: WINDOW bytes per direction, and a fixed number of connections.
 */
import { PartitionPlaces } from './partition-places.ts';

/** Bytes kept of each direction: more than the longest proxy preface and handshake opening that a fingerprint needs. */
export const WINDOW = 4096;

const PLACES_PER_CHUNK = 64;
/** Connections of each partition of all flows; together some 64 MB. */
const PLACES_OF_PART = 128;
const FLAG_WORDS = WINDOW / 32;

/** Per direction: sequence number of the first byte, whether that is known, bytes in order, cursor of the reader. */
const Word = { BASE: 0, KNOWN: 1, IN_ORDER: 2, CURSOR: 3, SEGMENTS: 4, PHASE: 5 } as const;
const DIRECTION_WORDS = 8;

export class TcpPrefixBuffer {
  private readonly chunks: DataView[] = [];
  private readonly flags: Int32Array[] = [];
  private readonly words: Int32Array[] = [];
  private readonly places = new PartitionPlaces(PLACES_OF_PART);

  /** Connections that found no place. */
  refusedCount = 0;

  /** Connections held now. */
  get count(): number {
    return this.places.count;
  }

  /** A place for a connection of a partition of all flows (dataplane/wire/partition), or 0 where the partition has none left. */
  take(partition: number): number {
    const place = this.places.take(partition);
    if (place === 0) {
      this.refusedCount++;
      return 0;
    }
    const chunk = Math.floor(place / PLACES_PER_CHUNK);
    if (chunk === this.chunks.length) {
      this.chunks.push(new DataView(new ArrayBuffer(PLACES_PER_CHUNK * WINDOW * 2)));
      this.flags.push(new Int32Array(PLACES_PER_CHUNK * FLAG_WORDS * 2));
      this.words.push(new Int32Array(PLACES_PER_CHUNK * DIRECTION_WORDS * 2));
    }
    const inChunk = place % PLACES_PER_CHUNK;
    this.flags[chunk]!.fill(0, inChunk * FLAG_WORDS * 2, (inChunk + 1) * FLAG_WORDS * 2);
    this.words[chunk]!.fill(0, inChunk * DIRECTION_WORDS * 2, (inChunk + 1) * DIRECTION_WORDS * 2);
    return place;
  }

  release(place: number): void {
    this.places.release(place);
  }

  /** Says where a direction's bytes begin. */
  setBase(place: number, direction: number, sequence: number): void {
    this.set(place, direction, Word.BASE, sequence);
    this.set(place, direction, Word.KNOWN, 1);
  }

  /** Sequence number of a direction's first byte here. */
  base(place: number, direction: number): number {
    return this.get(place, direction, Word.BASE);
  }

  hasBase(place: number, direction: number): boolean {
    return this.get(place, direction, Word.KNOWN) === 1;
  }

  /**
   * Copies a segment's bytes to their place. Returns how many bytes of the direction are in order now; the same as before
   * where the segment left a gap or added nothing.
   */
  push(place: number, direction: number, sequence: number, data: DataView, at: number, length: number): number {
    const chunk = Math.floor(place / PLACES_PER_CHUNK);
    const lane = (place % PLACES_PER_CHUNK) * 2 + direction;
    const bytes = this.chunks[chunk]!;
    const flags = this.flags[chunk]!;
    const offset = (sequence - this.get(place, direction, Word.BASE)) | 0;
    const from = Math.max(0, offset);
    const to = Math.min(WINDOW, offset + length);
    for (let position = from; position < to; position++) {
      const word = lane * FLAG_WORDS + (position >> 5);
      const bit = 1 << (position & 31);
      if ((flags[word]! & bit) !== 0) continue;
      flags[word]! |= bit;
      bytes.setUint8(lane * WINDOW + position, data.getUint8(at + position - offset));
    }
    let inOrder = this.get(place, direction, Word.IN_ORDER);
    while (inOrder < WINDOW && (flags[lane * FLAG_WORDS + (inOrder >> 5)]! & (1 << (inOrder & 31))) !== 0) inOrder++;
    this.set(place, direction, Word.IN_ORDER, inOrder);
    this.set(place, direction, Word.SEGMENTS, this.get(place, direction, Word.SEGMENTS) + 1);
    return inOrder;
  }

  /** The bytes of a connection: those of `direction` begin at `offset(place, direction)`. */
  bytes(place: number): DataView {
    return this.chunks[Math.floor(place / PLACES_PER_CHUNK)]!;
  }

  offset(place: number, direction: number): number {
    return ((place % PLACES_PER_CHUNK) * 2 + direction) * WINDOW;
  }

  inOrder(place: number, direction: number): number {
    return this.get(place, direction, Word.IN_ORDER);
  }

  /** Segments pushed, both directions. */
  segmentCount(place: number): number {
    return this.get(place, 0, Word.SEGMENTS) + this.get(place, 1, Word.SEGMENTS);
  }

  /** How far the reader of a direction has come, bytes from its first. */
  cursor(place: number, direction: number): number {
    return this.get(place, direction, Word.CURSOR);
  }

  setCursor(place: number, direction: number, cursor: number): void {
    this.set(place, direction, Word.CURSOR, cursor);
  }

  /** The reader's own note on a direction, 0 at first. */
  phase(place: number, direction: number): number {
    return this.get(place, direction, Word.PHASE);
  }

  setPhase(place: number, direction: number, phase: number): void {
    this.set(place, direction, Word.PHASE, phase);
  }

  private get(place: number, direction: number, word: number): number {
    const lane = (place % PLACES_PER_CHUNK) * 2 + direction;
    return this.words[Math.floor(place / PLACES_PER_CHUNK)]![lane * DIRECTION_WORDS + word]!;
  }

  private set(place: number, direction: number, word: number, value: number): void {
    const lane = (place % PLACES_PER_CHUNK) * 2 + direction;
    this.words[Math.floor(place / PLACES_PER_CHUNK)]![lane * DIRECTION_WORDS + word] = value;
  }
}
