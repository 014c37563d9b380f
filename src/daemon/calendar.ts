/**
 * Treats dates like changes of rules: everything that expires, begins or passes under the rules in use is evaluated a
 * day ahead, an hour ahead, and before the first packet after it is decided. A date that exceeds the limits of the
 * change guard is held until an operator confirms it: until then the rules are evaluated at the moment before the date.
 *
 * All times are packet times. Each look ahead evaluates one group of dates, so that a registry full of dates does not
 * delay packets.
 */
import { rulesSha256, type Rules } from '../decision/rules.ts';
import { changesAnything, type DateGroup, nextDate, nextGroup } from '../policy/boundaries.ts';
import type { ChangeEvaluation } from '../policy/change-evaluation.ts';
import { type Excess, excessesOf } from '../policy/change-verdict.ts';
import type { Confirmations } from './confirmations.ts';

export type CalendarState = 'ahead' | 'held' | 'passed' | 'confirmed';

/** An evaluated date, as reported. */
export interface CalendarNotice {
  readonly state: CalendarState;
  /** Time until the date: `24h` or `1h`; null at the date itself. */
  readonly lead: string | null;
  readonly date: DateGroup;
  readonly sha256: string;
  readonly evaluation: ChangeEvaluation;
  readonly excesses: readonly Excess[];
}

/** The part of the engine that evaluates dates. */
export interface DatedEngine {
  readonly rules: Rules;
  readonly timeUs: number;
  readonly decisions: { rulesUntilUs: number };
  evaluateDates(fromUs: number, toUs: number): ChangeEvaluation;
}

const HOUR_US = 3_600_000_000;
const LEADS = [
  { name: '24h', us: 24 * HOUR_US },
  { name: '1h', us: HOUR_US },
] as const;
/** Groups of dates that one batch may pass with separate evaluations; further dates are evaluated as one change. */
const PASSED_LIMIT = 50;

export class RunCalendar {
  /** The first date that is held; null if none is. */
  held: CalendarNotice | null = null;
  /** No date is evaluated or held: captures that have nothing to do with each other have no common calendar. */
  isOff = false;
  private readonly engine: DatedEngine;
  private readonly confirmations: Confirmations;
  private readonly notify: (notice: CalendarNotice) => void;
  /** Packets before this date need no check of the calendar; NaN before the first packet. */
  private nextUs = NaN;
  /** By lead: dates up to this one have been evaluated. */
  private readonly lookedUs: number[] = LEADS.map(() => NaN);
  /** Dates ahead that exceed the limits and are not confirmed, by the first of each group. */
  private readonly ahead = new Map<number, DateGroup>();

  constructor(engine: DatedEngine, confirmations: Confirmations, notify: (notice: CalendarNotice) => void) {
    this.engine = engine;
    this.confirmations = confirmations;
    this.notify = notify;
  }

  /** Number of dates within a day that exceed the limits and are not confirmed. */
  get aheadBeyondCount(): number {
    return this.ahead.size;
  }

  /** Their packet times, µs since 1970. */
  get aheadDates(): readonly number[] {
    return [...this.ahead.keys()].sort((a, b) => a - b);
  }

  /** The next date; Infinity if there is none. */
  get nextUsOrInfinity(): number {
    return Number.isNaN(this.nextUs) ? nextDate(this.engine.rules, this.engine.timeUs) : this.nextUs;
  }

  /** True if an operator has confirmed all dates of a group under the rules in use. */
  isConfirmed({ firstUs, lastUs }: DateGroup): boolean {
    return this.confirmations.confirmedUntil(rulesSha256(this.engine.rules), firstUs) >= lastUs;
  }

  /** Packet time up to which dates have taken effect; a restart continues there. */
  get passedUs(): number {
    return this.held === null ? this.engine.timeUs : this.held.date.firstUs - 1;
  }

  /**
   * Begins at a packet time under the rules in use: the saved time at the start, and the current time after a reload.
   */
  restart(timeUs: number): void {
    this.rewind();
    if (this.isOff) return;
    this.lookedUs.fill(timeUs);
    this.nextUs = nextDate(this.engine.rules, timeUs);
    this.engine.decisions.rulesUntilUs = this.nextUs - 1;
  }

