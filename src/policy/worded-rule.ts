/** What the words of a rule are made of (policy/rule-words): for the API of the console, whose page has the words. */
import { BUCKET_SCOPE_NAMES } from './action.ts';
import type { WhenShape } from './conditions.ts';
import type { Rule } from './policy.ts';
import type { WordedCondition, WordedRule } from './rule-words.ts';
import { DAY_NAMES, parseMinute } from './schedule.ts';

/** `hidesPrefixes`: addresses are hidden, so prefixes are only counted. */
export function wordedRule({ shape, throttle }: Rule, hidesPrefixes: boolean): WordedRule {
  const { when = {}, rollout, action, rate, burst } = shape;
  return {
    conditions: (Object.keys(when) as (keyof WhenShape)[])
      .filter((key) => when[key] !== undefined)
      .map((key) => wordedCondition(key, when, hidesPrefixes)),
    rollout: rollout ?? null,
    action: action as WordedRule['action'],
    throttle:
      throttle === null ? null : { rate: rate!, burst: burst ?? throttle.burst, per: BUCKET_SCOPE_NAMES[throttle.per] },
  };
}

function wordedCondition(key: keyof WhenShape, when: WhenShape, hidesPrefixes: boolean): WordedCondition {
  if (key === 'schedule') {
    const { days = [], from, to, zone } = when.schedule!;
    const isPastMidnight = parseMinute(to) <= parseMinute(from);
    const inOrder = DAY_NAMES.filter((day) => days.includes(day));
    return {
      key,
      values: [],
      hidden: null,
      schedule: { days: inOrder, from, to, zone, past_midnight: isPastMidnight },
    };
  }
  const value = when[key]!;
  const values = (Array.isArray(value) ? value : [value]).map(String);
  const isHidden = hidesPrefixes && (key === 'source' || key === 'destination');
  return { key, values: isHidden ? [] : values, hidden: isHidden ? values.length : null, schedule: null };
}
