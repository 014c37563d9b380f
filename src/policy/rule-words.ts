/**
 * A rule in words, for people who do not read YAML: its conditions as phrases, and what it does. Every key of a rule
 * has words, and the words name its values exactly. Prefixes are counted instead where addresses are hidden. Reports
 * and the catalogue of the console have the same words.
 */
import { counted, number } from '../core/count-text.ts';

/** A condition, by its key in a policy. */
export interface WordedCondition {
  readonly key: (typeof CONDITION_KEYS)[number];
  readonly values: readonly string[];
  /** Prefixes that are counted only; null where nothing is hidden. */
  readonly hidden: number | null;
  readonly schedule: WordedSchedule | null;
}

export interface WordedSchedule {
  /** In the order of the week; empty for every day. */
  readonly days: readonly string[];
  readonly from: string;
  readonly to: string;
  readonly zone: string;
  /** It ends on the day after. */
  readonly past_midnight: boolean;
}

export interface WordedRule {
  readonly conditions: readonly WordedCondition[];
  /** `10%`; null for all clients. */
  readonly rollout: string | null;
  readonly action: 'allow' | 'throttle' | 'block';
  /** `burst` in bytes where the policy names none. */
  readonly throttle: { readonly rate: string; readonly burst: string | number; readonly per: ThrottleScope } | null;
}

export interface RuleWords {
  /** Which flows: `Flows that are confirmed, whose ends are both unregistered, for 10 % of clients`. */
  readonly flows: string;
  /** What happens to them: `blocked`, `throttled to 256kbit/s with …`. */
  readonly action: string;
}

/** The keys of conditions, in the order in which a sentence has them. */
export const CONDITION_KEYS = [
  'stage',
  'protocol',
  'variant',
  'transport',
  'registered',
  'sector',
  'source',
  'destination',
  'source_port',
  'destination_port',
  'min_packets',
  'min_bytes',
  'schedule',
  'from',
  'until',
] as const;
export const THROTTLE_SCOPES = ['flow', 'client', 'registration', 'rule'] as const;
type ThrottleScope = (typeof THROTTLE_SCOPES)[number];

const DAYS: Readonly<Record<string, string>> = {
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

const CONDITION_WORDS: Readonly<
  Record<Exclude<WordedCondition['key'], 'schedule'>, (values: readonly string[]) => string>
> = {
  stage: (names) => `that are ${either(names)}`,
  protocol: (names) => `of protocol ${either(names)}`,
  variant: (names) => `of variant ${either(names)}`,
  transport: (names) => `over ${either(names)}`,
  registered: (names) => REGISTERED[names.join('')]!,
  sector: (names) => `with a registered end of sector ${either(names)}`,
  source: (prefixes) => `from ${either(prefixes)}`,
  destination: (prefixes) => `to ${either(prefixes)}`,
  source_port: (ports) => `with source port ${either(ports)}`,
  destination_port: (ports) => `with destination port ${either(ports)}`,
  min_packets: (least) => `with at least ${counted(Number(least[0]), 'packet')}`,
  min_bytes: (least) => `with at least ${counted(Number(least[0]), 'byte')}`,
  from: (times) => `from ${times.join('')} on`,
  until: (times) => `until ${times.join('')}`,
};

export function ruleWords({ conditions, rollout, ...action }: WordedRule): RuleWords {
  const inOrder = conditions.toSorted((a, b) => CONDITION_KEYS.indexOf(a.key) - CONDITION_KEYS.indexOf(b.key));
  const flows = conditions.length === 0 ? 'All VPN flows' : `Flows ${inOrder.map(conditionWords).join(', ')}`;
  return {
    flows: rollout === null ? flows : `${flows}, for ${rolloutWords(rollout)}`,
    action: actionWords(action),
  };
}

/** A condition as a clause on flows: `that are confirmed`. */
export function conditionWords({ key, values, hidden, schedule }: WordedCondition): string {
  if (hidden !== null)
    return `${key === 'source' ? 'from' : 'to'} ${number(hidden)} named prefix${hidden === 1 ? '' : 'es'}`;
  return key === 'schedule' ? scheduleWords(schedule!) : CONDITION_WORDS[key](values);
}

/** `rollout` is a percentage: `10%`. */
export function rolloutWords(rollout: string): string {
  return `${rollout.slice(0, -1)} % of clients`;
}

function scheduleWords({ days, from, to, zone, past_midnight: isPastMidnight }: WordedSchedule): string {
  const names = days.map((day) => DAYS[day] ?? day);
  const which = days.length === 0 ? 'every day' : `on ${joined(names, 'and')}`;
  return `${which} from ${from} to ${to}${isPastMidnight ? ' of the next day' : ''} in ${zone}`;
}

function actionWords({ action, throttle }: Pick<WordedRule, 'action' | 'throttle'>): string {
  if (throttle === null) return action === 'allow' ? 'allowed' : 'blocked';
  const burst = typeof throttle.burst === 'string' ? throttle.burst : counted(throttle.burst, 'byte');
  return `throttled to ${throttle.rate} with a burst of ${burst}, ${SHARED_BY[throttle.per]}`;
}

const SHARED_BY: Readonly<Record<ThrottleScope, string>> = {
  flow: 'for each flow',
  client: 'shared by all flows of a client',
  registration: 'shared by all flows of a registration',
  rule: 'shared by all flows of the rule',
};

function either(names: readonly string[]): string {
  return joined(names, 'or');
}

/** `a`, `a or b`, `a, b or c`. */
function joined(names: readonly string[], word: string): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} ${word} ${names.at(-1)!}`;
}
