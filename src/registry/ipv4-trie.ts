/**
 * Which IPv4 prefixes cover an address. prefix-trie explains the idea; this is its plain form, for keys of one word.
 *
 * Record i at `records[2 i]`: [first address, parent << 8 | length]. Record 0 stands for "none": it covers everything.
 * `slots` holds nodes: [shift, mask, reference of slot 0, …], slot = (word >>> shift) & mask.
 * A reference is even: the place of a record to walk back from; or odd: a node's place << 1 | 1.
 * The root is a node always, its shift a field.
 */
import { Int32List } from './int32-list.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { IPV4_LENGTH_OFFSET } from './prefix.ts';
import { RUN_LIMIT, strideFor } from './trie-shape.ts';

const LENGTH_BITS = 8;
const LENGTH_MASK = 255;
const RECORD_SIZE = 2;
const HEADER_SIZE = 2;
const WORD_BITS = 32;

export class Ipv4Trie {
  // `declare`: a field that the constructor alone writes keeps its type and constness in V8; this nearly doubled lookups.
  declare private readonly records: Int32Array;
  declare private readonly slots: Int32Array;
  declare private readonly rootShift: number;

  /** Takes the rows `from` … `to` - 1 of `prefixes`: distinct IPv4 prefixes in the order of prefix-order. */
  constructor(prefixes: PrefixColumns, from: number, to: number) {
    this.records = layRecords(prefixes, from, to);
    const slots = new Int32List();
    layNode(this.records, slots, 1, to - from, 0, WORD_BITS);
    this.slots = slots.toArray();
    this.rootShift = this.slots[0]!;
  }

  /** Octets of memory in typed arrays. */
  get byteLength(): number {
    return this.records.byteLength + this.slots.byteLength;
  }

  /**
   * The record of the most specific prefix that covers the address; 0 for none.
   * Sizes and masks stand as literals (see the head): V8 loads a module's constant at each use, which slows this by half.
   */
  lookup(word: number): number {
    const slots = this.slots;
    let reference = slots[2 + (word >>> this.rootShift)]!;
    while ((reference & 1) !== 0) {
      const node = reference >> 1;
      reference = slots[node + 2 + ((word >>> slots[node]!) & slots[node + 1]!)]!;
    }
    const records = this.records;
    let at = reference;
    while (records[at]! >>> 0 > word >>> 0) at -= 2;
    // The last prefix that begins at or before the address is the answer, or lies within it.
    while (at !== 0) {
      const link = records[at + 1]!;
      if (Math.clz32(records[at]! ^ word) >= (link & 255)) break;
      at = (link >>> 8) << 1;
    }
    return at >> 1;
  }

  /** The record of the next less specific prefix; 0 for none. */
  parentOf(record: number): number {
    return this.records[RECORD_SIZE * record + 1]! >>> LENGTH_BITS;
  }
}

function layRecords(prefixes: PrefixColumns, from: number, to: number): Int32Array {
  const records = new Int32Array(RECORD_SIZE * (to - from + 1));
  let open = 0;
  for (let record = 1; record <= to - from; record++) {
    const word = prefixes.word3[from + record - 1]!;
    const length = prefixes.length[from + record - 1]! - IPV4_LENGTH_OFFSET;
    open = coveringFrom(records, open, word);
    records[RECORD_SIZE * record] = word;
    records[RECORD_SIZE * record + 1] = (open << LENGTH_BITS) | length;
    open = record;
  }
  return records;
}

/** The first of a record and its parents that covers the address. */
function coveringFrom(records: Int32Array, record: number, word: number): number {
  let covering = record;
  for (;;) {
    const link = records[RECORD_SIZE * covering + 1]!;
    if (Math.clz32(records[RECORD_SIZE * covering]! ^ word) >= (link & LENGTH_MASK)) return covering;
    covering = link >>> LENGTH_BITS;
  }
}

/** A node for the records first … last, which are all that begin within the 2^bits addresses from `base`; returns its reference. */
function layNode(
  records: Int32Array,
  slots: Int32List,
  first: number,
  last: number,
  base: number,
  bits: number,
): number {
  const stride = strideFor(last - first + 1, bits);
  const shift = bits - stride;
  const mask = (1 << stride) - 1;
  const node = slots.count;
  slots.push(shift);
  slots.push(mask);
  slots.count += mask + 1;
  let next = first;
  let covering = first - 1;
  for (let slot = 0; slot <= mask; slot++) {
    const low = next;
    while (next <= last && ((records[RECORD_SIZE * next]! >>> shift) & mask) === slot) next++;
    const slotBase = base | (slot << shift);
    if (next === low) covering = coveringFrom(records, covering, slotBase);
    else covering = next - 1;
    let reference = RECORD_SIZE * covering;
    if (next - low > RUN_LIMIT && shift > 0) reference = layNode(records, slots, low, next - 1, slotBase, shift);
    slots.set(node + HEADER_SIZE + slot, reference);
  }
  return (node << 1) | 1;
}
