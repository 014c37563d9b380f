/**
 * The one reused record that a decoded packet lives in: numbers, no objects. `decode` fills it; it is valid until the
 * next packet is decoded. Offsets are absolute in `data`.
 *
 * What the layers promise once decode said OK: `payloadAt + payloadCaptured` lies inside the captured packet, and
 * `payloadCaptured <= payloadLength`. A fingerprint reads captured bytes only; what it says of lengths comes from the
 * headers, so a capture cut by its snap length is judged by the same numbers as a whole one.
 */

import { Encapsulation, Fragment } from '../host/packet-codes.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../host/link-identity.ts';

/** More wrappings than this and the packet is counted as too deep. */
export const ENCAPSULATION_LIMIT = 8;

const NO_BYTES = new DataView(new ArrayBuffer(0));

export class PacketView {
  data: DataView = NO_BYTES;

  /** Walk state: the layer being decoded starts at `at`; captured bytes end at `end`; the headers claim bytes up to `wireEnd`. */
  at = 0;
  end = 0;
  wireEnd = 0;

  /** A Transport number once decode said OK. */
  transport = 0;
  /** Addresses as words (see core/ip-address). */
  source0 = 0;
  source1 = 0;
  source2 = 0;
  source3 = 0;
  destination0 = 0;
  destination1 = 0;
  destination2 = 0;
  destination3 = 0;
  /** The addresses are not both IPv4, nor IPv6 forms of IPv4 addresses. */
  isWide = false;
  /** Zero for ESP and AH. */
  sourcePort = 0;
  destinationPort = 0;

  /** What follows the UDP or TCP header; for ESP and AH the whole ESP or AH packet. */
  payloadAt = 0;
  payloadCaptured = 0;
  payloadLength = 0;

  tcpSequence = 0;
  tcpFlags = 0;

  /** Wrappings from the outermost on, four bits each, the outermost in the lowest bits. */
  encapsulation = 0;
  encapsulationDepth = 0;
  /** The outermost two VLAN ids: the first in the lower 16 bits, each as id + 1 so that id 0 shows; 0 for none. */
  vlans = 0;
  /**
   * Tells apart equal tuples in different VLANs and overlay networks: a hash of what both directions share of the wrapping. 0 for none, and
   * always where the link is no part of a flow's identity.
   */
  domain = 0;

  /** Set by the flow table: the packet's direction in its flow, parts of the key, its hash, and where the flow probably lies. */
  direction: 0 | 1 = 0;
  lowWord = 0;
  highWord = 0;
  keyPorts = 0;
  flowHash = 0;
  prefetchedSlot = 0;

  /** Of the outermost fragmented IP header; addresses of that header are kept here because inner headers overwrite the others. */
  fragment: Fragment = Fragment.NONE;
  fragmentId = 0;
  fragmentProtocol = 0;
  fragmentOffset = 0;
  /** Bytes of the datagram in this fragment, as its header claims. */
  fragmentLength = 0;
  moreFragments = false;
  /** `domain` outside that header. */
  fragmentDomain = 0;
  fragmentSource0 = 0;
  fragmentSource1 = 0;
  fragmentSource2 = 0;
  fragmentSource3 = 0;
  fragmentDestination0 = 0;
  fragmentDestination1 = 0;
  fragmentDestination2 = 0;
  fragmentDestination3 = 0;

  /** Of a first fragment: the later ones that came before it, packets and bytes on the wire. */
  waitedPackets = 0;
  waitedBytes = 0;

  private readonly hasDomain: boolean;

  constructor(linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY) {
    this.hasDomain = linkIdentity === 'vlan';
  }

  /** Starts the walk of a packet whose captured bytes are [at, at + capturedLength). */
  begin(data: DataView, at: number, capturedLength: number, wireLength: number): void {
    this.data = data;
    this.at = at;
    this.end = at + capturedLength;
    this.wireEnd = at + wireLength;
    this.encapsulation = 0;
    this.encapsulationDepth = 0;
    this.vlans = 0;
    this.domain = 0;
    this.fragment = Fragment.NONE;
  }

  /**
   * Says whether the source is the higher end (-1) or the lower (0), and puts the words of the key in that order: by arithmetic, for
   * which it is, is as good as random, and a branch would be guessed wrongly every other time.
   */
  order(high: number): void {
    const swap = (this.source3 ^ this.destination3) & high;
    const swapPorts = (this.sourcePort ^ this.destinationPort) & high;
    this.direction = (high & 1) as 0 | 1;
    this.lowWord = this.source3 ^ swap;
    this.highWord = this.destination3 ^ swap;
    this.keyPorts = ((this.sourcePort ^ swapPorts) << 16) | (this.destinationPort ^ swapPorts);
  }

  /** Takes both addresses from eight words, the source's first. */
  readAddresses(words: Int32Array, at: number): void {
    this.source0 = words[at]!;
    this.source1 = words[at + 1]!;
    this.source2 = words[at + 2]!;
    this.source3 = words[at + 3]!;
    this.destination0 = words[at + 4]!;
    this.destination1 = words[at + 5]!;
    this.destination2 = words[at + 6]!;
    this.destination3 = words[at + 7]!;
  }

  /** Notes a wrapping; false when the packet is too deep. `label` is a number that both directions share, else 0. */
  enter(kind: Encapsulation, label: number): boolean {
    if (this.encapsulationDepth === ENCAPSULATION_LIMIT) return false;
    this.encapsulation |= kind << (4 * this.encapsulationDepth++);
    // MPLS labels and stacks differ by direction (penultimate hop popping), so they tell nothing apart. VLAN id 0 names no
    // VLAN: it is a priority tag (IEEE 802.1Q-2018, table 9-2), which one direction may carry and the other not.
    if (this.hasDomain && kind !== Encapsulation.MPLS && (kind !== Encapsulation.VLAN || label !== 0)) {
      this.domain = Math.imul(this.domain ^ (kind << 24) ^ label, 0x9e3779b1);
      this.domain ^= this.domain >>> 15;
    }
    return true;
  }

  /** Notes a VLAN id, of which the outermost two are kept for events. */
  noteVlan(id: number): void {
    if (this.vlans === 0) this.vlans = id + 1;
    else if (this.vlans < 0x10000) this.vlans |= (id + 1) << 16;
  }
}
