/** What `decode` makes of bytes, as names and texts, in the words of the vector pages. */
import { formatAddress } from '../../src/core/ip-address.ts';
import { decode } from '../../src/dataplane/wire/decode.ts';
import { DECODE_STATUS_NAMES, DecodeStatus } from '../../src/dataplane/wire/decode-status.ts';
import { ENCAPSULATION_NAMES, Fragment, PacketView } from '../../src/dataplane/wire/packet-view.ts';
import type { Guarded } from '../kit/guarded-bytes.ts';
import { guarded } from '../kit/guarded-bytes.ts';

const TRANSPORT_NAMES: Readonly<Record<number, string>> = { 6: 'tcp', 17: 'udp', 50: 'esp', 51: 'ah' };

/** Decodes into a view of its own. */
export function decodedView(packet: Guarded, linkType: number, wireLength: number): [DecodeStatus, PacketView] {
  const view = new PacketView();
  view.begin(packet.data, packet.at, packet.end - packet.at, wireLength);
  return [decode(view, linkType), view];
}

/** Everything that callers may rely on after a decode: nothing but the status unless that is OK. */
export function describePacket(packet: Guarded, linkType: number, wireLength: number): Record<string, string> {
  const [status, view] = decodedView(packet, linkType, wireLength);
  const described: Record<string, string> = { status: DECODE_STATUS_NAMES[status] ?? `no name for ${status}` };
  if (status !== DecodeStatus.OK) return described;
  return { ...described, ...describeFlow(view, packet.at), ...describeWrapping(view), ...describeFragment(view) };
}

export function describeBytes(bytes: Uint8Array, linkType: number, wireLength = bytes.length): Record<string, string> {
  return describePacket(guarded(bytes), linkType, wireLength);
}

/** Name of the status that a frame's bytes give. */
export function statusOf(bytes: Uint8Array, linkType: number, wireLength = bytes.length): string {
  return describeBytes(bytes, linkType, wireLength).status!;
}

function describeFlow(view: PacketView, at: number): Record<string, string> {
  const described: Record<string, string> = {
    transport: TRANSPORT_NAMES[view.transport] ?? `protocol ${view.transport}`,
    source: formatAddress(view.source0, view.source1, view.source2, view.source3),
    destination: formatAddress(view.destination0, view.destination1, view.destination2, view.destination3),
    payloadAt: String(view.payloadAt - at),
    payloadLength: String(view.payloadLength),
    payloadCaptured: String(view.payloadCaptured),
  };
  // A later fragment has no ports of its own.
  if (view.fragment === Fragment.LATER) return described;
  described.sourcePort = String(view.sourcePort);
  described.destinationPort = String(view.destinationPort);
  if (view.transport === 6) {
    described.tcpSequence = String(view.tcpSequence >>> 0);
    described.tcpFlags = String(view.tcpFlags);
  }
  return described;
}

function describeWrapping(view: PacketView): Record<string, string> {
  const described: Record<string, string> = { domain: String(view.domain) };
  const names: string[] = [];
  for (let depth = 0; depth < view.encapsulationDepth; depth++) {
    names.push(ENCAPSULATION_NAMES[(view.encapsulation >>> (4 * depth)) & 15]!);
  }
  if (names.length > 0) described.encapsulation = names.join(' ');
  const vlans = [view.vlans & 0xffff, view.vlans >>> 16].filter((id) => id !== 0).map((id) => id - 1);
  if (vlans.length > 0) described.vlans = vlans.join(' ');
  return described;
}

function describeFragment(view: PacketView): Record<string, string> {
  if (view.fragment === Fragment.NONE) return {};
  return {
    fragmentId: String(view.fragmentId >>> 0),
    fragmentOffset: String(view.fragmentOffset),
    moreFragments: view.moreFragments ? 'yes' : 'no',
    fragmentProtocol: String(view.fragmentProtocol),
  };
}
