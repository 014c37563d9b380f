/**
 * GRE: RFC 2784 and RFC 2890 (key, sequence), with the routing flag of RFC 1701 refused. Version 1 is PPTP's (RFC
 * 2637), with a PPP frame inside, and EoIP's.
 *
 * After a check says OK the header with all its optional fields lies inside the captured bytes.
 */
import { u16be, u32be } from '../memory';
import { DecodeStatus } from './decode-status';
import { EtherType } from './ethernet';

const FLAGS: i32 = 0;
const PROTOCOL: i32 = 2;
const FIXED_LENGTH: i32 = 4;
const CHECKSUM_PRESENT: i32 = 0x8000;
const ROUTING_PRESENT: i32 = 0x4000;
const KEY_PRESENT: i32 = 0x2000;
const SEQUENCE_PRESENT: i32 = 0x1000;
const ACKNOWLEDGEMENT_PRESENT: i32 = 0x0080;
const VERSION: i32 = 0x0007;

export function checkGre(at: usize, end: usize): DecodeStatus {
  if (<i32>(end - at) < FIXED_LENGTH) return DecodeStatus.TRUNCATED_GRE;
  const flags = u16be(at + FLAGS);
  if ((flags & VERSION) != 0 || (flags & ROUTING_PRESENT) != 0) return DecodeStatus.UNSUPPORTED_GRE;
  return <i32>(end - at) >= greLength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_GRE;
}

/** Bytes of the header with its optional fields. */
export function greLength(at: usize): i32 {
  const flags = u16be(at + FLAGS);
  let length = FIXED_LENGTH;
  if ((flags & CHECKSUM_PRESENT) != 0) length += 4;
  if ((flags & KEY_PRESENT) != 0) length += 4;
  if ((flags & SEQUENCE_PRESENT) != 0) length += 4;
  return length;
}

export function greProtocol(at: usize): i32 {
  return u16be(at + PROTOCOL);
}

/** ERSPAN type I has no header of its own and no GRE sequence number; type II has both. */
export function greHasSequence(at: usize): bool {
  return (u16be(at + FLAGS) & SEQUENCE_PRESENT) != 0;
}

/** True for version 1, of which PPTP and EoIP make use; `checkGre` refuses it. */
export function isEnhancedGre(at: usize, end: usize): bool {
  return <i32>(end - at) >= FIXED_LENGTH && (u16be(at + FLAGS) & VERSION) == 1;
}

/** EoIP (MikroTik): key flag and version 1, 0x6400, then length 2 and tunnel id 2 in the host's order. Not read. */
export function isEoip(at: usize): bool {
  return u32be(at) == 0x20016400;
}

/**
 * PPTP: RFC 2637 section 4.1: key (payload length 2, call id 2), sequence and acknowledgement numbers of 4 where S and
 * A say so.
 */
export function checkPptp(at: usize, end: usize): DecodeStatus {
  const flags = u16be(at + FLAGS);
  const isPptp = (flags & ~(SEQUENCE_PRESENT | ACKNOWLEDGEMENT_PRESENT)) == (KEY_PRESENT | 1);
  if (!isPptp || greProtocol(at) != EtherType.PPP) return DecodeStatus.UNSUPPORTED_GRE;
  return <i32>(end - at) >= pptpLength(at) ? DecodeStatus.OK : DecodeStatus.TRUNCATED_GRE;
}

/** Bytes before the PPP frame. */
export function pptpLength(at: usize): i32 {
  const flags = u16be(at + FLAGS);
  let length = FIXED_LENGTH + 4;
  if ((flags & SEQUENCE_PRESENT) != 0) length += 4;
  if ((flags & ACKNOWLEDGEMENT_PRESENT) != 0) length += 4;
  return length;
}

/** Bytes of the PPP frame; 0 for an acknowledgement alone. */
export function pptpPayloadLength(at: usize): i32 {
  return u16be(at + FIXED_LENGTH);
}
