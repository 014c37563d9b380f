/**
 * VXLAN: RFC 7348 section 5: flags 1 (bit 0x08: the network identifier is valid), reserved 3, network identifier 3, reserved 1,
 * then an Ethernet frame. A receiver ignores the reserved bits; the group policy extension (draft-smith-vxlan-group-policy)
 * sets flag 0x80 and keeps the policy in the last two of the three bytes.
 *
 * VXLAN-GPE, on a port of its own (draft-ietf-nvo3-vxlan-gpe section 3): flags 1 (version 0x30, must be 0; 0x08 as above; 0x04:
 * the next protocol is given), reserved 2, next protocol 1, network identifier 3, reserved 1, then what the protocol says.
 *
 * The ports only say where to look; the header and what follows must check out, else the datagram is ordinary UDP.
 *
 * The accessors may be called after `isVxlan` or `isVxlanGpe` said yes.
 */
import { uint24 } from '../../core/bytes.ts';

const NEXT_PROTOCOL = 3;
const NETWORK = 4;
export const VXLAN_LENGTH = 8;
const NETWORK_VALID = 0x08;
const PROTOCOL_GIVEN = 0x04;
const VERSION = 0x30;
export const VXLAN_PORT = 4789;
/** The Linux kernel's default from before the port was assigned. */
export const OLD_LINUX_VXLAN_PORT = 8472;
export const VXLAN_GPE_PORT = 4790;

export const GpeProtocol = { IPV4: 1, IPV6: 2, ETHERNET: 3, NSH: 4 } as const;

export function isVxlan(data: DataView, at: number, end: number): boolean {
  return at + VXLAN_LENGTH <= end && (data.getUint8(at) & NETWORK_VALID) !== 0;
}

/** True where all reserved bits are zero: then the header itself is evidence. */
export function isPlainVxlan(data: DataView, at: number): boolean {
  return data.getUint32(at) === NETWORK_VALID << 24 && data.getUint8(at + 7) === 0;
}

export function vxlanNetwork(data: DataView, at: number): number {
  return uint24(data, at + NETWORK);
}

export function isVxlanGpe(data: DataView, at: number, end: number): boolean {
  return isVxlan(data, at, end) && (data.getUint8(at) & VERSION) === 0;
}

/** A GpeProtocol, or another number; without one given, an Ethernet frame follows as in VXLAN. */
export function gpeProtocol(data: DataView, at: number): number {
  const isGiven = (data.getUint8(at) & PROTOCOL_GIVEN) !== 0;
  return isGiven ? data.getUint8(at + NEXT_PROTOCOL) : GpeProtocol.ETHERNET;
}
