/**
 * Where the next record of each direction of a TCP connection begins, for connections that were joined in the middle:
 * records have their length in front, so each says where the one after it begins, over segment borders. Where the first
 * bytes of a record come in several segments, they are kept until there are enough.
 *
 * Bounded: HEAD_LIMIT bytes per direction, and a fixed number of connections (partition-places).
 */
import { copyBytes, zeroBytes } from '../memory';
import { Slab } from '../slab';
import { Invariant } from './invariant';
import { PartitionPlaces } from './partition-places';

/** Bytes of a record, with its length, that are kept: more than the header of any packet in it. */
export const HEAD_LIMIT: i32 = 160;

const PLACES_OF_PARTITION: i32 = 256;
/** Places of which memory is taken at once, in bits. */
const STEP_BITS: i32 = 6;

/** A direction; the kept bytes of its next record follow. */
// @ts-ignore: decorator
@unmanaged
@final
class Expected {
  /** Sequence number of the next record's first byte, and whether that is known. */
  next: u32;
  isKnown: bool;
  /** How many of its bytes are kept. */
  held: i32;
  /** In the first direction: segments in a row that fitted nothing. */
  misses: i32;
}

const BYTES_AT: usize = 16;
const EXPECTED_LENGTH: usize = BYTES_AT + HEAD_LIMIT;

@final
export class RecordChain {
  private readonly places: PartitionPlaces = new PartitionPlaces(PLACES_OF_PARTITION);
  private readonly directions: Slab = new Slab(2 * EXPECTED_LENGTH, STEP_BITS, PLACES_OF_PARTITION * 64 + 1);

  /** Connections held now. */
  get count(): i32 {
    return this.places.count;
  }

  /** Takes all places back: the capture is over. */
  clear(): void {
    this.places.clear();
  }

  /** A place for a connection of a partition of all flows, or 0 where the partition has none left. */
  take(partition: i32): i32 {
    const place = this.places.take(partition);
    if (place == 0) return 0;
    this.directions.reserve(place);
    for (let direction = 0; direction < 2; direction++) zeroBytes(this.address(place, direction), <i32>BYTES_AT);
    return place;
  }

  release(place: i32): void {
    this.places.release(place);
  }

  /** The direction's next record begins at this sequence number. */
  expect(place: i32, direction: i32, sequence: u32): void {
    const expected = this.expected(place, direction);
    expected.next = sequence;
    expected.isKnown = true;
    expected.held = 0;
  }

  /** It is not known any more where the direction's next record begins. */
  forget(place: i32, direction: i32): void {
    const expected = this.expected(place, direction);
    expected.isKnown = false;
    expected.held = 0;
  }

  isKnown(place: i32, direction: i32): bool {
    return this.expected(place, direction).isKnown;
  }

  /** Sequence number of the next record's first byte. */
  next(place: i32, direction: i32): u32 {
    return this.expected(place, direction).next;
  }

  /** How many bytes of the next record are kept. */
  held(place: i32, direction: i32): i32 {
    return this.expected(place, direction).held;
  }

  /** Keeps `length` bytes that follow those that are kept, as far as there is room. Returns how many are kept now. */
  hold(place: i32, direction: i32, at: usize, length: i32): i32 {
    const expected = this.expected(place, direction);
    const held = expected.held;
    const added = min(length, HEAD_LIMIT - held);
    if (added <= 0) return held;
    copyBytes(this.bytes(place, direction) + <usize>held, at, added);
    expected.held = held + added;
    return held + added;
  }

  /** Address of the bytes that are kept of a direction. */
  bytes(place: i32, direction: i32): usize {
    return this.address(place, direction) + BYTES_AT;
  }

  /** Counts a segment that fitted nothing; returns how many did in a row. */
  miss(place: i32): i32 {
    return ++this.expected(place, 0).misses;
  }

  hit(place: i32): void {
    this.expected(place, 0).misses = 0;
  }

  checkInvariants(): Invariant {
    return this.places.checkInvariants();
  }

  private expected(place: i32, direction: i32): Expected {
    return changetype<Expected>(this.address(place, direction));
  }

  private address(place: i32, direction: i32): usize {
    return this.directions.at(place) + <usize>direction * EXPECTED_LENGTH;
  }
}
