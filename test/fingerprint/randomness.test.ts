/** Recognition of ciphertext, and its rate of errors. */
import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { FingerprintInstance } from '../kit/compiled-fingerprints.ts';

/** Fewer bytes than this say nothing (dataplane/assembly/randomness). */
const SMALLEST_SAMPLE = 16;

const { checks: debug } = await FingerprintInstance.make('debug');
const { checks: release } = await FingerprintInstance.make('release');

/** Random bytes that are the same on every run. */
function randomOctets(name: string, length: number): Uint8Array {
  return createHash('shake256', { outputLength: length }).update(name).digest();
}

/** In the debug build: a read outside of the bytes throws. */
function looks(bytes: Uint8Array, build = debug): boolean {
  const at = build.place(new DataView(bytes.buffer, bytes.byteOffset), 0, bytes.length);
  return build.exports.isCiphertext(at, bytes.length) !== 0;
}

describe('ciphertext', () => {
  it.each([24, 32, 48, 64, 96])('of %d bytes is recognised, except for a few in 100,000 samples', (length) => {
    const samples = 100_000;
    const all = randomOctets(`ciphertext of ${length}`, samples * length);
    let failed = 0;
    for (let i = 0; i < samples; i++) {
      const sample = all.subarray(i * length, (i + 1) * length);
      if (!looks(sample, i % 10 === 0 ? debug : release)) failed++;
    }
    expect(failed).toBeLessThan(6);
  });

  it('is not recognised in less than the smallest sample', () => {
    expect(looks(randomOctets('short', SMALLEST_SAMPLE - 1))).toBe(false);
  });
});

describe('anything but ciphertext', () => {
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
  ])('is not recognised: %s', (_, bytes) => {
    expect(looks(bytes)).toBe(false);
  });
});

/** The slow twin: counts all distinct values and all steps. */
function couldBeRandom(bytes: readonly number[]): boolean {
  if (bytes.length < SMALLEST_SAMPLE) return false;
  const sample = bytes.slice(0, 96);
  const steps = sample.slice(1).map((byte, i) => (byte - sample[i]! + 256) % 256);
  const evenSteps = steps.slice(1).filter((step, i) => step === steps[i]).length;
  const wanted = sample.length - 4 - Math.floor(sample.length ** 2 / 200);
  return new Set(sample).size >= wanted && evenSteps <= 2 + Math.floor(sample.length / 16);
}

describe('bytes between counters and ciphertext', () => {
  /** Kinds of bytes from counters and few values to ciphertext; `draw` is random. */
  const makes: readonly (readonly [string, (draw: number, place: number, share: number) => number])[] = [
    ['ciphertext', (draw) => draw],
    ['few values', (draw, _, share) => Math.floor((draw * share) / 256)],
    ['a counter that is disturbed', (draw, place, share) => (draw < share ? draw : place * 3)],
    ['zeros behind ciphertext', (draw, place, share) => (place < share >> 1 ? draw : 0)],
    ['a counter behind ciphertext', (draw, place, share) => (place < share >> 1 ? draw : place)],
    ['steps that come twice', (draw, place, share) => (place % 3 === 0 || draw < share ? draw : place * 7)],
  ];
  it.each(makes)('are recognised as by the slow twin: %s', (name, make) => {
    const random = randomOctets(`twins of ${name}`, 4_000_000);
    const bytes = new Uint8Array(140);
    const answers = { true: 0, false: 0 };
    for (let at = 0; at + 256 < random.length; at += 250) {
      const length = random[at]! % 128;
      for (let i = 0; i < length; i++) bytes[4 + i] = make(random[at + 2 + i]!, i, random[at + 1]!);
      const answer = looks(bytes.subarray(4, 4 + length), at % 8 === 0 ? debug : release);
      expect(answer).toBe(couldBeRandom([...bytes.subarray(4, 4 + length)]));
      answers[`${answer}`]++;
    }
    expect(Math.min(answers.true, answers.false)).toBeGreaterThan(500);
  });
});
