/**
 * Sorts prefixes: IPv4 before IPv6, then by address, then shorter ones first, then by row. In this order, the prefixes
 * that a prefix covers directly follow it.
 *
 * The sort uses 64-bit keys in a BigUint64Array, whose native sort needs no comparator. The upper half of a key is a
 * word of the address; the lower half is the row, with the length above it where the word is the last one. IPv4
 * prefixes differ in one word, so they take one sort. IPv6 prefixes are sorted by their first word, then runs with
 * equal first words by the second, and so on.
 */
import type { PrefixColumns } from './prefix-columns.ts';
import { IPV4_LENGTH_OFFSET, isMappedIpv4 } from '../../core/ip-address.ts';

/** A key's lower half: length << ROW_BITS | row. Rows are fewer than PREFIX_LIMIT of trie-shape. */
const ROW_BITS = 24;
const ROW_MASK = 2 ** ROW_BITS - 1;
/** Indexes of the low and the high half of a 64-bit number in memory. */
const LOW = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 0 : 1;
const HIGH = 1 - LOW;

/** Rows in order; the first `ipv4Count` of them are IPv4. */
export interface PrefixOrder {
  readonly rows: Uint32Array;
  readonly ipv4Count: number;
}

export function orderPrefixes(prefixes: PrefixColumns): PrefixOrder {
  const { count } = prefixes;
  const rows = new Uint32Array(count);
  let ipv4Count = 0;
  for (let row = 0; row < count; row++) {
    if (isIpv4Row(prefixes, row)) rows[ipv4Count++] = row;
  }
  let next = ipv4Count;
  for (let row = 0; row < count && next < count; row++) {
    if (!isIpv4Row(prefixes, row)) rows[next++] = row;
  }
  const { word0, word1, word2, word3, length } = prefixes;
  const halves = new Uint32Array(2 * count);
  sortRun(rows, halves, 0, ipv4Count, [word3], length);
  sortRun(rows, halves, ipv4Count, count, [word0, word1, word2, word3], length);
  return { rows, ipv4Count };
}

/** True when the row is an IPv4 prefix. */
export function isIpv4Row(prefixes: PrefixColumns, row: number): boolean {
  return (
    prefixes.length[row]! >= IPV4_LENGTH_OFFSET &&
    isMappedIpv4(prefixes.word0[row]!, prefixes.word1[row]!, prefixes.word2[row]!)
  );
}

/**
 * Sorts rows[from] … rows[to - 1], which are equal in all words before `words`. The key of the row at i is made in
 * halves[2 i] and halves[2 i + 1].
 */
function sortRun(
  rows: Uint32Array,
  halves: Uint32Array,
  from: number,
  to: number,
  words: readonly Int32Array[],
  lengths: Uint8Array,
): void {
  const [word, ...others] = words;
  const isLast = others.length === 0;
  makeKeys(rows, halves, from, to, word!, isLast ? lengths : null);
  new BigUint64Array(halves.buffer, from * BigUint64Array.BYTES_PER_ELEMENT, to - from).sort();
  takeRows(rows, halves, from, to);
  if (isLast) return;
  for (let first = from, i = from + 1; i <= to; i++) {
    if (i < to && word![rows[i]!] === word![rows[first]!]) continue;
    if (i - first > 1) sortRun(rows, halves, first, i, others, lengths);
    first = i;
  }
}

function makeKeys(
  rows: Uint32Array,
  halves: Uint32Array,
  from: number,
  to: number,
  word: Int32Array,
  lengths: Uint8Array | null,
): void {
  for (let i = from; i < to; i++) {
    const row = rows[i]!;
    halves[2 * i + LOW] = lengths === null ? row : (lengths[row]! << ROW_BITS) | row;
    halves[2 * i + HIGH] = word[row]!;
  }
}

function takeRows(rows: Uint32Array, halves: Uint32Array, from: number, to: number): void {
  for (let i = from; i < to; i++) rows[i] = halves[2 * i + LOW]! & ROW_MASK;
}
