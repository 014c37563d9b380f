/**
 * Which flows are one tunnel: IKE on one port and then on another (the same initiator SPI), the ESP and AH between the same
 * ends, and a WireGuard peer that goes on from a new address (the same receiver index at the same responder).
 *
 * A tunnel lives as long as one of its flows; its name is the identity of its first. What confirms one flow confirms all, and
 * each flow that joins or is raised is told to the listener, so their decisions agree. All of this happens when findings
 * change, not per packet.
 *
 * Known limits: ESP and AH join the IKE that spoke last between the two addresses. Clients behind one address translator have
 * tunnels of their own by their SPIs, and share one registration because they share the address.
 */
import { Protocol } from '../core/protocol.ts';
import { Check } from '../fingerprint/evidence.ts';
import {
  findingInitiator,
  findingProtocol,
  findingStage,
  packFinding,
  Stage,
  Variant,
} from '../fingerprint/finding.ts';
import { Claim, type FingerprintSet } from '../fingerprint/fingerprint-set.ts';
import type { Payload } from '../fingerprint/payload.ts';
import { DETAIL_WORDS, End, FlowDetail, type FlowTable, FlowWord, ROW_WORDS } from '../flow/flow-table.ts';
import {
  INDEX_FIELDS_LENGTH,
  receiverIndex,
  SHORTEST_TRANSPORT,
  WireguardType,
  wireguardType,
} from '../wire/wireguard.ts';
import { FlowName } from './flow-record.ts';

/** Tunnels that are followed at a time. Flows beyond them stand alone, and are counted: a flood of spoofed handshakes must not fill memory. */
const TUNNEL_LIMIT = 65_536;
/** Keys that one tunnel is known by: the last handshakes' indexes, both ways. */
const KEYS_LIMIT = 8;
/** Flows that a WireGuard peer can bring into one tunnel at a time: nobody roams further, but anyone can write an index. */
const ROAMING_LIMIT = 256;

export class Tunnel {
  readonly number: number;
  /** Identity of the tunnel's first flow. */
  readonly name = new FlowName();
  readonly slots: number[] = [];
  readonly keys: string[] = [];
  /** A flow of the tunnel is confirmed; packet at which the first such flow began. */
  confirmedBy = 0;
  /** True once IKE, with an SPI of its own, has spoken for it. */
  hasIke = false;
  /** Addresses at which an end of the tunnel was found registered, as words: of an initiator, of a responder. */
  registeredSource: Int32Array | null = null;
  registeredDestination: Int32Array | null = null;

  constructor(number: number) {
    this.number = number;
  }
}

export class Tunnels {
  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;
  private readonly byKey = new Map<string, Tunnel>();
  private readonly tunnels: (Tunnel | undefined)[] = [undefined];
  private readonly freeNumbers: number[] = [];
  private readonly address = new Int32Array(4);

  /** Flows that found no place for a tunnel of their own. */
  refusedCount = 0;
  /** After `follow`: other flows whose finding the tunnel has raised. */
  readonly raisedSlots: number[] = [];

  constructor(table: FlowTable, fingerprints: FingerprintSet) {
    this.table = table;
    this.fingerprints = fingerprints;
  }

  /** Tunnels that live. */
  get count(): number {
    return this.tunnels.length - 1 - this.freeNumbers.length;
  }

  /** The tunnel of a flow, or undefined. */
  of(slot: number): Tunnel | undefined {
    return this.tunnels[this.table.details[slot * DETAIL_WORDS + FlowDetail.TUNNEL]!];
  }

  /**
   * Follows a flow after its fingerprint has looked at a packet of it: joins it to its tunnel, and raises findings where that
   * is due. Reads holder, key, finding and evidence from the fingerprint set, and leaves the flow's in its row.
   */
  follow(slot: number, payload: Payload): void {
    const { fingerprints } = this;
    const row = slot * ROW_WORDS;
    const { words, details } = this.table;
    this.raisedSlots.length = 0;
    if (this.isSettled(slot)) return;
    // A new tunnel takes its name, and with it who the initiator is, from the row.
    words[row + FlowWord.FINDING] = fingerprints.finding;
    if (fingerprints.holder === Claim.WIREGUARD) this.followWireguard(slot, payload);
    else if (findingProtocol(fingerprints.finding) === Protocol.IPSEC) this.followIpsec(slot);
    words[row + FlowWord.FINDING] = fingerprints.finding;
    details[slot * DETAIL_WORDS + FlowDetail.EVIDENCE] = fingerprints.evidence;
    const tunnel = this.of(slot);
    if (tunnel !== undefined) this.agree(tunnel, slot, payload.packet);
  }

