/**
 * Linux cooked captures: LINKTYPE_LINUX_SLL (16 bytes, protocol in the last two) and LINKTYPE_LINUX_SLL2 (20 bytes,
 * protocol in the first two), as the tcpdump group's link-layer pages define them. The protocol is an ethertype, or one
 * of a few small numbers for frames without one, which are not read.
 *
 * After check says OK no accessor reads outside the header.
 */
import { DecodeStatus } from '../host/decode-status.ts';

const SLL_PROTOCOL = 14;
export const SLL_LENGTH = 16;
const SLL2_PROTOCOL = 0;
export const SLL2_LENGTH = 20;

export function checkSll(at: number, end: number): DecodeStatus {
  return at + SLL_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function sllProtocol(data: DataView, at: number): number {
  return data.getUint16(at + SLL_PROTOCOL);
}

export function checkSll2(at: number, end: number): DecodeStatus {
  return at + SLL2_LENGTH <= end ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function sll2Protocol(data: DataView, at: number): number {
  return data.getUint16(at + SLL2_PROTOCOL);
}
