/**
 * The tunnels, as columns by number: the name of each, its flows in the order in which they joined, and the registered
 * ends that cover all of them. Number 0 is none; numbers are used again. Memory is reserved for the limit at once, and
 * used only once touched.
 */
import { invariant } from '../core/invariant.ts';
import type { FlowIdentity } from './flow-record.ts';
import { FlowIdentityTable } from './flow-identity-table.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** The ends of a tunnel: of an initiator, of a responder. */
export const TunnelEnd = { SOURCE: 0, DESTINATION: 1 } as const;
export type TunnelEnd = (typeof TunnelEnd)[keyof typeof TunnelEnd];

const ADDRESS_WORDS = 4;
const ENDS = 2;

export class TunnelColumns {
  /** Tunnels that exist. */
  count = 0;
  /** A flow of the tunnel is confirmed: number of the packet at which the first such flow began; 0 for none. */
  readonly confirmedBy: Float64Array;
  /** 1 once a flow of it has an IKE SPI. */
  readonly hasIke: Uint8Array;
  /** Its flows: how many, and the first. */
  readonly flowCount: Int32Array;
  readonly firstSlot: Int32Array;
  /** By slot: the flow that joined the tunnel next; 0 for the last. */
  readonly nextSlot: Int32Array;

  private readonly previousSlot: Int32Array;
  private readonly lastSlot: Int32Array;
  private readonly names: FlowIdentityTable;
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
    this.names = new FlowIdentityTable(rows);
    this.registeredAddress = new Int32Array(rows * ENDS * ADDRESS_WORDS);
    this.isRegistered = new Uint8Array(rows * ENDS);
  }

  /** Copies columns of the same size, of flows with slots up to `lastSlot`. Only what is in use is touched. */
  copyFrom(other: TunnelColumns, lastSlot: number): void {
    const { used } = other;
    this.count = other.count;
    this.used = used;
    this.free = other.free;
    this.confirmedBy.set(other.confirmedBy.subarray(0, used));
    this.hasIke.set(other.hasIke.subarray(0, used));
    this.flowCount.set(other.flowCount.subarray(0, used));
    this.firstSlot.set(other.firstSlot.subarray(0, used));
    this.lastSlot.set(other.lastSlot.subarray(0, used));
    this.nextSlot.set(other.nextSlot.subarray(0, lastSlot + 1));
    this.previousSlot.set(other.previousSlot.subarray(0, lastSlot + 1));
    this.names.copyFrom(other.names, used);
    this.registeredAddress.set(other.registeredAddress.subarray(0, used * ENDS * ADDRESS_WORDS));
    this.isRegistered.set(other.isRegistered.subarray(0, used * ENDS));
  }

  /** Copies its state, or puts a copy back, of flows with slots up to `lastSlot`. */
  snapshot(walk: Snapshot, lastSlot: number): void {
    this.count = walk.number(this.count);
    this.used = walk.number(this.used);
    this.free = walk.number(this.free);
    const { used } = this;
    for (const column of [this.confirmedBy, this.hasIke, this.flowCount, this.firstSlot, this.lastSlot])
      walk.fixed(column, used);
    walk.fixed(this.nextSlot, lastSlot + 1);
    walk.fixed(this.previousSlot, lastSlot + 1);
    this.names.snapshot(walk, used);
    walk.fixed(this.registeredAddress, used * ENDS * ADDRESS_WORDS);
    walk.fixed(this.isRegistered, used * ENDS);
  }

  /** Number of a new tunnel without flows, known by a name. */
  begin(name: FlowIdentity): number {
    let tunnel = this.free;
    if (tunnel === 0) tunnel = this.used++;
    else this.free = this.firstSlot[tunnel]!;
    this.count++;
    this.confirmedBy[tunnel] = 0;
    this.hasIke[tunnel] = 0;
    this.flowCount[tunnel] = 0;
    this.firstSlot[tunnel] = 0;
    this.lastSlot[tunnel] = 0;
    for (let end = 0; end < ENDS; end++) this.isRegistered[tunnel * ENDS + end] = 0;
    this.names.keep(tunnel, name);
    return tunnel;
  }

  /** Gives the number of a tunnel without flows back. */
  end(tunnel: number): void {
    this.firstSlot[tunnel] = this.free;
    this.free = tunnel;
    this.count--;
  }

  /** Adds a flow after the others. */
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

  /** Throws if an invariant is broken. `tunnels`: the number of each flow's tunnel, by slot; 0 or nothing for none. */
  checkInvariants(tunnels: ReadonlyMap<number, number>): void {
    const live = new Set(tunnels.values());
    live.delete(0);
    invariant(live.size === this.count, 'a tunnel lives as long as one of its flows');
    let freeCount = 0;
    for (let tunnel = this.free; tunnel !== 0; tunnel = this.firstSlot[tunnel]!) {
      invariant(!live.has(tunnel), 'a free number is of no tunnel');
      invariant(++freeCount < this.used, 'the chain of free numbers ends');
    }
    invariant(this.count + freeCount === this.used - 1, 'a used number is of a tunnel, or free');
    for (const tunnel of live) this.checkFlows(tunnel, tunnels);
  }

  private checkFlows(tunnel: number, tunnels: ReadonlyMap<number, number>): void {
    let [count, previous] = [0, 0];
    for (let slot = this.firstSlot[tunnel]!; slot !== 0; slot = this.nextSlot[slot]!) {
      invariant(tunnels.get(slot) === tunnel, 'a flow is in the list of its own tunnel');
      invariant(this.previousSlot[slot] === previous, 'neighbours name each other');
      invariant(++count <= this.flowCount[tunnel]!, 'the list of flows ends');
      previous = slot;
    }
    invariant(count === this.flowCount[tunnel], 'flowCount is the number of flows');
    invariant(previous === this.lastSlot[tunnel], 'lastSlot is the last of the list');
  }

  /** Fills a name with that of a tunnel. */
  readIdentity(tunnel: number, name: FlowIdentity): void {
    this.names.read(tunnel, name);
  }

  /** True when an address of the tunnel's first flow is this one. */
  hasName(tunnel: number, end: TunnelEnd, address: Int32Array): boolean {
    return this.names.hasAddress(tunnel, end, address);
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
    for (let word = 0; word < ADDRESS_WORDS; word++)
      this.registeredAddress[row * ADDRESS_WORDS + word] = address[word]!;
  }

  forgetRegistered(tunnel: number, end: TunnelEnd): void {
    this.isRegistered[tunnel * ENDS + end] = 0;
  }
}
