/**
 * A rule in words, for people who do not read YAML: its conditions as phrases, and what it does. Every key of a rule
 * has words, and the words name its values exactly. Prefixes are counted instead where addresses are hidden.
 */
import { counted, number } from '../core/count-text.ts';
import { BucketScope } from './action.ts';
import type { RuleShape, WhenShape } from './policy-schema.ts';
import type { Rule } from './policy.ts';
import { DAY_NAMES, parseMinute } from './schedule.ts';

export interface RuleWords {
  /** Which flows: `Flows that are confirmed, whose ends are both unregistered, for 10 % of clients`. */
  readonly flows: string;
  /** What happens to them: `blocked`, `throttled to 256kbit/s with …`. */
  readonly action: string;
}

type Words<Shape> = { readonly [Key in keyof Required<Shape>]: (value: NonNullable<Shape[Key]>) => string };

const DAYS: Readonly<Record<(typeof DAY_NAMES)[number], string>> = {
  mon: 'Mondays',
  tue: 'Tuesdays',
  wed: 'Wednesdays',
  thu: 'Thursdays',
  fri: 'Fridays',
  sat: 'Saturdays',
  sun: 'Sundays',
};

const REGISTERED: Readonly<Record<string, string>> = {
  source: 'whose source is registered',
  destination: 'whose destination is registered',
  either: 'with a registered end',
  both: 'whose ends are both registered',
  none: 'whose ends are both unregistered',
};

/** The phrases of conditions, in the order in which a sentence has them. */
const CONDITION_WORDS: Words<WhenShape> = {
  stage: (names) => `that are ${either(names)}`,
  protocol: (names) => `of protocol ${either(names)}`,
  variant: (names) => `of variant ${either(names)}`,
  transport: (names) => `over ${either(names)}`,
  registered: (name) => REGISTERED[name]!,
  sector: (names) => `with a registered end of sector ${either(names)}`,
  source: (prefixes) => `from ${either(prefixes)}`,
  destination: (prefixes) => `to ${either(prefixes)}`,
  source_port: (ports) => `with source port ${either(ports.map(String))}`,
  destination_port: (ports) => `with destination port ${either(ports.map(String))}`,
  min_packets: (least) => `with at least ${counted(least, 'packet')}`,
  min_bytes: (least) => `with at least ${counted(least, 'byte')}`,
  schedule: scheduleWords,
  from: (time) => `from ${time} on`,
  until: (time) => `until ${time}`,
};

/** `hidesPrefixes`: addresses are hidden, so prefixes are only counted. */
export function ruleWords(rule: Rule, hidesPrefixes: boolean): RuleWords {
  const { when = {}, rollout } = rule.shape;
  const phrases: string[] = [];
  for (const key of Object.keys(CONDITION_WORDS) as (keyof WhenShape)[]) {
    const value = when[key];
    if (value === undefined) continue;
    const isHidden = hidesPrefixes && (key === 'source' || key === 'destination');
    phrases.push(isHidden ? hiddenWords(key, value as readonly string[]) : wordsOf(key, value));
  }
  const flows = phrases.length === 0 ? 'All VPN flows' : `Flows ${phrases.join(', ')}`;
  return {
    flows: rollout === undefined ? flows : `${flows}, for ${rolloutWords(rollout)}`,
    action: actionWords(rule),
  };
}

function wordsOf<Key extends keyof WhenShape>(key: Key, value: NonNullable<WhenShape[Key]>): string {
  return CONDITION_WORDS[key](value);
}

function hiddenWords(key: 'source' | 'destination', prefixes: readonly string[]): string {
  return (
    `${key === 'source' ? 'from' : 'to'} ${number(prefixes.length)} named ` +
    `prefix${prefixes.length === 1 ? '' : 'es'}`
  );
}

function rolloutWords(rollout: NonNullable<RuleShape['rollout']>): string {
  return `${rollout.slice(0, -1)} % of clients`;
}

function scheduleWords({ days, from, to, zone }: NonNullable<WhenShape['schedule']>): string {
  const which = days === undefined ? 'every day' : `on ${joined(daysInOrder(days), 'and')}`;
  const isPastMidnight = parseMinute(to) <= parseMinute(from);
  return `${which} from ${from} to ${to}${isPastMidnight ? ' of the next day' : ''} in ${zone}`;
}

/** A day that is listed twice has one name here. */
function daysInOrder(days: readonly string[]): string[] {
  return DAY_NAMES.filter((day) => days.includes(day)).map((day) => DAYS[day]);
}

function actionWords({ shape, throttle }: Rule): string {
  if (throttle === null) return shape.action === 'allow' ? 'allowed' : 'blocked';
  const burst = shape.burst ?? counted(throttle.burst, 'byte');
  return `throttled to ${shape.rate!} with a burst of ${burst}, ${SHARED_BY[throttle.per]}`;
}

const SHARED_BY: Readonly<Record<BucketScope, string>> = {
  [BucketScope.FLOW]: 'for each flow',
  [BucketScope.CLIENT]: 'shared by all flows of a client',
  [BucketScope.REGISTRATION]: 'shared by all flows of a registration',
  [BucketScope.RULE]: 'shared by all flows of the rule',
};

function either(names: readonly string[]): string {
  return joined(names, 'or');
}

/** `a`, `a or b`, `a, b or c`. */
function joined(names: readonly string[], word: string): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)!}`;
}
