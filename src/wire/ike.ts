/**
 * IKE messages: RFC 2408 section 3.1 and 3.2 (ISAKMP, IKEv1), RFC 7296 section 3.1 and 3.2 (IKEv2), RFC 7383 (fragments),
 * RFC 3948 section 2 (over UDP behind a non-ESP marker), RFC 9329 (over TCP).
 *
 * `checkIke` covers the 28 octets of the header; the chain walk checks its own bounds.
 */

const INITIATOR_SPI = 0;
const RESPONDER_SPI = 8;
const NEXT_PAYLOAD = 16;
const VERSION = 17;
const EXCHANGE = 18;
const FLAGS = 19;
const LENGTH = 24;
export const IKE_HEADER_LENGTH = 28;
const PAYLOAD_HEADER_LENGTH = 4;

/** More payloads than this in one message and it is no IKE. */
const PAYLOAD_LIMIT = 64;

export const NON_ESP_MARKER_LENGTH = 4;

export const IkeVersion = { V1: 0x10, V2: 0x20 } as const;

export const IkeExchange = {
  V1_MAIN: 2,
  V1_AUTHENTICATION_ONLY: 3,
  V1_AGGRESSIVE: 4,
  V1_INFORMATIONAL: 5,
  V1_TRANSACTION: 6,
  V1_QUICK: 32,
  V1_NEW_GROUP: 33,
  V2_SA_INIT: 34,
  V2_AUTH: 35,
  V2_CREATE_CHILD_SA: 36,
  V2_INFORMATIONAL: 37,
  V2_SESSION_RESUME: 38,
  V2_INTERMEDIATE: 43,
  V2_FOLLOWUP_KE: 44,
} as const;

export const IkeFlag = {
  V1_ENCRYPTED: 1,
  V1_COMMIT: 2,
  V1_AUTHENTICATION_ONLY: 4,
  V2_INITIATOR: 8,
  V2_RESPONSE: 32,
} as const;

const V1_FLAGS = 0x07;
/** Initiator, version, response. */
const V2_FLAGS = 0x38;

/** Payload types (IANA ikev2-parameters and isakmp-registry). */
const IkePayload = {
  V1_SA: 1,
  V1_LAST: 13,
  V1_NAT_D: 20,
  V1_NAT_OA: 21,
  V1_FRAGMENT: 132,
  PRIVATE: 128,
  V2_FIRST: 33,
  V2_KEY_EXCHANGE: 34,
  V2_NONCE: 40,
  V2_NOTIFY: 41,
  V2_ENCRYPTED: 46,
  V2_FRAGMENT: 53,
  V2_LAST: 54,
} as const;

/**
 * False for most of what is no IKE: neither is what stands in the length's place the `length` of the datagram at `at`, nor does
 * that begin with the non-ESP marker.
 */
export function opensIke(data: DataView, at: number, end: number, length: number): boolean {
  return at + IKE_HEADER_LENGTH <= end && (data.getUint32(at + LENGTH) === length || data.getInt32(at) === 0);
}

/** True when the octets at `at`, of a message of `length` octets, can be an IKE header: fields known and consistent. */
export function checkIke(data: DataView, at: number, end: number, length: number): boolean {
  if (at + IKE_HEADER_LENGTH > end || data.getUint32(at + LENGTH) !== length) return false;
  if (data.getInt32(at + INITIATOR_SPI) === 0 && data.getInt32(at + INITIATOR_SPI + 4) === 0) return false;
  const flags = data.getUint8(at + FLAGS);
  const exchange = data.getUint8(at + EXCHANGE);
  const version = data.getUint8(at + VERSION);
  if (version === IkeVersion.V1) return isV1Exchange(exchange) && (flags & ~V1_FLAGS) === 0;
  return version === IkeVersion.V2 && isV2Exchange(exchange) && (flags & ~V2_FLAGS) === 0;
}

function isV1Exchange(exchange: number): boolean {
  return (
    (exchange >= IkeExchange.V1_MAIN && exchange <= IkeExchange.V1_TRANSACTION) ||
    exchange === IkeExchange.V1_QUICK ||
    exchange === IkeExchange.V1_NEW_GROUP
  );
}

function isV2Exchange(exchange: number): boolean {
  return (
    (exchange >= IkeExchange.V2_SA_INIT && exchange <= IkeExchange.V2_SESSION_RESUME) ||
    exchange === IkeExchange.V2_INTERMEDIATE ||
    exchange === IkeExchange.V2_FOLLOWUP_KE
  );
}

export function initiatorSpiHigh(data: DataView, at: number): number {
  return data.getInt32(at + INITIATOR_SPI);
}

export function initiatorSpiLow(data: DataView, at: number): number {
  return data.getInt32(at + INITIATOR_SPI + 4);
}

export function responderSpiHigh(data: DataView, at: number): number {
  return data.getInt32(at + RESPONDER_SPI);
}

