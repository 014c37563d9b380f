/** A client's address as words (core/ip-address), however it is held, and its hash. */
export type Address = ArrayLike<number>;

/** 32-bit hash of an address: each word multiplied in, then the finish of MurmurHash3, so that all bits reach the low ones. */
export function clientHash(address: Address): number {
  let hash = 0x9e3779b1;
  for (let word = 0; word < 4; word++) hash = Math.imul(hash ^ address[word]!, 0x85ebca6b) ^ (hash >>> 15);
  hash = Math.imul(hash ^ (hash >>> 16), 0xc2b2ae35);
  return hash ^ (hash >>> 13);
}
