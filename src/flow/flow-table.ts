/**
 * All active flows: rows of numbers, found by an open-addressing index over the hash of their key.
 *
 * A key is the innermost tuple, direction-less: the two ends (address and port) in order, the transport, and the domain of
 * the wrapping. Direction 0 runs from the lower end to the higher. A flow is a slot, a small number that is used again after
 * the flow's end.
 *
 * A flow's row is in two parts, each in a block of memory of its own: the words that every packet reads or changes, in one cache
 * line (`words`, by FlowWord), and the details that few packets ask for (`details`, by FlowDetail). IPv4 keys lie in the first
 * part whole; of IPv6 addresses it holds the last words, and the flag WIDE sends the comparison on to the details.
 *
 * Invariants: every active slot stands in the index exactly once; the index is at most half full; a row outside the active
 * slots is never read. Rows are reserved for the whole capacity at once and cost memory only once touched; the index
 * doubles as flows come, so few flows stay within the caches. A flow takes 160 octets, and 16 to 32 of the index.
 *
 * Hash seeds are drawn anew for every table, so nobody can aim at one chain; no output depends on them.
 */
import { randomInt } from 'node:crypto';
import { IPV4_MARK } from '../core/ip-address.ts';
import type { PacketView } from '../wire/packet-view.ts';
import { finishHash, hashKey, isWide, mixWord, portsOf } from './flow-key.ts';

/** Words of a row's first part, 32 bits each; f64 is one 64-bit number, at an even word. */
export const FlowWord = {
  /** Last word of each end's address: all of an IPv4 address. */
  LOW_ADDRESS: 0,
  HIGH_ADDRESS: 1,
  /** Port of the lower end in the upper half, of the higher end in the lower. */
  PORTS: 2,
  /** Transport in bits 0 to 7, FlowFlag from 8 on. */
  TRANSPORT: 3,
  DOMAIN: 4,
  /** The fingerprints' handle, and what they find in the flow's own packets. */
  HANDLE: 5,
  OWN_FINDING: 6,
  /** The engine's own: index of the flow's decision, 0 for none. */
  DECISION: 7,
  /** Packets in each direction. */
  PACKETS: 8,
  /** Octets on the wire in each direction, modulo 2^32: see `octets`. */
  OCTETS: 10,
  /** f64: packet time of the last packet. */
  LAST_TIME: 12,
  /** f64: clock reading at the last packet. */
  TOUCHED: 14,
} as const;

export const ROW_WORDS = 16;

/** Words of a row's second part. */
export const FlowDetail = {
  /** f64: packet time of the first packet. */
  FIRST_TIME: 0,
  /** f64: number of the first packet in the capture, from 1. */
  FIRST_PACKET: 2,
  /** The first three words of each end's address. */
  LOW_ADDRESS: 4,
  HIGH_ADDRESS: 7,
  NEXT: 10,
  PREVIOUS: 11,
  /** Of the flow's own finding. */
  OWN_EVIDENCE: 12,
  /** TCP: the place where its first octets are put together, 0 for none. */
  STREAM: 13,
  /** TCP: sequence number of each direction's first octet, where its SYN was seen. */
  FIRST_SEQUENCE: 14,
  ENCAPSULATION: 16,
  VLANS: 17,
  TUNNEL: 18,
  /** How often OCTETS of each direction has passed 2^32. */
  OCTETS_CARRIED: 19,
  /** The finding that counts: the flow's own, or what its tunnel raises it to; and the evidence for that. */
  FINDING: 21,
  TUNNEL_EVIDENCE: 22,
} as const;

export const DETAIL_WORDS = 24;

export const FlowFlag = {
  /** The first packet went from the higher end to the lower. */
  STARTED_HIGH: 1 << 8,
  /** SYN seen, per direction. */
  SYN_LOW: 1 << 9,
  SYN_HIGH: 1 << 10,
  /** Both directions are closed, or one was reset. */
  CLOSED: 1 << 11,
  FIN_LOW: 1 << 12,
  FIN_HIGH: 1 << 13,
  /** The addresses are not both IPv4: more of them is in the details. */
  WIDE: 1 << 14,
} as const;

