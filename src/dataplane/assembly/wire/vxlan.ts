/**
 * VXLAN: RFC 7348 section 5: flags 1 (bit 0x08: the network identifier is valid), reserved 3, network identifier 3,
 * reserved 1, then an Ethernet frame. A receiver ignores the reserved bits; the group policy extension
 * (draft-smith-vxlan-group-policy) sets flag 0x80 and keeps the policy in the last two of the three bytes.
 *
 * VXLAN-GPE, on a port of its own (draft-ietf-nvo3-vxlan-gpe section 3): flags 1 (version 0x30, must be 0; 0x08 as
 * above; 0x04: the next protocol is given), reserved 2, next protocol 1, network identifier 3, reserved 1, then what
 * the protocol says.
 *
 * The ports only say where to look; the header and what follows must check out, else the datagram is ordinary UDP.
 *
 * The accessors may be called after `isVxlan` or `isVxlanGpe` said yes.
 */
import { byteAt, u24be, u32be } from '../memory';

const NEXT_PROTOCOL: i32 = 3;
const NETWORK: i32 = 4;
export const VXLAN_LENGTH: i32 = 8;
const NETWORK_VALID: i32 = 0x08;
const PROTOCOL_GIVEN: i32 = 0x04;
const VERSION: i32 = 0x30;
export const VXLAN_PORT: u16 = 4789;
/** The Linux kernel's default from before the port was assigned. */
export const OLD_LINUX_VXLAN_PORT: u16 = 8472;
export const VXLAN_GPE_PORT: u16 = 4790;

export enum GpeProtocol {
  IPV4 = 1,
  IPV6 = 2,
  ETHERNET = 3,
  NSH = 4,
}

export function isVxlan(at: usize, end: usize): bool {
  return <i32>(end - at) >= VXLAN_LENGTH && (byteAt(at) & NETWORK_VALID) != 0;
}

/** True where all reserved bits are zero: then the header itself is evidence. */
export function isPlainVxlan(at: usize): bool {
  return u32be(at) == NETWORK_VALID << 24 && byteAt(at + 7) == 0;
}

export function vxlanNetwork(at: usize): i32 {
  return u24be(at + NETWORK);
}

export function isVxlanGpe(at: usize, end: usize): bool {
  return isVxlan(at, end) && (byteAt(at) & VERSION) == 0;
}

/** A GpeProtocol, or another number; without one given, an Ethernet frame follows as in VXLAN. */
export function gpeProtocol(at: usize): i32 {
  const isGiven = (byteAt(at) & PROTOCOL_GIVEN) != 0;
  return isGiven ? byteAt(at + NEXT_PROTOCOL) : GpeProtocol.ETHERNET;
}
