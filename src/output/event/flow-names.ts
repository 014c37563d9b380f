/**
 * Names of a flow's codes in events: its transport, as Suricata's EVE writes it, its encapsulations, and its finding.
 */
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import {
  findingProtocol,
  findingStage,
  findingVariant,
  STAGE_NAMES,
  VARIANT_NAMES,
} from '../../dataplane/host/finding.ts';
import { ENCAPSULATION_NAMES, Transport } from '../../dataplane/host/packet-codes.ts';

export const PROTO_NAMES: Readonly<Record<number, string>> = {
  [Transport.TCP]: 'TCP',
  [Transport.UDP]: 'UDP',
  [Transport.ESP]: 'ESP',
  [Transport.AH]: 'AH',
};

/** The finding's fields of an event. */
export interface VpnFields {
  readonly protocol: string;
  readonly variant: string;
  readonly stage: string;
}

export function vpnFields(finding: number): VpnFields {
  return {
    protocol: PROTOCOL_NAMES[findingProtocol(finding)],
    variant: VARIANT_NAMES[findingVariant(finding)],
    stage: STAGE_NAMES[findingStage(finding)],
  };
}

/** Names of the encapsulations from the outermost on. */
export function encapsulationNames(encapsulation: number): string[] {
  const names: string[] = [];
  for (let rest = encapsulation; rest !== 0; rest >>>= 4) names.push(ENCAPSULATION_NAMES[rest & 15]!);
  return names;
}