  /** True for a flow in a tunnel about which the packet has said nothing new: most packets, which must cost nothing here. */
  private isSettled(slot: number): boolean {
    const { words, details } = this.table;
    const { fingerprints } = this;
    if (details[slot * DETAIL_WORDS + FlowDetail.TUNNEL] === 0 || fingerprints.isKeyNew) return false;
    if (words[slot * ROW_WORDS + FlowWord.FINDING] !== fingerprints.finding) return false;
    // Until it is confirmed, a WireGuard flow may turn out to go on for another tunnel at any packet.
    return fingerprints.holder !== Claim.WIREGUARD || findingStage(fingerprints.finding) === Stage.CONFIRMED;
  }

  /** A flow has ended. */
  leave(slot: number): void {
    const tunnel = this.of(slot);
    if (tunnel === undefined) return;
    tunnel.slots.splice(tunnel.slots.indexOf(slot), 1);
    if (tunnel.slots.length > 0) return;
    for (const key of tunnel.keys) this.byKey.delete(key);
    this.tunnels[tunnel.number] = undefined;
    this.freeNumbers.push(tunnel.number);
  }

  private followIpsec(slot: number): void {
    const { keyHigh, keyLow } = this.fingerprints;
    const pair = this.pairKey(slot);
    let tunnel = this.of(slot);
    if (keyHigh === 0 && keyLow === 0) {
      tunnel ??= this.byKey.get(pair) ?? this.begin(slot);
      if (tunnel !== undefined && this.of(slot) === undefined) this.join(slot, tunnel, pair);
      return;
    }
    const spi = `ike ${keyHigh} ${keyLow}`;
    const known = this.byKey.get(spi);
    if (tunnel === undefined) {
      const ofPair = this.byKey.get(pair);
      tunnel = known ?? (ofPair?.hasIke === false ? ofPair : this.begin(slot));
      if (tunnel === undefined) return;
      this.join(slot, tunnel, spi);
    } else if (known === undefined) {
      this.addKey(tunnel, spi);
    }
    tunnel.hasIke = true;
    this.addKey(tunnel, pair);
  }

  private followWireguard(slot: number, payload: Payload): void {
    const { fingerprints } = this;
    const { packet } = payload;
    const receiver = transportReceiver(payload);
    const isConfirmed = findingStage(fingerprints.finding) === Stage.CONFIRMED;
    let tunnel = this.of(slot);
    if (!isConfirmed && receiver !== 0) {
      const known = this.byKey.get(this.indexKey(slot, receiver));
      if (known !== undefined && known !== tunnel && known.slots.length < ROAMING_LIMIT) {
        if (tunnel !== undefined) this.leave(slot);
        this.join(slot, known, null);
        tunnel = known;
        const finding = packFinding(
          Protocol.WIREGUARD,
          Stage.SUSPECTED,
          Variant.WIREGUARD_STANDARD,
          this.initiatorOf(slot, known),
        );
        fingerprints.confirm(finding, fingerprints.evidence, packet, Check.WIREGUARD_TUNNEL_INDEX, 4, receiver);
      }
    }
    if (fingerprints.finding === 0) return;
    if (tunnel === undefined) {
      tunnel = this.begin(slot);
      if (tunnel === undefined) return;
      this.join(slot, tunnel, null);
    }
    const { keyHigh: initiatorIndex, keyLow: responderIndex } = fingerprints;
    if (initiatorIndex === 0 && responderIndex === 0) return;
    // Each index is known at the end that chose it: a peer that moves keeps writing it to the one that stays.
    this.addKey(tunnel, this.endKey(slot, responderIndex, this.responderEnd(slot)));
    this.addKey(tunnel, this.endKey(slot, initiatorIndex, this.responderEnd(slot) === End.LOW ? End.HIGH : End.LOW));
  }

  /** Gives all flows of a tunnel the stage of its most certain one. */
  private agree(tunnel: Tunnel, slot: number, packet: number): void {
    const { words } = this.table;
    const row = slot * ROW_WORDS;
    if (findingInitiator(words[row + FlowWord.FINDING]!) === 0) {
      words[row + FlowWord.FINDING]! |= packFinding(Protocol.NONE, Stage.NONE, 0, this.initiatorOf(slot, tunnel));
    }
    const isConfirmed = findingStage(words[row + FlowWord.FINDING]!) === Stage.CONFIRMED;
    if (isConfirmed && tunnel.confirmedBy === 0) {
      tunnel.confirmedBy = this.table.firstPacket(slot);
      for (const other of tunnel.slots) {
        if (other !== slot && this.raise(tunnel, other, packet)) this.raisedSlots.push(other);
      }
    } else if (!isConfirmed && tunnel.confirmedBy !== 0) {
      this.raise(tunnel, slot, packet);
    }
  }