  /** Clears all dates. The first packet sets the time from which on dates take effect. */
  rewind(): void {
    this.held = null;
    this.ahead.clear();
    this.nextUs = NaN;
    this.engine.decisions.rulesUntilUs = Infinity;
  }

  /** To be called before packets between two packet times are decided. */
  reach(fromUs: number, timeUs: number): void {
    if (timeUs < this.nextUs || this.held !== null || this.isOff) return;
    // NaN also continues here.
    if (Number.isNaN(this.nextUs)) this.restart(fromUs);
    for (let count = 1; timeUs >= this.nextUs; count++) {
      const group =
        count > PASSED_LIMIT
          ? { firstUs: this.nextUs, lastUs: timeUs }
          : nextGroup(this.engine.rules, this.nextUs - 1, timeUs)!;
      if (!this.pass(group)) return;
    }
  }

  /** Looks ahead; to be called about once a second. */
  look(): void {
    const { engine } = this;
    if (Number.isNaN(this.nextUs) || this.held !== null) return;
    for (const [at, { name, us }] of LEADS.entries()) {
      const group = nextGroup(engine.rules, Math.max(this.lookedUs[at]!, engine.timeUs), engine.timeUs + us);
      if (group === null) continue;
      this.lookedUs[at] = group.lastUs;
      // A date less than an hour away is only evaluated with that lead.
      const isNearer = LEADS.some((lead) => lead.us < us && group.firstUs <= engine.timeUs + lead.us);
      if (!isNearer && changesAnything(engine.rules, group)) this.lookAt(group, name);
    }
  }

  /** Confirms a date under the rules in use, held or ahead. False if there is none at that time. */
  confirm(timeUs: number): boolean {
    const { held, ahead, engine } = this;
    const sha256 = rulesSha256(engine.rules);
    if (held?.date.firstUs === timeUs) {
      this.confirmations.addDates(sha256, held.date);
      this.held = null;
      this.say('confirmed', null, held.date, held.evaluation, held.excesses);
      this.pass(held.date);
      this.reach(engine.timeUs, engine.timeUs);
      return true;
    }
    const dates = ahead.get(timeUs);
    if (dates === undefined) return false;
    this.confirmations.addDates(sha256, dates);
    ahead.delete(timeUs);
    return true;
  }

  /** Lets a group of dates take effect, unless it is held. */
  private pass(reached: DateGroup): boolean {
    const { engine } = this;
    this.ahead.delete(reached.firstUs);
    const confirmedUs = this.confirmations.confirmedUntil(rulesSha256(engine.rules), reached.firstUs);
    const isConfirmed = confirmedUs >= reached.firstUs;
    // Dates after the confirmed ones are evaluated on their own.
    const group = isConfirmed ? { ...reached, lastUs: Math.min(reached.lastUs, confirmedUs) } : reached;
    if (changesAnything(engine.rules, group)) {
      const evaluation = engine.evaluateDates(group.firstUs - 1, group.lastUs);
      const excesses = excessesOf(evaluation, engine.rules.policy.guard);
      if (excesses.some(({ refuses }) => refuses) && !isConfirmed) {
        this.held = this.say('held', null, group, evaluation, excesses);
        engine.decisions.rulesUntilUs = group.firstUs - 1;
        return false;
      }
      this.say('passed', null, group, evaluation, excesses);
    }
    this.nextUs = nextDate(engine.rules, group.lastUs);
    engine.decisions.rulesUntilUs = this.nextUs - 1;
    return true;
  }

  private lookAt(group: DateGroup, lead: string): void {
    const { engine } = this;
    const evaluation = engine.evaluateDates(group.firstUs - 1, group.lastUs);
    const excesses = excessesOf(evaluation, engine.rules.policy.guard);
    if (excesses.some(({ refuses }) => refuses) && !this.isConfirmed(group)) this.ahead.set(group.firstUs, group);
    else this.ahead.delete(group.firstUs);
    this.say('ahead', lead, group, evaluation, excesses);
  }

  private say(
    state: CalendarState,
    lead: string | null,
    date: DateGroup,
    evaluation: ChangeEvaluation,
    excesses: readonly Excess[],
  ): CalendarNotice {
    const notice = { state, lead, date, sha256: rulesSha256(this.engine.rules), evaluation, excesses };
    this.notify(notice);
    return notice;
  }
}
