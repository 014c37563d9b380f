/**
 * Events as JSON Lines with the field names of Suricata's EVE. The order of fields is fixed, so equal events are equal bytes.
 */
import { hash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import { formatAddress, IPV4_MARK } from '../core/ip-address.ts';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { formatMicros } from '../core/units.ts';
import { FLOW_END_NAMES, type FlowEnd } from '../engine/counters.ts';
import type { ShownDecision, ShownRegistration } from '../engine/decision-sink.ts';
import type { FlowName, FlowRecord } from '../engine/flow-record.ts';
import type { EvidenceEntry } from '../fingerprint/evidence.ts';
import {
  findingProtocol,
  findingStage,
  findingVariant,
  NO_FINDING,
  STAGE_NAMES,
  VARIANT_NAMES,
} from '../fingerprint/finding.ts';
import { ENCAPSULATION_NAMES, Transport } from '../wire/packet-view.ts';
import { communityId } from './community-id.ts';
import type { ShowAddress } from './shown-address.ts';

const PROTO_NAMES: Readonly<Record<number, string>> = {
  [Transport.TCP]: 'TCP',
  [Transport.UDP]: 'UDP',
  [Transport.ESP]: 'ESP',
  [Transport.AH]: 'AH',
};

/** Bits before an IPv4 address in the form of core/ip-address. */
const IPV4_MAPPED_BITS = 96;

/** The rules and registrations that decided: the end of every event of a decision. */
export interface EventContext {
  readonly policy: { readonly name: string; readonly sha256: string };
  readonly registry: { readonly sha256: string };
}

/** The fields by which every event names its flow. */
interface TupleFields {
  readonly flow_id: string;
  /** flow_id of the first flow of the tunnel that the flow is part of; absent where it is of none. */
  readonly tunnel_id?: string;
  /** VLAN ids and wrappings, from the outermost on; absent where there are none. */
  readonly vlan?: readonly number[];
  readonly encapsulation?: readonly string[];
  readonly src_ip: string;
  readonly src_port?: number;
  readonly dest_ip: string;
  readonly dest_port?: number;
  readonly proto: string;
  readonly community_id: string;
}

interface EventFields extends TupleFields {
  readonly timestamp: string;
  readonly event_type: string;
  readonly pcap_filename: string;
  readonly pcap_cnt: number;
}

interface VpnFields {
  readonly protocol: string;
  readonly variant: string;
  readonly stage: string;
}

interface DecisionFields {
  readonly action: string;
  readonly previous: string | null;
  readonly rule: string | null;
  readonly reason: string;
  readonly mode: string;
}

/** A decision, as it is written: the fields in this order. */
export interface DecisionEvent extends EventFields, EventContext {
  readonly vpn: VpnFields & { readonly evidence: readonly EvidenceEntry[] };
  readonly registration: { readonly source: ShownRegistration | null; readonly destination: ShownRegistration | null };
  readonly decision: DecisionFields;
}

/** A flow at its end. */
export interface FlowEvent extends EventFields {
  readonly flow: {
    readonly pkts_toserver: number;
    readonly pkts_toclient: number;
    readonly bytes_toserver: number;
    readonly bytes_toclient: number;
    readonly start: string;
    readonly end: string;
    readonly reason: string;
  };
  readonly vpn?: VpnFields;
  readonly decision?: DecisionFields;
}

/** Turns flows and decisions into events, and those into lines, each with its line break. */
export class EventLines {
  private readonly show: ShowAddress;
  private readonly context: EventContext;
  private readonly source = new Int32Array(4);
  private readonly destination = new Int32Array(4);
  private readonly network = new Int32Array(4);

  constructor(show: ShowAddress, context: EventContext) {
    this.show = show;
    this.context = context;
  }

  decision(file: string, flow: FlowRecord, decision: ShownDecision, timeUs: number, packet: number): string {
    return `${JSON.stringify(this.decisionEvent(file, flow, decision, timeUs, packet))}\n`;
  }

  flow(file: string, flow: FlowRecord, decision: ShownDecision | null, reason: FlowEnd): string {
    return `${JSON.stringify(this.flowEvent(file, flow, decision, reason))}\n`;
  }

  decisionEvent(
    file: string,
    flow: FlowRecord,
    decision: ShownDecision,
    timeUs: number,
    packet: number,
  ): DecisionEvent {
    return {
      timestamp: formatMicros(timeUs),
      event_type: 'decision',
      pcap_filename: file,
      pcap_cnt: packet,
      ...this.tuple(flow),
      vpn: { ...vpn(flow), evidence: flow.evidenceEntries() },
      registration: {
        source: this.registration(decision.source),
        destination: this.registration(decision.destination),
      },
      decision: shortDecision(decision),
      policy: this.context.policy,
      registry: this.context.registry,
    };
  }

  flowEvent(file: string, flow: FlowRecord, decision: ShownDecision | null, reason: FlowEnd): FlowEvent {
    return {
      timestamp: formatMicros(flow.lastTimeUs),
      event_type: 'flow',
      pcap_filename: file,
      pcap_cnt: flow.firstPacket,
      ...this.tuple(flow),
      flow: {
        pkts_toserver: flow.packetsToDestination,
        pkts_toclient: flow.packetsToSource,
        bytes_toserver: flow.octetsToDestination,
        bytes_toclient: flow.octetsToSource,
        start: formatMicros(flow.firstTimeUs),
        end: formatMicros(flow.lastTimeUs),
        reason: FLOW_END_NAMES[reason],
      },
      ...(flow.finding === NO_FINDING ? {} : { vpn: vpn(flow) }),
      ...(decision === null ? {} : { decision: shortDecision(decision) }),
    };
  }

  /** The name by which a flow is known in events: a hash of its shown tuple and first packet, the same on every run. */
  flowId(flow: FlowName): string {
    this.show(flow.source, this.source);
    this.show(flow.destination, this.destination);
    return this.idOfShown(flow);
  }

  private idOfShown(flow: FlowName): string {
    const low = [this.source.join(), flow.sourcePort].join();
    const high = [this.destination.join(), flow.destinationPort].join();
    // The initiator may turn out to be the other end: the id must not change with it.
    const ends = low < high ? `${low}|${high}` : `${high}|${low}`;
    const text = `${flow.transport}|${ends}|${flow.domain}|${flow.firstPacket}|${flow.firstTimeUs}`;
    return hash('sha1', text, 'hex').slice(0, 16);
  }

  /** A registration whose prefix shows no more than addresses do. */
  private registration(registration: ShownRegistration | null): ShownRegistration | null {
    if (registration === null) return null;
    const [network, registered] = ipaddr.parseCIDR(registration.prefix);
    const isIpv4 = network.kind() === 'ipv4';
    const length = Math.min(registered, isIpv4 ? this.show.ipv4Bits : this.show.ipv6Bits);
    const octets = network.toByteArray();
    const word = (index: number): number =>
      octets.slice(index * 4, index * 4 + 4).reduce((bits, octet) => (bits << 8) | octet, 0);
    this.show(isIpv4 ? [0, 0, IPV4_MARK, word(0)] : [word(0), word(1), word(2), word(3)], this.network);
    const bits = isIpv4 ? length + IPV4_MAPPED_BITS : length;
    // A pseudonym keeps the prefix, and changes what is behind it.
    const shown = this.network.map((value, index) => value & maskOf(bits - 32 * index));
    return { ...registration, prefix: `${textOf(shown)}/${length}` };
  }

  private tuple(flow: FlowRecord): TupleFields {
    const tunnel = flow.tunnel === null ? {} : { tunnel_id: this.flowId(flow.tunnel) };
    this.show(flow.source, this.source);
    this.show(flow.destination, this.destination);
    const hasPorts = flow.transport === Transport.UDP || flow.transport === Transport.TCP;
    const ports = hasPorts ? { source: flow.sourcePort, destination: flow.destinationPort } : null;
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
      community_id: communityId(flow.transport, this.source, this.destination, ports),
    };
  }
}

/** A word whose first bits are set. */
function maskOf(bits: number): number {
  if (bits <= 0) return 0;
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function textOf(words: Int32Array): string {
  return formatAddress(words[0]!, words[1]!, words[2]!, words[3]!);
}

function vpn(flow: FlowRecord): VpnFields {
  return {
    protocol: PROTOCOL_NAMES[findingProtocol(flow.finding)],
    variant: VARIANT_NAMES[findingVariant(flow.finding)],
    stage: STAGE_NAMES[findingStage(flow.finding)],
  };
}

function shortDecision(decision: ShownDecision): DecisionFields {
  const { action, previous, rule, reason, mode } = decision;
  return { action, previous, rule, reason, mode };
}

/** VLAN ids from the outermost on. */
export function vlansOf(vlans: number): number[] {
  const ids: number[] = [];
  for (let rest = vlans; rest !== 0; rest >>>= 16) ids.push((rest & 0xffff) - 1);
  return ids;
}

/** Names of the wrappings from the outermost on. */
export function encapsulationNames(encapsulation: number): string[] {
  const names: string[] = [];
  for (let rest = encapsulation; rest !== 0; rest >>>= 4) names.push(ENCAPSULATION_NAMES[rest & 15]!);
  return names;
}
