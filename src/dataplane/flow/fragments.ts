/**
 * Ties IP fragments to the flow of their datagram's first fragment, which alone carries the ports. Nothing is put together:
 * fingerprints see the first fragment, the others are counted with its flow. A fragment that comes before its first one
 * waits as a number, not as bytes.
 *
 * The flow table is not asked: a first fragment leaves the tuple of its flow here, a later one takes it from here. Whether that flow
 * is still there, its table knows.
 *
 * Bounded: a fixed number of datagrams, in sets of four by hash; a new one takes the place of its set's oldest. What waits
 * for a first fragment that never comes is handed back as orphans, so no packet is lost uncounted.
 */
import type { PacketView } from '../wire/packet-view.ts';

const SETS = 1024;
const WAYS = 4;
/** RFC 791 suggests 15 s for reassembly, RFC 8200 60 s. */
const LIFETIME_US = 60_000_000;

/**
 * Words of an entry: addresses 8, id, protocol and domain; then what the datagram's fragments share: how many wait for the first,
 * how far they reach, and, once HAS_FIRST, the flow's addresses 8 (and whether they are wide), ports, transport and domain.
 */
const Word = {
  ID: 8,
  PROTOCOL: 9,
  DOMAIN: 10,
  USED: 11,
  HAS_FIRST: 12,
  WAITING: 13,
  END: 14,
  FLOW_TRANSPORT: 15,
  FLOW_ADDRESSES: 16,
  FLOW_SOURCE_PORT: 24,
  FLOW_DESTINATION_PORT: 25,
  FLOW_DOMAIN: 26,
  FLOW_WIDE: 27,
} as const;
const ENTRY_WORDS = 28;

export class Fragments {
  /** Packet time of the fragment at hand; set before `first` and `later`. A number passed to them would go to the heap. */
  timeUs = 0;

  private readonly words = new Int32Array(SETS * WAYS * ENTRY_WORDS);
  /** Per entry: packet time of its first fragment seen, bytes waiting. */
  private readonly times = new Float64Array(SETS * WAYS);
  private readonly bytes = new Float64Array(SETS * WAYS);
  /** Which entry of a set was taken first. */
  private readonly ages = new Float64Array(SETS * WAYS);
  private taken = 0;

  /** Packets that wait for their first fragment now. */
  waitingCount = 0;
  /** Packets given up since the last `takeOrphans`. */
  private orphanCount = 0;
  /** Fragments that overlap what came before: reassemblers disagree about those. */
  overlapCount = 0;

  /** Keeps the tuple of a datagram's first fragment, and hands over, in the view, what waited for it. */
  first(view: PacketView): void {
    const entry = this.findOrTake(view);
    const at = entry * ENTRY_WORDS;
    keepFlow(this.words, at, view);
    view.waitedPackets = this.words[at + Word.WAITING]!;
    view.waitedBytes = this.bytes[entry]!;
    this.waitingCount -= view.waitedPackets;
    this.words[at + Word.WAITING] = 0;
    this.bytes[entry] = 0;
    this.noteExtent(at, 0, view.fragmentLength);
  }

  /** Gives a later fragment the tuple of its datagram's first; false where that has not come: then the packet waits here. */
  later(view: PacketView, wireBytes: number): boolean {
    const entry = this.findOrTake(view);
    const at = entry * ENTRY_WORDS;
    this.noteExtent(at, view.fragmentOffset, view.fragmentLength);
    if (this.words[at + Word.HAS_FIRST] === 1) {
      takeFlow(this.words, at, view);
      return true;
    }
    this.words[at + Word.WAITING]!++;
    this.bytes[entry]! += wireBytes;
    this.waitingCount++;
    return false;
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

  private drop(entry: number): void {
    const at = entry * ENTRY_WORDS;
    const waiting = this.words[at + Word.WAITING]!;
    this.orphanCount += waiting;
    this.waitingCount -= waiting;
    this.bytes[entry] = 0;
    this.words.fill(0, at, at + ENTRY_WORDS);
  }

  private findOrTake(view: PacketView): number {
    const { timeUs } = this;
    const set = (hashOf(view) & (SETS - 1)) * WAYS;
    let oldest = set;
    for (let entry = set; entry < set + WAYS; entry++) {
      const at = entry * ENTRY_WORDS;
      // Times may fall: captures one after the other have clocks of their own.
      if (this.words[at + Word.USED] !== 0 && Math.abs(timeUs - this.times[entry]!) > LIFETIME_US) this.drop(entry);
      if (this.words[at + Word.USED] === 0) {
        if (this.words[oldest * ENTRY_WORDS + Word.USED] !== 0) oldest = entry;
      } else if (isSame(this.words, at, view)) {
        return entry;
      } else if (this.words[oldest * ENTRY_WORDS + Word.USED] !== 0 && this.ages[entry]! < this.ages[oldest]!) {
        oldest = entry;
      }
    }
    this.drop(oldest);
    this.times[oldest] = timeUs;
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

function keepFlow(words: Int32Array, at: number, view: PacketView): void {
  const addresses = at + Word.FLOW_ADDRESSES;
  words[at + Word.HAS_FIRST] = 1;
  words[at + Word.FLOW_TRANSPORT] = view.transport;
  words[addresses] = view.source0;
  words[addresses + 1] = view.source1;
  words[addresses + 2] = view.source2;
  words[addresses + 3] = view.source3;
  words[addresses + 4] = view.destination0;
  words[addresses + 5] = view.destination1;
  words[addresses + 6] = view.destination2;
  words[addresses + 7] = view.destination3;
  words[at + Word.FLOW_SOURCE_PORT] = view.sourcePort;
  words[at + Word.FLOW_DESTINATION_PORT] = view.destinationPort;
  words[at + Word.FLOW_DOMAIN] = view.domain;
  words[at + Word.FLOW_WIDE] = view.isWide ? 1 : 0;
}

function takeFlow(words: Int32Array, at: number, view: PacketView): void {
  view.transport = words[at + Word.FLOW_TRANSPORT]!;
  view.readAddresses(words, at + Word.FLOW_ADDRESSES);
  view.sourcePort = words[at + Word.FLOW_SOURCE_PORT]!;
  view.destinationPort = words[at + Word.FLOW_DESTINATION_PORT]!;
  view.domain = words[at + Word.FLOW_DOMAIN]!;
  view.isWide = words[at + Word.FLOW_WIDE] === 1;
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
