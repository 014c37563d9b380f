/**
 * Payloads of an IKE message: RFC 2408 section 3.2 (IKEv1), RFC 7296 section 3.2 (IKEv2), RFC 7383 (fragments). Each
 * begins with the type of the next one, a byte of which IKEv2 uses one bit, and its length.
 *
 * The walk checks its own bounds. A receiver of IKEv2 ignores reserved bits, and skips payloads that it does not know
 * and that are not critical (RFC 7296 section 2.5). A receiver of IKEv1 discards messages with either (RFC 2408 section
 * 5.3); payload types from 128 on are private there.
 */
import { byteAt, u16be } from '../memory';
import { IKE_HEADER_LENGTH, isIkeV2, isV1Encrypted, nextPayload } from './ike';

const NEXT: usize = 0;
const FLAGS: usize = 1;
const LENGTH: usize = 2;
const PAYLOAD_HEADER_LENGTH: i32 = 4;
/** In a payload's second byte: a receiver that does not know the payload must refuse the message (IKEv2). */
const CRITICAL: u32 = 0x80;

/** More payloads than this in one message and it is no IKE. */
const PAYLOAD_LIMIT: i32 = 64;

/** Payload types (IANA ikev2-parameters and isakmp-registry). */
export enum IkePayload {
  V1_SA = 1,
  V1_LAST = 13,
  V1_NAT_D = 20,
  V1_NAT_OA = 21,
  PRIVATE = 128,
  /** Cisco's fragments, in both versions; RFC 7383 came later. */
  CISCO_FRAGMENT = 132,
  V2_FIRST = 33,
  V2_KEY_EXCHANGE = 34,
  V2_NONCE = 40,
  V2_NOTIFY = 41,
  V2_ENCRYPTED = 46,
  V2_FRAGMENT = 53,
  V2_LAST = 54,
}

/** How a payload chain ended: on the message's last byte, after what was captured (all sound so far), or wrongly. */
export enum Chain {
  BROKEN = 0,
  WHOLE = 1,
  CUT = 2,
}

/** Bits of `WalkedPayloads.seen`: the payloads that open an exchange, and whether any had a type that is assigned. */
export enum SeenPayload {
  SA = 1,
  KEY_EXCHANGE = 2,
  NONCE = 4,
  NOTIFY = 8,
  ASSIGNED = 16,
}

/** Result of the last `walkPayloads`, beside the chain's end. */
@final
export class WalkedPayloads {
  /** Which of SeenPayload were in the chain. */
  seen: i32 = 0;
}

export const walked = new WalkedPayloads();

function noteSeen(type: i32): void {
  if (type == IkePayload.V2_FIRST || type == IkePayload.V1_SA) walked.seen |= SeenPayload.SA;
  else if (type == IkePayload.V2_KEY_EXCHANGE) walked.seen |= SeenPayload.KEY_EXCHANGE;
  else if (type == IkePayload.V2_NONCE) walked.seen |= SeenPayload.NONCE;
  else if (type == IkePayload.V2_NOTIFY) walked.seen |= SeenPayload.NOTIFY;
}

/**
 * Walks the payload chain of the message at `at` (checked by `checkIke`), of which `captured` bytes are there and which
 * claims to have `length`.
 */
export function walkPayloads(at: usize, captured: i32, length: i32): Chain {
  walked.seen = 0;
  return isIkeV2(at) ? walkV2(at, captured, length) : walkV1(at, captured, length);
}

/** An encrypted message has no chain to walk and is WHOLE where it has a body. */
function walkV1(at: usize, captured: i32, length: i32): Chain {
  let next = nextPayload(at);
  let position = IKE_HEADER_LENGTH;
  if (isV1Encrypted(at)) return isV1Ciphertext(length - position) && isV1Payload(next) ? Chain.WHOLE : Chain.BROKEN;
  for (let count = 0; next != 0; count++) {
    if (count == PAYLOAD_LIMIT || !isV1Payload(next) || position + PAYLOAD_HEADER_LENGTH > length) return Chain.BROKEN;
    walked.seen |= SeenPayload.ASSIGNED;
    noteSeen(next);
    if (position + PAYLOAD_HEADER_LENGTH > captured) return Chain.CUT;
    const payload = at + position;
    const payloadLength = <i32>u16be(payload + LENGTH);
    if (byteAt(payload + FLAGS) != 0 || !hasRoom(payloadLength, position, length)) return Chain.BROKEN;
    next = byteAt(payload + NEXT);
    position += payloadLength;
  }
  return position == length && position > IKE_HEADER_LENGTH ? Chain.WHOLE : Chain.BROKEN;
}

function walkV2(at: usize, captured: i32, length: i32): Chain {
  let next = nextPayload(at);
  let position = IKE_HEADER_LENGTH;
  for (let count = 0; next != 0; count++) {
    const isAssigned = isV2Payload(next);
    // The types below are those of version 1, which version 2 leaves alone.
    if (count == PAYLOAD_LIMIT || next < IkePayload.V2_FIRST || position + PAYLOAD_HEADER_LENGTH > length)
      return Chain.BROKEN;
    if (isAssigned) walked.seen |= SeenPayload.ASSIGNED;
    noteSeen(next);
    if (position + PAYLOAD_HEADER_LENGTH > captured) return Chain.CUT;
    const payload = at + position;
    const payloadLength = <i32>u16be(payload + LENGTH);
    const isCritical = (byteAt(payload + FLAGS) & CRITICAL) != 0;
    if ((isCritical && !isAssigned) || !hasRoom(payloadLength, position, length)) return Chain.BROKEN;
    // The next payload that an encrypted payload or a fragment names is inside it.
    const isLast = isEncryptedV2(next) && (next != IkePayload.CISCO_FRAGMENT || position + payloadLength == length);
    next = isLast ? 0 : byteAt(payload + NEXT);
    position += payloadLength;
  }
  return position == length && position > IKE_HEADER_LENGTH ? Chain.WHOLE : Chain.BROKEN;
}

/** True for a payload of `payloadLength` bytes that can be at `position` of a message of `length` bytes. */
function hasRoom(payloadLength: i32, position: i32, length: i32): bool {
  return payloadLength >= PAYLOAD_HEADER_LENGTH && position + payloadLength <= length;
}

/** True for the payloads that hold encrypted ones: no other follows them in the message. */
export function isEncryptedV2(type: i32): bool {
  return type == IkePayload.V2_ENCRYPTED || type == IkePayload.V2_FRAGMENT || type == IkePayload.CISCO_FRAGMENT;
}

/** IKEv1 has block ciphers only, of 8 or 16 bytes a block. */
function isV1Ciphertext(length: i32): bool {
  return length > 0 && length % 8 == 0;
}

function isV1Payload(type: i32): bool {
  return (type >= IkePayload.V1_SA && type <= IkePayload.V1_NAT_OA) || type >= IkePayload.PRIVATE;
}

function isV2Payload(type: i32): bool {
  return (type >= IkePayload.V2_FIRST && type <= IkePayload.V2_LAST) || type == IkePayload.CISCO_FRAGMENT;
}

/** True when an IKEv1 message begins with the SA payload, as openings do. */
export function opensWithV1Sa(at: usize): bool {
  return nextPayload(at) == IkePayload.V1_SA;
}
