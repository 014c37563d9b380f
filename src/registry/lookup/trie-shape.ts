/** The numbers that both tries of prefix-trie share. */

/** Prefixes in one trie at most: a parent's number must fit into the 24 bits above a record's length. */
export const PREFIX_LIMIT = 2 ** 24 - 1;

/** More leave fewer of them to forks, but what a lookup costs is the memory that lookups touch: with 2 or 1 all is slower. */
const PREFIXES_PER_ROOT_BUCKET = 4;

/** Bits for the root's buckets of `count` prefixes. */
export function rootBitsFor(count: number): number {
  return Math.max(0, Math.ceil(Math.log2(count / PREFIXES_PER_ROOT_BUCKET)));
}
