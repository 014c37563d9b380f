/** Reads a capture again and traces what the fingerprints make of some of its flows. */
import { FlowWalk, type WalkOptions } from '../../pipeline/flow-walk.ts';
import { FlowTrace } from './flow-trace.ts';

/**
 * Traces of flows, by the numbers of their first packets. `flows` has these numbers, each with the packets that
 * evidence of the flow is of. `paths` are the files of one capture.
 */
export async function traceFlows(
  paths: readonly string[],
  flows: ReadonlyMap<number, ReadonlySet<number>>,
  options: WalkOptions,
): Promise<Map<number, FlowTrace>> {
  const traces = new Map(Array.from(flows, ([first, evidence]) => [first, new FlowTrace(evidence)]));
  await new FlowWalk(options).walk(paths, {
    arrives: (walk, firstPacket) => {
      walk.traceLooks(traces.has(firstPacket));
    },
    packet: (_batch, _row, packet, walk, firstPacket) => {
      if (walk.view.payloadCaptured > 0) traces.get(firstPacket)?.notePacket(packet, walk.looks());
    },
  });
  return traces;
}
