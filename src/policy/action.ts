/**
 * What a rule does to a flow, and the rates and amounts that a throttle is given in.
 */
import type { BitsPerSecond, Octets } from '../core/units.ts';

export const Action = { ALLOW: 0, THROTTLE: 1, BLOCK: 2 } as const;
export type Action = (typeof Action)[keyof typeof Action];
export const ACTION_NAMES = ['allow', 'throttle', 'block'] as const;

/** Whose traffic shares one bucket of a throttle. */
export const Share = { FLOW: 0, CLIENT: 1, REGISTRATION: 2, RULE: 3 } as const;
export type Share = (typeof Share)[keyof typeof Share];
export const SHARE_NAMES = ['flow', 'client', 'registration', 'rule'] as const;

export interface Throttle {
  readonly rate: BitsPerSecond;
  readonly burst: Octets;
  readonly per: Share;
}

/** A throttle without `burst` lets a quarter of a second's worth through at once, and no less than one large packet. */
export function defaultBurst(rate: BitsPerSecond): Octets {
  return Math.max(1600, Math.round(rate / 8 / 4)) as Octets;
}

const AMOUNT = /^(\d+(?:\.\d+)?) ?([kMG]?)(bit|B)(\/s)?$/;
const FACTORS: Readonly<Record<string, number>> = { '': 1, k: 1e3, M: 1e6, G: 1e9 };

/** A number too large for a double is no number that was meant. */
function finite(value: number): number {
  return value === Infinity ? NaN : value;
}

/** Bits per second of `256kbit/s`, `32kB/s`, `1.5Mbit/s` (SI: k is 1000); NaN where the text is no rate. */
export function parseRate(text: string): BitsPerSecond {
  const match = AMOUNT.exec(text);
  if (match?.[4] === undefined) return NaN as BitsPerSecond;
  const perSecond = Number(match[1]) * FACTORS[match[2]!]!;
  return finite(match[3] === 'B' ? perSecond * 8 : perSecond) as BitsPerSecond;
}

/** Octets of `32kB`, `1MB`, `64kbit`; NaN where the text is no amount. */
export function parseOctets(text: string): Octets {
  const match = AMOUNT.exec(text);
  if (match === null || match[4] !== undefined) return NaN as Octets;
  const amount = Number(match[1]) * FACTORS[match[2]!]!;
  return finite(match[3] === 'B' ? amount : amount / 8) as Octets;
}

/** Share of 0 to 1 of `10%`, `0.5%`; NaN where the text is no percentage up to 100. */
export function parseShare(text: string): number {
  const match = /^(\d+(?:\.\d+)?)%$/.exec(text);
  const share = match === null ? NaN : Number(match[1]) / 100;
  return share <= 1 ? share : NaN;
}

/** Microseconds of `60s`, `5m`, `2h`, `250ms`; NaN where the text is no duration. */
export function parseDuration(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h|d)$/.exec(text);
  if (match === null) return NaN;
  const factors: Readonly<Record<string, number>> = { ms: 1e3, s: 1e6, m: 6e7, h: 3.6e9, d: 8.64e10 };
  return finite(Number(match[1]) * factors[match[2]!]!);
}
