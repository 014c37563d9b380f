/**
 * Steps of the layer walk through link layers: from a frame, or from an ethertype, to the IP packet in it.
 */
import { byteAt, u16be } from '../memory';
import { DecodeStatus } from './decode-status';
import * as ethernet from './ethernet';
import { EtherType } from './ethernet';
import { Fit, FRAME_ROOM, frameFit, ipFit } from './frame-fit';
import { checkCiscoHdlc, CISCO_HDLC_LENGTH, ciscoHdlcType } from './hdlc';
import { checkMpls, CONTROL_WORD_LENGTH, isBottomOfStack, MPLS_ENTRY_LENGTH, MPLS_STACK_LIMIT } from './mpls';
import { LayerWalk } from './layer-walk';
import { Encapsulation } from './packet-view';
import * as pppoe from './pppoe';
import { END, Layer } from './step';
import { wifiDataHeaderLength } from './wifi';

export function decodeEthernet(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const status = ethernet.checkEthernet(at, end);
  if (status != DecodeStatus.OK) return END + status;
  walk.at = at + ethernet.ETHERNET_LENGTH;
  return decodeEtherType(walk, ethernet.ethernetType(at));
}

/** The layer that an ethertype names, after any VLAN tags; `walk.at` is after the type field. */
export function decodeEtherType(walk: LayerWalk, type: i32): i32 {
  switch (type) {
    case EtherType.IPV4:
      return Layer.IPV4;
    case EtherType.IPV6:
      return Layer.IPV6;
    case EtherType.VLAN:
    case EtherType.PROVIDER_VLAN:
    case EtherType.OLD_VLAN_1:
    case EtherType.OLD_VLAN_2:
      return decodeVlan(walk);
    case EtherType.MPLS:
    case EtherType.MPLS_MULTICAST:
      return Layer.MPLS;
    case EtherType.PPPOE_SESSION:
      return decodePppoe(walk);
    case EtherType.ARP:
      return END + DecodeStatus.ARP;
    default:
      return ethernet.isLength(type) ? decodeSnap(walk) : END + ethernet.unreadStatus(type);
  }
}

/** A tag; `walk.at` is after its type field. Tags in tags are bounded as all encapsulations are. */
function decodeVlan(walk: LayerWalk): i32 {
  const at = walk.at;
  const status = ethernet.checkVlan(at, walk.end);
  if (status != DecodeStatus.OK) return END + status;
  const id = ethernet.vlanId(at);
  if (!walk.enter(Encapsulation.VLAN, id)) return END + DecodeStatus.TOO_DEEP;
  walk.noteVlan(id);
  walk.at = at + ethernet.VLAN_TAG_LENGTH;
  return decodeEtherType(walk, ethernet.vlanType(at));
}

function decodeSnap(walk: LayerWalk): i32 {
  if (<i32>(walk.end - walk.at) < ethernet.SNAP_LENGTH && walk.end < walk.wireEnd)
    return END + DecodeStatus.TRUNCATED_LINK;
  const type = ethernet.snapType(walk.at, walk.end);
  if (type < 0 || ethernet.isLength(type)) return END + DecodeStatus.UNSUPPORTED_FRAME;
  walk.at += ethernet.SNAP_LENGTH;
  return decodeEtherType(walk, type);
}

/** A data frame whose MAC header is padded to a multiple of `alignment` bytes, a power of two. */
export function decodeWifi(walk: LayerWalk, alignment: i32): i32 {
  const length = wifiDataHeaderLength(walk.at, walk.end);
  if (length <= 0) return END + (length == 0 ? DecodeStatus.TRUNCATED_LINK : DecodeStatus.UNSUPPORTED_FRAME);
  walk.at += (length + alignment - 1) & -alignment;
  return decodeSnap(walk);
}

