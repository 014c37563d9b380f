/**
 * The conditions that a rule's `when` may have: for each key the shape of its value, the test it compiles to, and when
 * it holds wherever another value of the same key holds. To add a condition is to add its entry; rule-words has its
 * words.
 */
import * as z from 'zod/mini';
import { parseInstant } from '../core/iso-time.ts';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { STAGE_NAMES, VARIANT_NAMES } from '../dataplane/host/finding.ts';
import { adviseOnPrefix } from '../registry/file/prefix-advice.ts';
import { PrefixParser, wordMask } from '../registry/prefix.ts';
import { SECTOR_NAMES } from '../registry/sector.ts';
import * as condition from './condition.ts';
import { type Condition, parsePorts, type PrefixCondition, REGISTERED_NAMES, TRANSPORT_NAMES } from './condition.ts';
import { DAY_NAMES, parseMinute, Schedule } from './schedule.ts';
import { isNumber, listOf, oneOf, text, wholeFrom, words } from './value-schema.ts';

interface Kind<T> {
  readonly shape: z.ZodMiniType<T>;
  readonly compile: (value: T) => Condition;
  /** Whether the condition with value `wanted` holds for every flow for which the one with value `has` does. */
  readonly implies: (has: T, wanted: T) => boolean;
}

const kind = <T>(
  shape: z.ZodMiniType<T>,
  implies: (has: T, wanted: T) => boolean,
  compile: (value: T) => Condition,
): Kind<T> => ({ shape, compile, implies });

/** IP protocol numbers of TRANSPORT_NAMES. */
const TRANSPORT_CODES = [17, 6, 50, 51];
const ALL_DAYS = 0x7f;

const instant = text('must be a time with its zone, like 2024-11-30T23:59:59+05:00', (value) =>
  isNumber(parseInstant(value)),
);

const PREFIX_MESSAGE = 'must be an IPv4 or IPv6 address or prefix, like 192.0.2.0/24, or a list of them';
const prefix = z.string({ error: PREFIX_MESSAGE }).check(
  z.superRefine((value, context) => {
    const parser = new PrefixParser();
    if (parser.parse(value)) return;
    const message = adviseOnPrefix(value, 'list each') ?? parser.message;
    context.addIssue({ code: 'custom', message: `${JSON.stringify(value)}: ${message}` });
  }),
);
const prefixes = listOf(prefix, PREFIX_MESSAGE);

const PORT_MESSAGE = 'must be a port from 1 to 65535, a range like 1000-2000, or a list of them';
const port = z
  .union([z.number(), z.string()], { error: PORT_MESSAGE })
  .check(z.refine((value) => parsePorts(value) !== null, { error: PORT_MESSAGE }));
const ports = listOf(port, PORT_MESSAGE);

const count = wholeFrom(1);

const localTime = text('must be a local time in quotes, like "08:30"', (value) => isNumber(parseMinute(value)));
const schedule = z.strictObject(
  {
    days: z.optional(words(DAY_NAMES)),
    from: localTime.check(
      z.refine((value) => value !== '24:00', { error: 'must be before 24:00, the end of the day' }),
    ),
    to: localTime,
    zone: text('must be a time zone name, like Asia/Karachi', isZone),
  },
  { error: 'must be a mapping with from, to, zone and, if not every day, days' },
);
type ScheduleShape = z.infer<typeof schedule>;

function isZone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

/** By key, cheap ones first. A rule tests its conditions in this order, which does not change what it matches. */
const CONDITIONS = {
  protocol: kind(words(PROTOCOL_NAMES.slice(1)), areNamesWithin, (names) =>
    condition.oneOf('protocol', names.join(' or '), codes(PROTOCOL_NAMES, names), (input) => input.protocol),
  ),
  stage: kind(words(STAGE_NAMES.slice(1)), areNamesWithin, (names) =>
    condition.oneOf('stage', names.join(' or '), codes(STAGE_NAMES, names), (input) => input.stage),
  ),
  registered: kind(
    oneOf(REGISTERED_NAMES),
    (has, wanted) => has === wanted,
    (name) => condition.registered(name as condition.RegisteredName),
  ),
  transport: kind(words(TRANSPORT_NAMES), areNamesWithin, (names) => {
    const wanted = codes(TRANSPORT_NAMES, names).map((at) => TRANSPORT_CODES[at]!);
    return condition.oneOf('transport', names.join(' or '), wanted, (input) => input.transport);
  }),
  variant: kind(words(Object.values(VARIANT_NAMES).filter((name) => name !== 'none')), areNamesWithin, (names) =>
    condition.oneOf('variant', names.join(' or '), variantCodes(names), (input) => input.variant),
  ),
  sector: kind(words(SECTOR_NAMES.slice(1)), areNamesWithin, (names) =>
    condition.sector(names.join(' or '), codes(SECTOR_NAMES, names)),
  ),
  source: kind(prefixes, arePrefixesWithin, (texts) =>
    condition.address('source', texts.join(' or '), texts.map(compilePrefix)),
  ),
  destination: kind(prefixes, arePrefixesWithin, (texts) =>
    condition.address('destination', texts.join(' or '), texts.map(compilePrefix)),
  ),
  source_port: kind(ports, arePortsWithin, (list) =>
    condition.inRanges('source_port', list.join(' or '), list.map(rangeOf), (input) => input.sourcePort),
  ),
  destination_port: kind(ports, arePortsWithin, (list) =>
    condition.inRanges('destination_port', list.join(' or '), list.map(rangeOf), (input) => input.destinationPort),
  ),
  min_packets: kind(count, (has, wanted) => has >= wanted, condition.minPackets),
  min_bytes: kind(count, (has, wanted) => has >= wanted, condition.minBytes),
  from: kind(
    instant,
    (has, wanted) => parseInstant(has) >= parseInstant(wanted),
    (time) => condition.notBefore(time, parseInstant(time)),
  ),
  until: kind(
    instant,
    (has, wanted) => parseInstant(has) <= parseInstant(wanted),
    (time) => condition.notAfter(time, parseInstant(time)),
  ),
  schedule: kind<ScheduleShape>(
    schedule,
    (has, wanted) => JSON.stringify(has) === JSON.stringify(wanted),
    (value) => condition.within(describeSchedule(value), compileSchedule(value)),
  ),
};

