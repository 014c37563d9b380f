/**
 * Lists what the dates of a policy and a registry will change: registrations that expire or begin, by day, with those
 * whose users are not covered by another row; and rules whose dates or schedules begin and end.
 */
import { formatMicros } from '../core/units.ts';
import { MICROS_PER_DAY } from '../core/iso-time.ts';
import { isActiveAt } from '../policy/boundaries.ts';
import { DEFAULT_GUARD } from '../policy/guard-limits.ts';
import { nextBoundary, type Policy } from '../policy/policy.ts';
import { compareCoverage } from '../registry/coverage-change.ts';
import type { Registry } from '../registry/registry.ts';

/** The changes ahead as text, and how many of them the guard will hold. */
export interface Ahead {
  readonly lines: readonly string[];
  readonly beyondCount: number;
}

/** Beginnings and ends of rules that are listed; the rest are counted. */
const SHOWN_EDGES = 200;
/** Dates that are evaluated one by one. A registry with more dates is summed up by day. */
const MOST_DATES = 1_000_000;

export function registryAhead(registry: Registry, policy: Policy | null, nowUs: number, untilUs: number): Ahead {
  const share = (policy?.guard ?? DEFAULT_GUARD).registrations;
  const lines: string[] = [];
  let beyondCount = 0;
  for (const day of changingDays(registry, nowUs, untilUs)) {
    const { expire, begin } = countTerms(registry, day);
    const { lost, inForceBefore } = compareCoverage(
      { registry, timeUs: day.firstUs - 1 },
      { registry, timeUs: day.lastUs },
    );
    const most = Math.floor(share * inForceBefore);
    const isBeyond = lost > most;
    if (isBeyond) beyondCount++;
    const when = day.firstUs === day.lastUs ? formatMicros(day.firstUs) : formatMicros(day.firstUs).slice(0, 10);
    const parts: string[] = [];
    if (expire > 0)
      parts.push(
        `${expire} of ${inForceBefore} registrations in force expire, ${lost} of them without another that covers them`,
      );
    if (begin > 0) parts.push(`${begin} begin`);
    lines.push(`${when}: ${parts.join('; ')}${isBeyond ? `; beyond the guard, which allows ${most}` : ''}`);
  }
  return { lines, beyondCount };
}

/** Dates of one day, UTC: the first and the last. */
interface ChangingDay {
  readonly firstUs: number;
  readonly lastUs: number;
}

function changingDays(registry: Registry, nowUs: number, untilUs: number): ChangingDay[] {
  const days: ChangingDay[] = [];
  let at = registry.nextBoundary(nowUs);
  for (let count = 0; at <= untilUs && count < MOST_DATES; count++) {
    const day = Math.floor(at / MICROS_PER_DAY);
    const last = days.at(-1);
    if (last !== undefined && Math.floor(last.firstUs / MICROS_PER_DAY) === day)
      days[days.length - 1] = { firstUs: last.firstUs, lastUs: at };
    else days.push({ firstUs: at, lastUs: at });
    at = registry.nextBoundary(at);
  }
  return days;
}

function countTerms(registry: Registry, { firstUs, lastUs }: ChangingDay): { expire: number; begin: number } {
  let expire = 0;
  let begin = 0;
  for (let row = 0; row < registry.count; row++) {
    const was = registry.isInForce(row, firstUs - 1);
    const is = registry.isInForce(row, lastUs);
    if (was && !is) expire++;
    if (!was && is) begin++;
  }
  return { expire, begin };
}

/** Rules that begin or stop being within their dates and schedule. */
export function policyAhead({ rules, boundaries }: Policy, nowUs: number, untilUs: number): readonly string[] {
  const lines: string[] = [];
  let left = 0;
  for (let at = nextBoundary(boundaries, nowUs); at <= untilUs; at = nextBoundary(boundaries, at)) {
    for (const rule of rules) {
      const is = isActiveAt(rule, at);
      if (isActiveAt(rule, at - 1) === is) continue;
      if (lines.length === SHOWN_EDGES) left++;
      else lines.push(`${formatMicros(at)}: rule ${rule.name} ${is ? 'begins' : 'ends'}`);
    }
  }
  if (left > 0) lines.push(`and ${left} more beginnings and ends of rules`);
  return lines;
}
