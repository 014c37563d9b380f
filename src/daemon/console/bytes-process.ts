/**
 * Reads captures for the bytes of one decision, in a process of its own: it may take long, and packets must not wait.
 */
import { DEFAULT_FLOW_CAPACITY } from '../../dataplane/host/flow-capacity.ts';
import type { LinkIdentity } from '../../dataplane/host/link-identity.ts';
import { type Reason, reasonWith } from '../../web/api/refusals.ts';
import { type CheckedBytes, checkedBytes, type CheckedPlace } from '../../study/explain/checked-bytes.ts';
import { traceFlows } from '../../study/explain/trace-flows.ts';

/** Packets are numbered from 1 through the captures. */
export interface BytesQuestion {
  readonly captures: readonly string[];
  readonly firstPacket: number;
  readonly evidence: readonly CheckedPlace[];
  readonly linkIdentity: LinkIdentity;
}

export type BytesAnswer = { readonly bytes: readonly CheckedBytes[] } | { readonly reason: Reason };

process.once('message', (question: BytesQuestion) => {
  read(question).then(
    (bytes) => process.send?.({ bytes } satisfies BytesAnswer),
    (error: unknown) =>
      process.send?.({ reason: reasonWith('capture-unreadable', (error as Error).message) } satisfies BytesAnswer),
  );
});

async function read({ captures, firstPacket, evidence, linkIdentity }: BytesQuestion): Promise<CheckedBytes[]> {
  const wanted = new Map([[firstPacket, new Set(evidence.map(({ packet }) => packet))]]);
  const traces = await traceFlows(captures, wanted, { maxFlows: DEFAULT_FLOW_CAPACITY, linkIdentity });
  return checkedBytes(evidence, traces.get(firstPacket)!);
}
