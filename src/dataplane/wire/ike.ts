/**
 * IKE messages: RFC 2408 section 3.1 (ISAKMP, IKEv1), RFC 7296 section 3.1 (IKEv2), RFC 5723 (session
 * resumption), RFC 3948 section 2 (over UDP behind a non-ESP marker), RFC 9329 (over TCP).
 *
 * `checkIke` covers the 28 bytes of the header. The payloads: dataplane/wire/ike-payloads.ts.
 *
 * Each version is read as strictly as its RFC asks. A receiver of IKEv2 ignores the minor version and reserved flags (RFC 7296
 * section 3.1). A receiver of IKEv1 discards messages with an unknown one (RFC 2408 sections 3.1 and 5.2).
 */

const INITIATOR_SPI = 0;
const RESPONDER_SPI = 8;
const NEXT_PAYLOAD = 16;
const VERSION = 17;
const EXCHANGE = 18;
const FLAGS = 19;
const LENGTH = 24;
export const IKE_HEADER_LENGTH = 28;

/** Zeros that may follow a message in its datagram: old Cisco clients append 16. */
export const TRAILING_ZEROS_LIMIT = 32;

export const NON_ESP_MARKER_LENGTH = 4;

export const IkeVersion = { V1: 0x10, V2: 0x20 } as const;

export const IkeExchange = {
  V1_BASE: 1,
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

/**
 * False for most of what is no IKE: neither is what is in the length's place the `length` of the datagram at `at` (or a little
 * less, where zeros follow), nor does that begin with the non-ESP marker.
 */
export function opensIke(data: DataView, at: number, end: number, length: number): boolean {
  return (
    at + IKE_HEADER_LENGTH <= end &&
    ((length - data.getUint32(at + LENGTH)) >>> 0 <= TRAILING_ZEROS_LIMIT || data.getInt32(at) === 0)
  );
}

/**
 * True when the bytes at `at`, of a message of `length` bytes, can be an IKE header: fields known and consistent. Zeros may
 * follow the message within `length`, where all of them were captured.
 */
export function checkIke(data: DataView, at: number, end: number, length: number): boolean {
  if (at + IKE_HEADER_LENGTH > end || !hasLength(data, at, end, length)) return false;
  if (data.getInt32(at + INITIATOR_SPI) === 0 && data.getInt32(at + INITIATOR_SPI + 4) === 0) return false;
  const exchange = data.getUint8(at + EXCHANGE);
  if (isIkeV2(data, at)) return isV2Exchange(exchange);
  return (
    ikeVersion(data, at) === IkeVersion.V1 && isV1Exchange(exchange) && (data.getUint8(at + FLAGS) & ~V1_FLAGS) === 0
  );
}

function hasLength(data: DataView, at: number, end: number, length: number): boolean {
  const zeros = length - data.getUint32(at + LENGTH);
  if (zeros === 0) return true;
  if (zeros < 0 || zeros > TRAILING_ZEROS_LIMIT || at + length > end || zeros > length - IKE_HEADER_LENGTH)
    return false;
  for (let i = at + length - zeros; i < at + length; i++) {
    if (data.getUint8(i) !== 0) return false;
  }
  return true;
}

function isV1Exchange(exchange: number): boolean {
  return (
    (exchange >= IkeExchange.V1_BASE && exchange <= IkeExchange.V1_TRANSACTION) ||
    exchange === IkeExchange.V1_QUICK ||
    exchange === IkeExchange.V1_NEW_GROUP
  );
}

export function isV2Exchange(exchange: number): boolean {
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

/** Major version in the upper four bits, minor in the lower. */
export function ikeVersion(data: DataView, at: number): number {
  return data.getUint8(at + VERSION);
}

/** True for IKEv2, whatever its minor version. */
export function isIkeV2(data: DataView, at: number): boolean {
  return (ikeVersion(data, at) & 0xf0) === IkeVersion.V2;
}

/** Bytes of the message with its header, as it claims. */
export function ikeLength(data: DataView, at: number): number {
  return data.getUint32(at + LENGTH);
}

export function ikeExchange(data: DataView, at: number): number {
  return data.getUint8(at + EXCHANGE);
}

export function nextPayload(data: DataView, at: number): number {
  return data.getUint8(at + NEXT_PAYLOAD);
}

export function ikeFlags(data: DataView, at: number): number {
  return data.getUint8(at + FLAGS);
}

/** True for the exchanges with which IKEv2 begins: in them the responder gives its SPI. */
export function opensV2(data: DataView, at: number): boolean {
  const exchange = ikeExchange(data, at);
  return exchange === IkeExchange.V2_SA_INIT || exchange === IkeExchange.V2_SESSION_RESUME;
}

/** True for the exchanges with which IKEv1 begins. */
export function opensV1(data: DataView, at: number): boolean {
  const exchange = ikeExchange(data, at);
  return exchange === IkeExchange.V1_BASE || exchange === IkeExchange.V1_MAIN || exchange === IkeExchange.V1_AGGRESSIVE;
}

/** True when an IKEv1 message's payloads are encrypted. */
export function isV1Encrypted(data: DataView, at: number): boolean {
  return (ikeFlags(data, at) & IkeFlag.V1_ENCRYPTED) !== 0;
}

/** The six bytes with which IKE over TCP begins (RFC 9329 section 4). */
export function isTcpPrefix(data: DataView, at: number): boolean {
  return data.getUint32(at) === 0x494b4554 && data.getUint16(at + 4) === 0x4350;
}

export const TCP_PREFIX_LENGTH = 6;
