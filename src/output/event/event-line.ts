/**
 * Events as JSON Lines, written as octets: what stands between the numbers is known beforehand, and kept ready as octets for each file,
 * finding, check and decision that has come up. A line is, octet for octet, the JSON of the event's fields (event-fields.ts).
 */
import type { ShownDecision, ShownRegistration } from '../../decision/decision-sink.ts';
import { FLOW_END_NAMES, type FlowEnd } from '../../dataplane/counters.ts';
import type { FlowName, FlowRecord } from '../../decision/flow-record.ts';
import { NO_FINDING } from '../../dataplane/fingerprint/finding.ts';
import { Transport } from '../../dataplane/wire/packet-view.ts';
import { hashTuple, putDigest } from './community-id.ts';
import { durationUs, type EventContext, encapsulationNames, PROTO_NAMES, vpnFields } from './event-fields.ts';
import { putEvidence } from './evidence-line.ts';
import { hashFlow, putFlowId } from './flow-id.ts';
import { KeptTuples } from './kept-tuples.ts';
import { putAddress } from './octet-address.ts';
import { OctetText, Piece } from './octet-text.ts';
import { digest } from './sha1.ts';
import type { ShowAddress } from './shown-address.ts';

export type { EventContext } from './event-fields.ts';

const BEGIN = new Piece('{"timestamp":"');
const FLOW_ID = new Piece(',"flow_id":"');
const TUNNEL_ID = new Piece('","tunnel_id":"');
const VLAN = new Piece(',"vlan":[');
const SOURCE = new Piece(',"src_ip":"');
const SOURCE_PORT = new Piece('","src_port":');
const DESTINATION = new Piece(',"dest_ip":"');
const DESTINATION_PORT = new Piece('","dest_port":');
const PACKETS_TO_SERVER = new Piece('","flow":{"pkts_toserver":');
const PACKETS_TO_CLIENT = new Piece(',"pkts_toclient":');
const OCTETS_TO_SERVER = new Piece(',"bytes_toserver":');
const OCTETS_TO_CLIENT = new Piece(',"bytes_toclient":');
const START = new Piece(',"start":"');
const END = new Piece('","end":"');
const DURATION = new Piece('","duration":');
const REASONS = FLOW_END_NAMES.map((name) => new Piece(`,"reason":"${name}"}`));
const END_OF_LINE = new Piece('}\n');
const QUOTE = 34;
const COMMA = 44;
const CLOSING_BRACKET = 93;

/** By transport: what stands behind a port, and behind an address. */
const PROTO_AFTER_PORT: Piece[] = [];
const PROTO_AFTER_ADDRESS: Piece[] = [];
for (const [code, name] of Object.entries(PROTO_NAMES)) {
  PROTO_AFTER_PORT[Number(code)] = new Piece(protoText(name));
  PROTO_AFTER_ADDRESS[Number(code)] = new Piece(`"${protoText(name)}`);
}

function protoText(name: string): string {
  return `,"proto":"${name}","community_id":"1:`;
}

/** Octets made of a decision, under its number. */
interface KeptDecision {
  readonly decision: ShownDecision;
  readonly piece: Piece;
}

export class EventLines {
  private readonly show: ShowAddress;
  private readonly context: EventContext;
  private readonly source = new Int32Array(4);
  private readonly destination = new Int32Array(4);
  private readonly tunnelSource = new Int32Array(4);
  private readonly tunnelDestination = new Int32Array(4);
  private readonly scratch = new OctetText();
  private readonly tuples = new KeptTuples();
  private readonly decisionFile = new FilePiece('decision');
  private readonly flowFile = new FilePiece('flow');
  private readonly encapsulations = new EncapsulationPieces();
  /** By finding. */
  private readonly vpns = new Map<number, Piece>();
  private readonly flowVpns = new Map<number, Piece>();
  private readonly decisions: KeptDecision[] = [];
  private readonly flowDecisions: KeptDecision[] = [];

  constructor(show: ShowAddress, context: EventContext) {
    this.show = show;
    this.context = context;
  }

  /** The line of a decision, with its line break. */
  decision(file: string, flow: FlowRecord, decision: ShownDecision, timeUs: number, packet: number): string {
    this.putDecision(this.scratch, file, flow, decision, timeUs, packet);
    return this.scratch.takeString();
  }

  /** The line of a flow at its end. */
  flow(file: string, flow: FlowRecord, decision: ShownDecision | null, reason: FlowEnd): string {
    this.putFlow(this.scratch, file, flow, decision, reason);
    return this.scratch.takeString();
  }

