/** SHA-1 against node:crypto, for every length up to several blocks, and against the specification's examples. */
import { hash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { digest, sha1 } from '../../src/output/event/sha1.ts';
import { SeededRandom } from '../kit/random.mjs';

const view = new DataView(new ArrayBuffer(512));
const bytes = new Uint8Array(view.buffer);

function digestOf(message: Uint8Array): string {
  // Bytes after the message must not affect the hash.
  bytes.fill(0xff);
  bytes.set(message);
  sha1(view, message.length);
  return Array.from(digest, (word) => (word >>> 0).toString(16).padStart(8, '0')).join('');
}

describe('SHA-1', () => {
  it.each([
    ['abc', 'a9993e364706816aba3e25717850c26c9cd0d89d'],
    ['abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq', '84983e441c3bd26ebaae4aa1f95129e5e54670f1'],
    ['', 'da39a3ee5e6b4b0d3255bfef95601890afd80709'],
  ])('of the examples: %j', (text, expected) => {
    expect(digestOf(new TextEncoder().encode(text))).toBe(expected);
  });

  it('equals the result of node:crypto for random bytes of any length', () => {
    const random = new SeededRandom(1);
    for (let length = 0; length < 400; length++) {
      for (let i = 0; i < 20; i++) {
        const message = Uint8Array.from({ length }, () => random.below(256));
        expect(digestOf(message)).toBe(hash('sha1', message, 'hex'));
      }
    }
  });
});
