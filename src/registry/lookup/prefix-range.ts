/**
 * The rows inside a prefix: they follow one another in the order of prefixes (prefix-order), so two binary searches
 * find the first and the last of them.
 */
import { IPV4_LENGTH_OFFSET, isMappedIpv4 } from '../../core/ip-address.ts';
import { wordMask } from '../prefix.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { isIpv4Row } from './prefix-order.ts';
import type { SearchPrefix } from './registration-search.ts';

/** Positions `from` … `to - 1` in the order. */
export interface PrefixRange {
  readonly from: number;
  readonly to: number;
}

/** The rows strictly inside the prefix. `rows` in the order of prefixes. */
export function rangeInside(prefixes: PrefixColumns, rows: Uint32Array, prefix: SearchPrefix): PrefixRange {
  const { word0, word1, word2, word3, length } = prefix;
  const isIpv4 = length >= IPV4_LENGTH_OFFSET && isMappedIpv4(word0, word1, word2);
  const last = [word0, word1, word2, word3].map((word, at) => word | ~wordMask(length, at));
  const after = (words: readonly number[], than: number) => (row: number) =>
    compare(prefixes, row, isIpv4, words, than) > 0;
  return {
    from: firstAfter(rows, after([word0, word1, word2, word3], length)),
    to: firstAfter(rows, after(last, 128)),
  };
}

function firstAfter(rows: Uint32Array, isAfter: (row: number) => boolean): number {
  let low = 0;
  let high = rows.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (isAfter(rows[middle]!)) high = middle;
    else low = middle + 1;
  }
  return low;
}

/** The place of a row before (negative), at, or after an address and a length in the order. */
function compare(
  prefixes: PrefixColumns,
  row: number,
  isIpv4: boolean,
  words: readonly number[],
  length: number,
): number {
  if (isIpv4Row(prefixes, row) !== isIpv4) return isIpv4 ? 1 : -1;
  return (
    (prefixes.word0[row]! >>> 0) - (words[0]! >>> 0) ||
    (prefixes.word1[row]! >>> 0) - (words[1]! >>> 0) ||
    (prefixes.word2[row]! >>> 0) - (words[2]! >>> 0) ||
    (prefixes.word3[row]! >>> 0) - (words[3]! >>> 0) ||
    prefixes.length[row]! - length
  );
}
