/** Actions of rules, and the parsers for the rates, sizes, percentages and durations of a policy. */
import type { BitsPerSecond, Bytes } from '../core/units.ts';

export const Action = { ALLOW: 0, THROTTLE: 1, BLOCK: 2 } as const;
export type Action = (typeof Action)[keyof typeof Action];
export const ACTION_NAMES = ['allow', 'throttle', 'block'] as const;

/** The scope of a token bucket: all traffic of one flow, client, registration or rule shares a bucket. */
export const BucketScope = { FLOW: 0, CLIENT: 1, REGISTRATION: 2, RULE: 3 } as const;
export type BucketScope = (typeof BucketScope)[keyof typeof BucketScope];
export const BUCKET_SCOPE_NAMES = ['flow', 'client', 'registration', 'rule'] as const;

export interface Throttle {
  readonly rate: BitsPerSecond;
  readonly burst: Bytes;
  readonly per: BucketScope;
}

/** The burst of a throttle that states none: a quarter of a second at its rate, and at least one large packet. */
export function defaultBurst(rate: BitsPerSecond): Bytes {
  return Math.max(1600, Math.round(rate / 8 / 4)) as Bytes;
}

const AMOUNT = /^(\d+(?:\.\d+)?) ?([kMG]?)(bit|B)(\/s)?$/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** NaN for a number that overflows a double. */
function finite(value: number): number {
  return value === Infinity ? NaN : value;
}

/** Bits per second of `256kbit/s`, `32kB/s`, `1.5Mbit/s` (SI: k is 1000); NaN for any other text. */
export function parseRate(text: string): BitsPerSecond {
  const match = AMOUNT.exec(text);
  if (match?.[4] === undefined) return NaN as BitsPerSecond;
  const perSecond = Number(match[1]) * FACTORS[match[2]!]!;
  return finite(match[3] === 'B' ? perSecond * 8 : perSecond) as BitsPerSecond;
}

/** Bytes of `32kB`, `1MB`, `64kbit`; NaN for any other text. */
export function parseBytes(text: string): Bytes {
  const match = AMOUNT.exec(text);
  if (match === null || match[4] !== undefined) return NaN as Bytes;
  const amount = Number(match[1]) * FACTORS[match[2]!]!;
  return finite(match[3] === 'B' ? amount : amount / 8) as Bytes;
}

/** A fraction from 0 to 1 of `10%`, `0.5%`; NaN for any other text, and above 100 %. */
export function parsePercent(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const fraction = match === null ? NaN : Number(match[1]) / 100;
  return fraction <= 1 ? fraction : NaN;
}

/** Microseconds of `60s`, `5m`, `2h`, `250ms`; NaN for any other text. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) return NaN;
  const factors: Readonly<Record<string, number>> = { ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };
  return finite(Number(match[1]) * factors[match[2]!]!);
}