  /** Raises a flow to confirmed; false where it is already. */
  private raise(tunnel: Tunnel, slot: number, packet: number): boolean {
    const { words, details } = this.table;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const finding = words[row + FlowWord.FINDING]!;
    if (findingStage(finding) === Stage.CONFIRMED) return false;
    this.fingerprints.confirm(
      finding,
      details[detail + FlowDetail.EVIDENCE]!,
      packet,
      Check.TUNNEL_CONFIRMED,
      0,
      tunnel.confirmedBy,
    );
    words[row + FlowWord.FINDING] = this.fingerprints.finding;
    details[detail + FlowDetail.EVIDENCE] = this.fingerprints.evidence;
    return true;
  }

  /** A tunnel that begins with this flow, or undefined where there are too many. */
  private begin(slot: number): Tunnel | undefined {
    if (this.count === TUNNEL_LIMIT) {
      this.refusedCount++;
      return undefined;
    }
    const number = this.freeNumbers.pop() ?? this.tunnels.length;
    const tunnel = new Tunnel(number);
    tunnel.name.readName(this.table, slot);
    this.tunnels[number] = tunnel;
    return tunnel;
  }

  private join(slot: number, tunnel: Tunnel, key: string | null): void {
    this.table.details[slot * DETAIL_WORDS + FlowDetail.TUNNEL] = tunnel.number;
    tunnel.slots.push(slot);
    if (key !== null) this.addKey(tunnel, key);
  }

  private addKey(tunnel: Tunnel, key: string): void {
    const holder = this.byKey.get(key);
    if (holder === tunnel) return;
    if (holder !== undefined) holder.keys.splice(holder.keys.indexOf(key), 1);
    this.byKey.set(key, tunnel);
    tunnel.keys.push(key);
    if (tunnel.keys.length > KEYS_LIMIT) this.byKey.delete(tunnel.keys.shift()!);
  }

  private pairKey(slot: number): string {
    const domain = this.table.words[slot * ROW_WORDS + FlowWord.DOMAIN]!;
    return `pair ${this.addressText(slot, End.LOW)} ${this.addressText(slot, End.HIGH)} ${domain}`;
  }

  private addressText(slot: number, end: End): string {
    this.table.readAddress(slot, end, this.address);
    return this.address.join();
  }

  /** An index at the end that a packet with it is sent to. */
  private endKey(slot: number, index: number, end: End): string {
    const row = slot * ROW_WORDS;
    const { words } = this.table;
    const ports = words[row + FlowWord.PORTS]!;
    const port = end === End.LOW ? ports >>> 16 : ports & 0xffff;
    return `wireguard ${index} ${this.addressText(slot, end)} ${port} ${words[row + FlowWord.DOMAIN]!}`;
  }

  /** Key of the receiver index in the packet that the table has just found: its receiver is the other end. */
  private indexKey(slot: number, receiver: number): string {
    return this.endKey(slot, receiver, this.table.direction === 0 ? End.HIGH : End.LOW);
  }

  private responderEnd(slot: number): End {
    const initiator =
      findingInitiator(this.fingerprints.finding) ||
      findingInitiator(this.table.words[slot * ROW_WORDS + FlowWord.FINDING]!);
    return initiator === 2 ? End.LOW : End.HIGH;
  }

  /**
   * The initiator of a flow whose packets do not tell (1 + direction): the end that was the tunnel's initiator, or is not its
   * responder; 0 where neither end is known.
   */
  private initiatorOf(slot: number, tunnel: Tunnel): number {
    const { source, destination } = tunnel.name;
    if (this.isEnd(slot, End.LOW, source) || this.isEnd(slot, End.HIGH, destination)) return 1;
    return this.isEnd(slot, End.HIGH, source) || this.isEnd(slot, End.LOW, destination) ? 2 : 0;
  }

  private isEnd(slot: number, end: End, address: Int32Array): boolean {
    this.table.readAddress(slot, end, this.address);
    return address.every((word, i) => word === this.address[i]);
  }
}

/** Receiver index of a transport message; 0 for anything else. */
function transportReceiver(payload: Payload): number {
  const { data, at, captured, length } = payload;
  if (captured < INDEX_FIELDS_LENGTH || length < SHORTEST_TRANSPORT) return 0;
  return wireguardType(data, at) === WireguardType.TRANSPORT ? receiverIndex(data, at) : 0;
}
