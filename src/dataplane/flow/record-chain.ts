/**
 * Where the next record of each direction of a TCP connection begins, for connections that were joined in the middle: records have
 * their length in front, so each tells where the one after it begins, over segment borders. Of a record whose first bytes come in
 * several segments, these are kept until there are enough.
 *
 * Bounded: HEAD_LIMIT bytes per direction, and a fixed number of connections (partition-places.ts).
 */
import { PartitionPlaces } from './partition-places.ts';

/** Bytes of a record, with its length, that are kept: more than the header of any packet in it. */
export const HEAD_LIMIT = 160;

const PLACES_PER_CHUNK = 64;
const PLACES_OF_PART = 256;

/** Words of a direction: sequence number of the next record's first byte, whether that is known, how many of its bytes are kept. */
const Word = { NEXT: 0, KNOWN: 1, HELD: 2 } as const;
const DIRECTION_WORDS = 4;
/** Word of a place, in the unused one of its first direction: segments in a row that fitted nothing. */
const MISSES = 3;

export class RecordChain {
  private readonly chunks: DataView[] = [];
  private readonly words: Int32Array[] = [];
  private readonly places = new PartitionPlaces(PLACES_OF_PART);

  /** Connections held now. */
  get count(): number {
    return this.places.count;
  }

  /** A place for a connection of a partition of all flows, or 0 where the partition has none left. */
  take(partition: number): number {
    const place = this.places.take(partition);
    if (place === 0) return 0;
    const chunk = Math.floor(place / PLACES_PER_CHUNK);
    while (chunk >= this.chunks.length) {
      this.chunks.push(new DataView(new ArrayBuffer(PLACES_PER_CHUNK * HEAD_LIMIT * 2)));
      this.words.push(new Int32Array(PLACES_PER_CHUNK * DIRECTION_WORDS * 2));
    }
    const from = (place % PLACES_PER_CHUNK) * DIRECTION_WORDS * 2;
    this.words[chunk]!.fill(0, from, from + DIRECTION_WORDS * 2);
    return place;
  }

  release(place: number): void {
    this.places.release(place);
  }

  /** The direction's next record begins at this sequence number. */
  expect(place: number, direction: number, sequence: number): void {
    this.set(place, direction, Word.NEXT, sequence);
    this.set(place, direction, Word.KNOWN, 1);
    this.set(place, direction, Word.HELD, 0);
  }

  /** It is not known any more where the direction's next record begins. */
  forget(place: number, direction: number): void {
    this.set(place, direction, Word.KNOWN, 0);
    this.set(place, direction, Word.HELD, 0);
  }

  isKnown(place: number, direction: number): boolean {
    return this.get(place, direction, Word.KNOWN) === 1;
  }

  /** Sequence number of the next record's first byte. */
  next(place: number, direction: number): number {
    return this.get(place, direction, Word.NEXT);
  }

  /** How many bytes of the next record are kept. */
  held(place: number, direction: number): number {
    return this.get(place, direction, Word.HELD);
  }

  /** Keeps `length` bytes that follow those that are kept, as far as there is room. Returns how many are kept now. */
  hold(place: number, direction: number, data: DataView, at: number, length: number): number {
    const head = this.bytes(place);
    const from = this.offset(place, direction);
    let held = this.held(place, direction);
    for (let i = 0; i < length && held < HEAD_LIMIT; i++) head.setUint8(from + held++, data.getUint8(at + i));
    this.set(place, direction, Word.HELD, held);
    return held;
  }

  /** The bytes that are kept: those of `direction` begin at `offset(place, direction)`. */
  bytes(place: number): DataView {
    return this.chunks[Math.floor(place / PLACES_PER_CHUNK)]!;
  }

  offset(place: number, direction: number): number {
    return ((place % PLACES_PER_CHUNK) * 2 + direction) * HEAD_LIMIT;
  }

  /** Counts a segment that fitted nothing; returns how many did in a row. */
  miss(place: number): number {
    const misses = this.get(place, 0, MISSES) + 1;
    this.set(place, 0, MISSES, misses);
    return misses;
  }

  hit(place: number): void {
    this.set(place, 0, MISSES, 0);
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
