/** The state of a daemon's parts, in the order in which checkpoints have it. */
import type { Snapshot } from '../../core/snapshot.ts';
import type { HistoryFeed } from '../console/history-feed.ts';
import type { RunEngine } from '../daemon-engine.ts';
import type { RunChanges } from '../rule-changes.ts';
import type { RunSafety } from '../safety.ts';
import type { RunClock } from '../source-clock.ts';
import type { RunSource } from '../source-run.ts';

const MICROS_PER_MILLISECOND = 1000;

export interface StatefulParts {
  readonly engine: RunEngine;
  readonly source: RunSource;
  readonly files: { snapshot(walk: Snapshot): void };
  readonly clock: RunClock;
  readonly changes: RunChanges;
  readonly safety: RunSafety;
  /** Null without one. */
  readonly history: HistoryFeed | null;
}

/** Copies the state of all parts, or puts a copy back. */
export function snapshotParts(walk: Snapshot, parts: StatefulParts): void {
  const { engine, source, files, clock, changes, safety, history } = parts;
  const { counts } = changes.reloads;
  // What the packets after a checkpoint did to the breaker comes again with them, or is in its own state only.
  if (walk.isRestoring && source.checkpoint?.isRepeated !== true)
    keepSafety(engine, () => {
      engine.snapshot(walk);
    });
  else engine.snapshot(walk);
  files.snapshot(walk);
  clock.snapshot(walk);
  changes.snapshot(walk);
  walk.part('reloads');
  Object.assign(counts, walk.data(counts));
  history?.snapshot(walk);
  if (walk.isRestoring) safety.settle();
}

/** Restores an engine but for the breaker and the registered hits, which a file of their own has as they were last. */
function keepSafety({ admission, decisions }: RunEngine, restore: () => void): void {
  const { breaker } = admission;
  const { hits } = decisions.counts;
  const [state, seen, harm] = [breaker.exportState(), breaker.exportSeen(), hits.toCounts()];
  restore();
  const elapsedUs = Math.max(0, Date.now() * MICROS_PER_MILLISECOND - state.nowUs);
  breaker.importState(state, elapsedUs);
  breaker.importSeen(seen);
  hits.clear();
  hits.addCounts(harm);
}
