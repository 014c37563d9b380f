/**
 * Puts prefixes in order: IPv4 before IPv6, then by address, then the shorter first, then by row. In that order a prefix comes
 * before everything it covers, and all it covers follows without a break.
 *
 * A radix sort from the least significant octet up (stable, so equal prefixes keep the order of their rows): a million
 * prefixes take 18 counted passes, most of which find one value everywhere and are skipped.
 */
import { IPV4_LENGTH_OFFSET } from './prefix.ts';
import type { PrefixColumns } from './prefix-columns.ts';
import { isMappedIpv4 } from '../core/ip-address.ts';

const RADIX = 256;

/** Rows of `prefixes` in order, and how many of them (they come first) are IPv4. */
export interface PrefixOrder {
  readonly rows: Uint32Array;
  readonly ipv4Count: number;
}

export function orderPrefixes(prefixes: PrefixColumns): PrefixOrder {
  const count = prefixes.count;
  let rows = new Uint32Array(count);
  let spare = new Uint32Array(count);
  for (let row = 0; row < count; row++) rows[row] = row;
  const isIpv6 = new Uint8Array(count);
  let ipv4Count = 0;
  for (let row = 0; row < count; row++) {
    if (isIpv4Row(prefixes, row)) ipv4Count++;
    else isIpv6[row] = 1;
  }
  const columns = [prefixes.length, prefixes.word3, prefixes.word2, prefixes.word1, prefixes.word0, isIpv6];
  for (const column of columns) {
    for (let shift = 0; shift < column.BYTES_PER_ELEMENT * 8; shift += 8) {
      if (!sortByOctet(column, shift, rows, spare)) continue;
      const sorted = spare;
      spare = rows;
      rows = sorted;
    }
  }
  return { rows, ipv4Count };
}

/** True when the row is an IPv4 prefix. */
export function isIpv4Row(prefixes: PrefixColumns, row: number): boolean {
  return (
    prefixes.length[row]! >= IPV4_LENGTH_OFFSET &&
    isMappedIpv4(prefixes.word0[row]!, prefixes.word1[row]!, prefixes.word2[row]!)
  );
}

/** One pass of the radix sort from `rows` to `into`; false (and nothing written) when all rows share the octet. */
function sortByOctet(column: Int32Array | Uint8Array, shift: number, rows: Uint32Array, into: Uint32Array): boolean {
  const next = new Uint32Array(RADIX);
  const count = rows.length;
  for (let row = 0; row < count; row++) next[(column[row]! >>> shift) & 255]!++;
  let at = 0;
  for (let octet = 0; octet < RADIX; octet++) {
    const size = next[octet]!;
    if (size === count) return false;
    next[octet] = at;
    at += size;
  }
  for (let i = 0; i < count; i++) {
    const row = rows[i]!;
    const octet = (column[row]! >>> shift) & 255;
    into[next[octet]!++] = row;
  }
  return true;
}