/** What of TRANSPORT belongs to the key. */
const KEY_BITS = 255 | FlowFlag.WIDE;

/** One of a flow's two ends. */
export const End = { LOW: 0, HIGH: 1 } as const;
export type End = (typeof End)[keyof typeof End];

/** Answers of `find`. */
export const NO_FLOW = -1;

/**
 * Octets from where a large block of memory begins to the next cache line: the allocator puts 16 of its own before it (glibc's malloc,
 * on a page of its own). Elsewhere a row may take two lines, no more.
 */
const TO_CACHE_LINE = 48;

/** Packets that `lookAhead` takes at most. */
export const LOOK_AHEAD = 32;

const SMALLEST_INDEX = 1 << 14;

/** A seed that nobody can guess. */
export function newSeed(): number {
  return randomInt(0x7fffffff);
}

export class FlowTable {
  readonly capacity: number;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  readonly details: Int32Array;
  readonly detailNumbers: Float64Array;
  activeCount = 0;

  /** Direction of the packet that `find` was last given: 0 from the lower end to the higher, else 1. */
  direction: 0 | 1 = 0;

  private index: Int32Array;
  private mask: number;
  /** Of the hashes. */
  readonly seed: number;
  private usedSlots = 1;
  private freeSlot = 0;

  /** Of the last `find`: its hash, and the index entry where a missing flow belongs. */
  private hash = 0;
  private entry = 0;

  private readonly ahead = new Int32Array(LOOK_AHEAD);
  touchedSum = 0;

  constructor(capacity: number, seed: number = newSeed()) {
    this.capacity = capacity;
    const rows = new ArrayBuffer(TO_CACHE_LINE + (capacity + 1) * ROW_WORDS * 4);
    this.words = new Int32Array(rows, TO_CACHE_LINE);
    this.numbers = new Float64Array(rows, TO_CACHE_LINE);
    const details = new ArrayBuffer((capacity + 1) * DETAIL_WORDS * 4);
    this.details = new Int32Array(details);
    this.detailNumbers = new Float64Array(details);
    this.index = new Int32Array(SMALLEST_INDEX * 2);
    this.mask = SMALLEST_INDEX - 1;
    this.seed = seed;
  }

  get full(): boolean {
    return this.activeCount === this.capacity;
  }

  /**
   * Touches where the flows of packets lie that are about to be looked up, and whose keys are hashed: memory fetches one after
   * the other what is asked for one by one, and together what is asked for at once.
   */
  lookAhead(views: readonly PacketView[], count: number): void {
    const { index, mask, words, details, ahead } = this;
    for (let i = 0; i < count; i++) ahead[i] = (views[i]!.flowHash & mask) * 2 + 1;
    for (let i = 0; i < count; i++) ahead[i] = index[ahead[i]!]!;
    let sum = 0;
    for (let i = 0; i < count; i++) {
      const slot = ahead[i]!;
      sum ^= words[slot * ROW_WORDS]!;
      if (views[i]!.source2 !== IPV4_MARK) sum ^= details[slot * DETAIL_WORDS + FlowDetail.LOW_ADDRESS]!;
    }
    // Kept, so that the compiler keeps the reads.
    this.touchedSum = sum;
  }

  /** Slot of the packet's flow, or NO_FLOW; `direction` tells the packet's. */
  find(view: PacketView): number {
    hashKey(view, this.seed);
    return this.findAhead(view);
  }

  /** The same for a packet whose key is hashed. */
  findAhead(view: PacketView): number {
    const high = view.isFromHigh;
    const wide = isWide(view);
    this.direction = high ? 1 : 0;
    const hash = view.flowHash;
    this.hash = hash;
    const low = high ? view.destination3 : view.source3;
    const other = high ? view.source3 : view.destination3;
    const ports = portsOf(view, high);
    const transport = view.transport | (wide ? FlowFlag.WIDE : 0);
    const { index, mask, words } = this;
    let entry = hash & mask;
    for (;;) {
      const slot = index[entry * 2 + 1]!;
      if (slot === 0) {
        this.entry = entry;
        return NO_FLOW;
      }
      if (index[entry * 2] === hash) {
        const row = slot * ROW_WORDS;
        if (
          words[row + FlowWord.LOW_ADDRESS] === low &&
          words[row + FlowWord.HIGH_ADDRESS] === other &&
          words[row + FlowWord.PORTS] === ports &&
          (words[row + FlowWord.TRANSPORT]! & KEY_BITS) === transport &&
          words[row + FlowWord.DOMAIN] === view.domain &&
          (!wide || hasAddresses(this.details, slot * DETAIL_WORDS, view, high))
        ) {
          return slot;
        }
      }
      entry = (entry + 1) & mask;
    }
  }

