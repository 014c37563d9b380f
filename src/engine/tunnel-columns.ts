/**
 * The tunnels that live, as columns by their numbers: the name of each, its flows in the order in which they joined, and the registered
 * ends that cover all of them. Number 0 is none; numbers are used again. All is reserved for the limit at once and costs memory only
 * once touched.
 */
import { FlowName } from './flow-record.ts';

/** The ends of a tunnel: of an initiator, of a responder. */
export const TunnelEnd = { SOURCE: 0, DESTINATION: 1 } as const;
export type TunnelEnd = (typeof TunnelEnd)[keyof typeof TunnelEnd];

const ADDRESS_WORDS = 4;
const ENDS = 2;

export class TunnelColumns {
  /** Tunnels that live. */
  count = 0;
  /** A flow of the tunnel is confirmed: number of the packet at which the first such flow began; 0 for none. */
  readonly confirmedBy: Float64Array;
  /** 1 once IKE, with an SPI of its own, has spoken for it. */
  readonly hasIke: Uint8Array;
  /** Its flows: how many, and the first. */
  readonly flowCount: Int32Array;
  readonly firstSlot: Int32Array;
  /** By slot: the flow that joined the tunnel next; 0 for the last. */
  readonly nextSlot: Int32Array;

  private readonly previousSlot: Int32Array;
  private readonly lastSlot: Int32Array;
  private readonly addresses: Int32Array;
  private readonly sourcePort: Uint16Array;
  private readonly destinationPort: Uint16Array;
  private readonly transport: Uint8Array;
  private readonly domain: Int32Array;
  private readonly firstPacket: Float64Array;
  private readonly firstTimeUs: Float64Array;
  private readonly registeredAddress: Int32Array;
  private readonly isRegistered: Uint8Array;
  private used = 1;
  /** Numbers given back, chained through firstSlot. */
  private free = 0;

  /** For up to `limit` tunnels of flows with slots up to `slotLimit`. */
  constructor(limit: number, slotLimit: number) {
    const rows = limit + 1;
    this.confirmedBy = new Float64Array(rows);
    this.hasIke = new Uint8Array(rows);
    this.flowCount = new Int32Array(rows);
    this.firstSlot = new Int32Array(rows);
    this.nextSlot = new Int32Array(slotLimit + 1);
    this.previousSlot = new Int32Array(slotLimit + 1);
    this.lastSlot = new Int32Array(rows);
    this.addresses = new Int32Array(rows * ENDS * ADDRESS_WORDS);
    this.sourcePort = new Uint16Array(rows);
    this.destinationPort = new Uint16Array(rows);
    this.transport = new Uint8Array(rows);
    this.domain = new Int32Array(rows);
    this.firstPacket = new Float64Array(rows);
    this.firstTimeUs = new Float64Array(rows);
    this.registeredAddress = new Int32Array(rows * ENDS * ADDRESS_WORDS);
    this.isRegistered = new Uint8Array(rows * ENDS);
  }

  /** Number of a new tunnel without flows, known by a name. */
  begin(name: FlowName): number {
    let tunnel = this.free;
    if (tunnel === 0) tunnel = this.used++;
    else this.free = this.firstSlot[tunnel]!;
    this.count++;
    this.confirmedBy[tunnel] = 0;
    this.hasIke[tunnel] = 0;
    this.flowCount[tunnel] = 0;
    this.firstSlot[tunnel] = 0;
    this.lastSlot[tunnel] = 0;
    this.isRegistered.fill(0, tunnel * ENDS, (tunnel + 1) * ENDS);
    const at = tunnel * ENDS * ADDRESS_WORDS;
    this.addresses.set(name.source, at);
    this.addresses.set(name.destination, at + ADDRESS_WORDS);
    this.sourcePort[tunnel] = name.sourcePort;
    this.destinationPort[tunnel] = name.destinationPort;
    this.transport[tunnel] = name.transport;
    this.domain[tunnel] = name.domain;
    this.firstPacket[tunnel] = name.firstPacket;
    this.firstTimeUs[tunnel] = name.firstTimeUs;
    return tunnel;
  }

  /** Gives the number of a tunnel without flows back. */
  end(tunnel: number): void {
    this.firstSlot[tunnel] = this.free;
    this.free = tunnel;
    this.count--;
  }

  /** Adds a flow behind those that are there. */
  join(tunnel: number, slot: number): void {
    const last = this.lastSlot[tunnel]!;
    this.previousSlot[slot] = last;
    this.nextSlot[slot] = 0;
    if (last === 0) this.firstSlot[tunnel] = slot;
    else this.nextSlot[last] = slot;
    this.lastSlot[tunnel] = slot;
    this.flowCount[tunnel]!++;
  }

  /** Takes a flow of the tunnel out. */
  leave(tunnel: number, slot: number): void {
    const previous = this.previousSlot[slot]!;
    const next = this.nextSlot[slot]!;
    if (previous === 0) this.firstSlot[tunnel] = next;
    else this.nextSlot[previous] = next;
    if (next === 0) this.lastSlot[tunnel] = previous;
    else this.previousSlot[next] = previous;
    this.flowCount[tunnel]!--;
  }

  /** Fills a name with that of a tunnel. */
  readName(tunnel: number, name: FlowName): void {
    const at = tunnel * ENDS * ADDRESS_WORDS;
    for (let word = 0; word < ADDRESS_WORDS; word++) {
      name.source[word] = this.addresses[at + word]!;
      name.destination[word] = this.addresses[at + ADDRESS_WORDS + word]!;
    }
    name.sourcePort = this.sourcePort[tunnel]!;
    name.destinationPort = this.destinationPort[tunnel]!;
    name.transport = this.transport[tunnel]!;
    name.domain = this.domain[tunnel]!;
    name.firstPacket = this.firstPacket[tunnel]!;
    name.firstTimeUs = this.firstTimeUs[tunnel]!;
  }

  /** True when an address of the tunnel's first flow is this one. */
  hasName(tunnel: number, end: TunnelEnd, address: Int32Array): boolean {
    const at = (tunnel * ENDS + end) * ADDRESS_WORDS;
    for (let word = 0; word < ADDRESS_WORDS; word++) if (this.addresses[at + word] !== address[word]) return false;
    return true;
  }

  /** Fills the address at which an end of the tunnel was found registered; false where none was. */
  readRegistered(tunnel: number, end: TunnelEnd, address: Int32Array): boolean {
    const row = tunnel * ENDS + end;
    if (this.isRegistered[row] === 0) return false;
    for (let word = 0; word < ADDRESS_WORDS; word++)
      address[word] = this.registeredAddress[row * ADDRESS_WORDS + word]!;
    return true;
  }

  keepRegistered(tunnel: number, end: TunnelEnd, address: Int32Array): void {
    const row = tunnel * ENDS + end;
    this.isRegistered[row] = 1;
    this.registeredAddress.set(address, row * ADDRESS_WORDS);
  }

  forgetRegistered(tunnel: number, end: TunnelEnd): void {
    this.isRegistered[tunnel * ENDS + end] = 0;
  }
}
