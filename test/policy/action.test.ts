import { describe, expect, it } from 'vitest';
import { defaultBurst, parseDuration, parseBytes, parseRate, parsePercent } from '../../src/policy/action.ts';
import type { BitsPerSecond } from '../../src/core/units.ts';

const HUGE = '9'.repeat(400);

describe('numbers of a policy', () => {
  it.each<readonly [string, number]>([
    ['256kbit/s', 256_000],
    ['256 kbit/s', 256_000],
    ['1.5Mbit/s', 1_500_000],
    ['1.25Mbit/s', 1_250_000],
    ['2Gbit/s', 2e9],
    ['9600bit/s', 9600],
    ['32kB/s', 256_000],
    ['1B/s', 8],
    ['0.5kB/s', 4000],
    ['0kbit/s', 0],
    ...['256', 'kbit/s', '256kbps', '256Kbit/s', '256kb/s', '256kB', '-1kB/s', '+1kB/s', '1e3bit/s', '1,5Mbit/s'].map(
      (text) => [text, NaN] as const,
    ),
    ...['.5Mbit/s', '1.Mbit/s', ' 1Mbit/s', '1Mbit/s ', '1  Mbit/s', '1Tbit/s', '', `${HUGE}kbit/s`].map(
      (text) => [text, NaN] as const,
    ),
  ])('rate %j is %d bit/s', (text, expected) => {
    expect(parseRate(text)).toBe(expected);
  });

  it.each<readonly [string, number]>([
    ['32kB', 32_000],
    ['1.5MB', 1_500_000],
    ['64kbit', 8000],
    ['100B', 100],
    ['1 GB', 1e9],
    ...['32', '32k', '32KB', '32kB/s', '32KiB', '-1B', '', `${HUGE}GB`].map((text) => [text, NaN] as const),
  ])('amount %j is %d bytes', (text, expected) => {
    expect(parseBytes(text)).toBe(expected);
  });

  it.each<readonly [string, number]>([
    ['0%', 0],
    ['0.5%', 0.005],
    ['12.25%', 0.1225],
    ['5%x', NaN],
    ['10%', 0.1],
    ['100%', 1],
    ['100.0%', 1],
    ...['100.1%', '101%', '10', '0.1', '-5%', '10 %', '%', '', `${HUGE}%`].map((text) => [text, NaN] as const),
  ])('percentage %j is %d', (text, expected) => {
    expect(parsePercent(text)).toBe(expected);
  });

  it.each<readonly [string, number]>([
    ['60s', 60e6],
    ['250ms', 250e3],
    ['1.5m', 90e6],
    ['1.25s', 1.25e6],
    ['5msx', NaN],
    ['2h', 7200e6],
    ['1d', 86_400e6],
    ['0s', 0],
    ...['60', '60 s', '-1s', '1w', '1us', 's', '', `${HUGE}d`].map((text) => [text, NaN] as const),
  ])('duration %j is %d µs', (text, expected) => {
    expect(parseDuration(text)).toBe(expected);
  });

  it('the default burst is a quarter of a second, and at least a full packet', () => {
    expect(defaultBurst(1e6 as BitsPerSecond)).toBe(31_250);
    expect(defaultBurst(8000 as BitsPerSecond)).toBe(1600);
  });
});
