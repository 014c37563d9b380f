/**
 * The shadow of a daemon: a second policy, perhaps with a registry of its own, that decides the same flows and never
 * acts. It begins by a flag or by `sluice ctl shadow`, its files are read again at each reload, and invalid ones leave
 * the earlier shadow in place. Nothing of it survives the process.
 */
import type { AddressForm } from '../output/event/address-forms.ts';
import {
  shadowBeganLine,
  shadowEndedLine,
  shadowFailedLine,
  type ShadowFigures,
  shadowSummaryLine,
} from '../output/event/shadow-event-line.ts';
import type { ShadowCounts } from '../output/metrics/metrics-sources.ts';
import type { Rules } from '../decision/rules.ts';
import type { RunEngine } from './daemon-engine.ts';
import { type AlarmOutputs, RunShadowAlarms } from './shadow-alarms.ts';
import { shadowFigures, shadowName } from './shadow-figures.ts';
import { placeless, problemLine, type RulesProblem, rulesProblem } from '../rules/rules-problem.ts';
import { readShadow, type ShadowFiles, type ShadowReading, type ShadowRules, shadowStamp } from './shadow-rules.ts';
import { type LastHour, ShadowSide } from './shadow-side.ts';

/** Unchanged: the files contain the shadow's rules, or there was none to end. */
export type ShadowResult = 'success' | 'failure' | 'unchanged';

/** The result of an attempt to begin, to read again or to end a shadow. */
export interface ShadowChange {
  readonly result: ShadowResult;
  readonly problems: readonly RulesProblem[];
}

/** The figures and the files, as the status shows them. */
export interface ShadowStatus extends ShadowFigures {
  readonly files: ShadowFiles;
}

/**
 * The last hour is evaluated again after so long, and after this many times the time that it took: packets wait
 * meanwhile, as they do for the trial of a reload.
 */
const EVALUATE_MS = 60_000;
const EVALUATE_RATIO = 500;
/** Number of problems per reading whose text is logged. */
const LOGGED_PROBLEMS = 100;

export class RunShadow {
  /** Readings of its files while the daemon ran, by result. */
  readonly reads: Record<ShadowResult, number> = { success: 0, failure: 0, unchanged: 0 };
  private readonly engine: RunEngine;
  private readonly addresses: AddressForm;
  private readonly outputs: AlarmOutputs;
  private files: ShadowFiles | null = null;
  private lastHour: LastHour | null = null;
  /** Time of the next evaluation (of performance.now), and the active rules of the last one. */
  private evaluateAtMs = -Infinity;
  private evaluatedRules: Rules | null = null;
  /** The state of the files when they were read, and when they were looked at last. */
  private stamp = '';
  private seenStamp = '';
  private isStopped = false;
  private working: Promise<unknown> = Promise.resolve();

  constructor(engine: RunEngine, addresses: AddressForm, outputs: AlarmOutputs) {
    this.engine = engine;
    this.addresses = addresses;
    this.outputs = outputs;
  }

  /** Begins before the first packet, with files that were read. */
  start(files: ShadowFiles, { rules, stamp }: ShadowReading): void {
    this.begin(files, rules!, stamp);
  }

  /** Reads files, and begins a shadow by them in place of an earlier one. */
  set(files: ShadowFiles): Promise<ShadowChange> {
    return this.inTurn(() => this.read(files));
  }

  /** Reads the files of the shadow again; null without one. */
  reread(): Promise<ShadowChange | null> {
    return this.inTurn(() => (this.files === null ? Promise.resolve(null) : this.read(this.files)));
  }

  /** Ends the shadow at an operator's request. */
  off(): Promise<ShadowChange> {
    return this.inTurn(async () => {
      await this.engine.settled();
      const result = this.files === null ? 'unchanged' : 'success';
      this.end('asked', true);
      return { result, problems: [] };
    });
  }

  /** Ends the shadow with the daemon. */
  stop(): void {
    this.isStopped = true;
    this.end('stopped', false);
  }

  /** To be called about once a second. */
  tick(): void {
    if (performance.now() >= this.evaluateAtMs || this.evaluatedRules !== this.engine.rules) this.evaluate();
  }

  /** To be called about once a second if changed files are to be read: reads them once a change has settled. */
  watch(): void {
    if (this.files === null) return;
    const now = shadowStamp(this.files);
    if (now !== this.stamp && now === this.seenStamp) {
      this.stamp = now;
      void this.reread();
    }
    this.seenStamp = now;
  }

  writeSummary(): void {
    const figures = this.figures();
    if (figures !== null) this.outputs.notice(shadowSummaryLine(this.engine.timeUs, figures));
  }

  /** Everything that is known of the shadow; null without one. `isAsked`: the last hour is evaluated now. */
  status(isAsked: boolean): ShadowStatus | null {
    if (isAsked) this.evaluate();
    const figures = this.figures();
    return figures === null ? null : { ...figures, files: this.files! };
  }

