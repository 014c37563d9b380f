/**
 * The state of a breaker that survives a restart, as plain data for JSON: checks, and conversion of an older version.
 * It holds keyed hashes of clients, not their addresses. The key is in the same file, so keep the file private.
 */
import { type ClientHash, HASH_KEY_WORDS } from '../../policy/client-hash.ts';
import { ClientGroup, GROUP_NAMES, GROUPS } from '../../policy/client-groups.ts';
import type { HitState } from './hit-clients.ts';
import { THEN_NAMES } from '../../policy/then.ts';
import { packDoubles, packWords } from './packed-numbers.ts';
import type { SeenState } from './seen-clients.ts';
import { type Trip, TRIP_CAUSES } from './trip.ts';

const NOT_A_STATE = 'the state of the breaker is not valid';

/** Trips and hit clients: small, and written at once after each change. */
export interface BreakerState {
  readonly version: 2;
  /** The deployment's key. */
  readonly key: readonly number[];
  readonly trips: readonly Trip[];
  readonly registeredHits: number;
  /** The breaker's own time, and its offset from packet time. */
  readonly nowUs: number;
  readonly shiftUs: number;
  readonly hits: HitState;
}

/** The clients with a finding in each window: large under a flood, and soon out of date. */
export interface SeenWindowsState {
  readonly version: 2;
  readonly nowUs: number;
  readonly windows: readonly SeenState[];
}

/**
 * Checks a state of this or an older version; throws TypeError for any other value. `hash` hashes the addresses of an
 * older one.
 */
export function breakerStateOf(value: unknown, hash: ClientHash): BreakerState {
  const state = isRecord(value) && value.version === 1 ? fromVersion1(value, hash) : value;
  if (!isRecord(state) || state.version !== 2) throw new TypeError(NOT_A_STATE);
  const { key, trips, registeredHits, nowUs, shiftUs, hits } = state;
  if (!Array.isArray(trips) || !trips.every(isTrip) || !isCount(registeredHits) || !isTime(nowUs) || !isTime(shiftUs))
    throw new TypeError(NOT_A_STATE);
  if (!isRecord(hits) || !Array.isArray(key) || key.length !== HASH_KEY_WORDS || !key.every(Number.isInteger))
    throw new TypeError(NOT_A_STATE);
  return state as unknown as BreakerState;
}

/**
 * Checks the form of a state; throws TypeError for any other value. The content of the windows is checked on import.
 */
export function seenWindowsOf(value: unknown): SeenWindowsState {
  const isOne = isRecord(value) && value.version === 2 && isTime(value.nowUs) && Array.isArray(value.windows);
  if (!isOne || !(value.windows as unknown[]).every(isSeenState))
    throw new TypeError('the state of seen clients is not valid');
  return value as unknown as SeenWindowsState;
}

function isSeenState(value: unknown): boolean {
  if (!isRecord(value) || !Array.isArray(value.levels)) return false;
  const { windowUs, group } = value;
  return (
    typeof windowUs === 'number' &&
    windowUs > 0 &&
    Number.isInteger(group) &&
    GROUP_NAMES[group as number] !== undefined
  );
}

/**
 * Converts version 1, which had addresses and one window for all stages: `{version, trip, sliceUs, slice, clients:
 * [[word0 … word3, lastSlice, newSlice]]}`. Its clients count as hit for confirmed findings.
 */
function fromVersion1(value: Record<string, unknown>, hash: ClientHash): BreakerState {
  const { trip, sliceUs, slice, clients } = value;
  if (!isTime(sliceUs) || !isCount(slice) || !Array.isArray(clients) || !clients.every(isClient1))
    throw new TypeError(NOT_A_STATE);
  if (trip !== null && !isTrip1(trip)) throw new TypeError(NOT_A_STATE);
  const hashes: number[] = [];
  const times: number[] = [];
  for (const client of clients) {
    const [last, since] = [client[4]! * (sliceUs as number), client[5]! * (sliceUs as number)];
    hash.take(client);
    hashes.push(hash.high, hash.low);
    for (const time of [last, since])
      for (let group = 0; group < GROUPS; group++) times.push(group === ClientGroup.SUSPECTED ? -Infinity : time);
  }
  return {
    version: 2,
    key: hash.words,
    trips: trip === null ? [] : [{ ...trip, then: 'observe', limit: null, allowed: 0 }],
    registeredHits: 0,
    nowUs: (slice as number) * (sliceUs as number),
    shiftUs: 0,
    hits: { level: 0, hashes: packWords(hashes), times: packDoubles(times) },
  };
}

type Trip1 = Pick<Trip, 'timeUs' | 'cause' | 'affected' | 'seen'>;

function isTrip1(value: unknown): value is Trip1 {
  if (!isRecord(value) || (value.cause !== 'clients' && value.cause !== 'share')) return false;
  return isTime(value.timeUs) && isCount(value.affected) && isCount(value.seen);
}

function isClient1(value: unknown): value is number[] {
  if (!Array.isArray(value) || value.length !== 6) return false;
  const numbers: unknown[] = value;
  return numbers.every(Number.isInteger) && isCount(numbers[4]) && isCount(numbers[5]);
}

function isTrip(value: unknown): boolean {
  if (!isRecord(value) || !TRIP_CAUSES.some((cause) => cause === value.cause)) return false;
  if (!THEN_NAMES.some((then) => then === value.then)) return false;
  if (value.limit !== null && typeof value.limit !== 'string') return false;
  return isTime(value.timeUs) && isCount(value.affected) && isCount(value.seen) && isCount(value.allowed);
}

function isTime(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