  /** Appends the line of a decision. */
  putDecision(
    text: OctetText,
    file: string,
    flow: FlowRecord,
    decision: ShownDecision,
    timeUs: number,
    packet: number,
  ): void {
    text.put(BEGIN);
    text.putTime(timeUs);
    text.put(this.decisionFile.of(file));
    text.putNumber(packet);
    this.putTuple(text, flow);
    text.put(this.vpnOf(flow.finding));
    putEvidence(text, flow);
    text.put(this.decisionOf(decision));
  }

  /** Appends the line of a flow at its end. */
  putFlow(text: OctetText, file: string, flow: FlowRecord, decision: ShownDecision | null, reason: FlowEnd): void {
    text.put(BEGIN);
    text.putTime(flow.lastTimeUs);
    text.put(this.flowFile.of(file));
    text.putNumber(flow.firstPacket);
    this.putTuple(text, flow);
    text.put(PACKETS_TO_SERVER);
    text.putNumber(flow.packetsToDestination);
    text.put(PACKETS_TO_CLIENT);
    text.putNumber(flow.packetsToSource);
    text.put(OCTETS_TO_SERVER);
    text.putNumber(flow.octetsToDestination);
    text.put(OCTETS_TO_CLIENT);
    text.putNumber(flow.octetsToSource);
    text.put(START);
    text.putTime(flow.firstTimeUs);
    text.put(END);
    text.putTime(flow.lastTimeUs);
    text.put(DURATION);
    text.putSeconds(durationUs(flow));
    text.put(REASONS[reason]!);
    if (flow.finding !== NO_FINDING) text.put(this.flowVpnOf(flow.finding));
    if (decision !== null) text.put(this.flowDecisionOf(decision));
    text.put(END_OF_LINE);
  }

  private putTuple(text: OctetText, flow: FlowRecord): void {
    if (this.tuples.put(text, flow)) return;
    const begin = text.length;
    this.makeTuple(text, flow);
    this.tuples.keep(flow, text, begin);
  }

  private makeTuple(text: OctetText, flow: FlowRecord): void {
    const { source, destination } = this;
    const { transport, sourcePort, destinationPort } = flow;
    this.show(flow.source, source);
    this.show(flow.destination, destination);
    text.put(FLOW_ID);
    hashFlow(flow, source, destination);
    const high = digest[0]!;
    const low = digest[1]!;
    putFlowId(text, high, low);
    if (flow.tunnel !== null) {
      text.put(TUNNEL_ID);
      if (isSameFlow(flow, flow.tunnel)) putFlowId(text, high, low);
      else this.putTunnelId(text, flow.tunnel);
    }
    text.putCharacter(QUOTE);
    if (flow.vlans !== 0) putVlans(text, flow.vlans);
    if (flow.encapsulation !== 0) text.put(this.encapsulations.of(flow.encapsulation));
    const hasPorts = transport === Transport.UDP || transport === Transport.TCP;
    text.put(SOURCE);
    putAddress(text, source);
    if (hasPorts) {
      text.put(SOURCE_PORT);
      text.putNumber(sourcePort);
    } else {
      text.putCharacter(QUOTE);
    }
    text.put(DESTINATION);
    putAddress(text, destination);
    if (hasPorts) {
      text.put(DESTINATION_PORT);
      text.putNumber(destinationPort);
    }
    text.put((hasPorts ? PROTO_AFTER_PORT : PROTO_AFTER_ADDRESS)[transport]!);
    if (hasPorts) hashTuple(transport, source, destination, true, sourcePort, destinationPort);
    else hashTuple(transport, source, destination, false, 0, 0);
    putDigest(text);
  }

  private putTunnelId(text: OctetText, tunnel: FlowName): void {
    this.show(tunnel.source, this.tunnelSource);
    this.show(tunnel.destination, this.tunnelDestination);
    hashFlow(tunnel, this.tunnelSource, this.tunnelDestination);
    putFlowId(text, digest[0]!, digest[1]!);
  }

  /** From the end of the Community ID up to the evidence. */
  private vpnOf(finding: number): Piece {
    let piece = this.vpns.get(finding);
    if (piece === undefined) {
      piece = new Piece(`","vpn":${JSON.stringify(vpnFields(finding)).slice(0, -1)},"evidence":[`);
      this.vpns.set(finding, piece);
    }
    return piece;
  }

