import { describe, expect, it } from 'vitest';
import { ClientHash, halfSipHash } from '../../src/policy/client-hash.ts';
import { SeededRandom } from '../kit/random.mjs';

describe('the hash of a client', () => {
  it('is HalfSipHash-2-4: reference vector of message 00 01 … 0f under key 00 01 … 07', () => {
    const message = [0x03020100, 0x07060504, 0x0b0a0908, 0x0f0e0d0c];
    expect(halfSipHash(0x03020100, 0x07060504, message) >>> 0).toBe(0x84acb5d9);
  });

  it('changes in both words with every key and every bit of an address', () => {
    const random = new SeededRandom(5);
    const word = (): number => random.below(2 ** 32) | 0;
    for (let i = 0; i < 200; i++) {
      const key = [word(), word(), word(), word()];
      const address = [word(), word(), word(), word()];
      const hash = new ClientHash(key);
      hash.take(address);
      const [high, low] = [hash.high, hash.low];
      const other = new ClientHash(key.map((part) => part ^ 1));
      other.take(address);
      expect([other.high === high, other.low === low]).toEqual([false, false]);
      address[i & 3]! ^= 1 << (i & 31);
      hash.take(address);
      expect([hash.high === high, hash.low === low]).toEqual([false, false]);
    }
  });

  it('needs a key of four words', () => {
    expect(() => new ClientHash([1, 2, 3])).toThrow(TypeError);
  });
});
