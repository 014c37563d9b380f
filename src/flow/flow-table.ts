/**
 * All active flows: rows of numbers in one block of memory, found by an open-addressing index over the hash of their key.
 *
 * A key is the innermost tuple, direction-less: the two ends (address and port) in order, the transport, and the domain of
 * the wrapping. Direction 0 runs from the lower end to the higher. A flow is a slot, a small number that is used again after
 * the flow's end.
 *
 * Invariants: every active slot stands in the index exactly once; the index is at most half full; a row outside the active
 * slots is never read. Rows are reserved for the whole capacity at once and cost memory only once touched; the index
 * doubles as flows come, so few flows stay within the caches. One row is two cache lines, with all that a packet changes.
 *
 * Hash seeds are drawn anew for every table, so nobody can aim at one chain; no output depends on them.
 */
import { randomInt } from 'node:crypto';
import type { PacketView } from '../wire/packet-view.ts';

/** Words of a row, 32 bits each; pairs marked f64 are one 64-bit number, at an even word. */
export const FlowWord = {
  LOW_ADDRESS: 0,
  HIGH_ADDRESS: 4,
  /** Port of the lower end in the upper half, of the higher end in the lower. */
  PORTS: 8,
  /** Transport in bits 0 to 7, FlowFlag from 8 on. */
  TRANSPORT: 9,
  DOMAIN: 10,
  /** The fingerprints' handle. */
  HANDLE: 11,
  /** f64: clock reading at the last packet. */
  TOUCHED: 12,
  /** f64 each: octets on the wire in each direction. */
  OCTETS: 14,
  /** Packets in each direction. */
  PACKETS: 18,
  /** f64: packet time of the first packet and of the last. */
  FIRST_TIME: 20,
  LAST_TIME: 22,
  /** f64: number of the first packet in the capture, from 1. */
  FIRST_PACKET: 24,
  FINDING: 26,
  EVIDENCE: 27,
  /** The engine's own: index of the flow's decision, 0 for none. */
  DECISION: 28,
  NEXT: 29,
  PREVIOUS: 30,
  /** TCP: the place where its first octets are put together, 0 for none. */
  STREAM: 31,
  ENCAPSULATION: 32,
  VLANS: 33,
  TUNNEL: 34,
  /** TCP: sequence number of each direction's first octet, where its SYN was seen. */
  FIRST_SEQUENCE: 36,
} as const;

export const ROW_WORDS = 40;

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
  /** Data seen, per direction. */
  DATA_LOW: 1 << 14,
  DATA_HIGH: 1 << 15,
} as const;

/** Answers of `find`. */
export const NO_FLOW = -1;

const SMALLEST_INDEX = 1 << 14;

export class FlowTable {
  readonly capacity: number;
  readonly words: Int32Array;
  readonly numbers: Float64Array;
  activeCount = 0;

  /** Direction of the packet that `find` was last given: 0 from the lower end to the higher, else 1. */
  direction: 0 | 1 = 0;

  private index: Int32Array;
  private mask: number;
  private readonly seed: number;
  private usedSlots = 1;
  private freeSlot = 0;

