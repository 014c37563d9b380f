/**
 * What a replay found in one capture, by 5-tuple, for comparison with labels. A tuple that occurs as several flows (it came
 * back after a pause, or in another wrapping) is one here, as it is one in the labels.
 */
import { formatAddress } from '../core/ip-address.ts';
import type { Protocol } from '../core/protocol.ts';
import type { FlowRecord } from '../decision/flow-record.ts';
import {
  findingProtocol,
  findingStage,
  findingVariant,
  NO_FINDING,
  type Stage,
  VARIANT_NAMES,
} from '../dataplane/fingerprint/finding.ts';
import { Transport } from '../dataplane/wire/packet-view.ts';

const PROTO_NAMES: Readonly<Record<number, string>> = {
  [Transport.TCP]: 'tcp',
  [Transport.UDP]: 'udp',
  [Transport.ESP]: 'esp',
  [Transport.AH]: 'ah',
};

/** The highest stage at which a protocol was found, and the variant at that stage. */
export interface Found {
  readonly stage: Stage;
  readonly variant: string;
}

export class FoundFlows {
  /** What was found, by flow key and protocol. */
  readonly byFlow = new Map<string, Map<Protocol, Found>>();

  /** Takes a flow with a decision, or at its end. */
  note(flow: FlowRecord): void {
    if (flow.finding === NO_FINDING) return;
    const key = flowKey(
      PROTO_NAMES[flow.transport]!,
      textOf(flow.source),
      flow.sourcePort,
      textOf(flow.destination),
      flow.destinationPort,
    );
    let found = this.byFlow.get(key);
    if (found === undefined) {
      found = new Map<Protocol, Found>();
      this.byFlow.set(key, found);
    }
    const protocol = findingProtocol(flow.finding);
    const stage = findingStage(flow.finding);
    const before = found.get(protocol);
    if (before !== undefined && before.stage > stage) return;
    found.set(protocol, { stage, variant: VARIANT_NAMES[findingVariant(flow.finding)] });
  }
}

function textOf(words: Int32Array): string {
  return formatAddress(words[0]!, words[1]!, words[2]!, words[3]!);
}

/** The same for both directions of a flow; ESP and AH between two ends are one class without ports. */
export function flowKey(proto: string, source: string, sourcePort: number, to: string, toPort: number): string {
  const isNative = proto === 'esp' || proto === 'ah';
  const ends = isNative ? [source, to] : [`${source} port ${sourcePort}`, `${to} port ${toPort}`];
  return `${isNative ? 'esp/ah' : proto} ${ends.sort().join(' and ')}`;
}
