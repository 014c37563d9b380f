/**
 * Payloads of an IKE message: RFC 2408 section 3.2 (IKEv1), RFC 7296 section 3.2 (IKEv2), RFC 7383 (fragments). Each begins with
 * the type of the next one, an byte of which IKEv2 uses one bit, and its length.
 *
 * The walk checks its own bounds. A receiver of IKEv2 ignores reserved bits, and skips payloads that it does not know and that are
 * not critical (RFC 7296 section 2.5). A receiver of IKEv1 discards messages with either (RFC 2408 section 5.3); payload types from
 * 128 on are private there.
 */
import { IKE_HEADER_LENGTH, isIkeV2, isV1Encrypted, nextPayload } from './ike.ts';

const PAYLOAD_HEADER_LENGTH = 4;
/** In a payload's second byte: a receiver that does not know the payload must refuse the message (IKEv2). */
const CRITICAL = 0x80;

/** More payloads than this in one message and it is no IKE. */
const PAYLOAD_LIMIT = 64;

/** Payload types (IANA ikev2-parameters and isakmp-registry). */
export const IkePayload = {
  V1_SA: 1,
  V1_LAST: 13,
  V1_NAT_D: 20,
  V1_NAT_OA: 21,
  PRIVATE: 128,
  /** Cisco's fragments, in both versions; RFC 7383 came later. */
  CISCO_FRAGMENT: 132,
  V2_FIRST: 33,
  V2_KEY_EXCHANGE: 34,
  V2_NONCE: 40,
  V2_NOTIFY: 41,
  V2_ENCRYPTED: 46,
  V2_FRAGMENT: 53,
  V2_LAST: 54,
} as const;

/** How a payload chain ended: on the message's last byte, behind what was captured (all sound so far), or wrongly. */
export const Chain = { BROKEN: 0, WHOLE: 1, CUT: 2 } as const;
export type Chain = (typeof Chain)[keyof typeof Chain];

/** Bits of `payloadsSeen`: the payloads that open an exchange, and whether any had a type that is assigned. */
export const SeenPayload = { SA: 1, KEY_EXCHANGE: 2, NONCE: 4, NOTIFY: 8, ASSIGNED: 16 } as const;

/** After `walkPayloads`: which of SeenPayload were in the chain. */
export let payloadsSeen = 0;

function noteSeen(type: number): void {
  if (type === IkePayload.V2_FIRST || type === IkePayload.V1_SA) payloadsSeen |= SeenPayload.SA;
  else if (type === IkePayload.V2_KEY_EXCHANGE) payloadsSeen |= SeenPayload.KEY_EXCHANGE;
  else if (type === IkePayload.V2_NONCE) payloadsSeen |= SeenPayload.NONCE;
  else if (type === IkePayload.V2_NOTIFY) payloadsSeen |= SeenPayload.NOTIFY;
}

/**
 * Walks the payload chain of the message at `at` (checked by `checkIke`), whose bytes are captured up to `end` and which
 * claims to end at `wireEnd`.
 */
export function walkPayloads(data: DataView, at: number, end: number, wireEnd: number): Chain {
  payloadsSeen = 0;
  return isIkeV2(data, at) ? walkV2(data, at, end, wireEnd) : walkV1(data, at, end, wireEnd);
}

/** An encrypted message has no chain to walk and is WHOLE where it has a body. */
function walkV1(data: DataView, at: number, end: number, wireEnd: number): Chain {
  let next = nextPayload(data, at);
  let position = at + IKE_HEADER_LENGTH;
  if (isV1Encrypted(data, at))
    return isV1Ciphertext(wireEnd - position) && isV1Payload(next) ? Chain.WHOLE : Chain.BROKEN;
  for (let count = 0; next !== 0; count++) {
    if (count === PAYLOAD_LIMIT || !isV1Payload(next) || position + PAYLOAD_HEADER_LENGTH > wireEnd)
      return Chain.BROKEN;
    payloadsSeen |= SeenPayload.ASSIGNED;
    noteSeen(next);
    if (position + PAYLOAD_HEADER_LENGTH > end) return Chain.CUT;
    const length = data.getUint16(position + 2);
    if (data.getUint8(position + 1) !== 0 || length < PAYLOAD_HEADER_LENGTH || position + length > wireEnd)
      return Chain.BROKEN;
    next = data.getUint8(position);
    position += length;
  }
  return position === wireEnd && position > at + IKE_HEADER_LENGTH ? Chain.WHOLE : Chain.BROKEN;
}

function walkV2(data: DataView, at: number, end: number, wireEnd: number): Chain {
  let next = nextPayload(data, at);
  let position = at + IKE_HEADER_LENGTH;
  for (let count = 0; next !== 0; count++) {
    const isAssigned = isV2Payload(next);
    // The types below are those of version 1, which version 2 leaves alone.
    if (count === PAYLOAD_LIMIT || next < IkePayload.V2_FIRST || position + PAYLOAD_HEADER_LENGTH > wireEnd)
      return Chain.BROKEN;
    if (isAssigned) payloadsSeen |= SeenPayload.ASSIGNED;
    noteSeen(next);
    if (position + PAYLOAD_HEADER_LENGTH > end) return Chain.CUT;
    const length = data.getUint16(position + 2);
    const isCritical = (data.getUint8(position + 1) & CRITICAL) !== 0;
    if ((isCritical && !isAssigned) || length < PAYLOAD_HEADER_LENGTH || position + length > wireEnd)
      return Chain.BROKEN;
    // What an encrypted payload or a fragment calls the next one is inside it.
    const isLast = isEncryptedV2(next) && (next !== IkePayload.CISCO_FRAGMENT || position + length === wireEnd);
    next = isLast ? 0 : data.getUint8(position);
    position += length;
  }
  return position === wireEnd && position > at + IKE_HEADER_LENGTH ? Chain.WHOLE : Chain.BROKEN;
}

/** True for the payloads that hold encrypted ones: no other follows them in the message. */
export function isEncryptedV2(type: number): boolean {
  return type === IkePayload.V2_ENCRYPTED || type === IkePayload.V2_FRAGMENT || type === IkePayload.CISCO_FRAGMENT;
}

/** IKEv1 knows block ciphers only, of 8 or 16 bytes a block. */
function isV1Ciphertext(length: number): boolean {
  return length > 0 && length % 8 === 0;
}

function isV1Payload(type: number): boolean {
  return (
    (type >= IkePayload.V1_SA && type <= IkePayload.V1_LAST) ||
    (type >= 14 && type <= IkePayload.V1_NAT_OA) ||
    type >= IkePayload.PRIVATE
  );
}

function isV2Payload(type: number): boolean {
  return (type >= IkePayload.V2_FIRST && type <= IkePayload.V2_LAST) || type === IkePayload.CISCO_FRAGMENT;
}

/** True when an IKEv1 message begins with the SA payload, as openings do. */
export function opensWithV1Sa(data: DataView, at: number): boolean {
  return nextPayload(data, at) === IkePayload.V1_SA;
}
