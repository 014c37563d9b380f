/**
 * All changes of a daemon's rules: reloads, dates that pass, and confirmations of an operator. Each is an event with
 * its figures.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { Snapshot } from '../core/snapshot.ts';
import { type Rules, rulesSha256 } from '../decision/rules.ts';
import { contextOf } from '../output/event/event-context.ts';
import type { EventContext } from '../output/event/event-context.ts';
import { calendarLine, type ChangeFields, reloadLine, type RulesName } from '../output/event/daemon-event-line.ts';
import type { CalendarFigures, CoverageFigures } from '../output/metrics/metrics-sources.ts';
import type { CodedProblem } from '../core/coded-problem.ts';
import { problemLine, rulesProblem } from '../rules/rules-problem.ts';
import { evaluationFigures, excessFields } from '../policy/change-verdict.ts';
import { compareCoverage, type CoverageChange } from '../registry/coverage-change.ts';
import type { Log } from '../output/log/log.ts';
import { Confirmations } from './confirmations.ts';
import { type CalendarNotice, RunCalendar } from './calendar.ts';
import type { RunEngine } from './daemon-engine.ts';
import type { RunNotices } from './notices.ts';
import { type GuardVerdict, RunGuard } from './change-guard.ts';
import { type Reloaded, type ReloadResult, RunReload } from './reload.ts';
import type { RulesSources, RulesState } from './rules-state.ts';
import type { RulesFiles, RulesReading } from './daemon-rules.ts';
import type { StartingRules } from './starting-rules.ts';

const SAVE_MS = 60_000;
const NOT_KEPT = 'the rules in use could not be kept for a restart';
const CATCH_UP_MS = 60_000;
const CATCH_UP_LOOK_MS = 20;

/** Receives the events of changes. */
export interface ChangeOutputs {
  notice(line: string): void;
  /** Later events of flows refer to these rules. */
  useContext(context: EventContext): void;
}

/** Result of a confirmation. */
export interface Confirmed {
  readonly confirmed: boolean;
  /** Result of the reload that followed; null for a date. */
  readonly result: ReloadResult | null;
  /** Why not confirmed; null after a success. */
  readonly reason: CodedProblem | null;
}

export class RunChanges {
  readonly reloads: RunReload;
  readonly calendar: RunCalendar;
  readonly guard: RunGuard;
  /** Events of the last run come again from the packets after its checkpoint: they are to come under its rules. */
  isCatchingUp: () => boolean = () => false;
  /** Makes a change between two batches, and a checkpoint with it. */
  change: (work: () => void) => Promise<void> = (work) => {
    work();
    return Promise.resolve();
  };
  private readonly confirmations: Confirmations;
  private readonly state: RulesState | null;
  /** The files contained other rules when the daemon started. */
  private readonly areOld: boolean;
  /** Packet time up to which dates had taken effect before the start. */
  private keptUs: number | null;
  /** The files in use that are not stored yet. */
  private unkept: RulesSources | null;
  private keeping: Promise<void> = Promise.resolve();
  private savedMs = 0;
  private covered: CoverageFigures | null = null;
  private readonly engine: RunEngine;
  private readonly outputs: ChangeOutputs;
  private readonly notices: RunNotices;
  private readonly log: Log;

  constructor(
    engine: RunEngine,
    outputs: ChangeOutputs,
    files: RulesFiles,
    { reading, kept, areOld }: StartingRules,
    state: RulesState | null,
    notices: RunNotices,
    log: Log,
  ) {
    this.engine = engine;
    this.outputs = outputs;
    this.notices = notices;
    this.log = log;
    this.state = state;
    this.areOld = areOld;
    this.confirmations = new Confirmations(kept?.confirmed);
    this.keptUs = kept?.passedUs ?? null;
    this.unkept = reading.sources;
    this.guard = new RunGuard(engine, this.confirmations);
    this.calendar = new RunCalendar(engine, this.confirmations, (notice) => {
      this.noteDate(notice);
    });
    this.reloads = new RunReload(
      files,
      reading,
      log,
      () => engine.rules,
      this.guard,
      async (applied, reloaded) => {
        await this.caughtUp();
        // A checkpoint under the new rules needs them at a restart.
        if (applied !== null) await this.copy(applied);
        await engine.settled();
        await this.change(() => {
          this.apply(applied, reloaded);
        });
        if (applied !== null) void this.keep();
      },
    );
  }

  /** Before the first packet: applies the saved state. */
  async begin(): Promise<void> {
    if (this.keptUs !== null) this.calendar.restart(this.keptUs);
    await this.keep();
  }

