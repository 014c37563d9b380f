/**
 * IKE headers of which a snap length left less than 28 bytes: 22 with 64 bytes of Ethernet and IPv4, 26 with 68. Both
 * SPIs, the types, the flags and the upper half of the message id are there, but neither the length nor a payload.
 * Layout: ike.
 *
 * Strict checks make up for the missing ones: no reserved bit, no minor version, first payloads that the exchange has,
 * and message ids that are small in IKEv2 and zero in an opening. Exchanges of IKEv1 that do not open a session are not
 * recognised.
 *
 * After the non-ESP marker 64 bytes leave 18: both SPIs, the first payload and the version. `checkMarkedIke` takes
 * encrypted messages of IKEv2 alone there, which have both SPIs and one of two first payloads.
 */
import { u16be } from '../memory';
import * as ike from './ike';
import { IkeExchange, IkeFlag, IkeVersion } from './ike';
import { IkePayload, isEncryptedV2, opensWithV1Sa } from './ike-payloads';

const MESSAGE_ID: usize = 20;
/** SPIs, types, flags and the upper half of the message id. */
const SHORTEST_CUT: i32 = 22;
const MESSAGE_ID_END: i32 = 24;
/** The same and the upper half of the length. */
const HALF_LENGTH_END: i32 = 26;
/** Both SPIs, the first payload and the version; then the exchange, then the flags. */
const SHORTEST_MARKED: i32 = 18;
const EXCHANGE_END: i32 = 19;
const FLAGS_END: i32 = 20;
/** Header, payload header, and the shortest of each: IV, padding, check value. */
const SHORTEST_ENCRYPTED: i32 = ike.IKE_HEADER_LENGTH + 4 + 8 + 1 + 8;
const V2_FLAGS: i32 = IkeFlag.V2_INITIATOR | IkeFlag.V2_RESPONSE;

/** False for nearly all that `checkCutIke` is false for: for all that was captured whole. */
export function opensCutIke(captured: i32, length: i32): bool {
  return captured < ike.IKE_HEADER_LENGTH && captured >= SHORTEST_CUT && length > ike.IKE_HEADER_LENGTH;
}

/**
 * True when the `captured` bytes at `at`, cut from a message of `length` bytes, can be the beginning of an IKE header.
 */
export function checkCutIke(at: usize, captured: i32, length: i32): bool {
  if (!opensCutIke(captured, length) || !ike.hasInitiatorSpi(at)) return false;
  // The upper half of the length is zero, as no datagram fills it.
  if (captured >= HALF_LENGTH_END && u16be(at + ike.LENGTH_AT) != 0) return false;
  const version = ike.ikeVersion(at);
  if (version == IkeVersion.V2) return isCutV2(at, captured);
  return version == IkeVersion.V1 && isCutV1Opening(at, captured);
}

function isCutV2(at: usize, captured: i32): bool {
  const flags = ike.ikeFlags(at);
  const next = ike.nextPayload(at);
  if ((flags & ~V2_FLAGS) != 0 || u16be(at + MESSAGE_ID) != 0) return false;
  if (!ike.opensV2(at)) return ike.isV2Exchange(ike.ikeExchange(at)) && ike.hasResponderSpi(at) && isEncryptedV2(next);
  if (captured >= MESSAGE_ID_END && u16be(at + MESSAGE_ID + 2) != 0) return false;
  const isResumed = ike.ikeExchange(at) == IkeExchange.V2_SESSION_RESUME;
  const first = isResumed ? IkePayload.V2_NONCE : IkePayload.V2_FIRST;
  if (next != first && next != IkePayload.V2_NOTIFY) return false;
  // The initiator asks without the other's SPI.
  return flags == IkeFlag.V2_INITIATOR ? !ike.hasResponderSpi(at) : flags == IkeFlag.V2_RESPONSE;
}

function isCutV1Opening(at: usize, captured: i32): bool {
  if (!opensWithV1Sa(at) || ike.ikeFlags(at) != 0 || u16be(at + MESSAGE_ID) != 0) return false;
  if (captured >= MESSAGE_ID_END && u16be(at + MESSAGE_ID + 2) != 0) return false;
  return ike.opensV1(at);
}

/**
 * True when the `captured` bytes at `at`, right after the non-ESP marker and cut from a message of `length` bytes, can
 * be the beginning of an encrypted IKEv2 message that was cut before its message id.
 */
export function checkMarkedIke(at: usize, captured: i32, length: i32): bool {
  if (captured < SHORTEST_MARKED || captured >= SHORTEST_CUT || length < SHORTEST_ENCRYPTED) return false;
  const next = ike.nextPayload(at);
  if (ike.ikeVersion(at) != IkeVersion.V2 || (next != IkePayload.V2_ENCRYPTED && next != IkePayload.V2_FRAGMENT))
    return false;
  if (!ike.hasInitiatorSpi(at) || !ike.hasResponderSpi(at)) return false;
  if (captured >= EXCHANGE_END && (!ike.isV2Exchange(ike.ikeExchange(at)) || ike.opensV2(at))) return false;
  return captured < FLAGS_END || (ike.ikeFlags(at) & ~V2_FLAGS) == 0;
}
