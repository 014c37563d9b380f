/**
 * Which IPv6 prefixes cover an address. prefix-trie explains the idea; this form has keys of four words, and nodes that skip the bits
 * which all their prefixes share, so that a registry inside one /32 is no deeper than one spread over the whole space.
 *
 * Record i at `records[5 i]`: [word 0, word 1, word 2, word 3, parent << 8 | length]. Record 0 stands for "none": it covers everything.
 * The root is a plain table over word 0, from the slot of the lowest prefix to that of the highest: slot = (word 0 >>> rootShift) - rootLow.
 * `slots` holds it, then nodes: [word index, shift, mask, shared bits, shared words 0 … 3, reference below, reference above, reference of slot 0, …].
 * A node whose shared bits the address does not have answers at once: all its prefixes begin after the address ("below") or before it ("above").
 * A reference is even: twice the record to walk back from; or odd: a node's place << 1 | 1.
 */
import { Int32List } from './int32-list.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { RUN_LIMIT, strideFor } from './trie-shape.ts';

const LENGTH_BITS = 8;
const LENGTH_MASK = 255;
const RECORD_SIZE = 5;
const LINK = 4;

const HEADER_SIZE = 10;
/** All of word 0: the table is cut to the span of the prefixes, so it has two slots for each of them at most. */
const ROOT_STRIDE_LIMIT = 32;

export class Ipv6Trie {
  // `declare`: a field that the constructor alone writes keeps its type and constness in V8; this nearly doubled lookups.
  declare private readonly records: Int32Array;
  declare private readonly slots: Int32Array;
  declare private readonly rootShift: number;
  declare private readonly rootLow: number;
  declare private readonly rootCount: number;
  declare private readonly lastReference: number;

  /** Takes the rows `from` … `to` - 1 of `prefixes`: distinct IPv6 prefixes in the order of prefix-order. */
  constructor(prefixes: PrefixColumns, from: number, to: number) {
    const last = to - from;
    this.records = layRecords(prefixes, from, to);
    const lowest = last > 0 ? this.records[RECORD_SIZE]! >>> 0 : 0;
    const highest = last > 0 ? this.records[RECORD_SIZE * last]! >>> 0 : 0;
    this.rootShift = 32 - strideFor((last * 2 ** 32) / (highest - lowest + 1), ROOT_STRIDE_LIMIT);
    this.rootLow = lowest >>> this.rootShift;
    this.rootCount = (highest >>> this.rootShift) - this.rootLow + 1;
    this.lastReference = last << 1;
    const slots = new Int32List();
    layRoot(this.records, slots, last, this.rootShift, this.rootLow, this.rootCount);
    this.slots = slots.toArray();
  }

  /** Octets of memory in typed arrays. */
  get byteLength(): number {
    return this.records.byteLength + this.slots.byteLength;
  }

  /**
   * The record of the most specific prefix that covers the address; 0 for none.
   * Sizes and masks stand as literals (see the head): V8 loads a module's constant at each use.
   */
  lookup(word0: number, word1: number, word2: number, word3: number): number {
    const slots = this.slots;
    const rootSlot = (word0 >>> this.rootShift) - this.rootLow;
    if (rootSlot < 0) return 0;
    let reference = rootSlot < this.rootCount ? slots[rootSlot]! : this.lastReference;
    while ((reference & 1) !== 0) {
      const node = reference >> 1;
      if (sharedBits(slots, node + 4, word0, word1, word2, word3) < slots[node + 3]!) {
        const below = isAfter(slots, node + 4, word0, word1, word2, word3);
        reference = slots[node + (below ? 8 : 9)]!;
        break;
      }
      const index = slots[node]!;
      const word = index === 0 ? word0 : index === 1 ? word1 : index === 2 ? word2 : word3;
      reference = slots[node + 10 + ((word >>> slots[node + 1]!) & slots[node + 2]!)]!;
    }
    const records = this.records;
    let record = reference >> 1;
    while (isAfter(records, 5 * record, word0, word1, word2, word3)) record--;
    // The last prefix that begins at or before the address is the answer, or lies within it.
    while (record !== 0) {
      const at = 5 * record;
      const link = records[at + 4]!;
      if (sharedBits(records, at, word0, word1, word2, word3) >= (link & 255)) break;
      record = link >>> 8;
    }
    return record;
  }

  /** The record of the next less specific prefix; 0 for none. */
  parentOf(record: number): number {
    return this.records[RECORD_SIZE * record + LINK]! >>> LENGTH_BITS;
  }
}

/** Leading bits, 0 to 128, in which the four words at `at` equal the address. */
function sharedBits(words: Int32Array, at: number, word0: number, word1: number, word2: number, word3: number): number {
  if (words[at] !== word0) return Math.clz32(words[at]! ^ word0);
  if (words[at + 1] !== word1) return 32 + Math.clz32(words[at + 1]! ^ word1);
  if (words[at + 2] !== word2) return 64 + Math.clz32(words[at + 2]! ^ word2);
  return 96 + Math.clz32(words[at + 3]! ^ word3);
}

