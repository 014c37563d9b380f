/**
 * All active flows: rows (flow-rows), found by the hash of their key (flow-index).
 *
 * A key is the innermost tuple, the same for both directions: the two ends (address and port) in order, the transport,
 * and the domain of the encapsulation. Direction 0 is from the lower end to the higher. A flow is a slot, a small
 * number that is used again after the flow's end.
 *
 * Invariants: every active slot is in the index exactly once; a row of a slot that is not active is never read, and a
 * new one is written whole. A flow takes 128 bytes, or 152 with IPv6 addresses, and 8 to 32 of the index.
 *
 * The seed of the hashes is random for every table, so a sender cannot aim at one chain; no output depends on it.
 */
import { PacketView, Transport, VIEW_LENGTH } from '../wire/packet-view';
import { FlowIndex } from './flow-index';
import { HashKeys, hashKey } from './flow-key';
import { FlowRows } from './flow-rows';
import { Invariant } from './invariant';

/** Answer of `find` where there is no flow. */
export const NO_FLOW: i32 = -1;

/** Packets that `prefetch` takes at most. */
export const PREFETCH_COUNT: i32 = 64;

/**
 * Rows of a table beside those of its capacity: so many packets may come between two looks at whether there are too
 * many flows.
 */
export function spareRowsOf(capacity: i32): i32 {
  return min(1024, max(1, capacity >> 3));
}

@final
export class FlowTable {
  /**
   * Flows that may stay, and rows for those that may come before it is looked at whether there are more (flow-tracker).
   */
  readonly capacity: i32;
  readonly spareRows: i32;
  readonly rows: FlowRows;
  activeCount: i32 = 0;
  private readonly index: FlowIndex;
  private freeSlot: i32 = 0;
  /** Kept, so that the compiler keeps the reads of `prefetch`. */
  touchedSum: u32 = 0;

  constructor(capacity: i32, seed: u32) {
    const spareRows = spareRowsOf(capacity);
    const rows = new FlowRows(capacity + spareRows + 1, new HashKeys(seed));
    this.capacity = capacity;
    this.spareRows = spareRows;
    this.rows = rows;
    this.index = new FlowIndex(capacity + spareRows, rows);
  }

  /** Slots are 1 to this number at most. */
  get largestSlot(): i32 {
    return this.capacity + this.spareRows;
  }

  /**
   * Finds where the flows of views probably are that will be looked up next, and whose keys are hashed, and reads what
   * will be read then: memory answers reads one after the other where they are made one by one, and together where they
   * are made at once.
   */
  prefetch(views: usize, count: i32): void {
    const rows = this.rows;
    const index = this.index;
    const placeShift = index.placeShift;
    const end = views + <usize>count * VIEW_LENGTH;
    let sum: u32 = 0;
    for (let at = views; at < end; at += VIEW_LENGTH) {
      sum ^= index.entry(changetype<PacketView>(at).flowHash >> placeShift);
    }
    for (let at = views; at < end; at += VIEW_LENGTH) {
      const view = changetype<PacketView>(at);
      view.prefetchedSlot = index.candidate(view.flowHash);
    }
    // A loop of nothing but reads has many of them under way at once.
    for (let at = views; at < end; at += VIEW_LENGTH) {
      const view = changetype<PacketView>(at);
      const slot = <i32>view.prefetchedSlot;
      sum ^= rows.row(slot).lowAddress ^ rows.upper(view.isIpv6 ? slot : 0).low0;
    }
    // The first data of a connection is compared with its SYN.
    for (let at = views; at < end; at += VIEW_LENGTH) {
      const view = changetype<PacketView>(at);
      if (view.transport != Transport.TCP || view.payloadCaptured == 0) continue;
      const slot = <i32>view.prefetchedSlot;
      if (rows.row(slot).handle == 0) sum ^= rows.details(slot).firstSequence0;
    }
    this.touchedSum = sum;
  }

