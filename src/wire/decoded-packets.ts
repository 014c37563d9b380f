/**
 * Decoded packets as rows of numbers, for other threads than the one that decodes: what `decode` leaves in a PacketView, and what the
 * flow's key is, by `store`, and back, by `load`. Offsets stay offsets into the packet's block.
 *
 * Left out is what only the decoding thread needs: of a fragment its own header's fields. What a packet has no use for, a row and a view
 * keep from the packet before: of IPv4 addresses the upper words, of whole datagrams what waited for them.
 */
import { DecodeStatus } from './decode-status.ts';
import { flowPart } from './flow-part.ts';
import { Fragment, type PacketView } from './packet-view.ts';

const Word = {
  /** Status in bits 0 to 7, transport from 8, fragment from 16, from the higher end 18, not both IPv4 19, TCP flags from 24. */
  KIND: 0,
  FLOW_HASH: 1,
  SOURCE: 2,
  DESTINATION: 6,
  PORTS: 10,
  DOMAIN: 11,
  ENCAPSULATION: 12,
  VLANS: 13,
  PAYLOAD_AT: 14,
  PAYLOAD_CAPTURED: 15,
  PAYLOAD_LENGTH: 16,
  TCP_SEQUENCE: 17,
  WAITED_PACKETS: 18,
  WAITED_OCTETS: 19,
} as const;
const ROW_WORDS = 20;

const FROM_HIGH_BIT = 18;
const WIDE = 1 << 19;

export class DecodedPackets {
  private readonly words: Int32Array;

  /** Rows in `memory`, or in memory of their own. */
  constructor(capacity: number, memory: ArrayBufferLike = new ArrayBuffer(DecodedPackets.byteLength(capacity))) {
    this.words = new Int32Array(memory, 0, capacity * ROW_WORDS);
  }

  static byteLength(capacity: number): number {
    return capacity * ROW_WORDS * 4;
  }

  /** `status` is a DecodeStatus or another code; the rest is kept of what has reached a flow, so where it is OK. */
  store(row: number, view: PacketView, status: number): void {
    const { words } = this;
    const at = row * ROW_WORDS;
    words[at] = status;
    if (status !== DecodeStatus.OK) return;
    const ends = (view.direction << FROM_HIGH_BIT) | (view.isWide ? WIDE : 0);
    words[at] = (view.transport << 8) | (view.fragment << 16) | ends | (view.tcpFlags << 24);
    words[at + Word.FLOW_HASH] = view.flowHash;
    if (view.isWide) {
      words[at + Word.SOURCE] = view.source0;
      words[at + Word.SOURCE + 1] = view.source1;
      words[at + Word.SOURCE + 2] = view.source2;
      words[at + Word.DESTINATION] = view.destination0;
      words[at + Word.DESTINATION + 1] = view.destination1;
      words[at + Word.DESTINATION + 2] = view.destination2;
    }
    words[at + Word.SOURCE + 3] = view.source3;
    words[at + Word.DESTINATION + 3] = view.destination3;
    words[at + Word.PORTS] = (view.sourcePort << 16) | view.destinationPort;
    words[at + Word.DOMAIN] = view.domain;
    words[at + Word.ENCAPSULATION] = view.encapsulation;
    words[at + Word.VLANS] = view.vlans;
    words[at + Word.PAYLOAD_AT] = view.payloadAt;
    words[at + Word.PAYLOAD_CAPTURED] = view.payloadCaptured;
    words[at + Word.PAYLOAD_LENGTH] = view.payloadLength;
    words[at + Word.TCP_SEQUENCE] = view.tcpSequence;
    if (view.fragment !== Fragment.FIRST) return;
    words[at + Word.WAITED_PACKETS] = view.waitedPackets;
    words[at + Word.WAITED_OCTETS] = view.waitedOctets;
  }

  /** True for a packet of a flow of this shard, of so many. */
  isOfShard(row: number, shard: number, shardCount: number): boolean {
    const { words } = this;
    const at = row * ROW_WORDS;
    if ((words[at]! & 255) !== DecodeStatus.OK) return false;
    if (shardCount === 1) return true;
    const addresses = words[at + Word.SOURCE + 3]! ^ words[at + Word.DESTINATION + 3]!;
    return flowPart(addresses, words[at + Word.PORTS]!, words[at + Word.DOMAIN]!) % shardCount === shard;
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
    if (view.isWide) {
      view.source0 = words[at + Word.SOURCE]!;
      view.source1 = words[at + Word.SOURCE + 1]!;
      view.source2 = words[at + Word.SOURCE + 2]!;
      view.destination0 = words[at + Word.DESTINATION]!;
      view.destination1 = words[at + Word.DESTINATION + 1]!;
      view.destination2 = words[at + Word.DESTINATION + 2]!;
    }
    view.source3 = words[at + Word.SOURCE + 3]!;
    view.destination3 = words[at + Word.DESTINATION + 3]!;
    const ports = words[at + Word.PORTS]!;
    view.sourcePort = ports >>> 16;
    view.destinationPort = ports & 0xffff;
    view.order(0 - ((kind >>> FROM_HIGH_BIT) & 1));
    view.domain = words[at + Word.DOMAIN]!;
    view.encapsulation = words[at + Word.ENCAPSULATION]!;
    view.vlans = words[at + Word.VLANS]!;
    view.payloadAt = words[at + Word.PAYLOAD_AT]!;
    view.payloadCaptured = words[at + Word.PAYLOAD_CAPTURED]!;
    view.payloadLength = words[at + Word.PAYLOAD_LENGTH]! >>> 0;
    view.tcpSequence = words[at + Word.TCP_SEQUENCE]!;
    if (view.fragment !== Fragment.FIRST) return;
    view.waitedPackets = words[at + Word.WAITED_PACKETS]!;
    view.waitedOctets = words[at + Word.WAITED_OCTETS]!;
  }
}
