/** Compares ByteWriter with its obvious twin, concatenated strings. */
import { describe, expect, it } from 'vitest';
import { formatMicros } from '../../src/core/units.ts';
import { ByteLiteral } from '../../src/output/event/byte-literal.ts';
import { ByteWriter } from '../../src/output/event/byte-writer.ts';
import { SeededRandom } from '../kit/random.mjs';

const random = new SeededRandom(3);
const CHARACTERS = ['a', '"', '\u007f', 'é', '\u07ff', '\ud7ff', '\uffff', '\u{10000}', '\u{10ffff}'];
const EDGES = [
  0,
  9,
  10,
  99,
  100,
  999,
  1000,
  999_999,
  1e6,
  1e9 - 1,
  1e9,
  2 ** 31 - 1,
  2 ** 31,
  2 ** 32,
  1e12,
  2 ** 53 - 1,
];

/** The text that `write` appends, between other bytes that must not change. */
function written(write: (text: ByteWriter) => void): string {
  const text = new ByteWriter();
  text.putAscii('<');
  write(text);
  text.putAscii('>');
  return text.takeString().slice(1, -1);
}

describe('ByteWriter', () => {
  it('writes numbers like String', () => {
    const numbers = EDGES.flatMap((edge) => [edge, -edge, edge + 1, edge - 1, edge / 3]);
    for (let i = 0; i < 20_000; i++) numbers.push(Math.floor(2 ** (random.below(5300) / 100)));
    numbers.push(2 ** 53, 2 ** 60, 1e21, Infinity);
    for (const number of numbers)
      expect(
        written((text) => {
          text.putNumber(number);
        }),
      ).toBe(String(number));
  });

  it('writes the lowest hexadecimal digits of words', () => {
    for (let i = 0; i < 5000; i++) {
      const word = random.word();
      const digits = 1 + random.below(8);
      const expected = (word >>> 0).toString(16).padStart(8, '0').slice(-digits);
      expect(
        written((text) => {
          text.putHex(word, digits);
        }),
      ).toBe(expected);
    }
  });

  it('writes times like formatMicros', () => {
    for (let i = 0; i < 5000; i++) {
      const time = 1_700_000_000_000_000 + random.below(2 ** 31) * (random.below(2) === 0 ? 1 : 10_000);
      expect(
        written((text) => {
          text.putTime(time);
        }),
      ).toBe(formatMicros(time));
    }
  });

  it('writes microseconds as seconds like String', () => {
    const durations = EDGES.flatMap((edge) => [edge, edge + 1, Math.abs(edge - 1)]);
    for (let i = 0; i < 20_000; i++) durations.push(Math.floor(2 ** (random.below(5300) / 100)));
    for (const micros of durations)
      expect(
        written((text) => {
          text.putSeconds(micros);
        }),
      ).toBe(String(micros / 1e6));
  });

  it('writes literals of any length and characters', () => {
    for (let length = 0; length < 220; length++) {
      for (let i = 0; i < 20; i++) {
        const piece = Array.from({ length }, () => CHARACTERS[random.below(CHARACTERS.length)]!).join('');
        expect(
          written((text) => {
            text.put(new ByteLiteral(piece));
          }),
        ).toBe(piece);
        expect(
          written((text) => {
            text.putText(piece);
          }),
        ).toBe(piece);
      }
    }
  });

  it('grows with many literals', () => {
    const text = new ByteWriter(1);
    const piece = new ByteLiteral('x'.repeat(100));
    for (let i = 0; i < 1000; i++) text.put(piece);
    expect(text.takeString()).toBe('x'.repeat(100_000));
  });
});
