import { describe, expect, it } from 'vitest';
import {
  packBytes,
  packDoubles,
  packWords,
  unpackBytes,
  unpackDoubles,
  unpackWords,
} from '../../../src/decision/breaker/packed-numbers.ts';

describe('packed numbers', () => {
  it('are little-endian bytes in base64, which other programs can read', () => {
    expect(packWords([1, -2, 0x01020304])).toBe(Buffer.from('01000000feffffff04030201', 'hex').toString('base64'));
    expect(packBytes([0, 1, 255])).toBe('AAH/');
    expect(packDoubles([1, -Infinity])).toBe(Buffer.from('000000000000f03f000000000000f0ff', 'hex').toString('base64'));
  });

  it('come back as they were', () => {
    expect([...unpackWords(packWords([5, -1, 2 ** 31 - 1, -(2 ** 31)]))]).toEqual([5, -1, 2 ** 31 - 1, -(2 ** 31)]);
    expect([...unpackBytes(packBytes([7, 0, 255]))]).toEqual([7, 0, 255]);
    expect([...unpackDoubles(packDoubles([1.5, -Infinity, 1.7e15]))]).toEqual([1.5, -Infinity, 1.7e15]);
    expect([unpackWords(''), unpackBytes(''), unpackDoubles('')].map(({ length }) => length)).toEqual([0, 0, 0]);
  });

  it('above 31 bits are packed as the same 32 bits', () => {
    expect([...unpackWords(packWords([0xffff_fffe]))]).toEqual([-2]);
  });

  it.each([
    ['a number', unpackWords, 7],
    ['nothing', unpackBytes, undefined],
    ['three bytes, where words have four,', unpackWords, 'AAAA'],
    ['four bytes, where doubles have eight,', unpackDoubles, 'AAAAAA=='],
    ['characters that are no base64', unpackBytes, 'AA*A'],
    ['base64 without its padding', unpackBytes, 'AAAAAA'],
  ])('that are %s are refused', (_, unpack: (value: unknown) => unknown, value) => {
    expect(() => unpack(value)).toThrow(new TypeError('packed numbers must be base64 of whole numbers'));
  });
});
