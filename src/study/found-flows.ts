/**
 * The flows and findings of a replay in one capture, by 5-tuple, for comparison with labels. Several flows with one
 * tuple (after a pause, or in another encapsulation) count as one, as in the labels.
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
} from '../dataplane/host/finding.ts';
import { Transport } from '../dataplane/host/packet-codes.ts';

const PROTO_NAMES: Readonly<Record<number, string>> = {
  [Transport.TCP]: 'tcp',
  [Transport.UDP]: 'udp',
  [Transport.ESP]: 'esp',
  [Transport.AH]: 'ah',
};

/** The highest stage of a finding, and the variant at that stage. */
export interface Found {
  readonly stage: Stage;
  readonly variant: string;
}

export class FoundFlows {
  /** Keys of all flows that have ended. */
  readonly seen = new Set<string>();
  /** Findings by flow key and protocol. */
  readonly byFlow = new Map<string, Map<Protocol, Found>>();

  /** Whether the capture has a flow with the key. */
  has(key: string): boolean {
    return this.seen.has(key) || this.byFlow.has(key);
  }

  /** Adds a flow at its end. */
  addEnded(flow: FlowRecord): void {
    this.seen.add(keyOf(flow));
    this.add(flow);
  }

  /** Adds the finding of a flow after a decision. */
  add(flow: FlowRecord): void {
    if (flow.finding === NO_FINDING) return;
    const key = keyOf(flow);
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

function keyOf(flow: FlowRecord): string {
  const { transport, source, sourcePort, destination, destinationPort } = flow;
  return flowKey(PROTO_NAMES[transport]!, textOf(source), sourcePort, textOf(destination), destinationPort);
}

function textOf(words: Int32Array): string {
  return formatAddress(words[0]!, words[1]!, words[2]!, words[3]!);
}

/** A key that is the same for both directions of a flow. ESP and AH between two ends have one key, without ports. */
export function flowKey(proto: string, source: string, sourcePort: number, to: string, toPort: number): string {
  const isNative = proto === 'esp' || proto === 'ah';
  const ends = isNative ? [source, to] : [`${source} port ${sourcePort}`, `${to} port ${toPort}`];
  return `${isNative ? 'esp/ah' : proto} ${ends.sort().join(' and ')}`;
}
