/**
 * Linux cooked captures: LINKTYPE_LINUX_SLL (16 bytes, protocol in the last two) and LINKTYPE_LINUX_SLL2 (20 bytes,
 * protocol in the first two), as the tcpdump group's link-layer pages define them. The protocol is an ethertype, or one
 * of a few small numbers for frames without one, which are not read.
 *
 * After check says OK no accessor reads outside the header.
 */
import { u16be } from '../memory';
import { DecodeStatus } from './decode-status';

const SLL_PROTOCOL: i32 = 14;
export const SLL_LENGTH: i32 = 16;
const SLL2_PROTOCOL: i32 = 0;
export const SLL2_LENGTH: i32 = 20;

export function checkSll(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= SLL_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function sllProtocol(at: usize): i32 {
  return u16be(at + SLL_PROTOCOL);
}

export function checkSll2(at: usize, end: usize): DecodeStatus {
  return <i32>(end - at) >= SLL2_LENGTH ? DecodeStatus.OK : DecodeStatus.TRUNCATED_LINK;
}

export function sll2Protocol(at: usize): i32 {
  return u16be(at + SLL2_PROTOCOL);
}
