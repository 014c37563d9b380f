/** What a shard counts of a capture, as numbers that go from its thread to the one that decides. */
import { DecodeStatus } from '../../dataplane/wire/decode-status.ts';
import { type Counters, FLOW_END_NAMES } from '../../dataplane/counters.ts';

const Count = {
  FLOW_PACKETS: 0,
  FLOWS_STARTED: 1,
  WITHOUT_FIRST: 2,
  STREAMS_REFUSED: 3,
  SPLIT_FLOWS: 4,
  FLOWS_ENDED: 5,
} as const;
export const COUNTS = Count.FLOWS_ENDED + FLOW_END_NAMES.length;

export function putCounts(counts: Float64Array, counters: Counters): void {
  counts[Count.FLOW_PACKETS] = counters.flowPackets;
  counts[Count.FLOWS_STARTED] = counters.flowsStarted;
  counts[Count.WITHOUT_FIRST] = counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]!;
  counts[Count.STREAMS_REFUSED] = counters.streamsRefused;
  counts[Count.SPLIT_FLOWS] = counters.splitFlows;
  counts.set(counters.flowsEnded, Count.FLOWS_ENDED);
}

/** Adds a shard's counts to those of the whole. */
export function addCounts(counts: Float64Array, counters: Counters): void {
  counters.flowPackets += counts[Count.FLOW_PACKETS]!;
  counters.flowsStarted += counts[Count.FLOWS_STARTED]!;
  counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]! += counts[Count.WITHOUT_FIRST]!;
  counters.streamsRefused += counts[Count.STREAMS_REFUSED]!;
  counters.splitFlows += counts[Count.SPLIT_FLOWS]!;
  for (let reason = 0; reason < FLOW_END_NAMES.length; reason++)
    counters.flowsEnded[reason]! += counts[Count.FLOWS_ENDED + reason]!;
}