  /** Reloads if the files contain other rules than those in use before. */
  async start(): Promise<void> {
    if (!this.areOld) return;
    const reloaded = this.reloads.reload('the files have changed since the last run');
    // No packet comes before the start is done.
    if (!this.isCatchingUp()) await reloaded;
  }

  /** Resolves once the events of the last run have come again, or after a while: they may never. */
  private async caughtUp(): Promise<void> {
    const until = performance.now() + CATCH_UP_MS;
    while (this.isCatchingUp() && performance.now() < until) await sleep(CATCH_UP_LOOK_MS, undefined, { ref: false });
  }

  /** To be called about once a second. */
  tick(): void {
    this.calendar.look();
    if (performance.now() - this.savedMs > SAVE_MS) void this.keep();
  }

  /** Stops; saves what a restart needs. */
  async stop(): Promise<void> {
    this.reloads.stop();
    await this.keep();
  }

  /** Copies the packet time up to which dates have taken effect, or goes on from a copy's, before `begin`. */
  snapshot(walk: Snapshot): void {
    walk.part('calendar');
    const passedUs = walk.number(this.engine.counters.packets > 0 ? this.calendar.passedUs : (this.keptUs ?? NaN));
    if (walk.isRestoring) this.keptUs = Number.isNaN(passedUs) ? null : passedUs;
  }

  /** What keeps the rules in use for a restart from a checkpoint; it rejects where it cannot. */
  get rulesKeeper(): () => Promise<void> {
    const { state, unkept } = this;
    const sha256 = rulesSha256(this.engine.rules);
    return async () => {
      if (unkept !== null) await state?.keep(sha256, unkept);
    };
  }

  /** Copies rules that are about to come into use. A failure is logged. */
  private async copy({ rules, sources }: RulesReading): Promise<void> {
    try {
      if (rules !== null && sources !== null) await this.state?.keep(rulesSha256(rules), sources);
    } catch (error) {
      this.log.error({ problem: (error as Error).message }, NOT_KEPT);
    }
  }

  /**
   * Stores the files in use if needed, and the time up to which dates have taken effect. One call at a time; a failure
   * is logged.
   */
  private keep(): Promise<void> {
    this.keeping = this.keeping.then(() => this.keepNow());
    return this.keeping;
  }

  private async keepNow(): Promise<void> {
    const { state, engine, unkept } = this;
    if (state === null) return;
    this.savedMs = performance.now();
    const sha256 = rulesSha256(engine.rules);
    const passedUs = engine.counters.packets > 0 ? this.calendar.passedUs : this.keptUs;
    const confirmed = [...this.confirmations.list];
    try {
      if (unkept !== null) await state.keep(sha256, unkept);
      // Rules that arrived in the meantime are stored at the next call.
      if (this.unkept === unkept) this.unkept = null;
      else return;
      state.save({ sha256, passedUs, confirmed });
    } catch (error) {
      this.log.error({ problem: (error as Error).message }, NOT_KEPT);
    }
  }

  /** Coverage of the registry in use. It is computed at changes, because a scrape must not walk over a million rows. */
  get coverage(): CoverageFigures {
    if (this.covered === null) {
      const { registry, timeUs } = this.engine.rulesNowAt;
      this.noteCoverage(compareCoverage({ registry, timeUs }, { registry, timeUs }));
    }
    return this.covered!;
  }

  private noteCoverage({ inForceAfter, addressesAfter }: CoverageChange): void {
    const { ipv4, ipv6 } = addressesAfter;
    this.covered = { inForce: inForceAfter, ipv4Addresses: ipv4, ipv6Addresses: Number(ipv6) };
  }

  get calendarFigures(): CalendarFigures {
    const { held, nextUsOrInfinity: nextUs, aheadBeyondCount } = this.calendar;
    return { nextUs, isHeld: held !== null, aheadBeyondCount };
  }

  /** Lets dates take effect, or holds them, before the packets of a batch are decided. */
  reach(batch: PacketBatch): void {
    if (batch.count === 0) return;
    // Before the first packet the time was the wall clock's.
    if (this.engine.counters.packets === 0) this.covered = null;
    const { timeUs } = batch;
    let lastUs = timeUs[0]!;
    for (let row = 1; row < batch.count; row++) if (timeUs[row]! > lastUs) lastUs = timeUs[row]!;
    this.calendar.reach(timeUs[0]!, lastUs);
  }

  /**
   * Packet times are greater by this from now on, because a clock was set. Dates that are ahead again are evaluated
   * again.
   */
  clockWasSet(byUs: number): void {
    const { engine, calendar } = this;
    engine.clockWasSet(byUs);
    if (byUs < 0 && engine.counters.packets > 0) calendar.restart(engine.timeUs + byUs);
  }

