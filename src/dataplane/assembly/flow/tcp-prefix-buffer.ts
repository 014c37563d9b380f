/**
 * The first bytes of both directions of a TCP connection, put in order: over segments of any size, reordered, repeated
 * and overlapping. Only for connections whose first bytes leave it open what they are; most are decided on their first
 * segment and never come here.
 *
 * What arrives is copied to its place by sequence number; where segments overlap, the bytes that came first stay. As
 * long as segments leave no gap, what is there is one number; from a direction's first gap on, a bit for each byte
 * after it says what is there. Bounded: WINDOW bytes per direction, and a fixed number of connections.
 */
import { copyBytes, zeroBytes } from '../memory';
import { Slab } from '../slab';
import { Invariant } from './invariant';
import { PartitionPlaces } from './partition-places';

/** Bytes kept of each direction: more than the longest proxy preface and handshake opening that a fingerprint needs. */
export const WINDOW: i32 = 4096;

/** Connections of each partition of all flows; together some 64 MB. */
const PLACES_OF_PARTITION: i32 = 128;
/** Places of which memory is taken at once, in bits. */
const STEP_BITS: i32 = 5;

/** A direction: what is known of it, a bit for each byte that is there, and the bytes. */
// @ts-ignore: decorator
@unmanaged
@final
class Prefix {
  /** Sequence number of the first byte, and whether that is known. */
  base: u32;
  hasBase: bool;
  /** A segment has left a gap: the bits of bytes from `inOrder` on are kept from then on. */
  hasGap: bool;
  /** Bytes in order. */
  inOrder: i32;
  /** The reader's place, bytes from the first, and its own note. */
  cursor: i32;
  phase: i32;
  /** Segments pushed. */
  segments: i32;
  free: u64;
}

const BITS_AT: usize = 32;
const BITS_LENGTH: usize = WINDOW / 8;
const BYTES_AT: usize = BITS_AT + BITS_LENGTH;
const PREFIX_LENGTH: usize = BYTES_AT + WINDOW;

@final
export class TcpPrefixBuffer {
  /** Connections that found no place. */
  refusedCount: i32 = 0;
  private readonly places: PartitionPlaces = new PartitionPlaces(PLACES_OF_PARTITION);
  private readonly prefixes: Slab = new Slab(2 * PREFIX_LENGTH, STEP_BITS, PLACES_OF_PARTITION * 64 + 1);

  /** Connections held now. */
  get count(): i32 {
    return this.places.count;
  }

  /** Takes all places back: the capture is over. */
  clear(): void {
    this.places.clear();
    this.refusedCount = 0;
  }

  /** A place for a connection of a partition of all flows (wire/partition), or 0 where the partition has none left. */
  take(partition: i32): i32 {
    const place = this.places.take(partition);
    if (place == 0) {
      this.refusedCount++;
      return 0;
    }
    this.prefixes.reserve(place);
    for (let direction = 0; direction < 2; direction++) zeroBytes(this.address(place, direction), <i32>BITS_AT);
    return place;
  }

  release(place: i32): void {
    this.places.release(place);
  }

  /** Says where a direction's bytes begin. */
  setBase(place: i32, direction: i32, sequence: u32): void {
    const prefix = this.prefix(place, direction);
    prefix.base = sequence;
    prefix.hasBase = true;
  }

  /** Sequence number of a direction's first byte here. */
  base(place: i32, direction: i32): u32 {
    return this.prefix(place, direction).base;
  }

  hasBase(place: i32, direction: i32): bool {
    return this.prefix(place, direction).hasBase;
  }

  /**
   * Copies a segment's bytes to their place. Returns how many bytes of the direction are in order now; the same as
   * before where the segment left a gap or added nothing.
   */
  push(place: i32, direction: i32, sequence: u32, at: usize, length: i32): i32 {
    const prefix = this.prefix(place, direction);
    prefix.segments++;
    const offset = <i32>(sequence - prefix.base);
    if (offset >= WINDOW) return prefix.inOrder;
    const to = min(WINDOW, offset + length);
    // What is in order is there already.
    const from = max(prefix.inOrder, offset);
    if (from >= to) return prefix.inOrder;
    // The segment's bytes as if they began at the direction's first byte.
    const source = at - <usize>offset;
    if (!prefix.hasGap && from == prefix.inOrder) {
      const bytes = this.bytes(place, direction);
      copyBytes(bytes + <usize>from, source + <usize>from, to - from);
      prefix.inOrder = to;
      return to;
    }
    return this.fill(prefix, from, to, source);
  }

  /** Copies the bytes in [from, to) that are not there, whose first would be at `source`, in a direction with gaps. */
  private fill(prefix: Prefix, from: i32, to: i32, source: usize): i32 {
    const start = changetype<usize>(prefix);
    if (!prefix.hasGap) {
      prefix.hasGap = true;
      zeroBytes(start + BITS_AT, <i32>BITS_LENGTH);
    }
    for (let position = from; position < to; position++) {
      const word = start + ((<usize>(position >> 5)) << 2);
      const bit: u32 = 1 << (position & 31);
      const bits = load<u32>(word, BITS_AT);
      if ((bits & bit) != 0) continue;
      store<u32>(word, bits | bit, BITS_AT);
      store<u8>(start + <usize>position, load<u8>(source + <usize>position), BYTES_AT);
    }
    let inOrder = prefix.inOrder;
    while (inOrder < WINDOW && this.isThere(start, inOrder)) inOrder++;
    prefix.inOrder = inOrder;
    return inOrder;
  }

  private isThere(start: usize, position: i32): bool {
    const bits = load<u32>(start + ((<usize>(position >> 5)) << 2), BITS_AT);
    return (bits & (1 << (position & 31))) != 0;
  }

  /** Address of a direction's first byte. */
  bytes(place: i32, direction: i32): usize {
    return this.address(place, direction) + BYTES_AT;
  }

  inOrder(place: i32, direction: i32): i32 {
    return this.prefix(place, direction).inOrder;
  }

  /** Segments pushed, both directions. */
  segmentCount(place: i32): i32 {
    return this.prefix(place, 0).segments + this.prefix(place, 1).segments;
  }

  /** How far the reader of a direction has come, bytes from its first. */
  cursor(place: i32, direction: i32): i32 {
    return this.prefix(place, direction).cursor;
  }

  setCursor(place: i32, direction: i32, cursor: i32): void {
    this.prefix(place, direction).cursor = cursor;
  }

  /** The reader's own note on a direction, 0 at first. */
  phase(place: i32, direction: i32): i32 {
    return this.prefix(place, direction).phase;
  }

  setPhase(place: i32, direction: i32, phase: i32): void {
    this.prefix(place, direction).phase = phase;
  }

  checkInvariants(): Invariant {
    return this.places.checkInvariants();
  }

  private prefix(place: i32, direction: i32): Prefix {
    return changetype<Prefix>(this.address(place, direction));
  }

  private address(place: i32, direction: i32): usize {
    return this.prefixes.at(place) + <usize>direction * PREFIX_LENGTH;
  }
}
