/**
 * Decoded packets as rows of numbers, so that one thread can decode what another works on: what `decode` leaves in a PacketView,
 * by `store`, and back, by `load`. Offsets stay offsets into the packet's block.
 *
 * What few packets have is left out: of a fragment its own fields, which `decode` finds again.
 */
import type { DecodeStatus } from './decode-status.ts';
import type { Fragment, PacketView } from './packet-view.ts';

const Word = {
  /** Status in bits 0 to 7, transport from 8, fragment from 16, TCP flags from 24. */
  KIND: 0,
  SOURCE: 1,
  DESTINATION: 5,
  PORTS: 9,
  DOMAIN: 10,
  ENCAPSULATION: 11,
  VLANS: 12,
  PAYLOAD_AT: 13,
  PAYLOAD_CAPTURED: 14,
  PAYLOAD_LENGTH: 15,
  TCP_SEQUENCE: 16,
  FLOW_HASH: 17,
  /** Bit 0: direction. Bit 1: the addresses are not both IPv4. */
  ENDS: 18,
  CLAIMS: 19,
  LOW_WORD: 20,
  HIGH_WORD: 21,
  KEY_PORTS: 22,
} as const;
const ROW_WORDS = 24;

export class DecodedPackets {
  private readonly words: Int32Array;

  /** Rows in `memory`, or in memory of their own. */
  constructor(capacity: number, memory: ArrayBufferLike = new ArrayBuffer(DecodedPackets.byteLength(capacity))) {
    this.words = new Int32Array(memory, 0, capacity * ROW_WORDS);
  }

  static byteLength(capacity: number): number {
    return capacity * ROW_WORDS * 4;
  }

  /** `claims` is what the fingerprints were asked of the packet, for the engine to see (fingerprint/payload). */
  store(row: number, view: PacketView, status: DecodeStatus, claims: number): void {
    const { words } = this;
    const at = row * ROW_WORDS;
    words[at] = status | (view.transport << 8) | (view.fragment << 16) | (view.tcpFlags << 24);
    words[at + Word.SOURCE] = view.source0;
    words[at + Word.SOURCE + 1] = view.source1;
    words[at + Word.SOURCE + 2] = view.source2;
    words[at + Word.SOURCE + 3] = view.source3;
    words[at + Word.DESTINATION] = view.destination0;
    words[at + Word.DESTINATION + 1] = view.destination1;
    words[at + Word.DESTINATION + 2] = view.destination2;
    words[at + Word.DESTINATION + 3] = view.destination3;
    words[at + Word.PORTS] = (view.sourcePort << 16) | view.destinationPort;
    words[at + Word.DOMAIN] = view.domain;
    words[at + Word.ENCAPSULATION] = view.encapsulation;
    words[at + Word.VLANS] = view.vlans;
    words[at + Word.PAYLOAD_AT] = view.payloadAt;
    words[at + Word.PAYLOAD_CAPTURED] = view.payloadCaptured;
    words[at + Word.PAYLOAD_LENGTH] = view.payloadLength;
    words[at + Word.TCP_SEQUENCE] = view.tcpSequence;
    words[at + Word.FLOW_HASH] = view.flowHash;
    words[at + Word.ENDS] = view.direction | (view.isWide ? 2 : 0);
    words[at + Word.LOW_WORD] = view.lowWord;
    words[at + Word.HIGH_WORD] = view.highWord;
    words[at + Word.KEY_PORTS] = view.keyPorts;
    words[at + Word.CLAIMS] = claims;
  }

  claims(row: number): number {
    return this.words[row * ROW_WORDS + Word.CLAIMS]!;
  }

  /** Fills a view that `begin` has set up. */
  load(row: number, view: PacketView): DecodeStatus {
    const { words } = this;
    const at = row * ROW_WORDS;
    const kind = words[at]!;
    view.transport = (kind >>> 8) & 255;
    view.fragment = ((kind >>> 16) & 255) as Fragment;
    view.tcpFlags = kind >>> 24;
    view.source0 = words[at + Word.SOURCE]!;
    view.source1 = words[at + Word.SOURCE + 1]!;
    view.source2 = words[at + Word.SOURCE + 2]!;
    view.source3 = words[at + Word.SOURCE + 3]!;
    view.destination0 = words[at + Word.DESTINATION]!;
    view.destination1 = words[at + Word.DESTINATION + 1]!;
    view.destination2 = words[at + Word.DESTINATION + 2]!;
    view.destination3 = words[at + Word.DESTINATION + 3]!;
    const ports = words[at + Word.PORTS]!;
    view.sourcePort = ports >>> 16;
    view.destinationPort = ports & 0xffff;
    view.domain = words[at + Word.DOMAIN]!;
    view.encapsulation = words[at + Word.ENCAPSULATION]!;
    view.vlans = words[at + Word.VLANS]!;
    view.payloadAt = words[at + Word.PAYLOAD_AT]!;
    view.payloadCaptured = words[at + Word.PAYLOAD_CAPTURED]!;
    view.payloadLength = words[at + Word.PAYLOAD_LENGTH]! >>> 0;
    view.tcpSequence = words[at + Word.TCP_SEQUENCE]!;
    view.flowHash = words[at + Word.FLOW_HASH]!;
    const ends = words[at + Word.ENDS]!;
    view.direction = (ends & 1) as 0 | 1;
    view.lowWord = words[at + Word.LOW_WORD]!;
    view.highWord = words[at + Word.HIGH_WORD]!;
    view.keyPorts = words[at + Word.KEY_PORTS]!;
    view.isWide = (ends & 2) !== 0;
    return (kind & 255) as DecodeStatus;
  }
}
