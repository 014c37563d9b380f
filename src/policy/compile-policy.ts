/**
 * Compiles the checked shape of a policy file into a Policy: conditions become functions, texts become numbers, and the
 * boundaries at which decisions may change are collected.
 */
import { parseInstant } from '../core/iso-time.ts';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { STAGE_NAMES, VARIANT_NAMES } from '../dataplane/host/finding.ts';
import { PrefixParser } from '../registry/prefix.ts';
import { SECTOR_NAMES } from '../registry/sector.ts';
import {
  type Action,
  ACTION_NAMES,
  defaultBurst,
  parseBytes,
  parseRate,
  parsePercent,
  type BucketScope,
  BUCKET_SCOPE_NAMES,
  type Throttle,
} from './action.ts';
import * as condition from './condition.ts';
import type { Condition, PrefixCondition, RegisteredName } from './condition.ts';
import { compileGuard } from './guard-limits.ts';
import { compileSafety } from './compile-safety.ts';
import { DEFAULT_SAFETY } from './limits.ts';
import type { Mode } from './mode.ts';
import type { Boundaries, Policy, Rule } from './policy.ts';
import type { PolicyShape, RuleShape, WhenShape } from './policy-schema.ts';
import type { RegisteredReach } from './registered-reach.ts';
import { rolloutSeed } from './rollout.ts';
import { DAY_NAMES, parseMinute, Schedule } from './schedule.ts';

type ScheduleShape = NonNullable<WhenShape['schedule']>;

/** IP protocol numbers of TRANSPORT_NAMES. */
const TRANSPORT_CODES = [17, 6, 50, 51];

const ALL_DAYS = 0x7f;

/** Compiles a shape that has passed all checks. `reaches` are those of its rules. */
export function compilePolicy(shape: PolicyShape, reaches: readonly RegisteredReach[], sha256: string): Policy {
  const schedules = new Map<RuleShape, Schedule>();
  for (const rule of shape.rules) {
    if (rule.when?.schedule !== undefined) schedules.set(rule, compileSchedule(rule.when.schedule));
  }
  return {
    name: shape.name,
    mode: (shape.mode ?? 'observe') as Mode,
    rules: shape.rules.map((rule) => compileRule(rule, schedules.get(rule))),
    safety: shape.safety === undefined ? DEFAULT_SAFETY : compileSafety(shape.safety),
    guard: compileGuard(shape.safety?.guard),
    boundaries: compileBoundaries(shape.rules, [...schedules.values()]),
    reaches,
    sha256,
  };
}

function compileRule(rule: RuleShape, schedule: Schedule | undefined): Rule {
  return {
    name: rule.name,
    conditions: rule.when === undefined ? [] : compileConditions(rule.when, schedule),
    testsRegistration: rule.when?.registered !== undefined,
    action: (ACTION_NAMES as readonly string[]).indexOf(rule.action) as Action,
    throttle: rule.rate === undefined ? null : compileThrottle(rule.rate, rule.burst, rule.per),
    rollout: rule.rollout === undefined ? 1 : parsePercent(rule.rollout),
    rolloutSeed: rolloutSeed(rule.name),
    hitsRegistered: rule.hits_registered === true,
    shape: rule,
  };
}

function compileThrottle(rateText: string, burst: string | undefined, per: string | undefined): Throttle {
  const rate = parseRate(rateText);
  return {
    rate,
    burst: burst === undefined ? defaultBurst(rate) : parseBytes(burst),
    per: (BUCKET_SCOPE_NAMES as readonly string[]).indexOf(per ?? 'flow') as BucketScope,
  };
}

