/**
 * All active flows: rows of numbers, found by the hash of their key (flow-index).
 *
 * A key is the innermost tuple, direction-less: the two ends (address and port) in order, the transport, and the domain of
 * the wrapping. Direction 0 runs from the lower end to the higher. A flow is a slot, a small number that is used again after
 * the flow's end.
 *
 * A flow's row is in three parts, each in a block of memory of its own: the words that every packet reads or changes, in one cache
 * line (`words`, by FlowWord); the details that few packets ask for, in another (`details`, by FlowDetail); and of IPv6 addresses,
 * which the flag WIDE tells of, all but the last words, that lie in the first part (`upperWords`).
 *
 * Invariants: every active slot stands in the index exactly once; a row outside the active slots is never read, and a new one is
 * written whole. Rows are reserved for the whole capacity at once and cost memory only once touched. A flow takes 128 bytes,
 * or 152 with IPv6 addresses, and 8 to 32 of the index.
 *
 * Hash seeds are drawn again for every table, so a sender cannot aim at one chain; no output depends on them.
 */
import { invariant } from '../../core/invariant.ts';
import { partitionOfTuple } from '../wire/partition.ts';
import type { PacketView } from '../wire/packet-view.ts';
import { Transport } from '../host/packet-codes.ts';
import { newSeed } from '../host/hash-seed.ts';
import { FlowIndex } from './flow-index.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from '../host/flow-row.ts';
import { FlowRows, spareRowsOf, UPPER_WORDS } from '../host/flow-rows.ts';
import { HashKeys, hashKey, hashWords } from './flow-key.ts';

/** What of TRANSPORT belongs to the key. */
const KEY_BITS = 255 | FlowFlag.WIDE;

/** Answers of `find`. */
export const NO_FLOW = -1;

/**
 * Bytes from where a large block of memory begins to the next cache line: the allocator puts 16 of its own before it (glibc's malloc,
 * on a page of its own). Elsewhere a row may take two lines, no more.
 */
const TO_CACHE_LINE = 48;

/** Packets that `prefetch` takes at most. */
export const PREFETCH_COUNT = 64;

export class FlowTable extends FlowRows {
  override activeCount = 0;

  /** Direction of the packet that `find` was last given: 0 from the lower end to the higher, else 1. */
  direction: 0 | 1 = 0;

  /** Of the hashes. */
  readonly seed: number;
  readonly hashKeys: HashKeys;
  private readonly index: FlowIndex;
  private usedSlots = 1;
  private freeSlot = 0;
  private readonly prefetchedRows = new Int32Array(PREFETCH_COUNT);
  private readonly prefetchedUppers = new Int32Array(PREFETCH_COUNT);
  touchedSum = 0;

  constructor(capacity: number, seed: number = newSeed()) {
    const spareRows = spareRowsOf(capacity);
    const rowCount = capacity + spareRows + 1;
    const rows = new ArrayBuffer(TO_CACHE_LINE + rowCount * ROW_WORDS * 4);
    const details = new ArrayBuffer(TO_CACHE_LINE + rowCount * DETAIL_WORDS * 4);
    super(capacity, spareRows, {
      words: new Int32Array(rows, TO_CACHE_LINE),
      details: new Int32Array(details, TO_CACHE_LINE),
      upperWords: new Int32Array(rowCount * UPPER_WORDS),
    });
    this.seed = seed;
    this.hashKeys = new HashKeys(seed);
    this.index = new FlowIndex(rowCount - 1, this);
  }

  /**
   * Finds where the flows of packets probably lie that are about to be looked up, and whose keys are hashed, and touches what of
   * them is read then: memory fetches one after the other what is asked for one by one, and together what is asked for at once.
   */
  prefetch(views: readonly PacketView[], count: number): void {
    const { index, words, details, upperWords, prefetchedRows, prefetchedUppers } = this;
    const { entries, placeShift } = index;
    let sum = 0;
    for (let i = 0; i < count; i++) sum ^= entries[views[i]!.flowHash >>> placeShift]!;
    for (let i = 0; i < count; i++) {
      const view = views[i]!;
      const slot = index.candidate(view.flowHash);
      view.prefetchedSlot = slot;
      prefetchedRows[i] = slot * ROW_WORDS;
      prefetchedUppers[i] = view.isWide ? slot * UPPER_WORDS : 0;
    }
    // Of nothing but reads the processor has many under way.
    for (let i = 0; i < count; i++) sum ^= words[prefetchedRows[i]!]! ^ upperWords[prefetchedUppers[i]!]!;
    // The first data of a connection is held against its SYN.
    for (let i = 0; i < count; i++) {
      const view = views[i]!;
      if (view.transport !== Transport.TCP || view.payloadCaptured === 0) continue;
      if (words[prefetchedRows[i]! + FlowWord.HANDLE] !== 0) continue;
      sum ^= details[view.prefetchedSlot * DETAIL_WORDS + FlowDetail.FIRST_SEQUENCE]!;
    }
    // Kept, so that the compiler keeps the reads.
    this.touchedSum = sum;
  }

