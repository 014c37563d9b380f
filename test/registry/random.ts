/** Seeded random numbers for twins: the same on every machine. */

export type Address = [number, number, number, number];

export interface Random {
  /** A signed 32-bit number. */
  word(): number;
  /** An integer in [0, limit). */
  below(limit: number): number;
  address(): Address;
  ipv4(): Address;
}

/** Marsaglia's xorshift32. */
export function randomFrom(seed: number): Random {
  let state = Math.imul(seed + 1, 0x9e3779b1) | 1;
  const word = (): number => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return state;
  };
  return {
    word,
    below: (limit) => Math.floor(((word() >>> 0) / 2 ** 32) * limit),
    address: () => [word(), word(), word(), word()],
    ipv4: () => [0, 0, 0xffff, word()],
  };
}
