/**
 * Writes events as JSON Lines, directly as bytes. The constant parts between the numbers are encoded once per file,
 * finding, check and decision. The fields of an event are named here, in Suricata's EVE where it has a name for them;
 * the tests have an obvious twin, the JSON of an object.
 */
import type { DecisionView, ShownRegistration } from '../../decision/decision-sink.ts';
import { FLOW_END_NAMES, type FlowEnd } from '../../dataplane/host/flow-end.ts';
import type { FlowIdentity, FlowRecord } from '../../decision/flow-record.ts';
import { NO_FINDING } from '../../dataplane/host/finding.ts';
import { Transport } from '../../dataplane/host/packet-codes.ts';
import { hashTuple, putDigest } from './community-id.ts';
import type { EventContext } from './event-context.ts';
import { type EventOrigin, NO_ORIGIN, originText } from './event-origin.ts';
import { putEvidence } from './evidence-line.ts';
import { hashFlow, putFlowId } from './flow-id.ts';
import { TupleCache } from './tuple-cache.ts';
import { putAddress } from './address-bytes.ts';
import { ByteLiteral } from './byte-literal.ts';
import { ByteWriter } from './byte-writer.ts';
import { digest } from './sha1.ts';
import type { ShowAddress } from './shown-address.ts';
import { encapsulationNames, PROTO_NAMES, vpnFields } from './flow-names.ts';

const BEGIN = new ByteLiteral('{"timestamp":"');
const FLOW_ID = new ByteLiteral(',"flow_id":"');
const TUNNEL_ID = new ByteLiteral('","tunnel_id":"');
const VLAN = new ByteLiteral(',"vlan":[');
const SOURCE = new ByteLiteral(',"src_ip":"');
const SOURCE_PORT = new ByteLiteral('","src_port":');
const DESTINATION = new ByteLiteral(',"dest_ip":"');
const DESTINATION_PORT = new ByteLiteral('","dest_port":');
const PACKETS_TO_SERVER = new ByteLiteral('","flow":{"pkts_toserver":');
const PACKETS_TO_CLIENT = new ByteLiteral(',"pkts_toclient":');
const BYTES_TO_SERVER = new ByteLiteral(',"bytes_toserver":');
const BYTES_TO_CLIENT = new ByteLiteral(',"bytes_toclient":');
const START = new ByteLiteral(',"start":"');
const END = new ByteLiteral('","end":"');
const DURATION = new ByteLiteral('","duration":');
const REASONS = FLOW_END_NAMES.map((name) => new ByteLiteral(`,"reason":"${name}"}`));
const QUOTE = 34;
const COMMA = 44;
const CLOSING_BRACKET = 93;

/** By transport: the text after a port, and the text after an address. */
const PROTO_AFTER_PORT: ByteLiteral[] = [];
const PROTO_AFTER_ADDRESS: ByteLiteral[] = [];
for (const [code, name] of Object.entries(PROTO_NAMES)) {
  PROTO_AFTER_PORT[Number(code)] = new ByteLiteral(protoText(name));
  PROTO_AFTER_ADDRESS[Number(code)] = new ByteLiteral(`"${protoText(name)}`);
}

function protoText(name: string): string {
  return `,"proto":"${name}","community_id":"1:`;
}

/** The encoded text of a decision, indexed by the decision's number. */
interface CachedDecision {
  readonly decision: DecisionView;
  readonly literal: ByteLiteral;
}

export class EventLines {
  private readonly show: ShowAddress;
  private readonly context: EventContext;
  private readonly endOfLine: ByteLiteral;
  private readonly endText: string;
  private readonly source = new Int32Array(4);
  private readonly destination = new Int32Array(4);
  private readonly tunnelSource = new Int32Array(4);
  private readonly tunnelDestination = new Int32Array(4);
  private readonly scratch = new ByteWriter();
  private readonly tuples = new TupleCache();
  private readonly decisionFile = new FileLiteral('decision');
  private readonly flowFile = new FileLiteral('flow');
  private readonly encapsulations = new EncapsulationCache();
  /** By finding. */
  private readonly vpns = new Map<number, ByteLiteral>();
  private readonly flowVpns = new Map<number, ByteLiteral>();
  private readonly decisions: CachedDecision[] = [];
  private readonly flowDecisions: CachedDecision[] = [];

