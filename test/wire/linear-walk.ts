/** The layer walk in linear memory: one packet at a time, and what it makes of it in the words of the vector pages. */
import { formatAddress } from '../../src/core/ip-address.ts';
import { DECODE_STATUS_NAMES, DecodeStatus } from '../../src/dataplane/host/decode-status.ts';
import { ENCAPSULATION_NAMES, Fragment } from '../../src/dataplane/host/packet-codes.ts';
import type { Compiled } from '../assembly/compiled.ts';
import { LinearPacket, type PacketMemory } from '../assembly/linear-packet.ts';

export type WalkName = PacketMemory | 'decodeAt' | 'viewAt' | 'fragmentAt' | 'unreadLinkType';

/** Offsets in a view (assembly/wire/packet-view), and words of a fragment's header (assembly/wire/fragment-header). */
const View = {
  PAYLOAD_AT: 8,
  PAYLOAD_CAPTURED: 12,
  PAYLOAD_LENGTH: 16,
  DOMAIN: 36,
  SOURCE: 48,
  DESTINATION: 64,
  SOURCE_PORT: 80,
  DESTINATION_PORT: 82,
  TRANSPORT: 84,
  FRAGMENT: 87,
  TCP_FLAGS: 89,
  TCP_SEQUENCE: 92,
  ENCAPSULATION: 96,
  VLANS: 100,
} as const;
const HeaderWord = { ID: 8, PROTOCOL: 9, OFFSET: 11 } as const;

const TRANSPORT_NAMES: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 50: 'esp', 51: 'ah' };

export class LinearWalk {
  private readonly wasm: Compiled<WalkName>;
  private readonly packet: LinearPacket;

  constructor(wasm: Compiled<WalkName>) {
    this.wasm = wasm;
    this.packet = new LinearPacket(wasm);
  }

  /** Everything that may be relied on after a decode: the status alone unless that is OK. `poison` surrounds the bytes. */
  describe(bytes: Uint8Array, linkType: number, wireLength = bytes.length, poison = 0xa5): Record<string, string> {
    this.packet.put(bytes, poison);
    const status = this.wasm.exports.decodeAt(this.packet.at, bytes.length, wireLength, linkType, 1);
    const described: Record<string, string> = { status: DECODE_STATUS_NAMES[status] ?? `no name for ${status}` };
    if (status !== DecodeStatus.OK) return described;
    return { ...described, ...this.flow(), ...this.encapsulations(), ...this.fragment() };
  }

  private word(offset: number): number {
    return this.packet.data.getUint32(this.wasm.exports.viewAt() + offset, true);
  }

  private half(offset: number): number {
    return this.packet.data.getUint16(this.wasm.exports.viewAt() + offset, true);
  }

  private byte(offset: number): number {
    return this.packet.data.getUint8(this.wasm.exports.viewAt() + offset);
  }

  private address(offset: number): string {
    const [first, second, third, last] = [0, 4, 8, 12].map((more) => this.word(offset + more) | 0);
    return formatAddress(first!, second!, third!, last!);
  }

  private flow(): Record<string, string> {
    const transport = this.byte(View.TRANSPORT);
    const described: Record<string, string> = {
      transport: TRANSPORT_NAMES[transport] ?? `protocol ${transport}`,
      payloadAt: String(this.word(View.PAYLOAD_AT) - this.packet.at),
      payloadLength: String(this.word(View.PAYLOAD_LENGTH)),
      payloadCaptured: String(this.word(View.PAYLOAD_CAPTURED)),
      source: this.address(View.SOURCE),
      destination: this.address(View.DESTINATION),
    };
    // A later fragment has no ports of its own.
    if (this.byte(View.FRAGMENT) === Fragment.LATER) return described;
    described.sourcePort = String(this.half(View.SOURCE_PORT));
    described.destinationPort = String(this.half(View.DESTINATION_PORT));
    if (transport === 6) {
      described.tcpSequence = String(this.word(View.TCP_SEQUENCE));
      described.tcpFlags = String(this.byte(View.TCP_FLAGS));
    }
    return described;
  }

  private encapsulations(): Record<string, string> {
    const described: Record<string, string> = { domain: String(this.word(View.DOMAIN) | 0) };
    const names: string[] = [];
    for (let rest = this.word(View.ENCAPSULATION); rest !== 0; rest >>>= 4) names.push(ENCAPSULATION_NAMES[rest & 15]!);
    if (names.length > 0) described.encapsulation = names.join(' ');
    const vlans = [this.half(View.VLANS), this.half(View.VLANS + 2)].filter((id) => id !== 0).map((id) => id - 1);
    if (vlans.length > 0) described.vlans = vlans.join(' ');
    return described;
  }

  private fragment(): Record<string, string> {
    if (this.byte(View.FRAGMENT) === Fragment.NONE) return {};
    const header = this.wasm.exports.fragmentAt(1);
    const word = (index: number): string => String(this.packet.data.getUint32(header + 4 * index, true));
    return {
      fragmentId: word(HeaderWord.ID),
      fragmentProtocol: word(HeaderWord.PROTOCOL),
      fragmentOffset: word(HeaderWord.OFFSET),
    };
  }
}
