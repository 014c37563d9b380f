/** Answers what will change and when. The week is evaluated when a page asks, and kept for a minute. */
import { formatMicros } from '../../core/units.ts';
import { rulesSha256 } from '../../decision/rules.ts';
import type { CalendarAnswers } from '../../web/api/calendar-routes.ts';
import type { CalendarDocument, DateView } from '../../web/api/calendar-schema.ts';
import type { User } from '../../web/api/route.ts';
import { type CalendarWeek, evaluateWeek, type EvaluatedDate } from './calendar-preview.ts';
import type { LiveParts } from './live-document.ts';
import { type ShownRegistrations, shownVerdict } from './shown-change.ts';

const KEPT_MS = 60_000;
const MICROS_PER_MILLISECOND = 1000;

type CalendarParts = Pick<LiveParts, 'engine' | 'changes'> & ShownRegistrations;

export class ConsoleCalendar implements CalendarAnswers {
  private readonly parts: CalendarParts;
  private week: CalendarWeek | null = null;
  private madeMs = -Infinity;
  private making: Promise<CalendarWeek> | null = null;

  constructor(parts: CalendarParts) {
    this.parts = parts;
  }

  async calendar(user: User | null): Promise<CalendarDocument> {
    const week = await this.weekNow();
    const { held } = this.parts.changes.calendar;
    const heldDate: DateView[] =
      held === null
        ? []
        : [
            {
              ...datesOf(held.date),
              expire: 0,
              begin: 0,
              rules: [],
              more_rules: 0,
              state: 'held',
              confirmable: true,
              verdict: shownVerdict(held, this.parts, user),
            },
          ];
    const { timeUs } = this.parts.engine;
    const ahead = week.dates.filter(({ group }) => group.firstUs > timeUs && group.firstUs !== held?.date.firstUs);
    return {
      at_ms: week.timeUs / MICROS_PER_MILLISECOND,
      until_ms: week.untilUs / MICROS_PER_MILLISECOND,
      sha256: rulesSha256(week.rules),
      dates: [...heldDate, ...ahead.map((date) => this.view(date, user))],
      more: week.hasMore,
    };
  }

  private view(date: EvaluatedDate, user: User | null): DateView {
    const { group, expire, begin, rules, moreRules, evaluation, excesses } = date;
    const { calendar } = this.parts.changes;
    const sha256 = rulesSha256(this.parts.engine.rules);
    const verdict = shownVerdict({ sha256, evaluation, excesses }, this.parts, user);
    const isConfirmed = calendar.isConfirmed(group);
    return {
      ...datesOf(group),
      expire,
      begin,
      rules: [...rules],
      more_rules: moreRules,
      state: isConfirmed ? 'confirmed' : verdict.refused ? 'needs-confirmation' : 'ahead',
      confirmable: !isConfirmed && calendar.aheadDates.includes(group.firstUs),
      verdict,
    };
  }

  /** The week under the rules in use. One that is a minute old is shown while the next one is made. */
  private async weekNow(): Promise<CalendarWeek> {
    const { engine } = this.parts;
    const { week } = this;
    const isUsable = week !== null && week.rules === engine.rules && week.timeUs <= engine.timeUs;
    if (isUsable && performance.now() - this.madeMs < KEPT_MS) return week;
    this.making ??= this.make().finally(() => (this.making = null));
    return isUsable ? week : this.making;
  }

  private async make(): Promise<CalendarWeek> {
    const { engine, changes } = this.parts;
    for (;;) {
      const week = await evaluateWeek(engine, Math.max(engine.timeUs, changes.calendar.held?.date.lastUs ?? 0));
      // The rules were replaced meanwhile.
      if (week === null) continue;
      this.week = week;
      this.madeMs = performance.now();
      return week;
    }
  }
}

function datesOf({ firstUs, lastUs }: EvaluatedDate['group']): Pick<DateView, 'date' | 'first_ms' | 'last_ms'> {
  return {
    date: formatMicros(firstUs),
    first_ms: firstUs / MICROS_PER_MILLISECOND,
    last_ms: lastUs / MICROS_PER_MILLISECOND,
  };
}
