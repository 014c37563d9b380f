/**
 * Selects the clients of a partial rollout by a stable hash of the client's address and the rule's name, the same on
 * every machine and run. A client within 10 % is also within 20 %, and different rules select different clients.
 *
 * The hash is 32-bit FNV-1a (Fowler, Noll, Vo) over the rule's name and the sixteen bytes of the address, finished with
 * Murmur3's finalizer: FNV alone spreads the last bytes badly over its upper bits.
 */

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The hash of the rule's name; computed once when the policy is compiled. */
export function rolloutSeed(ruleName: string): number {
  let hash = FNV_START | 0;
  for (const byte of new TextEncoder().encode(ruleName)) hash = Math.imul(hash ^ byte, FNV_PRIME);
  return hash;
}

/** The client's position in [0, 1): the client is in the rollout where its position is below the rollout's fraction. */
export function rolloutPosition(seed: number, address: Int32Array): number {
  let hash = seed;
  for (let word = 0; word < 4; word++) {
    const value = address[word]!;
    hash = Math.imul(hash ^ (value >>> 24), FNV_PRIME);
    hash = Math.imul(hash ^ ((value >>> 16) & 255), FNV_PRIME);
    hash = Math.imul(hash ^ ((value >>> 8) & 255), FNV_PRIME);
    hash = Math.imul(hash ^ (value & 255), FNV_PRIME);
  }
  hash ^= hash >>> 16;
  hash = Math.imul(hash, 0x85ebca6b);
  hash ^= hash >>> 13;
  hash = Math.imul(hash, 0xc2b2ae35);
  hash ^= hash >>> 16;
  return (hash >>> 0) / 0x100000000;
}
