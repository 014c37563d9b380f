/**
 * Slots by the hash of their flow's key: a table of open addressing, searched step by step from a hash's own place,
 * which its highest bits name.
 *
 * An entry is one word: the slot; above it how far the entry is from its own place, as far as four bits can say; above
 * that as many of the hash's lowest bits as fit. Most other flows differ in the upper two parts, so that their rows are
 * not read. The distance says which entries may move up when one before them is removed; without it, the rows of all of
 * them would have to be read.
 *
 * Invariants: an entry of 0 is empty; every slot is in one entry, between its own place and the next empty entry; at
 * most half of the entries are used. The table grows as flows come, so few flows stay within the caches; 8 to 32 bytes
 * a flow. Its memory is reserved at its largest; what is after its present end is zero.
 */
import { takeRegion, zeroBytes } from '../memory';
import { FlowRows } from './flow-rows';
import { Invariant } from './invariant';

const DISTANCE_BITS: i32 = 4;
const LONGEST: u32 = (1 << DISTANCE_BITS) - 1;
const SMALLEST_BITS: i32 = 14;
/** How much it grows at a time, in bits: each time all rows are read for their hashes. */
const GROWTH_BITS: i32 = 2;
/** Rows that are read at once where the index grows. */
const GROUP: i32 = 32;

@final
export class FlowIndex {
  /** Address of the entries, and one less than their number. */
  readonly entriesAt: usize;
  mask: u32;
  /** What moves a hash to its own place, and to its piece in an entry. */
  placeShift: u32;
  readonly pieceShift: u32;
  /** Bits of an entry that are the slot. */
  readonly slotBits: u32;
  readonly distanceStep: u32;
  readonly longestDistance: u32;
  private readonly largestBits: i32;
  private readonly rows: FlowRows;
  private readonly hashes: StaticArray<u32> = new StaticArray<u32>(GROUP);
  /** Kept, so that the compiler keeps reads that are only made to have memory in the caches. */
  touchedSum: u32 = 0;
  private used: u32 = 0;

  /** Slots are 1 to `largestSlot`. */
  constructor(largestSlot: i32, rows: FlowRows) {
    this.rows = rows;
    const slotBits = 32 - clz<i32>(largestSlot);
    this.slotBits = slotBits;
    // Twice as many entries as slots, or more.
    this.largestBits = max(SMALLEST_BITS, slotBits + 1);
    this.pieceShift = slotBits + DISTANCE_BITS;
    this.distanceStep = 1 << slotBits;
    this.longestDistance = LONGEST << slotBits;
    this.entriesAt = takeRegion((<usize>sizeof<u32>()) << this.largestBits);
    this.mask = (1 << SMALLEST_BITS) - 1;
    this.placeShift = 32 - SMALLEST_BITS;
  }

  /** The entry at a place. */
  entry(place: u32): u32 {
    return load<u32>(this.entriesAt + ((<usize>place) << 2));
  }

  /** The first slot from a hash's own place on whose entry fits the hash, or 0: probably the one that is looked for. */
  candidate(hash: u32): i32 {
    let fitting = hash << this.pieceShift;
    for (let place = hash >> this.placeShift; ; place = (place + 1) & this.mask) {
      const entry = this.entry(place);
      if (entry == 0) return 0;
      // What is left is the slot where all above it is equal.
      const slot = entry ^ fitting;
      if (slot >> this.slotBits == 0) return <i32>slot;
      fitting = this.stepped(fitting);
    }
    return 0;
  }

  /**
   * Widens the table where one more slot would fill more than half of it; the rows must be those of the slots in it.
   */
  makeRoom(): void {
    if ((this.used + 1) * 2 > this.mask + 1) this.widen();
  }

  /** Adds a slot that is not in the index, and for which there is room. */
  add(hash: u32, slot: i32): void {
    let entry = (hash << this.pieceShift) | (<u32>slot);
    let place = hash >> this.placeShift;
    while (this.entry(place) != 0) {
      place = (place + 1) & this.mask;
      entry = this.stepped(entry);
    }
    this.put(place, entry);
    this.used++;
  }

