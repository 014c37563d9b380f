/**
 * Ties IP fragments to the flow of their datagram's first fragment, which alone carries the ports. Nothing is put together:
 * fingerprints see the first fragment, the others are counted with its flow. A fragment that comes before its first one
 * waits as a number, not as bytes.
 *
 * Bounded: a fixed number of datagrams, in sets of four by hash; a new one takes the place of its set's oldest. What waits
 * for a first fragment that never comes is handed back as orphans, so no packet is lost uncounted.
 */
import { type FlowTable, NO_FLOW } from './flow-table.ts';
import type { PacketView } from '../wire/packet-view.ts';

const SETS = 1024;
const WAYS = 4;
/** RFC 791 suggests 15 s for reassembly, RFC 8200 60 s. */
const LIFETIME_SECONDS = 60;

/** Words of an entry: addresses 8, id, protocol and domain; then what the datagram's fragments share. */
const Word = { ID: 8, PROTOCOL: 9, DOMAIN: 10, SLOT: 11, DIRECTION: 12, WAITING: 13, END: 14, USED: 15 } as const;
const ENTRY_WORDS = 16;

export class Fragments {
  private readonly table: FlowTable;
  private readonly words = new Int32Array(SETS * WAYS * ENTRY_WORDS);
  /** Per entry: clock reading at its first fragment seen, seconds, the flow's first packet (its identity), octets waiting. */
  private readonly times = new Float64Array(SETS * WAYS);
  /** Which entry of a set was taken first. */
  private readonly ages = new Float64Array(SETS * WAYS);
  private taken = 0;
  private readonly flows = new Float64Array(SETS * WAYS);
  private readonly octets = new Float64Array(SETS * WAYS);

  /** Packets that wait for their first fragment now. */
  waitingCount = 0;
  /** Packets given up since the last `takeOrphans`. */
  private orphanCount = 0;
  /** Fragments that overlap what came before: reassemblers disagree about those. */
  overlapCount = 0;

  /** After `later` found a flow: the packet's direction in it. */
  direction: 0 | 1 = 0;
  /** After `first`: packets and octets that had been waiting for it. */
  waitedPackets = 0;
  waitedOctets = 0;

  constructor(table: FlowTable) {
    this.table = table;
  }

  /** Notes the flow of a datagram's first fragment, and hands over what waited for it. */
  first(view: PacketView, slot: number, direction: 0 | 1, nowSeconds: number): void {
    const entry = this.findOrTake(view, nowSeconds);
    const at = entry * ENTRY_WORDS;
    this.words[at + Word.SLOT] = slot;
    this.words[at + Word.DIRECTION] = direction;
    this.flows[entry] = this.table.firstPacket(slot);
    this.waitedPackets = this.words[at + Word.WAITING]!;
    this.waitedOctets = this.octets[entry]!;
    this.waitingCount -= this.waitedPackets;
    this.words[at + Word.WAITING] = 0;
    this.octets[entry] = 0;
    this.noteExtent(at, 0, view.fragmentLength);
  }

  /** Slot of a later fragment's flow; NO_FLOW where its first fragment has not come: then the packet waits here. */
  later(view: PacketView, wireOctets: number, nowSeconds: number): number {
    const entry = this.findOrTake(view, nowSeconds);
    const at = entry * ENTRY_WORDS;
    this.noteExtent(at, view.fragmentOffset, view.fragmentLength);
    const slot = this.words[at + Word.SLOT]!;
    if (slot !== 0 && this.isAlive(slot, entry)) {
      this.direction = this.words[at + Word.DIRECTION] === 1 ? 1 : 0;
      return slot;
    }
    this.words[at + Word.SLOT] = 0;
    this.words[at + Word.WAITING]!++;
    this.octets[entry]! += wireOctets;
    this.waitingCount++;
    return NO_FLOW;
  }

  /** Packets whose first fragment never came, since the last call. */
  takeOrphans(): number {
    const count = this.orphanCount;
    this.orphanCount = 0;
    return count;
  }