export function responderSpiLow(data: DataView, at: number): number {
  return data.getInt32(at + RESPONDER_SPI + 4);
}

export function hasResponderSpi(data: DataView, at: number): boolean {
  return responderSpiHigh(data, at) !== 0 || responderSpiLow(data, at) !== 0;
}

export const RESPONDER_SPI_AT = RESPONDER_SPI;
export const VERSION_AT = VERSION;
export const LENGTH_AT = LENGTH;
export const NEXT_PAYLOAD_AT = NEXT_PAYLOAD;

export function ikeVersion(data: DataView, at: number): number {
  return data.getUint8(at + VERSION);
}

export function ikeExchange(data: DataView, at: number): number {
  return data.getUint8(at + EXCHANGE);
}

export function ikeFlags(data: DataView, at: number): number {
  return data.getUint8(at + FLAGS);
}

/** True when an IKEv1 message's payloads are encrypted. */
export function isV1Encrypted(data: DataView, at: number): boolean {
  return (ikeFlags(data, at) & IkeFlag.V1_ENCRYPTED) !== 0;
}

/** How a payload chain ended: on the message's last octet, behind what was captured (all sound so far), or wrongly. */
export const Chain = { BROKEN: 0, WHOLE: 1, CUT: 2 } as const;
export type Chain = (typeof Chain)[keyof typeof Chain];

/** Bits of `payloadsSeen` for the payloads that open an exchange. */
export const SeenPayload = { SA: 1, KEY_EXCHANGE: 2, NONCE: 4, NOTIFY: 8 } as const;

/** After `walkPayloads`: which of SeenPayload were in the chain. */
export let payloadsSeen = 0;

function noteSeen(type: number): void {
  if (type === IkePayload.V2_FIRST || type === IkePayload.V1_SA) payloadsSeen |= SeenPayload.SA;
  else if (type === IkePayload.V2_KEY_EXCHANGE) payloadsSeen |= SeenPayload.KEY_EXCHANGE;
  else if (type === IkePayload.V2_NONCE) payloadsSeen |= SeenPayload.NONCE;
  else if (type === IkePayload.V2_NOTIFY) payloadsSeen |= SeenPayload.NOTIFY;
}

/**
 * Walks the payload chain of the message at `at` (checked by `checkIke`), whose octets are captured up to `end` and which
 * claims to end at `wireEnd`. An encrypted IKEv1 message has no chain to walk and is WHOLE where it has a body.
 */
export function walkPayloads(data: DataView, at: number, end: number, wireEnd: number): Chain {
  const isV2 = ikeVersion(data, at) === IkeVersion.V2;
  let next = data.getUint8(at + NEXT_PAYLOAD);
  let position = at + IKE_HEADER_LENGTH;
  payloadsSeen = 0;
  if (!isV2 && isV1Encrypted(data, at))
    return isV1Ciphertext(wireEnd - position) && isV1Payload(next) ? Chain.WHOLE : Chain.BROKEN;
  for (let count = 0; next !== 0; count++) {
    if (count === PAYLOAD_LIMIT || !(isV2 ? isV2Payload(next) : isV1Payload(next))) return Chain.BROKEN;
    if (position + PAYLOAD_HEADER_LENGTH > wireEnd) return Chain.BROKEN;
    if (position + PAYLOAD_HEADER_LENGTH > end) return count > 0 || end < wireEnd ? Chain.CUT : Chain.BROKEN;
    const reserved = data.getUint8(position + 1) & (isV2 ? 0x7f : 0xff);
    const length = data.getUint16(position + 2);
    if (reserved !== 0 || length < PAYLOAD_HEADER_LENGTH || position + length > wireEnd) return Chain.BROKEN;
    noteSeen(next);
    // What an encrypted payload calls the next one lies inside it.
    const isLast = isV2 && (next === IkePayload.V2_ENCRYPTED || next === IkePayload.V2_FRAGMENT);
    next = isLast ? 0 : data.getUint8(position);
    position += length;
  }
  return position === wireEnd && position > at + IKE_HEADER_LENGTH ? Chain.WHOLE : Chain.BROKEN;
}

/** IKEv1 knows block ciphers only, of 8 or 16 octets a block. */
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
  return type >= IkePayload.V2_FIRST && type <= IkePayload.V2_LAST;
}

/** True when an IKEv1 message begins with the SA payload, as openings do. */
export function opensWithV1Sa(data: DataView, at: number): boolean {
  return data.getUint8(at + NEXT_PAYLOAD) === IkePayload.V1_SA;
}

/** The six octets with which IKE over TCP begins (RFC 9329 section 4). */
export function isTcpPrefix(data: DataView, at: number): boolean {
  return data.getUint32(at) === 0x494b4554 && data.getUint16(at + 4) === 0x4350;
}

export const TCP_PREFIX_LENGTH = 6;