  constructor(show: ShowAddress, context: EventContext, origin: EventOrigin = NO_ORIGIN) {
    this.show = show;
    this.context = context;
    this.endText = `${originText(origin)}}\n`;
    this.endOfLine = new ByteLiteral(this.endText);
  }

  /** The line of a decision event, with its line break. */
  decision(file: string, flow: FlowRecord, decision: DecisionView, timeUs: number, packet: number): string {
    this.putDecision(this.scratch, file, flow, decision, timeUs, packet);
    return this.scratch.takeString();
  }

  /** The line of a flow event, with its line break. */
  flow(file: string, flow: FlowRecord, decision: DecisionView | null, reason: FlowEnd): string {
    this.putFlow(this.scratch, file, flow, decision, reason);
    return this.scratch.takeString();
  }

  /** The fields that identify a flow in its events, as the text of an object. */
  tuple(flow: FlowRecord): string {
    this.putTuple(this.scratch, flow);
    const fields = this.scratch.takeString();
    return `{${fields.slice(1)}"}`;
  }

  /** Appends the line of a decision event. */
  putDecision(
    text: ByteWriter,
    file: string,
    flow: FlowRecord,
    decision: DecisionView,
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

  /** Appends the line of a flow event. */
  putFlow(text: ByteWriter, file: string, flow: FlowRecord, decision: DecisionView | null, reason: FlowEnd): void {
    text.put(BEGIN);
    text.putTime(flow.lastTimeUs);
    text.put(this.flowFile.of(file));
    text.putNumber(flow.firstPacket);
    this.putTuple(text, flow);
    text.put(PACKETS_TO_SERVER);
    text.putNumber(flow.packetsToDestination);
    text.put(PACKETS_TO_CLIENT);
    text.putNumber(flow.packetsToSource);
    text.put(BYTES_TO_SERVER);
    text.putNumber(flow.bytesToDestination);
    text.put(BYTES_TO_CLIENT);
    text.putNumber(flow.bytesToSource);
    text.put(START);
    text.putTime(flow.firstTimeUs);
    text.put(END);
    text.putTime(flow.lastTimeUs);
    text.put(DURATION);
    // 0 if the capture's times go back.
    text.putSeconds(Math.max(0, flow.lastTimeUs - flow.firstTimeUs));
    text.put(REASONS[reason]!);
    if (flow.finding !== NO_FINDING) text.put(this.flowVpnOf(flow.finding));
    if (decision !== null) text.put(this.flowDecisionOf(decision));
    text.put(this.endOfLine);
  }

  private putTuple(text: ByteWriter, flow: FlowRecord): void {
    if (this.tuples.put(text, flow)) return;
    const begin = text.length;
    this.makeTuple(text, flow);
    this.tuples.keep(flow, text, begin);
  }

  private makeTuple(text: ByteWriter, flow: FlowRecord): void {
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

  private putTunnelId(text: ByteWriter, tunnel: FlowIdentity): void {
    this.show(tunnel.source, this.tunnelSource);
    this.show(tunnel.destination, this.tunnelDestination);
    hashFlow(tunnel, this.tunnelSource, this.tunnelDestination);
    putFlowId(text, digest[0]!, digest[1]!);
  }

  /** The text from the end of the Community ID up to the evidence. */
  private vpnOf(finding: number): ByteLiteral {
    let literal = this.vpns.get(finding);
    if (literal === undefined) {
      literal = new ByteLiteral(`","vpn":${JSON.stringify(vpnFields(finding)).slice(0, -1)},"evidence":[`);
      this.vpns.set(finding, literal);
    }
    return literal;
  }

  /** The text from the end of the evidence up to the end of the line. */
  private decisionOf(decision: DecisionView): ByteLiteral {
    const cached = this.decisions[decision.number];
    if (cached?.decision === decision) return cached.literal;
    const { policy, registry } = this.context;
    const [source, destination] = [decision.source, decision.destination].map((end) => this.registrationText(end));
    const registration = `{"source":${source},"destination":${destination}}`;
    const rules = `"policy":${JSON.stringify(policy)},"registry":${JSON.stringify(registry)}`;
    const literal = new ByteLiteral(
      `]},"registration":${registration},"decision":${decisionText(decision)},${rules}${this.endText}`,
    );
    this.decisions[decision.number] = { decision, literal };
    return literal;
  }

  /** The `vpn` object of a flow event. */
  private flowVpnOf(finding: number): ByteLiteral {
    let literal = this.flowVpns.get(finding);
    if (literal === undefined) {
      literal = new ByteLiteral(`,"vpn":${JSON.stringify(vpnFields(finding))}`);
      this.flowVpns.set(finding, literal);
    }
    return literal;
  }

  /** The `decision` object of a flow event. */
  private flowDecisionOf(decision: DecisionView): ByteLiteral {
    const cached = this.flowDecisions[decision.number];
    if (cached?.decision === decision) return cached.literal;
    const literal = new ByteLiteral(`,"decision":${decisionText(decision)}`);
    this.flowDecisions[decision.number] = { decision, literal };
    return literal;
  }

  private registrationText(registration: ShownRegistration | null): string {
    if (registration === null) return 'null';
    return JSON.stringify(this.show.registration(registration));
  }
}

/** `vlans` holds one or two ids, as in PacketView. */
function putVlans(text: ByteWriter, vlans: number): void {
  text.put(VLAN);
  text.putNumber((vlans & 0xffff) - 1);
  if (vlans >>> 16 !== 0) {
    text.putCharacter(COMMA);
    text.putNumber((vlans >>> 16) - 1);
  }
  text.putCharacter(CLOSING_BRACKET);
}

function decisionText({ action, previous, rule, reason, mode }: DecisionView): string {
  return JSON.stringify({ action, previous, rule, reason, mode });
}

/** True if this flow is the tunnel's first flow. */
function isSameFlow(flow: FlowIdentity, tunnel: FlowIdentity): boolean {
  return (
    flow.firstPacket === tunnel.firstPacket &&
    flow.firstTimeUs === tunnel.firstTimeUs &&
    flow.transport === tunnel.transport &&
    flow.domain === tunnel.domain &&
    hasSameEnds(flow, tunnel)
  );
}

function hasSameEnds(flow: FlowIdentity, tunnel: FlowIdentity): boolean {
  if (flow.sourcePort === tunnel.sourcePort && flow.destinationPort === tunnel.destinationPort)
    if (isSame(flow.source, tunnel.source) && isSame(flow.destination, tunnel.destination)) return true;
  // The roles of initiator and responder may have been swapped since the tunnel began.
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

/** The text from the end of the timestamp up to the packet's number, cached for the current file. */
class FileLiteral {
  private readonly eventType: string;
  private file = '';
  private literal: ByteLiteral;

  constructor(eventType: string) {
    this.eventType = eventType;
    this.literal = this.make('');
  }

  of(file: string): ByteLiteral {
    if (file !== this.file) {
      this.file = file;
      this.literal = this.make(file);
    }
    return this.literal;
  }

  private make(file: string): ByteLiteral {
    return new ByteLiteral(`","event_type":"${this.eventType}","pcap_filename":${JSON.stringify(file)},"pcap_cnt":`);
  }
}

/** Cache of encapsulation texts: a link has few distinct ones. */
class EncapsulationCache {
  private readonly cached: ({ encapsulation: number; literal: ByteLiteral } | undefined)[] = [];

  of(encapsulation: number): ByteLiteral {
    const slot = (encapsulation ^ (encapsulation >>> 8)) & 255;
    const cached = this.cached[slot];
    if (cached?.encapsulation === encapsulation) return cached.literal;
    const literal = new ByteLiteral(`,"encapsulation":${JSON.stringify(encapsulationNames(encapsulation))}`);
    this.cached[slot] = { encapsulation, literal };
    return literal;
  }
}