  /** Removes a slot that is in the index. */
  remove(hash: u32, slot: i32): void {
    const slotMask = this.distanceStep - 1;
    const mask = this.mask;
    let gap = hash >> this.placeShift;
    while ((this.entry(gap) & slotMask) != <u32>slot) gap = (gap + 1) & mask;
    // Entries after the gap move up unless that would put them before their own place: no marks of removed ones are
    // needed.
    for (let place = (gap + 1) & mask; ; place = (place + 1) & mask) {
      const entry = this.entry(place);
      if (entry == 0) break;
      const back = (place - gap) & mask;
      const distance = this.distanceOf(entry, place);
      if (distance < back) continue;
      this.put(gap, this.withDistance(entry, distance - back));
      gap = place;
    }
    this.put(gap, 0);
    this.used--;
  }

  clear(): void {
    this.reset(SMALLEST_BITS);
  }

  /** An entry, or what is compared with entries, one step further from its own place. */
  stepped(entry: u32): u32 {
    return (entry & this.longestDistance) == this.longestDistance ? entry : entry + this.distanceStep;
  }

  /** The invariant that is broken, NONE where all hold. `active`: how many slots are. */
  checkInvariants(active: i32): Invariant {
    if (this.used != <u32>active) return Invariant.INDEX_HAS_ALL;
    if (this.used * 2 > this.mask + 1) return Invariant.INDEX_HALF_EMPTY;
    let used: u32 = 0;
    for (let place: u32 = 0; place < (<u32>1) << this.largestBits; place++) {
      if (this.entry(place) == 0) continue;
      if (place > this.mask) return Invariant.INDEX_REST_ZERO;
      used++;
    }
    if (used != this.used) return Invariant.INDEX_REST_ZERO;
    for (let slot = 1; slot <= this.rows.lastSlot; slot++) {
      if (this.rows.isActive(slot) && !this.isInPlace(slot)) return Invariant.INDEX_PLACE;
    }
    return Invariant.NONE;
  }

  private isInPlace(slot: i32): bool {
    const hash = this.rows.hashOf(slot);
    let wanted = (hash << this.pieceShift) | (<u32>slot);
    let place = hash >> this.placeShift;
    while (this.entry(place) != 0 && this.entry(place) != wanted) {
      place = (place + 1) & this.mask;
      wanted = this.stepped(wanted);
    }
    return this.entry(place) == wanted;
  }

  private put(place: u32, entry: u32): void {
    store<u32>(this.entriesAt + ((<usize>place) << 2), entry);
  }

  private distanceOf(entry: u32, place: u32): u32 {
    const distance = entry & this.longestDistance;
    if (distance != this.longestDistance) return distance >> this.slotBits;
    // At least that: few are so far away.
    const slot = <i32>(entry & (this.distanceStep - 1));
    return (place - (this.rows.hashOf(slot) >> this.placeShift)) & this.mask;
  }

  private withDistance(entry: u32, distance: u32): u32 {
    return (entry & ~this.longestDistance) | (min(distance, LONGEST) << this.slotBits);
  }

  private reset(bits: i32): void {
    zeroBytes(this.entriesAt, <i32>((this.mask + 1) << 2));
    this.mask = ((<u32>1) << bits) - 1;
    this.placeShift = 32 - bits;
    this.used = 0;
  }

  private widen(): void {
    this.reset(min(32 - <i32>this.placeShift + GROWTH_BITS, this.largestBits));
    const lastSlot = this.rows.lastSlot;
    for (let slot = 1; slot <= lastSlot; slot += GROUP) this.addGroup(slot, min(slot + GROUP, lastSlot + 1));
  }

  /** Adds the active ones of the slots in [from, to): reads all their places at once, as the table's prefetch does. */
  private addGroup(from: i32, to: i32): void {
    const rows = this.rows;
    const hashes = this.hashes;
    let sum: u32 = 0;
    for (let slot = from; slot < to; slot++) hashes[slot - from] = rows.isActive(slot) ? rows.hashOf(slot) : 0;
    for (let i = 0; i < to - from; i++) sum ^= this.entry(hashes[i] >> this.placeShift);
    this.touchedSum = sum;
    for (let slot = from; slot < to; slot++) {
      if (rows.isActive(slot)) this.add(hashes[slot - from], slot);
    }
  }
}
