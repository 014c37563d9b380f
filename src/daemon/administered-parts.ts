/** What an operator can do to the daemon, carried out by its parts. */
import type { RunCheckpoints } from './checkpoint/checkpoints.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { rulesSha256 } from '../decision/rules.ts';
import type { Administered } from './administration.ts';
import type { HistoryFeed } from './console/history-feed.ts';
import type { RunEngine } from './daemon-engine.ts';
import type { RunOutputs } from './outputs.ts';
import type { RunChanges } from './rule-changes.ts';
import type { RunSafety } from './safety.ts';
import type { RunShadow } from './shadow.ts';
import type { RunSource } from './source-run.ts';
import { daemonStatus } from './status.ts';

export interface AdministeredParts {
  readonly version: string;
  readonly engine: RunEngine;
  readonly outputs: RunOutputs;
  readonly changes: RunChanges;
  readonly source: RunSource;
  readonly safety: RunSafety;
  /** Null without one. */
  readonly history: HistoryFeed | null;
  readonly shadow: RunShadow;
  /** Null without any. */
  readonly checkpoints: RunCheckpoints | null;
}

export function administeredParts(parts: AdministeredParts): Administered {
  const { version, engine, outputs, changes, source, safety, shadow, history, checkpoints } = parts;
  const { hits } = engine.decisions.counts;
  /** Makes a change that packets do not bring about again. Resolves once a restart would go on from it. */
  const kept = async <T>(change: () => T): Promise<T> => checkpoints?.change(change) ?? change();
  return {
    get timeUs() {
      return engine.timeUs;
    },
    get rulesSha256() {
      return rulesSha256(engine.rules);
    },
    status: () => daemonStatus(version, engine, source, changes, shadow),
    reload: async (reason) => {
      const reloaded = await changes.reloads.reload(reason);
      return { ...reloaded, shadow: await shadow.reread() };
    },
    shadowStatus: (isAsked) => shadow.status(isAsked),
    rereadShadow: () => shadow.reread(),
    setShadow: (files) => (files === null ? shadow.off() : shadow.set(files)),
    confirm: (sha256, dateUs) => changes.confirm(sha256, dateUs),
    resetBreaker: () => kept(() => safety.reset()),
    clearHarm: (reason) =>
      kept(() => {
        const before = hits.toCounts();
        safety.clearHarm(reason);
        return before;
      }),
    forget: async () => {
      const counts = { ended_flows: engine.recent.forget(), shadow_clients: shadow.forget() };
      // The last checkpoint has what was forgotten. It becomes the one before it, which is among the files to remove.
      await checkpoints?.renew();
      return { ...counts, files: safety.forget() };
    },
    backUp: async (file) => {
      if (history === null) throw new CommandError('there is no history (--history none)', ExitCode.FAILED);
      await history.client.backUp(file);
    },
    notice: (line) => {
      outputs.notice(line);
    },
  };
}
