/**
 * `sluice check --traffic`: whether a policy would trip its own limits on recorded traffic. The captures are replayed
 * in mode enforce, independent of the policy's mode; nothing is stopped.
 */
import { listCaptures } from '../capture/input/list-captures.ts';
import type { Rules } from '../decision/rules.ts';
import { AssemblyTracker } from '../dataplane/host/assembly-tracker.ts';
import { DEFAULT_FLOW_CAPACITY } from '../dataplane/host/flow-capacity.ts';
import { trialTripLines } from '../output/event/trial-trip.ts';
import { ExitCode } from '../core/exit-code.ts';
import { Progress } from './progress.ts';
import { Replay } from '../pipeline/replay.ts';
import { reportList } from './report-list.ts';
import { SignalWatch } from './signal-watch.ts';

export interface TrafficCheck {
  readonly lines: readonly string[];
  readonly wouldTrip: boolean;
  /** DONE if the captures were read completely. */
  readonly exitCode: ExitCode;
}

/** The files are one capture, in order. */
export async function checkTraffic(captures: readonly string[], rules: Omit<Rules, 'mode'>): Promise<TrafficCheck> {
  const list = await listCaptures(captures);
  reportList(list);
  if (list.paths.length === 0) return { lines: [], wouldTrip: false, exitCode: ExitCode.WRONG_USAGE };
  const progress = await Progress.open(list.paths, false);
  const signals = new SignalWatch();
  const replay = new Replay(
    {
      rules: { ...rules, mode: 'enforce' },
      each: false,
      tracker: new AssemblyTracker(DEFAULT_FLOW_CAPACITY),
      packetSink: null,
      onFile: () => undefined,
      onBatch: (bytes) => {
        progress.add(bytes);
        return Promise.resolve(signals.exitCode === null);
      },
      onRemark: (file, message) => process.stderr.write(`sluice: ${file}: ${message}\n`),
    },
    () => ({}),
  );
  try {
    await replay.replay(list.paths);
  } finally {
    progress.stop();
    signals.stop();
  }
  for (const { file, message } of replay.incomplete) process.stderr.write(`sluice: ${file}: ${message}\n`);
  const wouldTrip = replay.trips.length > 0;
  if (signals.exitCode !== null) return { lines: [], wouldTrip, exitCode: signals.exitCode };
  const lines = trialTripLines(replay.trips);
  return { lines, wouldTrip, exitCode: endOf(list.problems.length > 0, replay.incomplete.length > 0) };
}

function endOf(hasProblems: boolean, isIncomplete: boolean): ExitCode {
  if (hasProblems) return ExitCode.WRONG_USAGE;
  return isIncomplete ? ExitCode.CAPTURE_INCOMPLETE : ExitCode.DONE;
}
