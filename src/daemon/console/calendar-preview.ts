/**
 * Evaluates the dates of a week ahead on the flows of the last hour, for the console. It works in steps, between which
 * packets are processed; the trial of one date on the flows is one step, and a pause follows it that is many times
 * longer.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { MICROS_PER_DAY } from '../../core/iso-time.ts';
import type { Rules } from '../../decision/rules.ts';
import { changesAnything, type DateGroup, isActiveAt, nextGroup } from '../../policy/boundaries.ts';
import type { ChangeEvaluation } from '../../policy/change-evaluation.ts';
import { type Excess, excessesOf } from '../../policy/change-verdict.ts';
import type { Rule } from '../../policy/policy.ts';
import { CoverageComparison } from '../../registry/coverage-change.ts';
import { DateCounts } from '../../registry/summary/date-counts.ts';
import type { RunEngine } from '../daemon-engine.ts';
import { inSteps } from './work-in-steps.ts';

/** A date with what it changes. */
export interface EvaluatedDate {
  readonly group: DateGroup;
  readonly expire: number;
  readonly begin: number;
  /** The first rules that begin or end, and how many more there are. */
  readonly rules: readonly { readonly name: string; readonly begins: boolean }[];
  readonly moreRules: number;
  readonly evaluation: ChangeEvaluation;
  readonly excesses: readonly Excess[];
}

export interface CalendarWeek {
  readonly rules: Rules;
  readonly timeUs: number;
  readonly untilUs: number;
  readonly dates: readonly EvaluatedDate[];
  readonly hasMore: boolean;
}

const WEEK_US = 7 * MICROS_PER_DAY;
const MOST_DATES = 40;
/** Groups that are looked at: midnight is a boundary of every schedule, and changes something seldom. */
const MOST_GROUPS = 2000;
const SHOWN_RULES = 20;
const ROWS_AT_ONCE = 20_000;
const PREFIXES_AT_ONCE = 5000;
/** A pause after the trial of a date, in times of the trial itself. */
const PAUSE_RATIO = 20;
const LONGEST_PAUSE_MS = 2000;

/** Null where the rules were replaced meanwhile. */
export async function evaluateWeek(engine: RunEngine, afterUs: number): Promise<CalendarWeek | null> {
  const { rules, timeUs } = engine;
  const untilUs = timeUs + WEEK_US;
  const { groups, hasMore } = await groupsOf(rules, afterUs, untilUs);
  const counts = new DateCounts(rules.registry, groups);
  if (groups.length > 0) await inSteps(() => counts.step(ROWS_AT_ONCE));
  const timed = rules.policy.rules.filter(({ conditions }) => conditions.some(dependsOnTime));
  const dates: EvaluatedDate[] = [];
  for (const [at, group] of groups.entries()) {
    if (engine.rules !== rules) return null;
    const evaluation = await evaluateGroup(engine, group);
    const changed = changedRules(timed, group);
    dates.push({
      group,
      expire: counts.expire[at]!,
      begin: counts.begin[at]!,
      rules: changed.slice(0, SHOWN_RULES),
      moreRules: Math.max(0, changed.length - SHOWN_RULES),
      evaluation,
      excesses: excessesOf(evaluation, rules.policy.guard),
    });
  }
  return engine.rules === rules ? { rules, timeUs, untilUs, dates, hasMore } : null;
}

async function groupsOf(
  rules: Rules,
  afterUs: number,
  untilUs: number,
): Promise<{ readonly groups: readonly DateGroup[]; readonly hasMore: boolean }> {
  const groups: DateGroup[] = [];
  let at = afterUs;
  let seen = 0;
  let hasMore = false;
  await inSteps(() => {
    const group = nextGroup(rules, at, untilUs);
    if (group === null) return true;
    at = group.lastUs;
    if (changesAnything(rules, group)) {
      hasMore = groups.length === MOST_DATES;
      if (!hasMore) groups.push(group);
    }
    hasMore ||= ++seen === MOST_GROUPS;
    return hasMore;
  });
  return { groups, hasMore };
}

async function evaluateGroup(engine: RunEngine, { firstUs, lastUs }: DateGroup): Promise<ChangeEvaluation> {
  const { registry } = engine.rules;
  const comparison = new CoverageComparison({ registry, timeUs: firstUs - 1 }, { registry, timeUs: lastUs });
  await inSteps(() => comparison.step(PREFIXES_AT_ONCE));
  const beganMs = performance.now();
  const evaluation = engine.evaluateDates(firstUs - 1, lastUs, comparison.result());
  await sleep(Math.min(LONGEST_PAUSE_MS, PAUSE_RATIO * (performance.now() - beganMs)));
  return evaluation;
}

function dependsOnTime({ name }: Rule['conditions'][number]): boolean {
  return name === 'from' || name === 'until' || name === 'schedule';
}

function changedRules(rules: readonly Rule[], { firstUs, lastUs }: DateGroup): EvaluatedDate['rules'] {
  return rules.flatMap((rule) => {
    const begins = isActiveAt(rule, lastUs);
    return isActiveAt(rule, firstUs - 1) === begins ? [] : [{ name: rule.name, begins }];
  });
}
