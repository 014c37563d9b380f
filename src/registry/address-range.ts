/**
 * Converts ranges of addresses to prefixes, for messages: what to write in a registry instead of
 * `192.0.2.0-192.0.2.95`. Addresses of both families have 128 bits, IPv4 mapped (core/ip-address).
 */
import { formatPrefix } from '../core/ip-address.ts';
import type { PrefixParser } from './prefix.ts';

const ADDRESS_BITS = 128;
const WORD_BITS = 32n;
const LOW_WORD = 0xffffffffn;

/** The first and the last address of a range. */
export interface AddressRange {
  readonly first: bigint;
  readonly last: bigint;
}

/** The addresses of the prefix that was parsed last. */
export function rangeOf({ word0, word1, word2, word3, length }: PrefixParser): AddressRange {
  let first = 0n;
  for (const word of [word0, word1, word2, word3]) first = (first << WORD_BITS) | BigInt(word >>> 0);
  return { first, last: first + sizeOf(length) - 1n };
}

/** The fewest prefixes that cover exactly the range, in order: at most two for each bit of an address. */
export function prefixesOf({ first, last }: AddressRange): string[] {
  const prefixes: string[] = [];
  for (let at = first; at <= last;) {
    let length = ADDRESS_BITS;
    while (length > 0 && at % sizeOf(length - 1) === 0n && at + sizeOf(length - 1) - 1n <= last) length--;
    prefixes.push(prefixText(at, length));
    at += sizeOf(length);
  }
  return prefixes;
}

/** The narrowest prefix that covers the whole range. */
export function prefixAround({ first, last }: AddressRange): string {
  let length = ADDRESS_BITS;
  while (first / sizeOf(length) !== last / sizeOf(length)) length--;
  return prefixText(first - (first % sizeOf(length)), length);
}

function sizeOf(length: number): bigint {
  return 1n << BigInt(ADDRESS_BITS - length);
}

function prefixText(address: bigint, length: number): string {
  const word = (index: bigint): number => Number((address >> (WORD_BITS * (3n - index))) & LOW_WORD) | 0;
  return formatPrefix(word(0n), word(1n), word(2n), word(3n), length);
}
