/**
 * Decoded packets as rows of numbers, for other threads than the one that decodes: what `decode` leaves in a PacketView, and what the
 * flow's key is, by `store`, and back, by `load`. Offsets stay offsets into the packet's block.
 *
 * A row is as short as a cache line, which is what goes from one core to another: of the ends it has the words of the key, in the
 * key's order; of IPv6 addresses the other words lie apart. Left out is what only the decoding thread needs: of a fragment its own
 * header's fields, of the ends which was the source beside the direction. What a packet has no use for, a row and a view keep from
 * the packet before: of IPv4 addresses the upper words, of whole datagrams what waited for them.
 */
import { DecodeStatus } from './decode-status.ts';
import { partitionOfTuple } from './partition.ts';
import { Fragment, type PacketView } from './packet-view.ts';

const Word = {
  /** Status in bits 0 to 7, transport from 8, fragment from 16, direction 18, not both IPv4 19, TCP flags from 24. */
  KIND: 0,
  FLOW_HASH: 1,
  LOW: 2,
  HIGH: 3,
  PORTS: 4,
  DOMAIN: 5,
  ENCAPSULATION: 6,
  VLANS: 7,
  PAYLOAD_AT: 8,
  PAYLOAD_CAPTURED: 9,
  PAYLOAD_LENGTH: 10,
  TCP_SEQUENCE: 11,
  WAITED_PACKETS: 12,
  WAITED_OCTETS: 13,
} as const;
const ROW_WORDS = 16;

/** The upper three words of the source's address, then of the destination's. */
const UPPER_WORDS = 6;

const DIRECTION_BIT = 18;
const WIDE = 1 << 19;

export class DecodedPackets {
  private readonly words: Int32Array;
  private readonly upperWords: Int32Array;

  /** Rows in `memory`, or in memory of their own. */
  constructor(capacity: number, memory: ArrayBufferLike = new ArrayBuffer(DecodedPackets.byteLength(capacity))) {
    this.words = new Int32Array(memory, 0, capacity * ROW_WORDS);
    this.upperWords = new Int32Array(memory, this.words.byteLength, capacity * UPPER_WORDS);
  }

  static byteLength(capacity: number): number {
    return capacity * (ROW_WORDS + UPPER_WORDS) * 4;
  }

  /** `status` is a DecodeStatus or another code; the rest is kept of what has reached a flow, so where it is OK. */
  store(row: number, view: PacketView, status: number): void {
    const { words } = this;
    const at = row * ROW_WORDS;
    words[at] = status;
    if (status !== DecodeStatus.OK) return;
    const ends = (view.direction << DIRECTION_BIT) | (view.isWide ? WIDE : 0);
    words[at] = (view.transport << 8) | (view.fragment << 16) | ends | (view.tcpFlags << 24);
    words[at + Word.FLOW_HASH] = view.flowHash;
    words[at + Word.LOW] = view.lowWord;
    words[at + Word.HIGH] = view.highWord;
    words[at + Word.PORTS] = view.keyPorts;
    words[at + Word.DOMAIN] = view.domain;
    words[at + Word.ENCAPSULATION] = view.encapsulation;
    words[at + Word.VLANS] = view.vlans;
    words[at + Word.PAYLOAD_AT] = view.payloadAt;
    words[at + Word.PAYLOAD_CAPTURED] = view.payloadCaptured;
    words[at + Word.PAYLOAD_LENGTH] = view.payloadLength;
    words[at + Word.TCP_SEQUENCE] = view.tcpSequence;
    if (view.isWide) this.storeUpper(row, view);
    if (view.fragment !== Fragment.FIRST) return;
    words[at + Word.WAITED_PACKETS] = view.waitedPackets;
    words[at + Word.WAITED_OCTETS] = view.waitedBytes;
  }

  private storeUpper(row: number, view: PacketView): void {
    const { upperWords } = this;
    const at = row * UPPER_WORDS;
    upperWords[at] = view.source0;
    upperWords[at + 1] = view.source1;
    upperWords[at + 2] = view.source2;
    upperWords[at + 3] = view.destination0;
    upperWords[at + 4] = view.destination1;
    upperWords[at + 5] = view.destination2;
  }

  /** True for a packet of a flow of this shard, of so many. */
  isOfShard(row: number, shard: number, shardCount: number): boolean {
    const { words } = this;
    const at = row * ROW_WORDS;
    if ((words[at]! & 255) !== DecodeStatus.OK) return false;
    if (shardCount === 1) return true;
    const addresses = words[at + Word.LOW]! ^ words[at + Word.HIGH]!;
    return partitionOfTuple(addresses, words[at + Word.PORTS]!) % shardCount === shard;
  }

  /** Fills a view from a row that was stored with status OK; `data` is the block that its offsets point into. */
  load(row: number, view: PacketView, data: DataView): void {
    const { words } = this;
    const at = row * ROW_WORDS;
    const kind = words[at]!;
    view.data = data;
    view.transport = (kind >>> 8) & 255;
    view.fragment = ((kind >>> 16) & 3) as Fragment;
    view.isWide = (kind & WIDE) !== 0;
    view.tcpFlags = kind >>> 24;
    view.flowHash = words[at + Word.FLOW_HASH]!;
    view.direction = ((kind >>> DIRECTION_BIT) & 1) as 0 | 1;
    view.lowWord = words[at + Word.LOW]!;
    view.highWord = words[at + Word.HIGH]!;
    view.keyPorts = words[at + Word.PORTS]!;
    view.domain = words[at + Word.DOMAIN]!;
    view.encapsulation = words[at + Word.ENCAPSULATION]!;
    view.vlans = words[at + Word.VLANS]!;
    view.payloadAt = words[at + Word.PAYLOAD_AT]!;
    view.payloadCaptured = words[at + Word.PAYLOAD_CAPTURED]!;
    view.payloadLength = words[at + Word.PAYLOAD_LENGTH]! >>> 0;
    view.tcpSequence = words[at + Word.TCP_SEQUENCE]!;
    if (view.isWide) this.loadUpper(row, view);
    if (view.fragment !== Fragment.FIRST) return;
    view.waitedPackets = words[at + Word.WAITED_PACKETS]!;
    view.waitedBytes = words[at + Word.WAITED_OCTETS]!;
  }

  private loadUpper(row: number, view: PacketView): void {
    const { upperWords } = this;
    const at = row * UPPER_WORDS;
    view.source0 = upperWords[at]!;
    view.source1 = upperWords[at + 1]!;
    view.source2 = upperWords[at + 2]!;
    view.destination0 = upperWords[at + 3]!;
    view.destination1 = upperWords[at + 4]!;
    view.destination2 = upperWords[at + 5]!;
  }
}
