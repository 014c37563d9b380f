/** What looks like ciphertext, and how often chance fails to. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { looksRandom, SMALLEST_SAMPLE } from '../../src/core/randomness.ts';
import { guarded } from '../wire/guarded-bytes.ts';

/** The same octets on every run, as random as any. */
function randomOctets(name: string, length: number): Uint8Array {
  return createHash('shake256', { outputLength: length }).update(name).digest();
}

function looks(bytes: Uint8Array): boolean {
  const { data, at } = guarded(bytes);
  return looksRandom(data, at, bytes.length);
}

describe('ciphertext', () => {
  it.each([24, 32, 48, 64, 96])('of %d octets looks like it, but for a few in 100,000 samples', (length) => {
    const samples = 100_000;
    const all = randomOctets(`ciphertext of ${length}`, samples * length);
    const data = new DataView(all.buffer, all.byteOffset, all.byteLength);
    let failed = 0;
    for (let i = 0; i < samples; i++) {
      if (!looksRandom(data, i * length, length)) failed++;
    }
    expect(failed).toBeLessThan(6);
  });

  it('of less than the smallest sample says nothing', () => {
    expect(looks(randomOctets('short', SMALLEST_SAMPLE - 1))).toBe(false);
  });
});

describe('what is no ciphertext', () => {
  const text = 'GET /index.html HTTP/1.1\r\nHost: www.example.org\r\nAccept: text/html,application/xhtml+xml\r\n\r\n';
  it.each<readonly [string, Uint8Array]>([
    ['zeros', new Uint8Array(64)],
    ['ones', new Uint8Array(64).fill(255)],
    ['text', Buffer.from(text)],
    ['a counter', Uint8Array.from({ length: 96 }, (_, i) => i)],
    ['a counter down in threes', Uint8Array.from({ length: 96 }, (_, i) => 255 - 3 * i)],
    ['big-endian words that count', Uint8Array.from({ length: 64 }, (_, i) => (i % 4 === 3 ? i >> 2 : 0))],
    ['half of it zeros', Uint8Array.from([...randomOctets('half', 32), ...new Uint8Array(32)])],
    [
      'ASN.1',
      Buffer.from('302906035504030c22746865206e616d65206f662061206365727469666963617465206973206e6f7420', 'hex'),
    ],
  ])('%s', (_, bytes) => {
    expect(looks(bytes)).toBe(false);
  });
});
