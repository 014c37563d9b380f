/**
 * Ethernet II and the tags after its addresses: IEEE 802.3 clause 3, 802.1Q-2018 clause 9 (C-TAG 0x8100, S-TAG 0x88a8,
 * and the pre-standard 0x9100 and 0x9200). 802.3 frames with an LLC header are read where the LLC is SNAP with OUI 0.
 *
 * After check says OK no accessor reads outside its header.
 */
import { u16be, u32be } from '../memory';
import { DecodeStatus } from './decode-status';

const ETHERTYPE: i32 = 12;
export const ETHERNET_LENGTH: i32 = 14;
export const VLAN_TAG_LENGTH: i32 = 4;
export const SNAP_LENGTH: i32 = 8;

/** Below this the field is the length of an 802.3 frame. */
const SMALLEST_ETHERTYPE: i32 = 0x0600;

export enum EtherType {
  IPV4 = 0x0800,
  ARP = 0x0806,
  TRANSPARENT_BRIDGING = 0x6558,
  VLAN = 0x8100,
  IPV6 = 0x86dd,
  PPP = 0x880b,
  MPLS = 0x8847,
  MPLS_MULTICAST = 0x8848,
  WCCP = 0x883e,
  PPPOE_SESSION = 0x8864,
  ERSPAN_II = 0x88be,
  PROVIDER_VLAN = 0x88a8,
  ERSPAN_III = 0x22eb,
  MACSEC = 0x88e5,
  PROVIDER_BACKBONE = 0x88e7,
  CISCO_METADATA = 0x8909,
  VN_TAG = 0x8926,
  NSH = 0x894f,
  OLD_VLAN_1 = 0x9100,
  OLD_VLAN_2 = 0x9200,
}

/**
 * The status of a type that is not read: a name of its own for what may hide flows. Provider backbone bridging is IEEE
 * 802.1ah, the VN tag 802.1BR's forerunner, MACsec 802.1AE, NSH RFC 8300, WCCP's redirection
 * draft-mclaggan-wccp-v2rev1 (after GRE only).
 */
export function unreadStatus(ethertype: i32): DecodeStatus {
  switch (ethertype) {
    case EtherType.PROVIDER_BACKBONE:
      return DecodeStatus.UNSUPPORTED_PBB;
    case EtherType.VN_TAG:
      return DecodeStatus.UNSUPPORTED_VN_TAG;
    case EtherType.CISCO_METADATA:
      return DecodeStatus.UNSUPPORTED_CISCO_METADATA;
    case EtherType.MACSEC:
      return DecodeStatus.UNSUPPORTED_MACSEC;
    case EtherType.NSH:
      return DecodeStatus.UNSUPPORTED_NSH;
    case EtherType.WCCP:
      return DecodeStatus.UNSUPPORTED_WCCP;
    default:
      return DecodeStatus.UNSUPPORTED_ETHERTYPE;
  }
}

export function checkEthernet(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= ETHERNET_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function ethernetType(at: usize): i32 {
  return u16be(at + ETHERTYPE);
}

/** True when the type field is the length of an 802.3 frame. */
export function isLength(ethertype: i32): bool {
  return ethertype < SMALLEST_ETHERTYPE;
}

/** True for the types of tags, standard and older. */
export function isVlanTag(ethertype: i32): bool {
  return (
    ethertype == EtherType.VLAN ||
    ethertype == EtherType.PROVIDER_VLAN ||
    ethertype == EtherType.OLD_VLAN_1 ||
    ethertype == EtherType.OLD_VLAN_2
  );
}

export function checkVlan(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= VLAN_TAG_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_VLAN;
}

/** VLAN id, 12 bits; `at` is after the tag's own type field. */
export function vlanId(at: usize): i32 {
  return u16be(at) & 0x0fff;
}

/** Type of what follows the tag. */
export function vlanType(at: usize): i32 {
  return u16be(at + 2);
}

/**
 * Ethertype after an LLC SNAP header (IEEE 802 clause 9.2) with OUI 0, or -1 where the frame is cut or is other LLC.
 */
export function snapType(at: usize, end: usize): i32 {
  if (<i32>(end - at) < SNAP_LENGTH) return -1;
  if (u32be(at) != 0xaaaa0300 || u16be(at + 4) != 0) return -1;
  return u16be(at + 6);
}

/** True for ARP (RFC 826) between Ethernet and IPv4 addresses, of an operation that RFC 826 or RFC 903 defines. */
export function isArpForIpv4(at: usize, end: usize): bool {
  if (<i32>(end - at) < 8 || u32be(at) != 0x00010800 || u16be(at + 4) != 0x0604) return false;
  const operation = u16be(at + 6);
  return operation >= 1 && operation <= 4;
}
