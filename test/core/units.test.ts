/** Times as numbers and as texts. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatMicros, micros, parseMicros } from '../../src/core/units.ts';

describe('packet time', () => {
  it.each([
    [0, '1970-01-01T00:00:00.000000Z'],
    [1, '1970-01-01T00:00:00.000001Z'],
    [1_731_261_600_123_456, '2024-11-10T18:00:00.123456Z'],
    [0xffffffff * 1_000_000 + 999_999, '2106-02-07T06:28:15.999999Z'],
    [-5, '1970-01-01T00:00:00.000000Z'],
  ])('%d is %s', (time, text) => {
    expect(formatMicros(time)).toBe(text);
  });

  it('has a text that is exact to the microsecond, up to the year 2255', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 8_999_999_999_999_999 }), (time) => {
        expect(parseMicros(formatMicros(time))).toBe(time);
      }),
    );
  });

  it('is a plain number', () => {
    expect(micros(5)).toBe(5);
    expect(parseMicros('no time')).toBeNaN();
  });

  it('of any size has a text', () => {
    for (const time of [Number.MAX_SAFE_INTEGER, 1e20, Number.MAX_VALUE]) expect(formatMicros(time)).toMatch(/Z$/);
  });
});