  /** Gives up everything that waits: at the end of a capture. */
  giveUp(): void {
    for (let entry = 0; entry < SETS * WAYS; entry++) this.drop(entry);
  }

  private isAlive(slot: number, entry: number): boolean {
    return this.table.isActive(slot) && this.table.firstPacket(slot) === this.flows[entry];
  }

  private drop(entry: number): void {
    const at = entry * ENTRY_WORDS;
    const waiting = this.words[at + Word.WAITING]!;
    this.orphanCount += waiting;
    this.waitingCount -= waiting;
    this.octets[entry] = 0;
    this.words.fill(0, at, at + ENTRY_WORDS);
  }

  private findOrTake(view: PacketView, nowSeconds: number): number {
    const set = (hashOf(view) & (SETS - 1)) * WAYS;
    let oldest = set;
    for (let entry = set; entry < set + WAYS; entry++) {
      const at = entry * ENTRY_WORDS;
      if (this.words[at + Word.USED] !== 0 && nowSeconds - this.times[entry]! > LIFETIME_SECONDS) this.drop(entry);
      if (this.words[at + Word.USED] === 0) {
        if (this.words[oldest * ENTRY_WORDS + Word.USED] !== 0) oldest = entry;
      } else if (isSame(this.words, at, view)) {
        return entry;
      } else if (this.words[oldest * ENTRY_WORDS + Word.USED] !== 0 && this.ages[entry]! < this.ages[oldest]!) {
        oldest = entry;
      }
    }
    this.drop(oldest);
    this.times[oldest] = nowSeconds;
    this.ages[oldest] = ++this.taken;
    fill(this.words, oldest * ENTRY_WORDS, view);
    return oldest;
  }

  /** Keeps how far the datagram reaches, and counts fragments that begin before that and end behind it. */
  private noteExtent(at: number, offset: number, length: number): void {
    const end = this.words[at + Word.END]!;
    if (offset < end && offset + length > end) this.overlapCount++;
    if (offset + length > end) this.words[at + Word.END] = offset + length;
  }
}

function fill(words: Int32Array, at: number, view: PacketView): void {
  words[at] = view.fragmentSource0;
  words[at + 1] = view.fragmentSource1;
  words[at + 2] = view.fragmentSource2;
  words[at + 3] = view.fragmentSource3;
  words[at + 4] = view.fragmentDestination0;
  words[at + 5] = view.fragmentDestination1;
  words[at + 6] = view.fragmentDestination2;
  words[at + 7] = view.fragmentDestination3;
  words[at + Word.ID] = view.fragmentId;
  words[at + Word.PROTOCOL] = view.fragmentProtocol;
  words[at + Word.DOMAIN] = view.fragmentDomain;
  words[at + Word.USED] = 1;
}

function isSame(words: Int32Array, at: number, view: PacketView): boolean {
  return (
    words[at + Word.ID] === view.fragmentId &&
    words[at + 3] === view.fragmentSource3 &&
    words[at + 7] === view.fragmentDestination3 &&
    words[at + Word.PROTOCOL] === view.fragmentProtocol &&
    words[at + Word.DOMAIN] === view.fragmentDomain &&
    words[at] === view.fragmentSource0 &&
    words[at + 1] === view.fragmentSource1 &&
    words[at + 2] === view.fragmentSource2 &&
    words[at + 4] === view.fragmentDestination0 &&
    words[at + 5] === view.fragmentDestination1 &&
    words[at + 6] === view.fragmentDestination2
  );
}

function hashOf(view: PacketView): number {
  let hash = Math.imul(view.fragmentId ^ (view.fragmentProtocol << 24), 0x9e3779b1);
  hash = Math.imul(hash ^ (hash >>> 15) ^ view.fragmentSource3, 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13) ^ view.fragmentDestination3, 0xc2b2ae35);
  return hash ^ (hash >>> 16);
}