type Conditions = typeof CONDITIONS;
export type ConditionKey = keyof Conditions;
const KEYS = Object.keys(CONDITIONS) as ConditionKey[];

type WhenShapes = { [Key in ConditionKey]: z.ZodMiniOptional<Conditions[Key]['shape']> };
const shapes = Object.fromEntries(KEYS.map((key) => [key, z.optional(CONDITIONS[key].shape as z.ZodMiniType)]));

/** The value of `when`. */
export const when = z.strictObject(shapes as unknown as WhenShapes, {
  error: 'must be a mapping of conditions, like { registered: none }',
});
export type WhenShape = z.infer<typeof when>;

/** The keys of `when`, or of the schedule in it. */
export function whenKeys(ofSchedule: boolean): readonly string[] {
  return ofSchedule ? Object.keys(schedule.shape) : KEYS;
}

/** The conditions of a `when` that has passed all checks. */
export function compileConditions(shape: WhenShape): Condition[] {
  const compile = (key: ConditionKey): Condition | [] => {
    const value = shape[key];
    return value === undefined ? [] : (CONDITIONS[key] as unknown as Kind<unknown>).compile(value);
  };
  return KEYS.flatMap(compile);
}

/** True when the condition `key` of `wanted`, which it has, holds for every flow for which that of `has` does. */
export function implies(key: ConditionKey, has: WhenShape, wanted: WhenShape): boolean {
  if (has[key] === undefined) return false;
  return (CONDITIONS[key] as unknown as Kind<unknown>).implies(has[key], wanted[key]);
}

function codes(names: readonly string[], wanted: readonly string[]): number[] {
  return wanted.map((name) => names.indexOf(name));
}

function variantCodes(names: readonly string[]): number[] {
  return Object.entries(VARIANT_NAMES)
    .filter(([, name]) => names.includes(name))
    .map(([code]) => Number(code));
}

function rangeOf(value: string | number): condition.NumberRange {
  return parsePorts(value)!;
}

function parserOf(value: string): PrefixParser {
  const parser = new PrefixParser();
  parser.parse(value);
  return parser;
}

function compilePrefix(value: string): PrefixCondition {
  const { word0, word1, word2, word3, length } = parserOf(value);
  return { words: [word0, word1, word2, word3], length };
}

function compileSchedule({ zone, days, from, to }: ScheduleShape): Schedule {
  const bits = days?.reduce((set, day) => set | (1 << (DAY_NAMES as readonly string[]).indexOf(day)), 0) ?? ALL_DAYS;
  return new Schedule(zone, bits, parseMinute(from), parseMinute(to));
}

function describeSchedule({ zone, days, from, to }: ScheduleShape): string {
  return `${days?.join(', ') ?? 'every day'} from ${from} to ${to}, ${zone}`;
}

function eachWithin<T>(has: readonly T[], wanted: readonly T[], isWithin: (inner: T, outer: T) => boolean): boolean {
  return has.every((inner) => wanted.some((outer) => isWithin(inner, outer)));
}

function areNamesWithin(has: readonly string[], wanted: readonly string[]): boolean {
  return eachWithin(has, wanted, (a, b) => a === b);
}

function arePortsWithin(has: readonly (string | number)[], wanted: readonly (string | number)[]): boolean {
  return eachWithin(has.map(rangeOf), wanted.map(rangeOf), (a, b) => a.first >= b.first && a.last <= b.last);
}

function arePrefixesWithin(has: readonly string[], wanted: readonly string[]): boolean {
  return eachWithin(has.map(parserOf), wanted.map(parserOf), isPrefixWithin);
}

function isPrefixWithin(a: PrefixParser, b: PrefixParser): boolean {
  const differences = [a.word0 ^ b.word0, a.word1 ^ b.word1, a.word2 ^ b.word2, a.word3 ^ b.word3];
  const isWithin = (difference: number, at: number): boolean => (difference & wordMask(b.length, at)) === 0;
  return a.isIpv4 === b.isIpv4 && a.length >= b.length && differences.every(isWithin);
}
