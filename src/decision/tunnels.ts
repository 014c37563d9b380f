/**
 * Joins flows into tunnels: IKE on one port and then on another (the same initiator SPI), ESP and AH between the same
 * ends, and a WireGuard peer that continues from a new address (the same receiver index at the same responder).
 *
 * A tunnel exists as long as one of its flows; its name is the identity of its first flow. Evidence that confirms one
 * flow confirms all. Each flow that joins or is raised is decided again, so their decisions agree. This happens when
 * findings change, not per packet.
 *
 * Known limits: ESP and AH join the last IKE between the two addresses. Clients behind one address translator have
 * tunnels of their own by their SPIs, and share one registration because they share the address.
 */
import { Protocol } from '../core/protocol.ts';
import { Check } from '../dataplane/host/checks.ts';
import { TunnelEvidence } from './tunnel-evidence.ts';
import {
  confirmed,
  type Finding,
  findingInitiator,
  findingProtocol,
  findingStage,
  NO_FINDING,
  packFinding,
  Stage,
  Variant,
} from '../dataplane/host/finding.ts';
import { FingerprintId } from '../dataplane/host/holder.ts';
import { FlowWord, ROW_WORDS } from '../dataplane/host/flow-row.ts';
import { End, type FlowRows } from '../dataplane/host/flow-rows.ts';
import { type DecisionTable, VPN_FLOW_WORDS, VpnFlowWord } from './decision-table.ts';
import { FlowIdentity } from './flow-record.ts';
import type { Detection } from '../dataplane/host/detection.ts';
import { TunnelColumns, TunnelEnd } from './tunnel-columns.ts';
import { TunnelKeys } from './tunnel-keys.ts';
import type { Snapshot } from '../core/snapshot.ts';

/**
 * Tunnels at a time. Further flows have no tunnel, and are counted: a flood of spoofed handshakes must not fill memory.
 */
const TUNNEL_LIMIT = 65_536;
/** Flows in one WireGuard tunnel at a time. Peers do not roam further, but any sender can write an index. */
const ROAMING_LIMIT = 256;

/** Kind of a key, its first word: an IKE initiator's SPI, a pair of addresses, a WireGuard index at one end. */
const KeyKind = { IKE: 1, PAIR: 2, WIREGUARD: 3 } as const;

/** Answer of `of` and `begin`: no tunnel. */
const NO_TUNNEL = 0;

export class Tunnels {
  private readonly table: FlowRows;
  private readonly decisionTable: DecisionTable;
  /** Evidence that flows have from their tunnels. */
  readonly evidenceLog = new TunnelEvidence();
  /** The tunnels, by number. */
  readonly columns: TunnelColumns;
  private readonly keys = new TunnelKeys(TUNNEL_LIMIT);
  private readonly name = new FlowIdentity();
  private readonly address = new Int32Array(4);

  /** Flows without a tunnel because there were too many. */
  refusedCount = 0;
  /** After `follow`: other flows whose finding the tunnel has raised. */
  readonly raisedSlots: number[] = [];

  constructor(table: FlowRows, decisionTable: DecisionTable) {
    this.table = table;
    this.decisionTable = decisionTable;
    this.columns = new TunnelColumns(TUNNEL_LIMIT, table.largestSlot);
  }

  /** Copies tunnels and findings of the same flows. The evidence of tunnels goes into this one's own log. */
  copyFrom(other: Tunnels): void {
    const { lastSlot } = this.table;
    this.columns.copyFrom(other.columns, lastSlot);
    this.keys.copyFrom(other.keys);
    const { flowWords } = this.decisionTable;
    const from = other.decisionTable.flowWords;
    for (let slot = 1; slot <= lastSlot; slot++) {
      const flow = slot * VPN_FLOW_WORDS;
      if (from[flow + VpnFlowWord.FINDING] === NO_FINDING) continue;
      flowWords[flow + VpnFlowWord.FINDING] = from[flow + VpnFlowWord.FINDING]!;
      flowWords[flow + VpnFlowWord.TUNNEL] = from[flow + VpnFlowWord.TUNNEL]!;
      const evidence = from[flow + VpnFlowWord.TUNNEL_EVIDENCE]!;
      flowWords[flow + VpnFlowWord.TUNNEL_EVIDENCE] = this.evidenceLog.copyChain(other.evidenceLog, evidence);
    }
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('tunnels');
    this.refusedCount = walk.number(this.refusedCount);
    this.columns.snapshot(walk, this.table.lastSlot);
    this.keys.snapshot(walk);
    this.evidenceLog.snapshot(walk);
  }

