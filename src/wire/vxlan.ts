/**
 * VXLAN: RFC 7348 section 5: flags 1 (only the I bit set), reserved 3 (zero), network identifier 3, reserved 1 (zero),
 * then an Ethernet frame. The ports only say where to look; the header and the frame behind it must check out, else the
 * datagram is ordinary UDP.
 *
 * The accessor may be called after `isVxlan` said yes.
 */
import { uint24 } from '../core/bytes.ts';

const NETWORK = 4;
export const VXLAN_LENGTH = 8;
const FLAG_NETWORK_VALID = 0x08000000;
const PORT = 4789;
/** The Linux kernel's default from before the port was assigned. */
const OLD_LINUX_PORT = 8472;

export function isVxlanPort(port: number): boolean {
  return port === PORT || port === OLD_LINUX_PORT;
}

export function isVxlan(data: DataView, at: number, end: number): boolean {
  return at + VXLAN_LENGTH <= end && data.getUint32(at) === FLAG_NETWORK_VALID && data.getUint8(at + 7) === 0;
}

export function vxlanNetwork(data: DataView, at: number): number {
  return uint24(data, at + NETWORK);
}
