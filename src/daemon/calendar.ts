/**
 * Dates as changes: what expires, begins or passes under the rules in use is evaluated a day ahead, an hour ahead, and before the first packet of its
 * time is decided. A date beyond the limits of the guard has no effect until an operator confirms it: the rules are asked as of the moment
 * before it.
 *
 * Time is packet time. Ahead, one group of dates is evaluated at each look, so a registry full of dates does not stop the packets.
 */
import { rulesSha256, type Rules } from '../decision/rules.ts';
import { changesAnything, type DateGroup, nextDate, nextGroup } from '../policy/boundaries.ts';
import type { ChangeEvaluation } from '../policy/change-evaluation.ts';
import { type Excess, excessesOf } from '../policy/change-verdict.ts';
import type { Confirmations } from './confirmations.ts';

export type CalendarState = 'ahead' | 'held' | 'passed' | 'confirmed';

/** What is said of a date. */
export interface CalendarNotice {
  readonly state: CalendarState;
  /** How long before it: `24h` or `1h`; null at the date itself. */
  readonly lead: string | null;
  readonly date: DateGroup;
  readonly sha256: string;
  readonly evaluation: ChangeEvaluation;
  readonly excesses: readonly Excess[];
}

/** The engine, as far as dates go. */
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
/** Groups of dates that one batch may pass with an evaluation of each; those beyond are one change. */
const PASSED_LIMIT = 50;

export class RunCalendar {
  /** The first date that is held; null while none is. */
  held: CalendarNotice | null = null;
  private readonly engine: DatedEngine;
  private readonly confirmations: Confirmations;
  private readonly notify: (notice: CalendarNotice) => void;
  /** The date before which decisions may be made without a look at the calendar; NaN before the first packet. */
  private nextUs = NaN;
  /** By lead: dates up to this one have been looked at. */
  private readonly lookedUs: number[] = LEADS.map(() => NaN);
  /** Dates ahead that are beyond the limits and not confirmed, by their first. */
  private readonly ahead = new Map<number, DateGroup>();

  constructor(engine: DatedEngine, confirmations: Confirmations, notify: (notice: CalendarNotice) => void) {
    this.engine = engine;
    this.confirmations = confirmations;
    this.notify = notify;
  }

  /** Dates within a day that are beyond the limits and not confirmed. */
  get aheadBeyondCount(): number {
    return this.ahead.size;
  }

  /** Their packet times, µs since 1970. */
  get aheadDates(): readonly number[] {
    return [...this.ahead.keys()].sort((a, b) => a - b);
  }

  /** The next date, Infinity where there is none. */
  get nextUsOrInfinity(): number {
    return Number.isNaN(this.nextUs) ? nextDate(this.engine.rules, this.engine.timeUs) : this.nextUs;
  }

  /** Packet time up to which dates have had their effect: where a restart goes on. */
  get passedUs(): number {
    return this.held === null ? this.engine.timeUs : this.held.date.firstUs - 1;
  }

  /** Goes on from a packet time, under the rules in use: at the start with what was kept, and after a reload. */
  restart(timeUs: number): void {
    this.rewind();
    this.lookedUs.fill(timeUs);
    this.nextUs = nextDate(this.engine.rules, timeUs);
    this.engine.decisions.rulesUntilUs = this.nextUs - 1;
  }

  /** Forgets all dates: the first packet to come says from when on they count. */
  rewind(): void {
    this.held = null;
    this.ahead.clear();
    this.nextUs = NaN;
    this.engine.decisions.rulesUntilUs = Infinity;
  }

  /** Call it before packets between two packet times are decided. */
  reach(fromUs: number, timeUs: number): void {
    if (timeUs < this.nextUs || this.held !== null) return;
    // Also NaN goes on to here.
    if (Number.isNaN(this.nextUs)) this.restart(fromUs);
    for (let count = 1; timeUs >= this.nextUs; count++) {
      const group =
        count > PASSED_LIMIT
          ? { firstUs: this.nextUs, lastUs: timeUs }
          : nextGroup(this.engine.rules, this.nextUs - 1, timeUs)!;
      if (!this.pass(group)) return;
    }
  }

  /** Looks ahead: once a second is enough. */
  look(): void {
    const { engine } = this;
    if (Number.isNaN(this.nextUs) || this.held !== null) return;
    for (const [at, { name, us }] of LEADS.entries()) {
      const group = nextGroup(engine.rules, Math.max(this.lookedUs[at]!, engine.timeUs), engine.timeUs + us);
      if (group === null) continue;
      this.lookedUs[at] = group.lastUs;
      // What is less than an hour away is looked at once, as that.
      const isNearer = LEADS.some((lead) => lead.us < us && group.firstUs <= engine.timeUs + lead.us);
      if (!isNearer && changesAnything(engine.rules, group)) this.lookAt(group, name);
    }
  }

  /** Confirms a date under the rules in use: one that is held, or one ahead. False where there is none at that time. */
  confirm(timeUs: number): boolean {
    const { held, ahead, engine } = this;
    const sha256 = rulesSha256(engine.rules);
    if (held?.date.firstUs === timeUs) {
      this.confirmations.addDate(sha256, timeUs);
      this.held = null;
      this.say('confirmed', null, held.date, held.evaluation, held.excesses);
      this.pass(held.date);
      this.reach(engine.timeUs, engine.timeUs);
      return true;
    }
    if (!ahead.has(timeUs)) return false;
    this.confirmations.addDate(sha256, timeUs);
    ahead.delete(timeUs);
    return true;
  }

  /** Lets a group of dates have its effect, unless it is held. */
  private pass(group: DateGroup): boolean {
    const { engine } = this;
    this.ahead.delete(group.firstUs);
    if (changesAnything(engine.rules, group)) {
      const evaluation = engine.evaluateDates(group.firstUs - 1, group.lastUs);
      const excesses = excessesOf(evaluation, engine.rules.policy.guard);
      const isConfirmed = this.confirmations.hasDate(rulesSha256(engine.rules), group.firstUs);
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
    const isConfirmed = this.confirmations.hasDate(rulesSha256(engine.rules), group.firstUs);
    if (excesses.some(({ refuses }) => refuses) && !isConfirmed) this.ahead.set(group.firstUs, group);
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
