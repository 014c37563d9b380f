/**
 * Reloads of the daemon's rules: read in the background, checked, tried by the change guard, and replaced between two
 * batches as one pair. After an invalid file or a refusal the old pair stays in use. Reloads run one at a time;
 * requests during a reload are combined into one more reload.
 */
import { type Rules, rulesSha256 } from '../decision/rules.ts';
import type { Log } from '../output/log/log.ts';
import type { GuardVerdict, RunGuard } from './change-guard.ts';
import { NO_NEEDS } from '../rules/manifest-check.ts';
import { ofExcess, problemLine, type RulesProblem } from '../rules/rules-problem.ts';
import { readRules, type RulesFiles, type RulesReading, stampOf } from './daemon-rules.ts';

/** A failure is a file that cannot be used. Refused rules are valid but exceed the limits of the guard. */
export type ReloadResult = 'success' | 'failure' | 'unchanged' | 'refused';

export interface Reloaded {
  readonly result: ReloadResult;
  readonly problems: readonly RulesProblem[];
  /** The guard's verdict; null if it was not consulted. */
  readonly verdict: GuardVerdict | null;
}

/**
 * Receives the rules to use and the contents of their files, or null if the old rules stay in use. Called for every
 * reload.
 */
export type ApplyReload = (reading: RulesReading | null, reloaded: Reloaded) => Promise<void>;

const WATCH_MS = 1000;
/** Number of problems per reload whose text is logged. */
const LOGGED_PROBLEMS = 100;

export class RunReload {
  readonly counts: Record<ReloadResult, number> = { success: 0, failure: 0, unchanged: 0, refused: 0 };
  registryChangedMs: number;
  loadedMs = Date.now();
  private files: RulesFiles;
  private readonly log: Log;
  private readonly current: () => Rules;
  private readonly guard: RunGuard;
  private readonly apply: ApplyReload;
  private running: Promise<Reloaded> | null = null;
  private next: Promise<Reloaded> | null = null;
  private previewing: Promise<Reloaded> | null = null;
  private timer: NodeJS.Timeout | null = null;
  /** The state of the files that were read last. */
  private stamp: string;

  constructor(
    files: RulesFiles,
    { registryChangedMs, stamp }: Pick<RulesReading, 'registryChangedMs' | 'stamp'>,
    log: Log,
    current: () => Rules,
    guard: RunGuard,
    apply: ApplyReload,
  ) {
    this.files = files;
    this.registryChangedMs = registryChangedMs;
    this.stamp = stamp;
    this.log = log;
    this.current = current;
    this.guard = guard;
    this.apply = apply;
  }

  /** Checks the files periodically, and reloads once a change has settled. */
  watch(): void {
    // A change since the files were read at the start is one too.
    let seen = '';
    this.timer = setInterval(() => {
      const now = stampOf(this.files);
      // Unchanged since the last check: the writer has finished.
      if (now !== this.stamp && now === seen) {
        this.stamp = now;
        void this.reload('the files have changed');
      }
      seen = now;
    }, WATCH_MS);
    this.timer.unref();
  }

  stop(): void {
    if (this.timer !== null) clearInterval(this.timer);
  }

  reload(reason: string): Promise<Reloaded> {
    if (this.running === null) {
      this.running = this.work(reason).finally(() => (this.running = null));
      return this.running;
    }
    this.next ??= this.running.then(() => {
      this.next = null;
      return this.reload(reason);
    });
    return this.next;
  }

  /**
   * Reloads from other files, which are the daemon's files once they are in use. `isTrusted`: the guard says what they
   * do, and refuses nothing.
   */
  async take(
    files: Pick<RulesFiles, 'policy' | 'registry' | 'bundle'>,
    reason: string,
    { isTrusted }: { readonly isTrusted: boolean },
  ): Promise<Reloaded> {
    while (this.running !== null) await this.running;
    const taken = { ...this.files, ...files, needs: NO_NEEDS };
    this.running = this.work(reason, taken, isTrusted).finally(() => (this.running = null));
    return this.running;
  }

  /** What a reload would do now, without doing it. One at a time; requests in the meantime get its result. */
  preview(): Promise<Reloaded> {
    this.previewing ??= this.previewNow().finally(() => (this.previewing = null));
    return this.previewing;
  }

  private async previewNow(): Promise<Reloaded> {
    const { rules, problems } = await readRules(this.files);
    if (rules === null) return { result: 'failure', problems, verdict: null };
    if (rulesSha256(rules) === rulesSha256(this.current())) return { result: 'unchanged', problems, verdict: null };
    const verdict = await this.guard.preview(rules);
    return { result: verdict.mayAct ? 'success' : 'refused', problems, verdict };
  }

  private async work(reason: string, files = this.files, isTrusted = false): Promise<Reloaded> {
    const reading = await readRules(files);
    const { rules, problems } = reading;
    if (rules === null) {
      for (const problem of problems.slice(0, LOGGED_PROBLEMS))
        this.log.error({ problem: problemLine(problem) }, 'the rules are not valid');
      this.log.error({ reason, problems: problems.length }, 'reload failed; the old rules stay in use');
      return this.finish('failure', null, problems);
    }
    for (const problem of problems.slice(0, LOGGED_PROBLEMS))
      this.log.warn({ problem: problemLine(problem) }, 'about the rules');
    if (rulesSha256(rules) === rulesSha256(this.current())) {
      this.guard.settle();
      this.noteLoaded(files, reading);
      return this.finish('unchanged', null, problems);
    }
    if (isTrusted) this.guard.trust(rules);
    const verdict = await this.guard.evaluate(rules);
    const { sha256, excesses } = verdict;
    const reasons = excesses.map(({ text }) => text);
    if (!verdict.mayAct) {
      this.log.error(
        { reason, sha256, reasons },
        'reload refused; the old rules stay in use until this hash is confirmed',
      );
      return this.finish('refused', null, excesses.map(ofExcess), verdict);
    }
    if (reasons.length > 0) this.log.warn({ sha256, reasons, confirmed: verdict.isConfirmed }, 'about the new rules');
    this.noteLoaded(files, reading);
    return this.finish('success', reading, problems, verdict);
  }

  private noteLoaded(files: RulesFiles, { registryChangedMs, stamp }: RulesReading): void {
    if (files !== this.files) this.stamp = stamp;
    this.files = files;
    this.registryChangedMs = registryChangedMs;
    this.loadedMs = Date.now();
  }

  private async finish(
    result: ReloadResult,
    reading: RulesReading | null,
    problems: readonly RulesProblem[],
    verdict: GuardVerdict | null = null,
  ): Promise<Reloaded> {
    this.counts[result]++;
    const reloaded = { result, problems, verdict };
    await this.apply(reading, reloaded);
    return reloaded;
  }
}