/** Puts cheap conditions first; their order does not change what a rule matches. */
function compileConditions(when: WhenShape, schedule: Schedule | undefined): Condition[] {
  const list: Condition[] = [];
  const add = <T>(value: T | undefined, make: (value: T) => Condition): void => {
    if (value !== undefined) list.push(make(value));
  };
  const codes = (names: readonly string[], wanted: readonly string[]): number[] =>
    wanted.map((name) => names.indexOf(name));
  add(when.protocol, (names) =>
    condition.oneOf('protocol', names.join(' or '), codes(PROTOCOL_NAMES, names), (input) => input.protocol),
  );
  add(when.stage, (names) =>
    condition.oneOf('stage', names.join(' or '), codes(STAGE_NAMES, names), (input) => input.stage),
  );
  add(when.registered, (name) => condition.registered(name as RegisteredName));
  add(when.transport, (names) =>
    condition.oneOf(
      'transport',
      names.join(' or '),
      codes(condition.TRANSPORT_NAMES, names).map((at) => TRANSPORT_CODES[at]!),
      (input) => input.transport,
    ),
  );
  add(when.variant, (names) =>
    condition.oneOf('variant', names.join(' or '), variantCodes(names), (input) => input.variant),
  );
  add(when.sector, (names) => condition.sector(names.join(' or '), codes(SECTOR_NAMES, names)));
  add(when.source, (texts) => condition.address('source', texts.join(' or '), texts.map(compilePrefix)));
  add(when.destination, (texts) => condition.address('destination', texts.join(' or '), texts.map(compilePrefix)));
  add(when.source_port, (ports) =>
    condition.inRanges(
      'source_port',
      ports.join(' or '),
      ports.map((port) => condition.parsePorts(port)!),
      (input) => input.sourcePort,
    ),
  );
  add(when.destination_port, (ports) =>
    condition.inRanges(
      'destination_port',
      ports.join(' or '),
      ports.map((port) => condition.parsePorts(port)!),
      (input) => input.destinationPort,
    ),
  );
  add(when.min_packets, (least) => condition.atLeast('min_packets', String(least), least, (input) => input.packets));
  add(when.min_bytes, (least) => condition.atLeast('min_bytes', String(least), least, (input) => input.bytes));
  add(when.from, (text) => condition.notBefore(text, parseInstant(text)));
  add(when.until, (text) => condition.notAfter(text, parseInstant(text)));
  add(schedule, (compiled) => condition.within(describeSchedule(when.schedule!), compiled));
  return list;
}

function variantCodes(names: readonly string[]): number[] {
  return Object.entries(VARIANT_NAMES)
    .filter(([, name]) => names.includes(name))
    .map(([code]) => Number(code));
}

function compilePrefix(text: string): PrefixCondition {
  const parser = new PrefixParser();
  parser.parse(text);
  return { words: [parser.word0, parser.word1, parser.word2, parser.word3], length: parser.length };
}

function compileSchedule(shape: ScheduleShape): Schedule {
  const days =
    shape.days?.reduce((bits, day) => bits | (1 << (DAY_NAMES as readonly string[]).indexOf(day)), 0) ?? ALL_DAYS;
  return new Schedule(shape.zone, days, parseMinute(shape.from), parseMinute(shape.to));
}

function describeSchedule(shape: ScheduleShape): string {
  return `${shape.days?.join(', ') ?? 'every day'} from ${shape.from} to ${shape.to}, ${shape.zone}`;
}

function compileBoundaries(rules: readonly RuleShape[], schedules: Schedule[]): Boundaries {
  const instants = new Set<number>();
  const packets = new Set<number>();
  const bytes = new Set<number>();
  for (const { when } of rules) {
    if (when?.from !== undefined) instants.add(parseInstant(when.from));
    // `until` includes its instant.
    if (when?.until !== undefined) instants.add(parseInstant(when.until) + 1);
    if (when?.min_packets !== undefined) packets.add(when.min_packets);
    if (when?.min_bytes !== undefined) bytes.add(when.min_bytes);
  }
  const ascending = (set: Set<number>): number[] => [...set].sort((a, b) => a - b);
  return { instants: ascending(instants), schedules, packets: ascending(packets), bytes: ascending(bytes) };
}
