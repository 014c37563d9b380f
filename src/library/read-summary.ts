/** Sums up what a reading read. */
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import type { Counters } from '../dataplane/host/counters.ts';
import { STAGE_NAMES } from '../dataplane/host/finding.ts';
import { Outcome } from '../dataplane/host/outcome.ts';
import type { FlowCounts } from '../decision/decision-counts.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import type { IncompleteCapture, ReadSummary } from './session.ts';

/** `isWhole`: no one ended the reading before its end. */
export function readSummary(
  counters: Counters,
  flows: FlowCounts,
  incomplete: readonly IncompleteCapture[],
  isWhole: boolean,
): ReadSummary {
  const { outcomePackets } = counters;
  return {
    complete: isWhole && incomplete.length === 0,
    incomplete,
    packets: counters.packets,
    bytes: counters.bytes,
    notDecoded: counters.notDecodedByName(),
    flows: counters.flowsStarted,
    vpnFlows: totalOf(flows),
    outcomes: {
      forwarded: outcomePackets[Outcome.FORWARDED]!,
      delayed: outcomePackets[Outcome.DELAYED]!,
      dropped: outcomePackets[Outcome.DROPPED]!,
    },
  };
}

function totalOf(flows: FlowCounts): number {
  let total = 0;
  for (const protocol of PROTOCOL_NAMES.keys())
    for (const stage of STAGE_NAMES.keys())
      for (const action of ACTION_NAMES.keys()) total += flows.get(protocol, stage, action);
  return total;
}
