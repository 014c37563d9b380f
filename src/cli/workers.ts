/** `--workers`: the threads that track flows. */
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { LinkIdentity } from '../dataplane/host/link-identity.ts';
import { DataplaneThreads } from '../pipeline/workers/dataplane-threads.ts';
import { ThreadedTracker } from '../pipeline/workers/threaded-tracker.ts';

/** The flags of `replay` and `run` on which a tracker depends. */
export interface TrackerFlags {
  readonly maxFlows: number;
  readonly linkIdentity: LinkIdentity;
}

/** A tracker, and what ends its threads. */
export interface RunningTracker {
  readonly tracker: Tracker;
  stop(): Promise<void>;
}

/** Tracks flows in this thread, or starts threads that do. `workers`: threads in all; this one decides. */
export function startTracker(workers: number, { maxFlows, linkIdentity }: TrackerFlags): RunningTracker {
  if (workers === 1) return { tracker: new AssemblyTracker(maxFlows, linkIdentity), stop: () => Promise.resolve() };
  const threads = new DataplaneThreads({
    threads: workers,
    flowCapacity: maxFlows,
    hasDomain: linkIdentity === 'vlan',
  });
  return { tracker: new ThreadedTracker(threads), stop: () => threads.stop() };
}