  /** Slot of the packet's flow, or NO_FLOW. Sets the view's direction. */
  find(view: PacketView): i32 {
    hashKey(view, this.rows.hashKeys);
    return this.findHashed(view);
  }

  /** The same for a packet whose key is hashed. */
  findHashed(view: PacketView): i32 {
    const prefetched = <i32>view.prefetchedSlot;
    if (prefetched != 0 && prefetched <= this.rows.lastSlot && this.rows.isOf(prefetched, view)) return prefetched;
    return this.search(view);
  }

  private search(view: PacketView): i32 {
    const index = this.index;
    const hash = view.flowHash;
    let fitting = hash << index.pieceShift;
    for (let place = hash >> index.placeShift; ; place = (place + 1) & index.mask) {
      const entry = index.entry(place);
      if (entry == 0) return NO_FLOW;
      const slot = entry ^ fitting;
      if (slot >> index.slotBits == 0 && this.rows.isOf(<i32>slot, view)) return <i32>slot;
      fitting = index.stepped(fitting);
    }
    return NO_FLOW;
  }

  /**
   * Slot of the flow with the tuple of a packet's flow, which has a slot of its own, but without encapsulation; NO_FLOW
   * for none.
   */
  findUnwrapped(slot: i32, view: PacketView): i32 {
    const index = this.index;
    const rows = this.rows;
    const hash = rows.hashUnder(slot, 0);
    let fitting = hash << index.pieceShift;
    for (let place = hash >> index.placeShift; ; place = (place + 1) & index.mask) {
      const entry = index.entry(place);
      if (entry == 0) return NO_FLOW;
      const other = entry ^ fitting;
      if (other >> index.slotBits == 0 && rows.row(<i32>other).domain == 0 && rows.hasTuple(<i32>other, view))
        return <i32>other;
      fitting = index.stepped(fitting);
    }
    return NO_FLOW;
  }

  /**
   * Adds the flow of a packet that `find` has just missed. There must be a row for it. All words but the key are zero.
   */
  insert(view: PacketView): i32 {
    this.index.makeRoom();
    const slot = this.takeSlot();
    this.index.add(view.flowHash, slot);
    this.activeCount++;
    this.rows.write(slot, view);
    return slot;
  }

  /** Removes a flow. Its row stays readable until the next `insert`. */
  remove(slot: i32): void {
    this.index.remove(this.rows.hashOf(slot), slot);
    this.activeCount--;
    this.rows.details(slot).nextFree = this.freeSlot;
    this.rows.row(slot).transport = 0;
    this.freeSlot = slot;
  }

  /** Removes all flows at once. */
  clear(): void {
    this.index.clear();
    this.activeCount = 0;
    this.rows.lastSlot = 0;
    this.freeSlot = 0;
  }

  /** The invariant that is broken, NONE where all hold. */
  checkInvariants(): Invariant {
    const rows = this.rows;
    let active = 0;
    for (let slot = 1; slot <= rows.lastSlot; slot++) if (rows.isActive(slot)) active++;
    if (active != this.activeCount) return Invariant.ACTIVE_COUNT;
    if (active > this.largestSlot) return Invariant.ROWS;
    const broken = this.index.checkInvariants(active);
    if (broken != Invariant.NONE) return broken;
    let free = 0;
    for (let slot = this.freeSlot; slot != 0; slot = <i32>rows.details(slot).nextFree) {
      if (rows.isActive(slot)) return Invariant.FREE_INACTIVE;
      if (++free > rows.lastSlot) return Invariant.FREE_CHAIN;
    }
    return active + free == rows.lastSlot ? Invariant.NONE : Invariant.ACTIVE_OR_FREE;
  }

  private takeSlot(): i32 {
    const slot = this.freeSlot;
    if (slot == 0) return ++this.rows.lastSlot;
    this.freeSlot = <i32>this.rows.details(slot).nextFree;
    return slot;
  }
}
