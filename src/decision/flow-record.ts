/**
 * A flow as outputs receive it: one reused record, valid during the call. The source is the initiator, by the handshake
 * if that is known, else by the first packet.
 */
import type { EvidenceRows } from '../dataplane/host/evidence-rows.ts';
import {
  type Finding,
  findingInitiator,
  findingProtocol,
  findingStage,
  findingVariant,
} from '../dataplane/host/finding.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../dataplane/host/flow-row.ts';
import { End, type FlowRows } from '../dataplane/host/flow-rows.ts';
import type { DecisionInput } from '../policy/decision-input.ts';
import { type DecisionTable, VPN_FLOW_WORDS, VpnFlowWord } from './decision-table.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** The identity of a flow: its tuple, its encapsulation and its first packet. */
export class FlowIdentity {
  /** Transport number (6, 17, 50, 51). */
  transport = 0;
  /** Addresses as words (core/ip-address). */
  readonly source = new Int32Array(4);
  readonly destination = new Int32Array(4);
  /** Zero for ESP and AH. */
  sourcePort = 0;
  destinationPort = 0;
  /** Hash of the encapsulation, which distinguishes equal tuples. */
  domain = 0;
  firstPacket = 0;
  firstTimeUs = 0;

  /** Makes this the identity of another's flow. */
  copy(other: FlowIdentity): void {
    this.transport = other.transport;
    this.source.set(other.source);
    this.destination.set(other.destination);
    this.sourcePort = other.sourcePort;
    this.destinationPort = other.destinationPort;
    this.domain = other.domain;
    this.firstPacket = other.firstPacket;
    this.firstTimeUs = other.firstTimeUs;
  }

  /** Copies it, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    this.transport = walk.number(this.transport);
    walk.fixed(this.source);
    walk.fixed(this.destination);
    this.sourcePort = walk.number(this.sourcePort);
    this.destinationPort = walk.number(this.destinationPort);
    this.domain = walk.number(this.domain);
    this.firstPacket = walk.number(this.firstPacket);
    this.firstTimeUs = walk.number(this.firstTimeUs);
  }

  /**
   * Fills the identity from a slot of the table and the flow's finding. Returns 1 if the initiator is the higher end,
   * else 0.
   */
  readIdentity(table: FlowRows, slot: number, finding: Finding): 0 | 1 {
    const { words, detailNumbers } = table;
    const row = slot * ROW_WORDS;
    const flags = words[row + FlowWord.TRANSPORT]!;
    const initiator = findingInitiator(finding);
    const fromHigh = initiator === 0 ? (flags & FlowFlag.STARTED_HIGH) !== 0 : initiator === 2;
    table.readAddress(slot, fromHigh ? End.HIGH : End.LOW, this.source);
    table.readAddress(slot, fromHigh ? End.LOW : End.HIGH, this.destination);
    const ports = words[row + FlowWord.PORTS]!;
    this.sourcePort = fromHigh ? ports & 0xffff : ports >>> 16;
    this.destinationPort = fromHigh ? ports >>> 16 : ports & 0xffff;
    this.transport = flags & 255;
    this.domain = words[row + FlowWord.DOMAIN]!;
    this.firstPacket = table.firstPacket(slot);
    this.firstTimeUs = detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_TIME) >> 1]!;
    return fromHigh ? 1 : 0;
  }
}

export class FlowRecord extends FlowIdentity {
  /** Its slot in the flow table. */
  slot = 0;
  /**
   * Encapsulations, four bits each from the outermost on, and the outermost VLAN ids plus one
   * (dataplane/assembly/wire/packet-view).
   */
  encapsulation = 0;
  vlans = 0;
  lastTimeUs = 0;
  packetsToDestination = 0;
  packetsToSource = 0;
  bytesToDestination = 0;
  bytesToSource = 0;
  finding: Finding = 0;
  /** Name of the tunnel's first flow, where the flow is part of a tunnel. */
  tunnel: FlowIdentity | null = null;
  /**
   * The evidence of its own packets and of its tunnel: the first row of each, 0 for none, and the rows that have them.
   */
  ownEvidence = 0;
  tunnelEvidence = 0;
  ownRows: EvidenceRows | null = null;
  tunnelRows: EvidenceRows | null = null;

  /** Fills the record from a slot of both tables; without rows it has no evidence. */
  read(
    table: FlowRows,
    decisions: DecisionTable,
    slot: number,
    tunnel: FlowIdentity | null,
    ownRows: EvidenceRows | null = null,
    tunnelRows: EvidenceRows | null = null,
  ): void {
    const { words, numbers, details } = table;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    this.slot = slot;
    this.finding = decisions.findingOf(slot);
    const forth = this.readIdentity(table, slot, this.finding);
    this.encapsulation = details[detail + FlowDetail.ENCAPSULATION]!;
    this.vlans = details[detail + FlowDetail.VLANS]!;
    this.lastTimeUs = numbers[(row + FlowWord.LAST_TIME) >> 1]!;
    this.packetsToDestination = words[row + FlowWord.PACKETS + forth]! >>> 0;
    this.packetsToSource = words[row + FlowWord.PACKETS + 1 - forth]! >>> 0;
    this.bytesToDestination = table.bytes(slot, forth);
    this.bytesToSource = table.bytes(slot, 1 - forth);
    this.tunnel = tunnel;
    this.ownEvidence = details[detail + FlowDetail.OWN_EVIDENCE]!;
    this.tunnelEvidence = decisions.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.TUNNEL_EVIDENCE]!;
    this.ownRows = ownRows;
    this.tunnelRows = tunnelRows;
  }

  /** Sets the part of a decision's input that is the flow's own: all but its registrations and the time. */
  fillInput(input: DecisionInput): void {
    const { source, destination, finding } = this;
    input.protocol = findingProtocol(finding);
    input.stage = findingStage(finding);
    input.variant = findingVariant(finding);
    input.transport = this.transport;
    for (let word = 0; word < 4; word++) {
      input.source[word] = source[word]!;
      input.destination[word] = destination[word]!;
    }
    input.sourcePort = this.sourcePort;
    input.destinationPort = this.destinationPort;
    input.packets = this.packetsToDestination + this.packetsToSource;
    input.bytes = this.bytesToDestination + this.bytesToSource;
  }
}