  /**
   * Confirms rules that the guard has refused, by their hash, and reloads. With a time, confirms the date at that
   * packet time (µs since 1970) under the rules in use, by their hash.
   */
  async confirm(sha256: string, dateUs: number | null = null): Promise<Confirmed> {
    if (dateUs !== null) {
      const confirmed = this.confirmDate(sha256, dateUs);
      await this.keep();
      return confirmed;
    }
    if (!this.guard.confirm(sha256)) {
      const { refused } = this.guard;
      return { confirmed: false, result: null, reason: notRefused(refused?.sha256 ?? null) };
    }
    this.log.warn({ sha256 }, 'rules were confirmed');
    await this.keep();
    const { result } = await this.reloads.reload('rules were confirmed');
    return { confirmed: true, result, reason: null };
  }

  private confirmDate(sha256: string, dateUs: number): Confirmed {
    const inUse = rulesSha256(this.engine.rules);
    if (sha256 !== inUse) return { confirmed: false, result: null, reason: rulesProblem('other-rules-in-use', inUse) };
    if (!this.calendar.confirm(dateUs)) return { confirmed: false, result: null, reason: rulesProblem('no-date-held') };
    this.log.warn({ sha256, date: new Date(dateUs / 1000).toISOString() }, 'a date was confirmed');
    return { confirmed: true, result: null, reason: null };
  }

  private apply(reading: RulesReading | null, { result, problems, verdict }: Reloaded): void {
    const { engine, outputs, calendar } = this;
    const rules = reading?.rules ?? null;
    const since = performance.now();
    let done = { flows: 0, changed: 0 };
    if (rules !== null) {
      outputs.useContext(contextOf(rules));
      engine.decisions.rulesUntilUs = Infinity;
      done = engine.replaceRules(rules);
      if (verdict !== null) this.noteCoverage(verdict.evaluation.coverage);
      this.confirmations.keepOnly(rulesSha256(rules));
      if (engine.counters.packets > 0) calendar.restart(engine.timeUs);
      else calendar.rewind();
      this.unkept = reading!.sources;
    }
    const { mode } = engine.rules;
    outputs.notice(
      reloadLine(engine.timeUs, {
        result,
        mode,
        ...done,
        problems: problems.length,
        rules: nameOf(engine.rules),
        change: verdict === null ? null : changeOf(verdict),
        ...contextOf(engine.rules),
      }),
    );
    if (result === 'failure' || result === 'refused') {
      this.notices.reloadRefused(result, problems.map(problemLine));
      return;
    }
    const milliseconds = Math.round(performance.now() - since);
    this.log.info(
      { result, mode, ...done, milliseconds, policy: engine.rules.policy.name, rules: rulesSha256(engine.rules) },
      'rules reloaded',
    );
  }

  private noteDate({ state, lead, date, sha256, evaluation, excesses }: CalendarNotice): void {
    const { engine, log } = this;
    if (state === 'passed') this.noteCoverage(evaluation.coverage);
    if (state === 'held') void this.keep();
    const { reasons, exceeded } = excessFields(excesses);
    const figures = evaluationFigures(evaluation);
    const { firstUs: fromUs, lastUs: untilUs } = date;
    const event = { state, lead, fromUs, untilUs, reasons, exceeded, figures, rules: nameOf(engine.rules) };
    this.outputs.notice(calendarLine(engine.timeUs, event));
    const fields = { date: new Date(fromUs / 1000).toISOString(), lead, sha256, reasons };
    if (state === 'held') this.notices.dateHeld(fields.date, reasons);
    if (state === 'held')
      log.error(fields, 'a date exceeds the limits; the decisions before it stay in force until it is confirmed');
    else if (state === 'ahead' && reasons.length > 0) log.warn(fields, 'a date ahead exceeds the limits');
    else log.info(fields, `a date of the rules: ${state}`);
  }
}

/** `waiting`: the hash of the rules that wait for a confirmation; null where none do. */
function notRefused(waiting: string | null): CodedProblem {
  return waiting === null ? rulesProblem('no-rules-refused') : rulesProblem('other-rules-refused', waiting);
}

function changeOf({ sha256, isConfirmed, excesses, evaluation }: GuardVerdict): ChangeFields {
  return { sha256, confirmed: isConfirmed, ...excessFields(excesses), figures: evaluationFigures(evaluation) };
}

function nameOf(rules: Rules): RulesName {
  const { policy = null, registry = null } = rules.versions ?? {};
  return {
    sha256: rulesSha256(rules),
    ...(policy !== null && { policy_version: policy }),
    ...(registry !== null && { registry_version: registry }),
  };
}