  /** Slot of the packet's flow, or NO_FLOW; `direction` tells the packet's. */
  find(view: PacketView): number {
    hashKey(view, this.hashKeys);
    return this.findHashed(view);
  }

  /** The same for a packet whose key is hashed. */
  findHashed(view: PacketView): number {
    this.direction = view.direction;
    const ahead = view.prefetchedSlot;
    if (ahead !== 0 && ahead < this.usedSlots && this.isOf(ahead, view)) return ahead;
    return this.search(view);
  }

  private search(view: PacketView): number {
    const { index } = this;
    const { entries, mask, slotBits } = index;
    const hash = view.flowHash;
    let fitting = hash << index.pieceShift;
    for (let at = hash >>> index.placeShift; ; at = (at + 1) & mask) {
      const entry = entries[at]!;
      if (entry === 0) return NO_FLOW;
      const slot = entry ^ fitting;
      if (slot >>> slotBits === 0 && this.isOf(slot, view)) return slot;
      fitting = index.stepped(fitting);
    }
  }

  /** Whether a packet is of a slot's flow; the slot may have been given back since. */
  private isOf(slot: number, view: PacketView): boolean {
    return this.words[slot * ROW_WORDS + FlowWord.DOMAIN] === view.domain && this.hasTuple(slot, view);
  }

  /** Slot of the flow with the tuple of a packet's flow, which is in a slot of its own, but without wrapping; NO_FLOW for none. */
  findUnwrapped(slot: number, view: PacketView): number {
    const { index, words } = this;
    const { entries, mask, slotBits } = index;
    const hash = this.hashUnder(slot, 0);
    let fitting = hash << index.pieceShift;
    for (let at = hash >>> index.placeShift; ; at = (at + 1) & mask) {
      const entry = entries[at]!;
      if (entry === 0) return NO_FLOW;
      const other = entry ^ fitting;
      const isCandidate = other >>> slotBits === 0 && words[other * ROW_WORDS + FlowWord.DOMAIN] === 0;
      if (isCandidate && this.hasTuple(other, view)) return other;
      fitting = index.stepped(fitting);
    }
  }

  /** Whether a slot's flow has a packet's tuple, whatever the wrapping of each. */
  hasTuple(slot: number, view: PacketView): boolean {
    const { words } = this;
    const row = slot * ROW_WORDS;
    return (
      words[row + FlowWord.LOW_ADDRESS] === view.lowWord &&
      words[row + FlowWord.HIGH_ADDRESS] === view.highWord &&
      words[row + FlowWord.PORTS] === view.keyPorts &&
      (words[row + FlowWord.TRANSPORT]! & KEY_BITS) === (view.transport | (view.isWide ? FlowFlag.WIDE : 0)) &&
      (!view.isWide || hasAddresses(this.upperWords, slot * UPPER_WORDS, view))
    );
  }

  /** Adds the flow of a packet that `find` has just missed. There must be a row for it. All words but the key are zero. */
  insert(view: PacketView): number {
    const { index, words, numbers, details, detailNumbers } = this;
    index.makeRoom();
    const slot = this.takeSlot();
    index.add(view.flowHash, slot);
    this.activeCount++;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    words[row + FlowWord.LOW_ADDRESS] = view.lowWord;
    words[row + FlowWord.HIGH_ADDRESS] = view.highWord;
    words[row + FlowWord.PORTS] = view.keyPorts;
    words[row + FlowWord.TRANSPORT] =
      view.transport | (view.direction * FlowFlag.STARTED_HIGH) | (view.isWide ? FlowFlag.WIDE : 0);
    words[row + FlowWord.DOMAIN] = view.domain;
    // Word by word: `fill` takes longer for so few.
    words[row + FlowWord.HANDLE] = 0;
    words[row + FlowWord.OWN_FINDING] = 0;
    for (let pair = (row + FlowWord.PACKETS) >> 1; pair < (row + ROW_WORDS) >> 1; pair++) numbers[pair] = 0;
    for (let pair = detail >> 1; pair < (detail + DETAIL_WORDS) >> 1; pair++) detailNumbers[pair] = 0;
    details[detail + FlowDetail.ENCAPSULATION] = view.encapsulation;
    details[detail + FlowDetail.VLANS] = view.vlans;
    if (view.isWide) writeAddresses(this.upperWords, slot * UPPER_WORDS, view);
    return slot;
  }

