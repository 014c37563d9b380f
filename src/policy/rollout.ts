/**
 * Which clients a partial rollout holds for: a stable hash of the client's address and the rule's name, the same on every
 * machine and run. A client within 10 % is within 20 % too, and rules do not all pick the same clients.
 *
 * The hash is 32-bit FNV-1a (Fowler, Noll, Vo) over the rule's name and the address's sixteen octets, with Murmur3's finish,
 * because FNV alone spreads the last octets badly over its upper bits.
 */

const FNV_START = 0x811c9dc5;
const FNV_PRIME = 0x01000193;

/** The part of the hash that a rule's name makes; computed once when the policy is built. */
export function rolloutSeed(ruleName: string): number {
  let hash = FNV_START | 0;
  for (const octet of new TextEncoder().encode(ruleName)) hash = Math.imul(hash ^ octet, FNV_PRIME);
  return hash;
}

/** The client's place from 0 up to but not 1: it is within a rollout of `share` where this is smaller than the share. */
export function rolloutPlace(seed: number, address: Int32Array): number {
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
