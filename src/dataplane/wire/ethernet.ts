/**
 * Ethernet II and the tags behind its addresses: IEEE 802.3 clause 3, 802.1Q-2018 clause 9 (C-TAG 0x8100, S-TAG 0x88a8,
 * and the pre-standard 0x9100 and 0x9200). 802.3 frames with an LLC header are read where the LLC is SNAP with OUI 0.
 *
 * After check says OK no accessor reads outside its header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const ETHERTYPE = 12;
export const ETHERNET_LENGTH = 14;
export const VLAN_TAG_LENGTH = 4;
export const SNAP_LENGTH = 8;

/** Below this the field is the length of an 802.3 frame. */
const SMALLEST_ETHERTYPE = 0x0600;

export const EtherType = {
  IPV4: 0x0800,
  ARP: 0x0806,
  TRANSPARENT_BRIDGING: 0x6558,
  VLAN: 0x8100,
  IPV6: 0x86dd,
  PPP: 0x880b,
  MPLS: 0x8847,
  MPLS_MULTICAST: 0x8848,
  WCCP: 0x883e,
  PPPOE_SESSION: 0x8864,
  ERSPAN_II: 0x88be,
  PROVIDER_VLAN: 0x88a8,
  ERSPAN_III: 0x22eb,
  MACSEC: 0x88e5,
  PROVIDER_BACKBONE: 0x88e7,
  CISCO_METADATA: 0x8909,
  VN_TAG: 0x8926,
  NSH: 0x894f,
  OLD_VLAN_1: 0x9100,
  OLD_VLAN_2: 0x9200,
} as const;

/**
 * The status of a type that is not read: a name of its own for what may hide flows. Provider backbone bridging is IEEE
 * 802.1ah, the VN tag 802.1BR's forerunner, MACsec 802.1AE, NSH RFC 8300, WCCP's redirection
 * draft-mclaggan-wccp-v2rev1 (behind GRE only).
 */
export function unreadStatus(ethertype: number): DecodeStatus {
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

export function checkEthernet(at: number, end: number): DecodeStatus {
  return at + ETHERNET_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function ethernetType(data: DataView, at: number): number {
  return data.getUint16(at + ETHERTYPE);
}

/** True when the type field is the length of an 802.3 frame. */
export function isLength(ethertype: number): boolean {
  return ethertype < SMALLEST_ETHERTYPE;
}

/** True for the types of tags, standard and older. */
export function isVlanTag(ethertype: number): boolean {
  return (
    ethertype === EtherType.VLAN ||
    ethertype === EtherType.PROVIDER_VLAN ||
    ethertype === EtherType.OLD_VLAN_1 ||
    ethertype === EtherType.OLD_VLAN_2
  );
}

export function checkVlan(at: number, end: number): DecodeStatus {
  return at + VLAN_TAG_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_VLAN;
}

/** VLAN id, 12 bits; `at` is behind the tag's own type field. */
export function vlanId(data: DataView, at: number): number {
  return data.getUint16(at) & 0x0fff;
}

/** Type of what follows the tag. */
export function vlanType(data: DataView, at: number): number {
  return data.getUint16(at + 2);
}

/**
 * Ethertype behind an LLC SNAP header (IEEE 802 clause 9.2) with OUI 0, or -1 where the frame is cut or is other LLC.
 */
export function snapType(data: DataView, at: number, end: number): number {
  if (at + SNAP_LENGTH > end) return -1;
  if (data.getUint32(at) !== 0xaaaa0300 || data.getUint16(at + 4) !== 0) return -1;
  return data.getUint16(at + 6);
}

/** True for ARP (RFC 826) between Ethernet and IPv4 addresses, of an operation that RFC 826 or RFC 903 defines. */
export function isArpForIpv4(data: DataView, at: number, end: number): boolean {
  if (at + 8 > end || data.getUint32(at) !== 0x00010800 || data.getUint16(at + 4) !== 0x0604) return false;
  const operation = data.getUint16(at + 6);
  return operation >= 1 && operation <= 4;
}
