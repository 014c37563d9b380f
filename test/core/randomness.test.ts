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

/** The same, as one would write it down: all values, all steps. */
function couldBeRandom(octets: readonly number[]): boolean {
  if (octets.length < SMALLEST_SAMPLE) return false;
  const sample = octets.slice(0, 96);
  const steps = sample.slice(1).map((octet, i) => (octet - sample[i]! + 256) % 256);
  const evenSteps = steps.slice(1).filter((step, i) => step === steps[i]).length;
  const wanted = sample.length - 4 - Math.floor(sample.length ** 2 / 200);
  return new Set(sample).size >= wanted && evenSteps <= 2 + Math.floor(sample.length / 16);
}

describe('what is between', () => {
  /** Ways from counters and few values to ciphertext; `draw` is random. */
  const makes: readonly (readonly [string, (draw: number, place: number, share: number) => number])[] = [
    ['ciphertext', (draw) => draw],
    ['few values', (draw, _, share) => Math.floor((draw * share) / 256)],
    ['a counter that is disturbed', (draw, place, share) => (draw < share ? draw : place * 3)],
    ['zeros behind ciphertext', (draw, place, share) => (place < share >> 1 ? draw : 0)],
    ['a counter behind ciphertext', (draw, place, share) => (place < share >> 1 ? draw : place)],
    ['steps that come twice', (draw, place, share) => (place % 3 === 0 || draw < share ? draw : place * 7)],
  ];
  it.each(makes)('%s is judged like by a slow twin', (name, make) => {
    const random = randomOctets(`twins of ${name}`, 4_000_000);
    const octets = new Uint8Array(140);
    const data = new DataView(octets.buffer);
    const answers = { true: 0, false: 0 };
    for (let at = 0; at + 256 < random.length; at += 250) {
      const length = random[at]! % 128;
      for (let i = 0; i < length; i++) octets[4 + i] = make(random[at + 2 + i]!, i, random[at + 1]!);
      const answer = looksRandom(data, 4, length);
      expect(answer).toBe(couldBeRandom([...octets.subarray(4, 4 + length)]));
      answers[`${answer}`]++;
    }
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(500);
  });
});
