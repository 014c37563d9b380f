/**
 * A compiled condition of a rule's `when`: a name and a test over the decision's input. A rule matches where all of its
 * conditions hold. The functions here make the tests that conditions.ts chooses from.
 */
import { IPV4_LENGTH_OFFSET, isMappedIpv4 } from '../core/ip-address.ts';
import { wordMask } from '../registry/prefix.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { DecisionInput } from './decision-input.ts';
import type { Schedule } from './schedule.ts';

export interface Condition {
  /** The key in the policy file. */
  readonly name: string;
  /** The wanted value, as explanations show it. */
  readonly wanted: string;
  readonly holds: (input: DecisionInput) => boolean;
  /** Where it may change by time or traffic alone; absent where it never does. */
  readonly boundary?: ConditionBoundary;
}

/** At what a condition may change without a new finding: one of these. */
export interface ConditionBoundary {
  readonly instantUs?: number;
  readonly schedule?: Schedule;
  readonly packets?: number;
  readonly bytes?: number;
}

export const TRANSPORT_NAMES = ['udp', 'tcp', 'esp', 'ah'] as const;

export const REGISTERED_NAMES = ['source', 'destination', 'either', 'both', 'none'] as const;
export type RegisteredName = (typeof REGISTERED_NAMES)[number];

/** A prefix in mapped form (core/ip-address): four words and a length of 0 to 128. */
export interface PrefixCondition {
  readonly words: readonly number[];
  readonly length: number;
}

export interface NumberRange {
  readonly first: number;
  readonly last: number;
}

/** A port or a range of ports; null where the value is neither. */
export function parsePorts(value: number | string): NumberRange | null {
  const match = /^(\d{1,5})(?:-(\d{1,5}))?$/.exec(String(value));
  if (match === null) return null;
  const first = Number(match[1]);
  const last = Number(match[2] ?? match[1]);
  return first >= 1 && first <= last && last <= 65_535 ? { first, last } : null;
}

/** Larger than any code of a protocol, stage, variant, transport or sector. */
const CODE_LIMIT = 256;

/** A lookup table by code: 1 for the given codes. */
function tableOf(codes: readonly number[]): Uint8Array {
  const table = new Uint8Array(CODE_LIMIT);
  for (const code of codes) table[code] = 1;
  return table;
}

/** Holds where the number that `read` gives is one of the codes, which are below CODE_LIMIT. */
export function oneOf(
  name: string,
  wanted: string,
  codes: readonly number[],
  read: (input: DecisionInput) => number,
): Condition {
  const table = tableOf(codes);
  return { name, wanted, holds: (input) => table[read(input)] === 1 };
}

export function registered(wanted: RegisteredName): Condition {
  return { name: 'registered', wanted, holds: (input) => isRegistered(wanted, input) };
}

function isRegistered(wanted: RegisteredName, input: DecisionInput): boolean {
  const source = input.sourceRegistration !== NO_REGISTRATION;
  const destination = input.destinationRegistration !== NO_REGISTRATION;
  switch (wanted) {
    case 'source':
      return source;
    case 'destination':
      return destination;
    case 'either':
      return source || destination;
    case 'both':
      return source && destination;
    case 'none':
      return !source && !destination;
  }
}

/** Holds where the registration of either end has one of the sectors. */
export function sector(wanted: string, codes: readonly number[]): Condition {
  const table = tableOf(codes);
  const holds = (input: DecisionInput): boolean =>
    table[input.sourceSector] === 1 || table[input.destinationSector] === 1;
  return { name: 'sector', wanted, holds };
}

export function address(
  name: 'source' | 'destination',
  wanted: string,
  prefixes: readonly PrefixCondition[],
): Condition {
  return { name, wanted, holds: (input) => prefixes.some((prefix) => covers(prefix, input[name])) };
}

/**
 * True when a prefix covers an address. An IPv6 prefix covers no IPv4 address, even where its bits match the mapped
 * form.
 */
function covers(prefix: PrefixCondition, words: Int32Array): boolean {
  const isIpv4Prefix =
    prefix.length >= IPV4_LENGTH_OFFSET && isMappedIpv4(prefix.words[0]!, prefix.words[1]!, prefix.words[2]!);
  if (isIpv4Prefix !== isMappedIpv4(words[0]!, words[1]!, words[2]!)) return false;
  for (let word = 0; word < 4; word++) {
    if (((prefix.words[word]! ^ words[word]!) & wordMask(prefix.length, word)) !== 0) return false;
  }
  return true;
}

/** Holds where the number that `read` gives is within one of the ranges; 0, which stands for none, never is. */
export function inRanges(
  name: string,
  wanted: string,
  ranges: readonly NumberRange[],
  read: (input: DecisionInput) => number,
): Condition {
  const holds = (input: DecisionInput): boolean => {
    const value = read(input);
    return value !== 0 && ranges.some((range) => value >= range.first && value <= range.last);
  };
  return { name, wanted, holds };
}

export function notBefore(wanted: string, timeUs: number): Condition {
  return { name: 'from', wanted, holds: (input) => input.timeUs >= timeUs, boundary: { instantUs: timeUs } };
}

/** `until` includes the instant it names. */
export function notAfter(wanted: string, timeUs: number): Condition {
  return { name: 'until', wanted, holds: (input) => input.timeUs <= timeUs, boundary: { instantUs: timeUs + 1 } };
}

export function within(wanted: string, schedule: Schedule): Condition {
  return { name: 'schedule', wanted, holds: (input) => schedule.covers(input.timeUs), boundary: { schedule } };
}

export function minPackets(least: number): Condition {
  const holds = (input: DecisionInput): boolean => input.packets >= least;
  return { name: 'min_packets', wanted: String(least), holds, boundary: { packets: least } };
}

export function minBytes(least: number): Condition {
  const holds = (input: DecisionInput): boolean => input.bytes >= least;
  return { name: 'min_bytes', wanted: String(least), holds, boundary: { bytes: least } };
}