  /** The last evaluation of the flows of an hour; null without a shadow. */
  get lastHourEvaluated(): LastHour | null {
    return this.lastHour;
  }

  /** The counts that metrics show; null without a shadow. */
  get counts(): ShadowCounts | null {
    const { shadow, rules } = this.engine;
    if (shadow === null || this.lastHour === null) return null;
    const { comparison, admission } = shadow;
    const { policy, registry } = shadowName(shadow, rules);
    return {
      ...policy,
      registrySha256: registry.sha256,
      flows: comparison.flows,
      flowsByAction: comparison.flowsByAction,
      flowsLeftOut: comparison.flowsLeftOut,
      registeredFlows: comparison.registeredFlows,
      packets: comparison.packets,
      hits: comparison.hits,
      lastHour: this.lastHour.evaluation,
      trips: admission.trips,
    };
  }

  /** Forgets the clients that are counted; returns how many there were. */
  forget(): number {
    return this.engine.shadow?.comparison.forgetClients() ?? 0;
  }

  /** Changes wait for one another. */
  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.working.then(work);
    this.working = result.catch(() => undefined);
    return result;
  }

  private async read(files: ShadowFiles): Promise<ShadowChange> {
    const { engine, outputs } = this;
    const { rules, problems, stamp } = await readShadow(files, this.addresses);
    const level = rules === null ? 'error' : 'warn';
    for (const problem of problems.slice(0, LOGGED_PROBLEMS))
      outputs.log[level]({ problem: problemLine(problem) }, 'about the shadow');
    await engine.settled();
    if (this.isStopped) return { result: 'failure', problems: [placeless(rulesProblem('daemon-stopping'))] };
    const result = rules === null ? 'failure' : this.isSame(files, rules) ? 'unchanged' : 'success';
    this.reads[result]++;
    if (result === 'failure') this.keep(problems.length);
    else if (result === 'success') this.begin(files, rules!, stamp);
    else this.stamp = stamp;
    return { result, problems };
  }

  /** True if these files are those of the shadow, with the content that it has. */
  private isSame(files: ShadowFiles, { policy, registry }: ShadowRules): boolean {
    const { shadow } = this.engine;
    if (shadow === null || files.policy !== this.files?.policy || files.registry !== this.files.registry) return false;
    return policy.sha256 === shadow.rules.policy.sha256 && registry?.sha256 === shadow.rules.registry?.sha256;
  }

  private begin(files: ShadowFiles, rules: ShadowRules, stamp: string): void {
    const { engine, outputs } = this;
    this.end('replaced', true);
    const side = new ShadowSide(rules, engine.timeUs, new RunShadowAlarms(engine, outputs));
    const name = shadowName(side, engine.rules);
    // Before the events of the flows that it decides at once.
    outputs.notice(shadowBeganLine(engine.timeUs, name));
    engine.beginShadow(side);
    this.files = files;
    this.stamp = stamp;
    this.seenStamp = stamp;
    outputs.log.info({ files, ...name, flows: side.comparison.flows }, 'a shadow decides too, and never acts');
    this.evaluate();
  }

  private end(reason: string, mayEvaluate: boolean): void {
    const { engine, outputs } = this;
    if (this.files === null) return;
    if (mayEvaluate) this.evaluate();
    outputs.notice(shadowEndedLine(engine.timeUs, reason, this.figures()!));
    outputs.log.info({ reason, ...shadowName(engine.shadow!, engine.rules) }, 'the shadow has ended');
    this.files = null;
    this.lastHour = null;
    engine.endShadow();
  }

  /** The files are not valid: the earlier shadow, if any, goes on. */
  private keep(problems: number): void {
    const { engine, outputs } = this;
    const { shadow } = engine;
    outputs.log.error(
      { problems },
      shadow === null ? 'the shadow is not valid' : 'the shadow is not valid; the one before goes on',
    );
    if (shadow !== null) outputs.notice(shadowFailedLine(engine.timeUs, shadowName(shadow, engine.rules), problems));
  }

  private evaluate(): void {
    const { shadow, timeUs, rules } = this.engine;
    if (shadow === null) return;
    const beganMs = performance.now();
    this.lastHour = { timeUs, evaluation: this.engine.evaluateShadow(shadow) };
    const endMs = performance.now();
    this.evaluateAtMs = endMs + Math.max(EVALUATE_MS, EVALUATE_RATIO * (endMs - beganMs));
    this.evaluatedRules = rules;
  }

  private figures(): ShadowFigures | null {
    const { shadow, rules } = this.engine;
    return shadow === null || this.lastHour === null ? null : shadowFigures(shadow, rules, this.lastHour);
  }
}