  /** Tunnels that exist. */
  get count(): number {
    return this.columns.count;
  }

  /** Number of a flow's tunnel; 0 for none. */
  of(slot: number): number {
    return this.decisionTable.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.TUNNEL]!;
  }

  /** Identity of the first flow of a flow's tunnel, valid until the next call; null for no tunnel. */
  nameOf(slot: number): FlowIdentity | null {
    const tunnel = this.of(slot);
    if (tunnel === NO_TUNNEL) return null;
    this.columns.readIdentity(tunnel, this.name);
    return this.name;
  }

  /**
   * Takes a detection of a flow: joins the flow to its tunnel, and raises findings of the tunnel's flows. Writes the
   * finding that counts into the decision table.
   */
  follow(slot: number, detection: Detection): void {
    const { flowWords } = this.decisionTable;
    const findingAt = slot * VPN_FLOW_WORDS + VpnFlowWord.FINDING;
    if (this.raisedSlots.length > 0) this.raisedSlots.length = 0;
    // A new tunnel takes its name, and with it the initiator, from the row.
    flowWords[findingAt] = this.raised(slot, detection.finding);
    if (detection.holder === FingerprintId.WIREGUARD) this.followWireguard(slot, detection);
    else if (findingProtocol(detection.finding) === Protocol.IPSEC) this.followIpsec(slot, detection);
    const tunnel = this.of(slot);
    if (tunnel !== NO_TUNNEL && flowWords[findingAt] !== NO_FINDING) this.agree(tunnel, slot, detection.packet);
  }

  /** The finding that counts for a flow with this one of its own: a raised finding stays raised. */
  private raised(slot: number, own: Finding): Finding {
    const { flowWords } = this.decisionTable;
    const flow = slot * VPN_FLOW_WORDS;
    if (flowWords[flow + VpnFlowWord.TUNNEL_EVIDENCE] === 0) return own;
    if (own === NO_FINDING) return flowWords[flow + VpnFlowWord.FINDING]!;
    return confirmed(own);
  }

  /** A flow has ended. */
  leave(slot: number): void {
    this.evidenceLog.release(this.decisionTable.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.TUNNEL_EVIDENCE]!);
    this.quit(slot);
  }

  /** Throws if an invariant is broken. `slots`: all flows of the flow table. */
  checkInvariants(slots: readonly number[]): void {
    const tunnels = new Map(slots.map((slot) => [slot, this.of(slot)]));
    this.columns.checkInvariants(tunnels);
    this.keys.checkInvariants(new Set([...tunnels.values()].filter((tunnel) => tunnel !== NO_TUNNEL)));
  }

  /** Takes a flow out of its tunnel, if it has one. */
  private quit(slot: number): void {
    const { columns } = this;
    const tunnel = this.of(slot);
    if (tunnel === NO_TUNNEL) return;
    columns.leave(tunnel, slot);
    if (columns.flowCount[tunnel]! > 0) return;
    this.keys.forget(tunnel);
    columns.end(tunnel);
  }

  private followIpsec(slot: number, { keyHigh, keyLow }: Detection): void {
    const { keys, columns } = this;
    let tunnel = this.of(slot);
    if (keyHigh === 0 && keyLow === 0) {
      if (tunnel !== NO_TUNNEL) return;
      this.askPair(slot);
      tunnel = keys.tunnel || this.begin(slot);
      if (tunnel === NO_TUNNEL) return;
      this.join(slot, tunnel);
      keys.give(tunnel);
      return;
    }
    this.askSpi(keyHigh, keyLow);
    const known = keys.tunnel;
    if (tunnel === NO_TUNNEL) {
      this.askPair(slot);
      const ofPair = keys.tunnel;
      tunnel = known || (ofPair !== NO_TUNNEL && columns.hasIke[ofPair] === 0 ? ofPair : this.begin(slot));
      if (tunnel === NO_TUNNEL) return;
      this.join(slot, tunnel);
      this.askSpi(keyHigh, keyLow);
      keys.give(tunnel);
    } else if (known === NO_TUNNEL) {
      keys.give(tunnel);
    }
    columns.hasIke[tunnel] = 1;
    this.askPair(slot);
    keys.give(tunnel);
  }

  private followWireguard(slot: number, detection: Detection): void {
    const { keys } = this;
    const { flowWords } = this.decisionTable;
    const { packet, receiver } = detection;
    const findingAt = slot * VPN_FLOW_WORDS + VpnFlowWord.FINDING;
    let tunnel = this.of(slot);
    if (findingStage(flowWords[findingAt]!) !== Stage.CONFIRMED && receiver !== 0) {
      this.askIndex(slot, receiver, detection.direction === 0 ? End.HIGH : End.LOW);
      const known = keys.tunnel;
      if (known !== NO_TUNNEL && known !== tunnel && this.columns.flowCount[known]! < ROAMING_LIMIT) {
        this.quit(slot);
        this.join(slot, known);
        tunnel = known;
        const initiator = this.initiatorOf(slot, known);
        flowWords[findingAt] = packFinding(Protocol.WIREGUARD, Stage.CONFIRMED, Variant.WIREGUARD_STANDARD, initiator);
        this.note(slot, packet, Check.WIREGUARD_TUNNEL_INDEX, 4, receiver);
      }
    }
    if (flowWords[findingAt] === NO_FINDING) return;
    if (tunnel === NO_TUNNEL) {
      tunnel = this.begin(slot);
      if (tunnel === NO_TUNNEL) return;
      this.join(slot, tunnel);
    }
    const { keyHigh: initiatorIndex, keyLow: responderIndex } = detection;
    if (initiatorIndex === 0 && responderIndex === 0) return;
    // An index belongs to the end that chose it: a peer that moves keeps sending it to the one that stays.
    const responder = this.responderEnd(slot);
    this.askIndex(slot, responderIndex, responder);
    keys.give(tunnel);
    this.askIndex(slot, initiatorIndex, responder === End.LOW ? End.HIGH : End.LOW);
    keys.give(tunnel);
  }

  /** Gives all flows of a tunnel the stage of its most certain one. */
  private agree(tunnel: number, slot: number, packet: number): void {
    const { flowWords } = this.decisionTable;
    const { columns } = this;
    const findingAt = slot * VPN_FLOW_WORDS + VpnFlowWord.FINDING;
    if (findingInitiator(flowWords[findingAt]!) === 0) {
      flowWords[findingAt]! |= packFinding(Protocol.NONE, Stage.NONE, 0, this.initiatorOf(slot, tunnel));
    }
    const isConfirmed = findingStage(flowWords[findingAt]!) === Stage.CONFIRMED;
    if (isConfirmed && columns.confirmedBy[tunnel] === 0) {
      columns.confirmedBy[tunnel] = this.table.firstPacket(slot);
      for (let other = columns.firstSlot[tunnel]!; other !== 0; other = columns.nextSlot[other]!) {
        if (other !== slot && this.raise(tunnel, other, packet)) this.raisedSlots.push(other);
      }
    } else if (!isConfirmed && columns.confirmedBy[tunnel] !== 0) {
      this.raise(tunnel, slot, packet);
    }
  }

  /** Raises a flow to confirmed; false if it is already. */
  private raise(tunnel: number, slot: number, packet: number): boolean {
    const { flowWords } = this.decisionTable;
    const findingAt = slot * VPN_FLOW_WORDS + VpnFlowWord.FINDING;
    const finding = flowWords[findingAt]!;
    if (findingStage(finding) === Stage.CONFIRMED) return false;
    flowWords[findingAt] = confirmed(finding);
    this.note(slot, packet, Check.TUNNEL_CONFIRMED, 0, this.columns.confirmedBy[tunnel]!);
    return true;
  }

  /** Notes evidence of a tunnel for one of its flows. */
  private note(slot: number, packet: number, check: Check, offset: number, seen: number): void {
    const { evidenceLog } = this;
    const { flowWords } = this.decisionTable;
    const evidenceAt = slot * VPN_FLOW_WORDS + VpnFlowWord.TUNNEL_EVIDENCE;
    evidenceLog.select(flowWords[evidenceAt]!);
    evidenceLog.note(packet, check, offset, seen, seen);
    flowWords[evidenceAt] = evidenceLog.head;
  }

  /** A tunnel that begins with this flow, or NO_TUNNEL if there are too many. */
  private begin(slot: number): number {
    if (this.count === TUNNEL_LIMIT) {
      this.refusedCount++;
      return NO_TUNNEL;
    }
    this.name.readIdentity(this.table, slot, this.decisionTable.findingOf(slot));
    return this.columns.begin(this.name);
  }

  private join(slot: number, tunnel: number): void {
    this.decisionTable.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.TUNNEL] = tunnel;
    this.columns.join(tunnel, slot);
  }

  /** Sets the key to look up: an IKE initiator's SPI. */
  private askSpi(high: number, low: number): void {
    const { key } = this.keys;
    key.fill(0);
    key[0] = KeyKind.IKE;
    key[1] = high;
    key[2] = low;
  }

  /** Sets the key to look up: the two addresses of a flow, within its encapsulation. */
  private askPair(slot: number): void {
    const { key } = this.keys;
    key[0] = KeyKind.PAIR;
    this.putAddress(slot, End.LOW, 1);
    this.putAddress(slot, End.HIGH, 5);
    key[9] = this.table.words[slot * ROW_WORDS + FlowWord.DOMAIN]!;
  }

  /** Sets the key to look up: a WireGuard index at the end that a packet with it is sent to. */
  private askIndex(slot: number, index: number, end: End): void {
    const { key } = this.keys;
    const { words } = this.table;
    const row = slot * ROW_WORDS;
    const ports = words[row + FlowWord.PORTS]!;
    key.fill(0);
    key[0] = KeyKind.WIREGUARD;
    this.putAddress(slot, end, 1);
    key[5] = index;
    key[6] = end === End.LOW ? ports >>> 16 : ports & 0xffff;
    key[7] = words[row + FlowWord.DOMAIN]!;
  }

  private putAddress(slot: number, end: End, at: number): void {
    const { address } = this;
    const { key } = this.keys;
    this.table.readAddress(slot, end, address);
    for (let word = 0; word < 4; word++) key[at + word] = address[word]!;
  }

  private responderEnd(slot: number): End {
    return findingInitiator(this.decisionTable.findingOf(slot)) === 2 ? End.LOW : End.HIGH;
  }

  /**
   * The initiator of a flow whose packets do not show it (1 + direction): the end that was the tunnel's initiator, or
   * is not its responder; 0 if neither end is known.
   */
  private initiatorOf(slot: number, tunnel: number): number {
    const { SOURCE, DESTINATION } = TunnelEnd;
    if (this.isEnd(slot, End.LOW, tunnel, SOURCE) || this.isEnd(slot, End.HIGH, tunnel, DESTINATION)) return 1;
    return this.isEnd(slot, End.HIGH, tunnel, SOURCE) || this.isEnd(slot, End.LOW, tunnel, DESTINATION) ? 2 : 0;
  }

  private isEnd(slot: number, end: End, tunnel: number, tunnelEnd: TunnelEnd): boolean {
    this.table.readAddress(slot, end, this.address);
    return this.columns.hasName(tunnel, tunnelEnd, this.address);
  }
}