/** True when the four words at `at`, as one unsigned number, are above the address. */
function isAfter(words: Int32Array, at: number, word0: number, word1: number, word2: number, word3: number): boolean {
  if (words[at] !== word0) return words[at]! >>> 0 > word0 >>> 0;
  if (words[at + 1] !== word1) return words[at + 1]! >>> 0 > word1 >>> 0;
  if (words[at + 2] !== word2) return words[at + 2]! >>> 0 > word2 >>> 0;
  return words[at + 3]! >>> 0 > word3 >>> 0;
}

function layRecords(prefixes: PrefixColumns, from: number, to: number): Int32Array {
  const records = new Int32Array(RECORD_SIZE * (to - from + 1));
  let open = 0;
  for (let record = 1; record <= to - from; record++) {
    const row = from + record - 1;
    const at = RECORD_SIZE * record;
    records[at] = prefixes.word0[row]!;
    records[at + 1] = prefixes.word1[row]!;
    records[at + 2] = prefixes.word2[row]!;
    records[at + 3] = prefixes.word3[row]!;
    open = coveringFrom(records, open, records[at], records[at + 1]!, records[at + 2]!, records[at + 3]!);
    records[at + LINK] = (open << LENGTH_BITS) | prefixes.length[row]!;
    open = record;
  }
  return records;
}

function sharedRecords(records: Int32Array, left: number, right: number): number {
  const at = RECORD_SIZE * right;
  return sharedBits(records, RECORD_SIZE * left, records[at]!, records[at + 1]!, records[at + 2]!, records[at + 3]!);
}

/** The first of a record and its parents that covers the address. */
function coveringFrom(
  records: Int32Array,
  record: number,
  word0: number,
  word1: number,
  word2: number,
  word3: number,
): number {
  let covering = record;
  for (;;) {
    const at = RECORD_SIZE * covering;
    const link = records[at + LINK]!;
    if (sharedBits(records, at, word0, word1, word2, word3) >= (link & LENGTH_MASK)) return covering;
    covering = link >>> LENGTH_BITS;
  }
}

/** The record that covers all of a node's empty slot, in which no prefix begins; `like` is a record of the node. */
function coveringSlot(
  records: Int32Array,
  like: number,
  before: number,
  index: number,
  shift: number,
  slot: number,
  mask: number,
): number {
  const words = [0, 0, 0, 0];
  for (let word = 0; word < index; word++) words[word] = records[RECORD_SIZE * like + word]!;
  const above = records[RECORD_SIZE * like + index]! & ~(mask << shift) & (-1 << shift);
  words[index] = above | (slot << shift);
  return coveringFrom(records, before, words[0]!, words[1]!, words[2]!, words[3]!);
}

function layRoot(records: Int32Array, slots: Int32List, last: number, shift: number, low: number, count: number): void {
  slots.count = count;
  let next = 1;
  for (let slot = 0; slot < count; slot++) {
    const first = next;
    while (next <= last && records[RECORD_SIZE * next]! >>> shift === low + slot) next++;
    const reference =
      next === first
        ? coveringFrom(records, next - 1, (low + slot) << shift, 0, 0, 0) << 1
        : layReference(records, slots, first, next - 1);
    slots.set(slot, reference);
  }
}

/** A reference for the records first … last. */
function layReference(records: Int32Array, slots: Int32List, first: number, last: number): number {
  const shared = last > first ? sharedRecords(records, first, last) : 128;
  // Prefixes of one address and many lengths can't be told apart by its bits.
  if (last - first < RUN_LIMIT || shared === 128) return last << 1;
  const index = shared >> 5;
  const free = 32 - (shared & 31);
  const stride = strideFor(last - first + 1, free);
  const shift = free - stride;
  const mask = 2 ** stride - 1;
  const node = slots.count;
  slots.push(index);
  slots.push(shift);
  slots.push(mask);
  slots.push(shared);
  for (let word = 0; word < 4; word++) slots.push(records[RECORD_SIZE * first + word]!);
  slots.push((first - 1) << 1);
  slots.push(last << 1);
  slots.count += mask + 1;
  let next = first;
  for (let slot = 0; slot <= mask; slot++) {
    const low = next;
    while (next <= last && ((records[RECORD_SIZE * next + index]! >>> shift) & mask) === slot) next++;
    const reference =
      next === low
        ? coveringSlot(records, first, next - 1, index, shift, slot, mask) << 1
        : layReference(records, slots, low, next - 1);
    slots.set(node + HEADER_SIZE + slot, reference);
  }
  return (node << 1) | 1;
}