export function decodeCiscoHdlc(walk: LayerWalk): i32 {
  const status = checkCiscoHdlc(walk.at, walk.end);
  if (status != DecodeStatus.OK) return END + status;
  const type = ciscoHdlcType(walk.at);
  walk.at += CISCO_HDLC_LENGTH;
  return ethernet.isLength(type) ? END + DecodeStatus.UNSUPPORTED_FRAME : decodeEtherType(walk, type);
}

export function decodePppoe(walk: LayerWalk): i32 {
  const status = pppoe.checkPppoe(walk.at, walk.end);
  if (status != DecodeStatus.OK) return END + status;
  if (!walk.enter(Encapsulation.PPPOE, 0)) return END + DecodeStatus.TOO_DEEP;
  const length = pppoe.pppoePayloadLength(walk.at);
  walk.at += pppoe.PPPOE_LENGTH;
  walk.bound(walk.at + length);
  return Layer.PPP;
}

export function decodePpp(walk: LayerWalk): i32 {
  const end = walk.end;
  // Most frames have the protocol's number of IP at once.
  const start = <i32>(end - walk.at) >= 2 ? <i32>u16be(walk.at) : 0;
  if (start == pppoe.PppProtocol.IPV4 || start == pppoe.PppProtocol.IPV6) {
    walk.at += 2;
    return start == pppoe.PppProtocol.IPV4 ? Layer.IPV4 : Layer.IPV6;
  }
  const at = walk.at + pppoe.pppFramingLength(walk.at, end);
  const length = pppoe.pppProtocolLength(at, end);
  if (length == 0) return END + DecodeStatus.TRUNCATED_LINK;
  walk.at = at + length;
  switch (pppoe.pppProtocol(at, length)) {
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

export function decodeMpls(walk: LayerWalk): i32 {
  if (!walk.enter(Encapsulation.MPLS, 0)) return END + DecodeStatus.TOO_DEEP;
  for (let depth = 0; depth < MPLS_STACK_LIMIT; depth++) {
    const status = checkMpls(walk.at, walk.end);
    if (status != DecodeStatus.OK) return END + status;
    const bottom = isBottomOfStack(walk.at);
    walk.at += MPLS_ENTRY_LENGTH;
    if (!bottom) continue;
    return walk.at < walk.end ? decodeMplsLoad(walk) : END + DecodeStatus.TRUNCATED_MPLS;
  }
  return END + DecodeStatus.MALFORMED_MPLS;
}

/**
 * What is below a label stack: no field says it. The first nibble is the guess (see mpls.ts), and is right unless an
 * Ethernet frame without control word fits better, as MAC addresses may begin with a nibble of 0, 4 or 6 too.
 */
function decodeMplsLoad(walk: LayerWalk): i32 {
  const at = walk.at;
  const end = walk.end;
  const wireEnd = walk.wireEnd;
  const nibble = byteAt(at) >> 4;
  const bare = frameFit(at, end, wireEnd, FRAME_ROOM);
  if (nibble == 4 || nibble == 6) {
    if (bare > Fit.NONE && bare > ipFit(at, end, wireEnd, FRAME_ROOM)) return Layer.ETHERNET;
    return nibble == 4 ? Layer.IPV4 : Layer.IPV6;
  }
  if (nibble != 0) return Layer.ETHERNET;
  const afterWord = at + CONTROL_WORD_LENGTH;
  // A tagged frame fits after its first four bytes as well: there the tag is read as part of an address.
  if (bare == Fit.NONE || bare < frameFit(afterWord, end, wireEnd, FRAME_ROOM)) walk.at = afterWord;
  return Layer.ETHERNET;
}

/** IPv4 or IPv6 by its version nibble; `otherwise` is the status of what is neither. */
export function decodeAnyIp(walk: LayerWalk, otherwise: DecodeStatus): i32 {
  if (walk.at >= walk.end) return END + DecodeStatus.TRUNCATED_LINK;
  const version = byteAt(walk.at) >> 4;
  if (version == 4) return Layer.IPV4;
  return version == 6 ? Layer.IPV6 : END + otherwise;
}
