/**
 * A client's address as a 64-bit keyed hash. Without the deployment's key, addresses that collide or fall into a sample
 * cannot be chosen, and a state file with these hashes reveals no address.
 *
 * The hash is HalfSipHash-2-4 with 32 bits of output (the reference implementation by Aumasson and Bernstein), computed
 * once under each half of a 128-bit key.
 */

/** A client's address as four words (core/ip-address), in an array of any kind. */
export type Address = ArrayLike<number>;

export const HASH_KEY_WORDS = 4;
const MESSAGE_WORDS = 4;
const MESSAGE_LENGTH = 16;

export class ClientHash {
  /** The hash of the last address that `take` was called with. */
  high = 0;
  low = 0;
  private readonly key: Int32Array;
  private readonly last = new Int32Array(MESSAGE_WORDS);

  /** Throws TypeError where the key is not of four words. */
  constructor(key: ArrayLike<number>) {
    if (key.length !== HASH_KEY_WORDS) throw new TypeError(`a key has ${HASH_KEY_WORDS} words`);
    this.key = Int32Array.from(key);
    this.hashLast();
  }

  get words(): readonly number[] {
    return [...this.key];
  }

  /** The hash of an address; that of the last one is kept. */
  take(address: Address): void {
    const { last } = this;
    if (last[0] === address[0] && last[1] === address[1] && last[2] === address[2] && last[3] === address[3]) return;
    for (let word = 0; word < MESSAGE_WORDS; word++) last[word] = address[word]!;
    this.hashLast();
  }

  private hashLast(): void {
    const { key, last } = this;
    this.high = halfSipHash(key[0]!, key[1]!, last);
    this.low = halfSipHash(key[2]!, key[3]!, last);
  }
}

/** HalfSipHash-2-4 of a message of 16 bytes, given as four little-endian words. */
export function halfSipHash(key0: number, key1: number, message: Address): number {
  let v0 = key0;
  let v1 = key1;
  let v2 = 0x6c796765 ^ key0;
  let v3 = 0x74656462 ^ key1;
  // Blocks 0 to 3 are the message and block 4 its length. Block 5 is the finalization: 0xff goes into v2.
  for (let block = 0; block < 6; block++) {
    const isEnd = block === 5;
    const word = block < 4 ? message[block]! : isEnd ? 0 : MESSAGE_LENGTH << 24;
    v3 ^= word;
    if (isEnd) v2 ^= 0xff;
    for (let round = isEnd ? 4 : 2; round > 0; round--) {
      v0 = (v0 + v1) | 0;
      v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
      v0 = (v0 << 16) | (v0 >>> 16);
      v2 = (v2 + v3) | 0;
      v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
      v0 = (v0 + v3) | 0;
      v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
      v2 = (v2 + v1) | 0;
      v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
      v2 = (v2 << 16) | (v2 >>> 16);
    }
    v0 ^= word;
  }
  return v1 ^ v3;
}
