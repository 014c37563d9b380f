/** Constants of both tries (prefix-trie). */

/** The largest number of prefixes in one trie: a parent's number must fit into the 24 bits above a record's length. */
export const PREFIX_LIMIT = 2 ** 24 - 1;

/** Fewer prefixes for each bucket would mean fewer forks but more memory; lookups are slower with 2 or 1. */
const PREFIXES_PER_ROOT_BUCKET = 4;

/** The number of address bits that select a root bucket, for `count` prefixes. */
export function rootBitsFor(count: number): number {
  return Math.max(0, Math.ceil(Math.log2(count / PREFIXES_PER_ROOT_BUCKET)));
}
