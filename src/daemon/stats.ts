/** The counts of a daemon for its `stats` events. */
import { OUTCOME_NAMES } from '../dataplane/host/outcome.ts';
import { FLOW_END_NAMES } from '../dataplane/host/flow-end.ts';
import { Stage } from '../dataplane/host/finding.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import type { RunEngine } from './daemon-engine.ts';
import type { RunOutputs } from './outputs.ts';
import type { RunSource } from './source-run.ts';

export function daemonStats(
  engine: RunEngine,
  source: RunSource,
  outputs: RunOutputs,
): Readonly<Record<string, unknown>> {
  const { counters, decisions, admission } = engine;
  const { dropped, restarts, gapSeconds, stalls, files } = source.counts;
  return {
    packets: counters.packets,
    bytes: counters.bytes,
    in_flows: counters.flowPackets,
    not_decoded: counters.notDecodedByName(),
    capture: { dropped, restarts, gap_seconds: gapSeconds, stalls, ...(source.kind === 'spool' ? { files } : {}) },
    flows: {
      active: counters.flowsActive,
      started: counters.flowsStarted,
      split: counters.splitFlows,
      ended: named(FLOW_END_NAMES, counters.flowsEnded),
    },
    decisions: named(ACTION_NAMES, decisions.counts.made),
    outcome_packets: named(OUTCOME_NAMES, counters.outcomePackets),
    registered_hits: decisions.counts.hits.toCounts(),
    mode: decisions.mode,
    breaker: {
      tripped: admission.hasTripped,
      ignores_suspected: admission.refuses(Stage.SUSPECTED),
      trips: admission.tripCount,
    },
    lines_dropped: outputs.logs.reduce((sum, { lines }) => sum + lines.droppedCount, 0),
  };
}

function named(names: readonly string[], counts: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(names.map((name, index) => [name, counts[index]!]));
}
