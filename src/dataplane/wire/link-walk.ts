/**
 * Steps of the layer walk through link layers: from a frame, or from an ethertype, to the IP packet in it.
 */
import { DecodeStatus } from '../host/decode-status.ts';
import * as ethernet from './ethernet.ts';
import { EtherType } from './ethernet.ts';
import { Fit, FRAME_ROOM, frameFit, ipFit } from './frame-fit.ts';
import { checkCiscoHdlc, CISCO_HDLC_LENGTH, ciscoHdlcType } from './hdlc.ts';
import { checkMpls, CONTROL_WORD_LENGTH, isBottomOfStack, MPLS_ENTRY_LENGTH, MPLS_STACK_LIMIT } from './mpls.ts';
import { Encapsulation } from '../host/packet-codes.ts';
import type { PacketView } from './packet-view.ts';
import * as pppoe from './pppoe.ts';
import { bound, END, Layer } from './step.ts';
import { wifiDataHeaderLength } from './wifi.ts';

export function decodeEthernet(view: PacketView): number {
  const { data, at, end } = view;
  const status = ethernet.checkEthernet(at, end);
  if (status !== DecodeStatus.OK) return END + status;
  view.at = at + ethernet.ETHERNET_LENGTH;
  return decodeEtherType(view, ethernet.ethernetType(data, at));
}

/** The layer that an ethertype names, behind any VLAN tags; `view.at` stands behind the type field. */
export function decodeEtherType(view: PacketView, type: number): number {
  while (ethernet.isVlanTag(type)) {
    const status = ethernet.checkVlan(view.at, view.end);
    if (status !== DecodeStatus.OK) return END + status;
    const id = ethernet.vlanId(view.data, view.at);
    if (!view.enter(Encapsulation.VLAN, id)) return END + DecodeStatus.TOO_DEEP;
    view.noteVlan(id);
    type = ethernet.vlanType(view.data, view.at);
    view.at += ethernet.VLAN_TAG_LENGTH;
  }
  switch (type) {
    case EtherType.IPV4:
      return Layer.IPV4;
    case EtherType.IPV6:
      return Layer.IPV6;
    case EtherType.MPLS:
    case EtherType.MPLS_MULTICAST:
      return Layer.MPLS;
    case EtherType.PPPOE_SESSION:
      return decodePppoe(view);
    case EtherType.ARP:
      return END + DecodeStatus.ARP;
    default:
      return ethernet.isLength(type) ? decodeSnap(view) : END + ethernet.unreadStatus(type);
  }
}

function decodeSnap(view: PacketView): number {
  if (view.at + ethernet.SNAP_LENGTH > view.end && view.end < view.wireEnd) return END + DecodeStatus.TRUNCATED_LINK;
  const type = ethernet.snapType(view.data, view.at, view.end);
  if (type < 0 || ethernet.isLength(type)) return END + DecodeStatus.UNSUPPORTED_FRAME;
  view.at += ethernet.SNAP_LENGTH;
  return decodeEtherType(view, type);
}

/** A data frame whose MAC header is padded to a multiple of `alignment` bytes. */
export function decodeWifi(view: PacketView, alignment: number): number {
  const length = wifiDataHeaderLength(view.data, view.at, view.end);
  if (length <= 0) return END + (length === 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.UNSUPPORTED_FRAME);
  view.at += Math.ceil(length / alignment) * alignment;
  return decodeSnap(view);
}

export function decodeCiscoHdlc(view: PacketView): number {
  const status = checkCiscoHdlc(view.data, view.at, view.end);
  if (status !== DecodeStatus.OK) return END + status;
  const type = ciscoHdlcType(view.data, view.at);
  view.at += CISCO_HDLC_LENGTH;
  return ethernet.isLength(type) ? END + DecodeStatus.UNSUPPORTED_FRAME : decodeEtherType(view, type);
}

export function decodePppoe(view: PacketView): number {
  const status = pppoe.checkPppoe(view.data, view.at, view.end);
  if (status !== DecodeStatus.OK) return END + status;
  if (!view.enter(Encapsulation.PPPOE, 0)) return END + DecodeStatus.TOO_DEEP;
  const length = pppoe.pppoePayloadLength(view.data, view.at);
  view.at += pppoe.PPPOE_LENGTH;
  bound(view, view.at + length);
  return Layer.PPP;
}

export function decodePpp(view: PacketView): number {
  const { data, end } = view;
  const at = view.at + pppoe.pppFramingLength(data, view.at, end);
  const length = pppoe.pppProtocolLength(data, at, end);
  if (length === 0) return END + DecodeStatus.TRUNCATED_LINK;
  view.at = at + length;
  switch (pppoe.pppProtocol(data, at, length)) {
    case pppoe.PppProtocol.IPV4:
      return Layer.IPV4;
    case pppoe.PppProtocol.IPV6:
      return Layer.IPV6;
    case pppoe.PppProtocol.MPLS:
    case pppoe.PppProtocol.MPLS_MULTICAST:
      return Layer.MPLS;
    default:
      return END + DecodeStatus.UNSUPPORTED_FRAME;
  }
}

export function decodeMpls(view: PacketView): number {
  if (!view.enter(Encapsulation.MPLS, 0)) return END + DecodeStatus.TOO_DEEP;
  for (let depth = 0; depth < MPLS_STACK_LIMIT; depth++) {
    const status = checkMpls(view.at, view.end);
    if (status !== DecodeStatus.OK) return END + status;
    const bottom = isBottomOfStack(view.data, view.at);
    view.at += MPLS_ENTRY_LENGTH;
    if (!bottom) continue;
    return view.at < view.end ? decodeMplsLoad(view) : END + DecodeStatus.TRUNCATED_MPLS;
  }
  return END + DecodeStatus.MALFORMED_MPLS;
}

/**
 * What is below a label stack: no field says it. The first nibble is the guess (see mpls.ts), and holds unless an Ethernet
 * frame without control word fits better, as MAC addresses may begin with a nibble of 0, 4 or 6 too.
 */
function decodeMplsLoad(view: PacketView): number {
  const { data, at, end, wireEnd } = view;
  const nibble = data.getUint8(at) >> 4;
  const bare = frameFit(data, at, end, wireEnd, FRAME_ROOM);
  if (nibble === 4 || nibble === 6) {
    if (bare > Fit.NONE && bare > ipFit(data, at, end, wireEnd, FRAME_ROOM)) return Layer.ETHERNET;
    return nibble === 4 ? Layer.IPV4 : Layer.IPV6;
  }
  if (nibble !== 0) return Layer.ETHERNET;
  const behindWord = at + CONTROL_WORD_LENGTH;
  // A tagged frame fits behind its first four bytes as well: there the tag is read as part of an address.
  if (bare === Fit.NONE || bare < frameFit(data, behindWord, end, wireEnd, FRAME_ROOM)) view.at = behindWord;
  return Layer.ETHERNET;
}

/** IPv4 or IPv6 by its version nibble; `otherwise` is the status of what is neither. */
export function decodeAnyIp(view: PacketView, otherwise: DecodeStatus): number {
  if (view.at >= view.end) return END + DecodeStatus.TRUNCATED_LINK;
  const version = view.data.getUint8(view.at) >> 4;
  if (version === 4) return Layer.IPV4;
  return version === 6 ? Layer.IPV6 : END + otherwise;
}
