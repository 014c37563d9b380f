/** Events as objects, made field by field: the obvious twin of the lines that EventLines writes as bytes. */
import { formatAddress } from '../../src/core/ip-address.ts';
import { PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { formatMicros, MICROS_PER_SECOND } from '../../src/core/units.ts';
import { FLOW_END_NAMES, type FlowEnd } from '../../src/dataplane/host/flow-end.ts';
import type { DecisionView, ShownRegistration } from '../../src/decision/decision-sink.ts';
import type { FlowIdentity, FlowRecord } from '../../src/decision/flow-record.ts';
import {
  findingProtocol,
  findingStage,
  findingVariant,
  NO_FINDING,
  STAGE_NAMES,
  VARIANT_NAMES,
} from '../../src/dataplane/host/finding.ts';
import { ENCAPSULATION_NAMES, Transport } from '../../src/dataplane/host/packet-codes.ts';
import { communityId } from '../../src/output/event/community-id.ts';
import { type EventOrigin, NO_ORIGIN, originFields } from '../../src/output/event/event-origin.ts';
import { flowId } from '../../src/output/event/flow-id.ts';
import type { EventContext } from '../../src/output/event/event-context.ts';
import type { DecisionEvent, FlowEvent, TupleFields } from '../../src/output/event/event-fields.ts';
import type { ShowAddress } from '../../src/output/event/shown-address.ts';
import type { EventRegistration } from '../../src/output/event/shown-registration.ts';
import { PROTO_NAMES, type VpnFields } from '../../src/output/event/flow-names.ts';
import { evidenceOf } from '../kit/evidence-of.ts';

type DecisionFields = DecisionEvent['decision'];

export class PlainEventFields {
  private readonly show: ShowAddress;
  private readonly context: EventContext;
  private readonly origin: EventOrigin;
  private readonly source = new Int32Array(4);
  private readonly destination = new Int32Array(4);

  constructor(show: ShowAddress, context: EventContext, origin: EventOrigin = NO_ORIGIN) {
    this.show = show;
    this.context = context;
    this.origin = originFields(origin);
  }

  decisionEvent(file: string, flow: FlowRecord, decision: DecisionView, timeUs: number, packet: number): DecisionEvent {
    return {
      timestamp: formatMicros(timeUs),
      event_type: 'decision',
      pcap_filename: file,
      pcap_cnt: packet,
      ...this.tuple(flow),
      vpn: {
        ...vpnFields(flow.finding),
        evidence: evidenceOf(flow),
      },
      registration: {
        source: this.registration(decision.source),
        destination: this.registration(decision.destination),
      },
      decision: shortDecision(decision),
      policy: this.context.policy,
      registry: this.context.registry,
      ...this.origin,
    };
  }

  flowEvent(file: string, flow: FlowRecord, decision: DecisionView | null, reason: FlowEnd): FlowEvent {
    return { ...this.flowFields(file, flow, decision, reason), ...this.origin };
  }

  /** The fields of a flow event without the origin, which ends every event. */
  flowFields(
    file: string,
    flow: FlowRecord,
    decision: DecisionView | null,
    reason: FlowEnd,
  ): Omit<FlowEvent, keyof EventOrigin> {
    const end = formatMicros(flow.lastTimeUs);
    return {
      timestamp: end,
      event_type: 'flow',
      pcap_filename: file,
      pcap_cnt: flow.firstPacket,
      ...this.tuple(flow),
      flow: {
        pkts_toserver: flow.packetsToDestination,
        pkts_toclient: flow.packetsToSource,
        bytes_toserver: flow.bytesToDestination,
        bytes_toclient: flow.bytesToSource,
        start: formatMicros(flow.firstTimeUs),
        end,
        duration: durationUs(flow) / MICROS_PER_SECOND,
        reason: FLOW_END_NAMES[reason],
      },
      ...(flow.finding === NO_FINDING ? {} : { vpn: vpnFields(flow.finding) }),
      ...(decision === null ? {} : { decision: shortDecision(decision) }),
    };
  }

  /** Identifies a flow in events: a hash of its shown tuple and first packet, the same in every run. */
  private flowId(flow: FlowIdentity): string {
    this.show(flow.source, this.source);
    this.show(flow.destination, this.destination);
    return this.idOfShown(flow);
  }

  private communityIdOfShown({ transport, sourcePort, destinationPort }: FlowIdentity): string {
    const hasPorts = transport === Transport.UDP || transport === Transport.TCP;
    const ports = hasPorts ? { source: sourcePort, destination: destinationPort } : null;
    return communityId(transport, this.source, this.destination, ports);
  }

  private idOfShown(flow: FlowIdentity): string {
    return flowId(flow, this.source, this.destination);
  }

  private registration(registration: ShownRegistration | null): EventRegistration | null {
    return registration === null ? null : this.show.registration(registration);
  }

  tuple(flow: FlowRecord): TupleFields {
    const tunnel = flow.tunnel === null ? {} : { tunnel_id: this.flowId(flow.tunnel) };
    this.show(flow.source, this.source);
    this.show(flow.destination, this.destination);
    const hasPorts = flow.transport === Transport.UDP || flow.transport === Transport.TCP;
    const vlan = vlansOf(flow.vlans);
    const encapsulation = encapsulationNames(flow.encapsulation);
    return {
      flow_id: this.idOfShown(flow),
      ...tunnel,
      ...(vlan.length > 0 ? { vlan } : {}),
      ...(encapsulation.length > 0 ? { encapsulation } : {}),
      src_ip: textOf(this.source),
      ...(hasPorts ? { src_port: flow.sourcePort } : {}),
      dest_ip: textOf(this.destination),
      ...(hasPorts ? { dest_port: flow.destinationPort } : {}),
      proto: PROTO_NAMES[flow.transport]!,
      community_id: this.communityIdOfShown(flow),
    };
  }
}

/** Microseconds from a flow's first packet to its last; 0 if the capture's times go back. */
function durationUs(flow: FlowRecord): number {
  return Math.max(0, flow.lastTimeUs - flow.firstTimeUs);
}

function textOf(words: Int32Array): string {
  return formatAddress(words[0]!, words[1]!, words[2]!, words[3]!);
}

function vpnFields(finding: number): VpnFields {
  return {
    protocol: PROTOCOL_NAMES[findingProtocol(finding)],
    variant: VARIANT_NAMES[findingVariant(finding)],
    stage: STAGE_NAMES[findingStage(finding)],
  };
}

function shortDecision(decision: DecisionView): DecisionFields {
  const { action, previous, rule, reason, mode } = decision;
  return { action, previous, rule, reason, mode };
}

/** VLAN ids from the outermost on. */
export function vlansOf(vlans: number): number[] {
  const ids: number[] = [];
  for (let rest = vlans; rest !== 0; rest >>>= 16) ids.push((rest & 0xffff) - 1);
  return ids;
}

/** Names of the encapsulations from the outermost on. */
function encapsulationNames(encapsulation: number): string[] {
  const names: string[] = [];
  for (let rest = encapsulation; rest !== 0; rest >>>= 4) names.push(ENCAPSULATION_NAMES[rest & 15]!);
  return names;
}