  /** From the end of the evidence up to the end of the line. */
  private decisionOf(decision: ShownDecision): Piece {
    const kept = this.decisions[decision.number];
    if (kept?.decision === decision) return kept.piece;
    const { policy, registry } = this.context;
    const registration = `{"source":${this.registrationText(decision.source)},"destination":${this.registrationText(decision.destination)}}`;
    const rules = `"policy":${JSON.stringify(policy)},"registry":${JSON.stringify(registry)}`;
    const piece = new Piece(`]},"registration":${registration},"decision":${decisionText(decision)},${rules}}\n`);
    this.decisions[decision.number] = { decision, piece };
    return piece;
  }

  /** The finding of a flow's line. */
  private flowVpnOf(finding: number): Piece {
    let piece = this.flowVpns.get(finding);
    if (piece === undefined) {
      piece = new Piece(`,"vpn":${JSON.stringify(vpnFields(finding))}`);
      this.flowVpns.set(finding, piece);
    }
    return piece;
  }

  /** The decision of a flow's line. */
  private flowDecisionOf(decision: ShownDecision): Piece {
    const kept = this.flowDecisions[decision.number];
    if (kept?.decision === decision) return kept.piece;
    const piece = new Piece(`,"decision":${decisionText(decision)}`);
    this.flowDecisions[decision.number] = { decision, piece };
    return piece;
  }

  private registrationText(registration: ShownRegistration | null): string {
    if (registration === null) return 'null';
    return JSON.stringify(this.show.registration(registration));
  }
}

/** `vlans` as in PacketView: one id or two. */
function putVlans(text: OctetText, vlans: number): void {
  text.put(VLAN);
  text.putNumber((vlans & 0xffff) - 1);
  if (vlans >>> 16 !== 0) {
    text.putCharacter(COMMA);
    text.putNumber((vlans >>> 16) - 1);
  }
  text.putCharacter(CLOSING_BRACKET);
}

function decisionText({ action, previous, rule, reason, mode }: ShownDecision): string {
  return JSON.stringify({ action, previous, rule, reason, mode });
}

/** True when the tunnel's first flow is this one. */
function isSameFlow(flow: FlowName, tunnel: FlowName): boolean {
  return (
    flow.firstPacket === tunnel.firstPacket &&
    flow.firstTimeUs === tunnel.firstTimeUs &&
    flow.transport === tunnel.transport &&
    flow.domain === tunnel.domain &&
    hasSameEnds(flow, tunnel)
  );
}

function hasSameEnds(flow: FlowName, tunnel: FlowName): boolean {
  if (flow.sourcePort === tunnel.sourcePort && flow.destinationPort === tunnel.destinationPort)
    if (isSame(flow.source, tunnel.source) && isSame(flow.destination, tunnel.destination)) return true;
  // Who is the initiator may have turned out since the tunnel began.
  return (
    flow.sourcePort === tunnel.destinationPort &&
    flow.destinationPort === tunnel.sourcePort &&
    isSame(flow.source, tunnel.destination) &&
    isSame(flow.destination, tunnel.source)
  );
}

function isSame(a: Int32Array, b: Int32Array): boolean {
  return a[3] === b[3] && a[2] === b[2] && a[1] === b[1] && a[0] === b[0];
}

/** From the end of the timestamp up to the packet's number, ready for the file at hand. */
class FilePiece {
  private readonly eventType: string;
  private file = '';
  private piece: Piece;

  constructor(eventType: string) {
    this.eventType = eventType;
    this.piece = this.make('');
  }

  of(file: string): Piece {
    if (file !== this.file) {
      this.file = file;
      this.piece = this.make(file);
    }
    return this.piece;
  }

  private make(file: string): Piece {
    return new Piece(`","event_type":"${this.eventType}","pcap_filename":${JSON.stringify(file)},"pcap_cnt":`);
  }
}

/** Wrappings, ready for those that came last: a link has few. */
class EncapsulationPieces {
  private readonly kept: ({ encapsulation: number; piece: Piece } | undefined)[] = [];

  of(encapsulation: number): Piece {
    const place = (encapsulation ^ (encapsulation >>> 8)) & 255;
    const kept = this.kept[place];
    if (kept?.encapsulation === encapsulation) return kept.piece;
    const piece = new Piece(`,"encapsulation":${JSON.stringify(encapsulationNames(encapsulation))}`);
    this.kept[place] = { encapsulation, piece };
    return piece;
  }
}