  /** Of the last `find`: its hash, and the index entry where a missing flow belongs. */
  private hash = 0;
  private entry = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    const bytes = new ArrayBuffer((capacity + 1) * ROW_WORDS * 4);
    this.words = new Int32Array(bytes);
    this.numbers = new Float64Array(bytes);
    this.index = new Int32Array(SMALLEST_INDEX * 2);
    this.mask = SMALLEST_INDEX - 1;
    this.seed = randomInt(0x7fffffff);
  }

  get full(): boolean {
    return this.activeCount === this.capacity;
  }

  /** Slot of the packet's flow, or NO_FLOW; `direction` tells the packet's. */
  find(view: PacketView): number {
    const high = isFromHigherEnd(view);
    this.direction = high ? 1 : 0;
    const hash = hashOf(view, high, this.seed);
    this.hash = hash;
    const { index, mask, words } = this;
    let entry = hash & mask;
    for (;;) {
      const slot = index[entry * 2 + 1]!;
      if (slot === 0) {
        this.entry = entry;
        return NO_FLOW;
      }
      if (index[entry * 2] === hash && isSame(words, slot * ROW_WORDS, view, high)) return slot;
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
    const row = slot * ROW_WORDS;
    const { words } = this;
    words.fill(0, row, row + ROW_WORDS);
    const high = this.direction === 1;
    const source = row + (high ? FlowWord.HIGH_ADDRESS : FlowWord.LOW_ADDRESS);
    const destination = row + (high ? FlowWord.LOW_ADDRESS : FlowWord.HIGH_ADDRESS);
    words[source] = view.source0;
    words[source + 1] = view.source1;
    words[source + 2] = view.source2;
    words[source + 3] = view.source3;
    words[destination] = view.destination0;
    words[destination + 1] = view.destination1;
    words[destination + 2] = view.destination2;
    words[destination + 3] = view.destination3;
    words[row + FlowWord.PORTS] = portsOf(view, high);
    words[row + FlowWord.TRANSPORT] = view.transport | (high ? FlowFlag.STARTED_HIGH : 0);
    words[row + FlowWord.DOMAIN] = view.domain;
    words[row + FlowWord.ENCAPSULATION] = view.encapsulation;
    words[row + FlowWord.VLANS] = view.vlans;
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
    this.words[slot * ROW_WORDS + FlowWord.NEXT] = this.freeSlot;
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

  private takeSlot(): number {
    if (this.freeSlot === 0) return this.usedSlots++;
    const slot = this.freeSlot;
    this.freeSlot = this.words[slot * ROW_WORDS + FlowWord.NEXT]!;
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
    const { words } = this;
    const row = slot * ROW_WORDS;
    let hash = this.seed;
    for (let word = 0; word < 8; word++) hash = mix(hash, words[row + word]!);
    hash = mix(hash, words[row + FlowWord.PORTS]!);
    return finish(mix(hash, words[row + FlowWord.DOMAIN]! ^ (words[row + FlowWord.TRANSPORT]! & 255)));
  }
}

/** True when the source is the higher end: by address, by port where those are equal. */
function isFromHigherEnd(view: PacketView): boolean {
  if (view.source3 !== view.destination3) return view.source3 > view.destination3;
  if (view.source2 !== view.destination2) return view.source2 > view.destination2;
  if (view.source1 !== view.destination1) return view.source1 > view.destination1;
  if (view.source0 !== view.destination0) return view.source0 > view.destination0;
  return view.sourcePort > view.destinationPort;
}

function portsOf(view: PacketView, high: boolean): number {
  return high ? (view.destinationPort << 16) | view.sourcePort : (view.sourcePort << 16) | view.destinationPort;
}

function isSame(words: Int32Array, row: number, view: PacketView, high: boolean): boolean {
  const source = row + (high ? FlowWord.HIGH_ADDRESS : FlowWord.LOW_ADDRESS);
  const destination = row + (high ? FlowWord.LOW_ADDRESS : FlowWord.HIGH_ADDRESS);
  return (
    words[source + 3] === view.source3 &&
    words[destination + 3] === view.destination3 &&
    words[row + FlowWord.PORTS] === portsOf(view, high) &&
    (words[row + FlowWord.TRANSPORT]! & 255) === view.transport &&
    words[row + FlowWord.DOMAIN] === view.domain &&
    words[source + 2] === view.source2 &&
    words[destination + 2] === view.destination2 &&
    words[source + 1] === view.source1 &&
    words[destination + 1] === view.destination1 &&
    words[source] === view.source0 &&
    words[destination] === view.destination0
  );
}

/** Hash of a packet's key, the same for both directions; must agree with `rehash`. */
function hashOf(view: PacketView, high: boolean, seed: number): number {
  let hash = seed;
  if (high) {
    hash = mix(mix(mix(mix(hash, view.destination0), view.destination1), view.destination2), view.destination3);
    hash = mix(mix(mix(mix(hash, view.source0), view.source1), view.source2), view.source3);
  } else {
    hash = mix(mix(mix(mix(hash, view.source0), view.source1), view.source2), view.source3);
    hash = mix(mix(mix(mix(hash, view.destination0), view.destination1), view.destination2), view.destination3);
  }
  hash = mix(hash, portsOf(view, high));
  return finish(mix(hash, view.domain ^ view.transport));
}

/** Murmur3's round and finish (Austin Appleby, public domain). */
function mix(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

function finish(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