  /** Adds the flow that `find` has just missed. The table must not be full. All words but the key are zero. */
  insert(view: PacketView): number {
    if ((this.activeCount + 1) * 2 > this.mask + 1) this.widenIndex();
    const slot = this.takeSlot();
    this.index[this.entry * 2] = this.hash;
    this.index[this.entry * 2 + 1] = slot;
    this.activeCount++;
    const { words, details } = this;
    const row = slot * ROW_WORDS;
    const detail = slot * DETAIL_WORDS;
    const high = this.direction === 1;
    words[row + FlowWord.LOW_ADDRESS] = high ? view.destination3 : view.source3;
    words[row + FlowWord.HIGH_ADDRESS] = high ? view.source3 : view.destination3;
    words[row + FlowWord.PORTS] = portsOf(view, high);
    words[row + FlowWord.TRANSPORT] =
      view.transport | (high ? FlowFlag.STARTED_HIGH : 0) | (isWide(view) ? FlowFlag.WIDE : 0);
    words[row + FlowWord.DOMAIN] = view.domain;
    const source = detail + (high ? FlowDetail.HIGH_ADDRESS : FlowDetail.LOW_ADDRESS);
    const destination = detail + (high ? FlowDetail.LOW_ADDRESS : FlowDetail.HIGH_ADDRESS);
    details[source] = view.source0;
    details[source + 1] = view.source1;
    details[source + 2] = view.source2;
    details[destination] = view.destination0;
    details[destination + 1] = view.destination1;
    details[destination + 2] = view.destination2;
    details[detail + FlowDetail.ENCAPSULATION] = view.encapsulation;
    details[detail + FlowDetail.VLANS] = view.vlans;
    return slot;
  }

  /** Takes a flow out. Its row stays readable until the next `insert`. */
  remove(slot: number): void {
    const { index, mask } = this;
    let entry = this.rehash(slot) & mask;
    while (index[entry * 2 + 1] !== slot) entry = (entry + 1) & mask;
    // Entries behind the gap move up unless they stand at or behind their own place: no marks of the deleted are needed.
    for (let behind = (entry + 1) & mask; index[behind * 2 + 1] !== 0; behind = (behind + 1) & mask) {
      const home = index[behind * 2]! & mask;
      if (((behind - home) & mask) >= ((behind - entry) & mask)) {
        index[entry * 2] = index[behind * 2]!;
        index[entry * 2 + 1] = index[behind * 2 + 1]!;
        entry = behind;
      }
    }
    index[entry * 2] = 0;
    index[entry * 2 + 1] = 0;
    this.activeCount--;
    this.details[slot * DETAIL_WORDS + FlowDetail.NEXT] = this.freeSlot;
    this.words[slot * ROW_WORDS + FlowWord.TRANSPORT] = 0;
    this.freeSlot = slot;
  }

  /** Slots are 1 to this number; the free ones among them have transport 0. */
  get lastSlot(): number {
    return this.usedSlots - 1;
  }

  isActive(slot: number): boolean {
    return this.words[slot * ROW_WORDS + FlowWord.TRANSPORT] !== 0;
  }

  /** The four words of an end's address (core/ip-address). */
  readAddress(slot: number, end: End, into: Int32Array): void {
    const { details } = this;
    const upper = slot * DETAIL_WORDS + (end === End.LOW ? FlowDetail.LOW_ADDRESS : FlowDetail.HIGH_ADDRESS);
    into[0] = details[upper]!;
    into[1] = details[upper + 1]!;
    into[2] = details[upper + 2]!;
    into[3] = this.words[slot * ROW_WORDS + (end === End.LOW ? FlowWord.LOW_ADDRESS : FlowWord.HIGH_ADDRESS)]!;
  }

