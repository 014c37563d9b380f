/**
 * Slots by the hash of their flow's key: a table of open addressing, searched step by step from a hash's own place, which its
 * highest bits name.
 *
 * An entry is one word: the slot; above it how far the entry stands from its own place, as far as four bits can say; above that as
 * many of the hash's lowest bits as fit. The upper two parts tell most other flows apart, so that their rows are not looked at.
 * The distance tells when a row is taken out which entries behind it may move up; without it, the rows of all of them would have
 * to be read.
 *
 * Invariants: an entry of 0 is empty; every slot stands in one entry, between its own place and the next empty entry; at most
 * half of the entries are used. The table grows as flows come, so few flows stay within the caches; 8 to 32 bytes a flow.
 */

import { invariant } from '../../core/invariant.ts';

/** What the rows tell, from which the index could be made again. */
export interface HashedRows {
  readonly lastSlot: number;
  isActive(slot: number): boolean;
  hashOf(slot: number): number;
}

const DISTANCE_BITS = 4;
const SMALLEST_BITS = 14;
/** How much it grows at a time, in bits: each time all rows are read for their hashes. */
const GROWTH_BITS = 2;
const GROUP = 32;

export class FlowIndex {
  entries: Int32Array;
  /** What moves a hash to its own place, and to its piece in an entry. */
  placeShift: number;
  readonly pieceShift: number;
  mask: number;
  /** Bits of an entry that are the slot. */
  readonly slotBits: number;
  readonly distanceStep: number;
  readonly longestDistance: number;
  private readonly largestBits: number;
  private readonly hashes = new Int32Array(GROUP);
  touchedSum = 0;
  private used = 0;
  private readonly rows: HashedRows;

  /** Slots are 1 to `lastSlot`. */
  constructor(lastSlot: number, rows: HashedRows) {
    this.rows = rows;
    this.slotBits = 32 - Math.clz32(lastSlot);
    // Twice as many entries as slots, or more.
    this.largestBits = Math.max(SMALLEST_BITS, this.slotBits + 1);
    this.pieceShift = this.slotBits + DISTANCE_BITS;
    this.distanceStep = 1 << this.slotBits;
    this.longestDistance = ((1 << DISTANCE_BITS) - 1) << this.slotBits;
    this.entries = new Int32Array(1 << SMALLEST_BITS);
    this.mask = this.entries.length - 1;
    this.placeShift = 32 - SMALLEST_BITS;
  }

  /** The first slot from a hash's own place on whose entry fits the hash, or 0: probably the one that is looked for. */
  candidate(hash: number): number {
    const { entries, mask } = this;
    let fitting = hash << this.pieceShift;
    for (let at = hash >>> this.placeShift; ; at = (at + 1) & mask) {
      const entry = entries[at]!;
      if (entry === 0) return 0;
      // What is left is the slot where all above it is equal.
      const slot = entry ^ fitting;
      if (slot >>> this.slotBits === 0) return slot;
      fitting = this.stepped(fitting);
    }
  }

  /** Widens the table where one more slot would fill more than half of it; the rows must be those of the slots in it. */
  makeRoom(): void {
    if ((this.used + 1) * 2 > this.entries.length) this.widen();
  }

  /** Adds a slot that is not in the index, and for which there is room. */
  add(hash: number, slot: number): void {
    const { entries, mask } = this;
    let entry = (hash << this.pieceShift) | slot;
    let at = hash >>> this.placeShift;
    while (entries[at] !== 0) {
      at = (at + 1) & mask;
      entry = this.stepped(entry);
    }
    entries[at] = entry;
    this.used++;
  }

  /** Takes a slot out. */
  remove(hash: number, slot: number): void {
    const { entries, mask } = this;
    const slotMask = this.distanceStep - 1;
    let gap = hash >>> this.placeShift;
    while ((entries[gap]! & slotMask) !== slot) gap = (gap + 1) & mask;
    // Entries behind the gap move up unless that would take them in front of their own place: no marks of the deleted are needed.
    for (let at = (gap + 1) & mask; entries[at] !== 0; at = (at + 1) & mask) {
      const entry = entries[at]!;
      const back = (at - gap) & mask;
      const distance = this.distanceOf(entry, at);
      if (distance < back) continue;
      entries[gap] = this.withDistance(entry, distance - back);
      gap = at;
    }
    entries[gap] = 0;
    this.used--;
  }

  clear(): void {
    this.reset(SMALLEST_BITS);
  }

  /** An entry, or what is compared with entries, one step further from its own place. */
  stepped(entry: number): number {
    return (entry & this.longestDistance) === this.longestDistance ? entry : (entry + this.distanceStep) | 0;
  }

  /** Throws if an invariant is broken. `slots`: all slots in the index. */
  checkInvariants(slots: readonly number[]): void {
    const { entries, mask, rows } = this;
    invariant(this.used === slots.length, 'every slot is in the index once');
    invariant(this.used * 2 <= entries.length, 'at most half of the entries are used');
    invariant(entries.filter((entry) => entry !== 0).length === this.used, 'unused entries are 0');
    for (const slot of slots) {
      const hash = rows.hashOf(slot);
      let wanted = (hash << this.pieceShift) | slot;
      let at = hash >>> this.placeShift;
      for (; entries[at] !== 0 && entries[at] !== wanted; at = (at + 1) & mask) wanted = this.stepped(wanted);
      invariant(entries[at] === wanted, 'a slot is between its own place and the next empty entry');
    }
  }

  private distanceOf(entry: number, at: number): number {
    const distance = entry & this.longestDistance;
    if (distance !== this.longestDistance) return distance >>> this.slotBits;
    // At least that: few stand so far away.
    return (at - (this.rows.hashOf(entry & (this.distanceStep - 1)) >>> this.placeShift)) & this.mask;
  }

  private withDistance(entry: number, distance: number): number {
    const field = Math.min(distance, (1 << DISTANCE_BITS) - 1) << this.slotBits;
    return (entry & ~this.longestDistance) | field;
  }

  private reset(bits: number): void {
    this.entries = new Int32Array(1 << bits);
    this.mask = this.entries.length - 1;
    this.placeShift = 32 - bits;
    this.used = 0;
  }

  private widen(): void {
    this.reset(Math.min(32 - this.placeShift + GROWTH_BITS, this.largestBits));
    const { rows } = this;
    const { lastSlot } = rows;
    for (let slot = 1; slot <= lastSlot; slot += GROUP) this.addGroup(slot, Math.min(slot + GROUP, lastSlot + 1));
  }

  /** Adds the active ones of the slots in [from, to): touches all their places at once, as `prefetch` of the table does. */
  private addGroup(from: number, to: number): void {
    const { rows, entries, placeShift, hashes } = this;
    let sum = 0;
    for (let slot = from; slot < to; slot++) hashes[slot - from] = rows.isActive(slot) ? rows.hashOf(slot) : 0;
    for (let i = 0; i < GROUP; i++) sum ^= entries[hashes[i]! >>> placeShift]!;
    this.touchedSum = sum;
    for (let slot = from; slot < to; slot++) {
      if (rows.isActive(slot)) this.add(hashes[slot - from]!, slot);
    }
  }
}
