/**
 * Reloads of the daemon's rules: read aside, checked, and swapped between two batches; a bad file leaves the old ones. One at
 * a time: those that are asked for meanwhile become one more, afterwards.
 */
import { statSync } from 'node:fs';
import type { Rules } from '../engine/rules.ts';
import type { Log } from '../server/log.ts';
import { MANIFEST_SUFFIX } from '../rules/manifest.ts';
import { readRules, type RulesFiles } from './run-rules.ts';

export type ReloadResult = 'success' | 'failure' | 'unchanged';

export interface Reloaded {
  readonly result: ReloadResult;
  readonly problems: readonly string[];
}

const WATCH_MS = 1000;
/** Problems of one reload that are logged with their text. */
const LOGGED_PROBLEMS = 100;

export class RunReload {
  readonly counts: Record<ReloadResult, number> = { success: 0, failure: 0, unchanged: 0 };
  registryChangedMs: number;
  loadedMs = Date.now();
  private readonly files: RulesFiles;
  private readonly log: Log;
  private readonly current: () => Rules;
  /** Takes the rules in use, or null where the old ones stay; told of every reload. */
  private readonly apply: (result: ReloadResult, rules: Rules | null, problems: readonly string[]) => void;
  private running: Promise<Reloaded> | null = null;
  private next: Promise<Reloaded> | null = null;
  private timer: NodeJS.Timeout | null = null;
  private stamp = '';

  constructor(
    files: RulesFiles,
    registryChangedMs: number,
    log: Log,
    current: () => Rules,
    apply: (result: ReloadResult, rules: Rules | null, problems: readonly string[]) => void,
  ) {
    this.files = files;
    this.registryChangedMs = registryChangedMs;
    this.log = log;
    this.current = current;
    this.apply = apply;
  }

  /** Looks at the files from time to time, and reloads once a change has settled. */
  watch(): void {
    this.stamp = this.stampNow();
    let seen = this.stamp;
    this.timer = setInterval(() => {
      const now = this.stampNow();
      // The same as at the last look: whoever writes it is done.
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

  private async work(reason: string): Promise<Reloaded> {
    const { rules, problems, registryChangedMs } = await readRules(this.files);
    if (rules === null) {
      for (const problem of problems.slice(0, LOGGED_PROBLEMS)) this.log.error({ problem }, 'the rules are not valid');
      this.log.error({ reason, problems: problems.length }, 'reload failed; the old rules stay');
      return this.finish('failure', null, problems);
    }
    for (const problem of problems.slice(0, LOGGED_PROBLEMS)) this.log.warn({ problem }, 'about the rules');
    this.registryChangedMs = registryChangedMs;
    this.loadedMs = Date.now();
    const isSame =
      rules.policy.sha256 === this.current().policy.sha256 && rules.registry.sha256 === this.current().registry.sha256;
    return this.finish(isSame ? 'unchanged' : 'success', isSame ? null : rules, problems);
  }

  private finish(result: ReloadResult, rules: Rules | null, problems: readonly string[]): Reloaded {
    this.counts[result]++;
    this.apply(result, rules, problems);
    return { result, problems };
  }

  private stampNow(): string {
    const { policy, registry } = this.files;
    return [policy, registry].flatMap((path) => [stampOf(path), stampOf(path + MANIFEST_SUFFIX)]).join('|');
  }
}

function stampOf(path: string): string {
  try {
    const { ino, size, mtimeMs } = statSync(path);
    return `${ino} ${size} ${mtimeMs}`;
  } catch {
    return 'missing';
  }
}
