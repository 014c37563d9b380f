/** The numbers that both tries of prefix-trie share. */

/** Prefixes in one trie at most: a parent's number must fit into the 24 bits above a record's length. */
export const PREFIX_LIMIT = 2 ** 24 - 1;

/** Records that a lookup walks back over at most before a node must split them. */
export const RUN_LIMIT = 4;

/** Bits that a node over `count` records branches on: about one record for each slot, at least 1, at most `limit`. */
export function strideFor(count: number, limit: number): number {
  return Math.min(limit, Math.max(1, Math.ceil(Math.log2(count))));
}
