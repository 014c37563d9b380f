/** What the tests of the breaker share: times, clients, limits, and hits of many clients. */
import { Breaker } from '../../../src/decision/breaker/breaker.ts';
import { type Limit } from '../../../src/policy/limits.ts';
import { type Address } from '../../kit/random.mjs';

export const SECOND = 1_000_000;
export const MINUTE = 60 * SECOND;
export const HOUR = 60 * MINUTE;
export const START = 1_700_000_000 * SECOND;
export const KEY = [1, 2, 3, 4];
export const SUSPECTED = 1;
export const CONFIRMED = 2;

export const client = (number: number): Address => [0, 0, 0xffff, number];

export function limit(windowUs: number, group: 0 | 1 | 2, clients: number, more: Partial<Limit> = {}): Limit {
  return { windowUs, group, clients, share: null, floor: 10, then: 'observe', ...more };
}

export function breakerOf(...limits: Limit[]): Breaker {
  return new Breaker({ limits, registered: 0 }, KEY);
}

/** Hits clients one after the other. Returns the number of clients admitted before the first refusal. */
export function hitMany(
  breaker: Breaker,
  count: number,
  timeUs: (i: number) => number,
  from = 0,
  stage = CONFIRMED,
): number {
  for (let i = 0; i < count; i++) if (!breaker.admit(timeUs(i), client(from + i), stage, false)) return i;
  return count;
}
