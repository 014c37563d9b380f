/**
 * IKE messages: RFC 2408 section 3.1 (ISAKMP, IKEv1), RFC 7296 section 3.1 (IKEv2), RFC 5723 (session
 * resumption), RFC 3948 section 2 (over UDP after a non-ESP marker), RFC 9329 (over TCP).
 *
 * `checkIke` covers the 28 bytes of the header. The payloads: ike-payloads.
 *
 * Each version is read as strictly as its RFC asks. A receiver of IKEv2 ignores the minor version and reserved flags
 * (RFC 7296 section 3.1). A receiver of IKEv1 discards messages with an unknown one (RFC 2408 sections 3.1 and 5.2).
 */
import { byteAt, isZero, u16be, u32be } from '../memory';

const INITIATOR_SPI: usize = 0;
const RESPONDER_SPI: usize = 8;
const NEXT_PAYLOAD: usize = 16;
const VERSION: usize = 17;
const EXCHANGE: usize = 18;
const FLAGS: usize = 19;
const LENGTH: usize = 24;
export const IKE_HEADER_LENGTH: i32 = 28;

/** The same as offsets of evidence. */
export const RESPONDER_SPI_AT: i32 = 8;
export const NEXT_PAYLOAD_AT: i32 = 16;
export const VERSION_AT: i32 = 17;
export const LENGTH_AT: i32 = 24;

/** Zeros that may follow a message in its datagram: old Cisco clients append 16. */
export const TRAILING_ZEROS_LIMIT: i32 = 32;

export const NON_ESP_MARKER_LENGTH: i32 = 4;

export enum IkeVersion {
  V1 = 0x10,
  V2 = 0x20,
}

export enum IkeExchange {
  V1_BASE = 1,
  V1_MAIN = 2,
  V1_AUTHENTICATION_ONLY = 3,
  V1_AGGRESSIVE = 4,
  V1_INFORMATIONAL = 5,
  V1_TRANSACTION = 6,
  V1_QUICK = 32,
  V1_NEW_GROUP = 33,
  V2_SA_INIT = 34,
  V2_AUTH = 35,
  V2_CREATE_CHILD_SA = 36,
  V2_INFORMATIONAL = 37,
  V2_SESSION_RESUME = 38,
  V2_INTERMEDIATE = 43,
  V2_FOLLOWUP_KE = 44,
}

export enum IkeFlag {
  V1_ENCRYPTED = 1,
  V1_COMMIT = 2,
  V1_AUTHENTICATION_ONLY = 4,
  V2_INITIATOR = 8,
  V2_RESPONSE = 32,
}

const V1_FLAGS: i32 = 0x07;

/**
 * False for most of what is no IKE: neither is what is in the length's place the `length` of the datagram at `at` (or a
 * little less, where zeros follow), nor does that begin with the non-ESP marker.
 */
export function opensIke(at: usize, end: usize, length: i32): bool {
  return at + IKE_HEADER_LENGTH <= end && (<u32>length - ikeLength(at) <= <u32>TRAILING_ZEROS_LIMIT || u32be(at) == 0);
}

/**
 * True when the bytes at `at`, of a message of `length` bytes, can be an IKE header: fields known and consistent. Zeros
 * may follow the message within `length`, where all of them were captured.
 */
export function checkIke(at: usize, end: usize, length: i32): bool {
  if (at + IKE_HEADER_LENGTH > end || !hasLength(at, end, length)) return false;
  if (!hasInitiatorSpi(at)) return false;
  const exchange = ikeExchange(at);
  if (isIkeV2(at)) return isV2Exchange(exchange);
  return ikeVersion(at) == IkeVersion.V1 && isV1Exchange(exchange) && (ikeFlags(at) & ~V1_FLAGS) == 0;
}

function hasLength(at: usize, end: usize, length: i32): bool {
  const claimed = ikeLength(at);
  if (claimed == <u32>length) return true;
  if (claimed > <u32>length) return false;
  const zeros = length - <i32>claimed;
  if (zeros > TRAILING_ZEROS_LIMIT || length > <i32>(end - at) || zeros > length - IKE_HEADER_LENGTH) return false;
  return isZero(at + claimed, zeros);
}

function isV1Exchange(exchange: i32): bool {
  return (
    (exchange >= IkeExchange.V1_BASE && exchange <= IkeExchange.V1_TRANSACTION) ||
    exchange == IkeExchange.V1_QUICK ||
    exchange == IkeExchange.V1_NEW_GROUP
  );
}

export function isV2Exchange(exchange: i32): bool {
  return (
    (exchange >= IkeExchange.V2_SA_INIT && exchange <= IkeExchange.V2_SESSION_RESUME) ||
    exchange == IkeExchange.V2_INTERMEDIATE ||
    exchange == IkeExchange.V2_FOLLOWUP_KE
  );
}

export function initiatorSpiHigh(at: usize): u32 {
  return u32be(at + INITIATOR_SPI);
}

export function initiatorSpiLow(at: usize): u32 {
  return u32be(at + INITIATOR_SPI + 4);
}

export function hasInitiatorSpi(at: usize): bool {
  return initiatorSpiHigh(at) != 0 || initiatorSpiLow(at) != 0;
}

export function responderSpiHigh(at: usize): u32 {
  return u32be(at + RESPONDER_SPI);
}

export function responderSpiLow(at: usize): u32 {
  return u32be(at + RESPONDER_SPI + 4);
}

export function hasResponderSpi(at: usize): bool {
  return responderSpiHigh(at) != 0 || responderSpiLow(at) != 0;
}

/** Major version in the upper four bits, minor in the lower. */
export function ikeVersion(at: usize): i32 {
  return byteAt(at + VERSION);
}

/** True for IKEv2, whatever its minor version. */
export function isIkeV2(at: usize): bool {
  return (ikeVersion(at) & 0xf0) == IkeVersion.V2;
}

/** Bytes of the message with its header, as it claims. */
export function ikeLength(at: usize): u32 {
  return u32be(at + LENGTH);
}

export function ikeExchange(at: usize): i32 {
  return byteAt(at + EXCHANGE);
}

export function nextPayload(at: usize): i32 {
  return byteAt(at + NEXT_PAYLOAD);
}

export function ikeFlags(at: usize): i32 {
  return byteAt(at + FLAGS);
}

/** True for the exchanges with which IKEv2 begins: in them the responder gives its SPI. */
export function opensV2(at: usize): bool {
  const exchange = ikeExchange(at);
  return exchange == IkeExchange.V2_SA_INIT || exchange == IkeExchange.V2_SESSION_RESUME;
}

/** True for the exchanges with which IKEv1 begins. */
export function opensV1(at: usize): bool {
  const exchange = ikeExchange(at);
  return exchange == IkeExchange.V1_BASE || exchange == IkeExchange.V1_MAIN || exchange == IkeExchange.V1_AGGRESSIVE;
}

/** True when an IKEv1 message's payloads are encrypted. */
export function isV1Encrypted(at: usize): bool {
  return (ikeFlags(at) & IkeFlag.V1_ENCRYPTED) != 0;
}

/** The six bytes with which IKE over TCP begins (RFC 9329 section 4). */
export function isTcpPrefix(at: usize): bool {
  return u32be(at) == 0x494b4554 && u16be(at + 4) == 0x4350;
}

export const TCP_PREFIX_LENGTH: i32 = 6;