  /** Takes a flow out. Its row stays readable until the next `insert`. */
  remove(slot: number): void {
    this.index.remove(this.hashOf(slot), slot);
    this.activeCount--;
    this.details[slot * DETAIL_WORDS + FlowDetail.NEXT_FREE] = this.freeSlot;
    this.words[slot * ROW_WORDS + FlowWord.TRANSPORT] = 0;
    this.freeSlot = slot;
  }

  override get lastSlot(): number {
    return this.usedSlots - 1;
  }

  /** Counts packets, with their bytes on the wire, in a direction. */
  count(slot: number, direction: number, packets: number, bytes: number): void {
    const { words } = this;
    const row = slot * ROW_WORDS + direction;
    words[row + FlowWord.PACKETS]! += packets;
    const sum = (words[row + FlowWord.BYTES]! >>> 0) + bytes;
    words[row + FlowWord.BYTES] = sum | 0;
    if (sum < 2 ** 32) return;
    this.details[slot * DETAIL_WORDS + FlowDetail.BYTES_CARRIED + direction]! += Math.floor(sum / 2 ** 32);
  }

  /** The partition of all flows in which a flow lies (dataplane/wire/partition). */
  partitionOf(slot: number): number {
    const { words } = this;
    const row = slot * ROW_WORDS;
    const addresses = words[row + FlowWord.LOW_ADDRESS]! ^ words[row + FlowWord.HIGH_ADDRESS]!;
    return partitionOfTuple(addresses, words[row + FlowWord.PORTS]!);
  }

  /** Hash of a flow's key, as `hashKey` makes it of a packet's. */
  hashOf(slot: number): number {
    return this.hashUnder(slot, this.words[slot * ROW_WORDS + FlowWord.DOMAIN]!);
  }

  /** The same if the flow had another domain. */
  private hashUnder(slot: number, domain: number): number {
    const { words, upperWords: upper, hashKeys } = this;
    const row = slot * ROW_WORDS;
    const transport = words[row + FlowWord.TRANSPORT]!;
    let low = words[row + FlowWord.LOW_ADDRESS]!;
    let high = words[row + FlowWord.HIGH_ADDRESS]!;
    if ((transport & FlowFlag.WIDE) !== 0) {
      const at = slot * UPPER_WORDS;
      low = hashWords(hashKeys, upper[at]!, upper[at + 1]!, upper[at + 2]!, low);
      high = hashWords(hashKeys, upper[at + 3]!, upper[at + 4]!, upper[at + 5]!, high);
    }
    return hashWords(hashKeys, low, high, words[row + FlowWord.PORTS]!, domain ^ (transport & 255));
  }

  /** Takes all flows out at once. */
  clear(): void {
    this.index.clear();
    this.activeCount = 0;
    this.usedSlots = 1;
    this.freeSlot = 0;
  }

  /** Throws if an invariant is broken. */
  checkInvariants(): void {
    const active = this.activeSlots();
    invariant(active.length === this.activeCount, 'activeCount is the number of active slots');
    invariant(active.length <= this.largestSlot, 'there are no more flows than rows');
    this.index.checkInvariants(active);
    let freeCount = 0;
    for (let slot = this.freeSlot; slot !== 0; slot = this.details[slot * DETAIL_WORDS + FlowDetail.NEXT_FREE]!) {
      invariant(!this.isActive(slot), 'free slots are not active');
      invariant(++freeCount <= this.lastSlot, 'the chain of free slots ends');
    }
    invariant(active.length + freeCount === this.lastSlot, 'a used slot is active or free');
  }

  private takeSlot(): number {
    const slot = this.freeSlot;
    if (slot === 0) return this.usedSlots++;
    this.freeSlot = this.details[slot * DETAIL_WORDS + FlowDetail.NEXT_FREE]!;
    return slot;
  }
}

function hasAddresses(upper: Int32Array, at: number, view: PacketView): boolean {
  const source = at + 3 * view.direction;
  const destination = at + 3 - 3 * view.direction;
  return (
    upper[source + 2] === view.source2 &&
    upper[destination + 2] === view.destination2 &&
    upper[source + 1] === view.source1 &&
    upper[destination + 1] === view.destination1 &&
    upper[source] === view.source0 &&
    upper[destination] === view.destination0
  );
}

function writeAddresses(upper: Int32Array, at: number, view: PacketView): void {
  const source = at + 3 * view.direction;
  const destination = at + 3 - 3 * view.direction;
  upper[source] = view.source0;
  upper[source + 1] = view.source1;
  upper[source + 2] = view.source2;
  upper[destination] = view.destination0;
  upper[destination + 1] = view.destination1;
  upper[destination + 2] = view.destination2;
}