  /** Octets on the wire in a direction. */
  octets(slot: number, direction: number): number {
    const carried = this.details[slot * DETAIL_WORDS + FlowDetail.OCTETS_CARRIED + direction]!;
    return carried * 2 ** 32 + (this.words[slot * ROW_WORDS + FlowWord.OCTETS + direction]! >>> 0);
  }

  /** Adds to the octets of a direction. */
  addOctets(slot: number, direction: number, count: number): void {
    const at = slot * ROW_WORDS + FlowWord.OCTETS + direction;
    const sum = (this.words[at]! >>> 0) + count;
    this.words[at] = sum | 0;
    if (sum < 2 ** 32) return;
    this.details[slot * DETAIL_WORDS + FlowDetail.OCTETS_CARRIED + direction]! += Math.floor(sum / 2 ** 32);
  }

  firstPacket(slot: number): number {
    return this.detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1]!;
  }

  /** Takes all flows out at once. */
  clear(): void {
    this.words.fill(0, 0, this.usedSlots * ROW_WORDS);
    this.details.fill(0, 0, this.usedSlots * DETAIL_WORDS);
    this.index = new Int32Array(SMALLEST_INDEX * 2);
    this.mask = SMALLEST_INDEX - 1;
    this.activeCount = 0;
    this.usedSlots = 1;
    this.freeSlot = 0;
  }

  /** A slot whose row is all zeros, as rows are before their first use. */
  private takeSlot(): number {
    if (this.freeSlot === 0) return this.usedSlots++;
    const slot = this.freeSlot;
    this.freeSlot = this.details[slot * DETAIL_WORDS + FlowDetail.NEXT]!;
    this.words.fill(0, slot * ROW_WORDS, (slot + 1) * ROW_WORDS);
    this.details.fill(0, slot * DETAIL_WORDS, (slot + 1) * DETAIL_WORDS);
    return slot;
  }

  private widenIndex(): void {
    const before = this.index;
    const size = (this.mask + 1) * 2;
    this.mask = size - 1;
    this.index = new Int32Array(size * 2);
    for (let i = 0; i < before.length; i += 2) {
      if (before[i + 1] !== 0) this.place(before[i]!, before[i + 1]!);
    }
    this.entry = this.gapFor(this.hash);
  }

  private place(hash: number, slot: number): void {
    const entry = this.gapFor(hash);
    this.index[entry * 2] = hash;
    this.index[entry * 2 + 1] = slot;
  }

  private gapFor(hash: number): number {
    let entry = hash & this.mask;
    while (this.index[entry * 2 + 1] !== 0) entry = (entry + 1) & this.mask;
    return entry;
  }

  /** Hash of a row's key. */
  private rehash(slot: number): number {
    const { words, details, seed } = this;
    const row = slot * ROW_WORDS;
    const transport = words[row + FlowWord.TRANSPORT]!;
    let hash = mixWord(seed, words[row + FlowWord.LOW_ADDRESS]!);
    hash = mixWord(hash, words[row + FlowWord.HIGH_ADDRESS]!);
    if ((transport & FlowFlag.WIDE) !== 0) {
      const upper = slot * DETAIL_WORDS + FlowDetail.LOW_ADDRESS;
      for (let word = 0; word < 6; word++) hash = mixWord(hash, details[upper + word]!);
    }
    hash = mixWord(hash, words[row + FlowWord.PORTS]!);
    return finishHash(mixWord(hash, words[row + FlowWord.DOMAIN]! ^ (transport & 255)));
  }
}

function hasAddresses(details: Int32Array, detail: number, view: PacketView, high: boolean): boolean {
  const source = detail + (high ? FlowDetail.HIGH_ADDRESS : FlowDetail.LOW_ADDRESS);
  const destination = detail + (high ? FlowDetail.LOW_ADDRESS : FlowDetail.HIGH_ADDRESS);
  return (
    details[source + 2] === view.source2 &&
    details[destination + 2] === view.destination2 &&
    details[source + 1] === view.source1 &&
    details[destination + 1] === view.destination1 &&
    details[source] === view.source0 &&
    details[destination] === view.destination0
  );
}
