/**
 * IKE headers of which a snap length left less than 28 bytes: 22 with 64 bytes of Ethernet and IPv4, 26 with 68. Both SPIs, the
 * types, the flags and the upper half of the message id are there, but neither the length nor a payload. Layout: dataplane/wire/ike.ts.
 *
 * The missing checks are made up for by strict ones: no reserved bit, no minor version, first payloads that the exchange has, and
 * message ids that are small in IKEv2 and zero in an opening. Nothing is said of other exchanges of IKEv1 than those that open.
 *
 * After the non-ESP marker 64 bytes leave 18: both SPIs, the first payload and the version. `checkMarkedIke` takes encrypted messages of
 * IKEv2 alone there, which have both SPIs and one of two first payloads.
 */
import * as ike from './ike.ts';
import { IkeExchange, IkeFlag, IkeVersion } from './ike.ts';
import { IkePayload, isEncryptedV2, opensWithV1Sa } from './ike-payloads.ts';

/** SPIs, types, flags and the upper half of the message id. */
const SHORTEST_CUT = 22;
const MESSAGE_ID = 20;
/** Both SPIs, the first payload and the version; then the exchange, then the flags. */
const SHORTEST_MARKED = 18;
const EXCHANGE_END = 19;
const FLAGS_END = 20;
/** Header, payload header, and the shortest of each: IV, padding, check value. */
const SHORTEST_ENCRYPTED = ike.IKE_HEADER_LENGTH + 4 + 8 + 1 + 8;
const V2_FLAGS = IkeFlag.V2_INITIATOR | IkeFlag.V2_RESPONSE;

/** False for nearly all that `checkCutIke` says nothing of: for all that was captured whole. */
export function opensCutIke(at: number, end: number, length: number): boolean {
  return end < at + ike.IKE_HEADER_LENGTH && end >= at + SHORTEST_CUT && length > ike.IKE_HEADER_LENGTH;
}

/** True when the bytes at `at`, cut at `end` from a message of `length` bytes, can be the beginning of an IKE header. */
export function checkCutIke(data: DataView, at: number, end: number, length: number): boolean {
  if (!opensCutIke(at, end, length)) return false;
  if (ike.initiatorSpiHigh(data, at) === 0 && ike.initiatorSpiLow(data, at) === 0) return false;
  // Of the length the upper half, which no datagram's fills.
  if (end >= at + ike.LENGTH_AT + 2 && data.getUint16(at + ike.LENGTH_AT) !== 0) return false;
  const version = ike.ikeVersion(data, at);
  if (version === IkeVersion.V2) return isCutV2(data, at, end);
  return version === IkeVersion.V1 && isCutV1Opening(data, at, end);
}

function isCutV2(data: DataView, at: number, end: number): boolean {
  const flags = ike.ikeFlags(data, at);
  const next = ike.nextPayload(data, at);
  if ((flags & ~V2_FLAGS) !== 0 || data.getUint16(at + MESSAGE_ID) !== 0) return false;
  if (!ike.opensV2(data, at))
    return ike.isV2Exchange(ike.ikeExchange(data, at)) && ike.hasResponderSpi(data, at) && isEncryptedV2(next);
  if (end >= at + MESSAGE_ID + 4 && data.getUint16(at + MESSAGE_ID + 2) !== 0) return false;
  const isResumed = ike.ikeExchange(data, at) === IkeExchange.V2_SESSION_RESUME;
  const first = isResumed ? IkePayload.V2_NONCE : IkePayload.V2_FIRST;
  if (next !== first && next !== IkePayload.V2_NOTIFY) return false;
  // The initiator asks without the other's SPI.
  return flags === IkeFlag.V2_INITIATOR ? !ike.hasResponderSpi(data, at) : flags === IkeFlag.V2_RESPONSE;
}

function isCutV1Opening(data: DataView, at: number, end: number): boolean {
  if (!opensWithV1Sa(data, at) || ike.ikeFlags(data, at) !== 0 || data.getUint16(at + MESSAGE_ID) !== 0) return false;
  if (end >= at + MESSAGE_ID + 4 && data.getUint16(at + MESSAGE_ID + 2) !== 0) return false;
  return ike.opensV1(data, at);
}

/**
 * True when the bytes at `at`, right after the non-ESP marker and cut at `end` from a message of `length` bytes, can be the beginning
 * of an encrypted IKEv2 message that was cut before its message id.
 */
export function checkMarkedIke(data: DataView, at: number, end: number, length: number): boolean {
  if (end < at + SHORTEST_MARKED || end >= at + SHORTEST_CUT || length < SHORTEST_ENCRYPTED) return false;
  const next = ike.nextPayload(data, at);
  if (
    ike.ikeVersion(data, at) !== IkeVersion.V2 ||
    (next !== IkePayload.V2_ENCRYPTED && next !== IkePayload.V2_FRAGMENT)
  )
    return false;
  if ((ike.initiatorSpiHigh(data, at) === 0 && ike.initiatorSpiLow(data, at) === 0) || !ike.hasResponderSpi(data, at))
    return false;
  if (end >= at + EXCHANGE_END && (!ike.isV2Exchange(ike.ikeExchange(data, at)) || ike.opensV2(data, at))) return false;
  return end < at + FLAGS_END || (ike.ikeFlags(data, at) & ~V2_FLAGS) === 0;
}
