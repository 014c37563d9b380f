/**
 * Whether a payload is an IKE message, and what one message says by itself: whether it asks or answers, and which side
 * is the initiator. What several of them say together: ike.
 */
import { u32be } from '../memory';
import * as wire from '../wire/ike';
import { IkeExchange } from '../wire/ike';
import { checkCutIke, opensCutIke } from '../wire/ike-cut';
import { Chain, opensWithV1Sa, SeenPayload, walked, walkPayloads } from '../wire/ike-payloads';
import { Payload } from './payload';
import { fallShort, Shortfall } from './shortfall';

/** False at a glance for nearly all that is no IKE. */
export function mayBeIke(payload: Payload): bool {
  const captured = payload.captured;
  const length = payload.length;
  return (
    wire.opensIke(payload.at, payload.at + captured, length) || (captured < length && opensCutIke(captured, length))
  );
}

/** Bytes before the IKE header, 0 or the marker's 4, where a sound IKE message begins there; else -1. */
export function ikeOffset(payload: Payload): i32 {
  const at = payload.at;
  const captured = payload.captured;
  const length = payload.length;
  const end = at + captured;
  if (wire.checkIke(at, end, length)) return isSound(payload, 0) ? 0 : failPayloads(payload, 0);
  if (checkCutIke(at, captured, length)) return 0;
  const marker = wire.NON_ESP_MARKER_LENGTH;
  if (captured <= marker || u32be(at) != 0) return failHeader(payload, 0);
  if (wire.checkIke(at + marker, end, length - marker))
    return isSound(payload, marker) ? marker : failPayloads(payload, marker);
  return checkCutIke(at + marker, captured - marker, length - marker) ? marker : failHeader(payload, marker);
}

function failHeader(payload: Payload, offset: i32): i32 {
  const place = offset + wire.NEXT_PAYLOAD_AT;
  const seen = place + 4 <= payload.captured ? u32be(payload.at + place) : 0;
  return fallShort(-1, Shortfall.IKE_HEADER, place, 0, seen);
}

function failPayloads(payload: Payload, offset: i32): i32 {
  return fallShort(-1, Shortfall.IKE_PAYLOADS, offset + wire.IKE_HEADER_LENGTH, 0, payload.length - offset);
}

/** True where a snap length left less than the header. */
export function isCut(payload: Payload, offset: i32): bool {
  return payload.captured - offset < wire.IKE_HEADER_LENGTH;
}

/** True when the message's chain of payloads holds and its fields fit its place in the exchange. */
function isSound(payload: Payload, offset: i32): bool {
  const at = payload.at + offset;
  const chain = walkPayloads(at, payload.captured - offset, wire.ikeLength(at));
  if (chain == Chain.BROKEN) return false;
  const isAnswered = wire.hasResponderSpi(at);
  if (wire.isIkeV2(at)) {
    if (!wire.opensV2(at)) return isAnswered && (walked.seen & SeenPayload.ASSIGNED) != 0;
    return wire.ikeExchange(at) == IkeExchange.V2_SA_INIT ? isSoundSaInit(at, chain) : isSoundResumption(at, chain);
  }
  if (isAnswered) return true;
  if (wire.isV1Encrypted(at)) return false;
  if (wire.ikeExchange(at) == IkeExchange.V1_INFORMATIONAL) return true;
  return wire.opensV1(at) && opensWithV1Sa(at);
}

/** A request proposes, and brings a key and a nonce; an answer brings an SA or a notification. */
function isSoundSaInit(at: usize, chain: Chain): bool {
  const seen = walked.seen;
  if (isV2Response(at) || wire.hasResponderSpi(at) || chain == Chain.CUT)
    return (seen & (SeenPayload.SA | SeenPayload.NOTIFY)) != 0;
  const wanted = SeenPayload.SA | SeenPayload.KEY_EXCHANGE | SeenPayload.NONCE;
  return (seen & wanted) == wanted;
}

/**
 * A request brings a nonce, and a ticket in a notification; an answer brings a nonce or a refusal (RFC 5723 section
 * 4.3).
 */
function isSoundResumption(at: usize, chain: Chain): bool {
  const wanted = SeenPayload.NONCE | SeenPayload.NOTIFY;
  const seen = walked.seen & wanted;
  if (isV2Response(at)) return seen != 0;
  return !wire.hasResponderSpi(at) && (chain == Chain.CUT ? seen != 0 : seen == wanted);
}

function isV2Response(at: usize): bool {
  return wire.isIkeV2(at) && (wire.ikeFlags(at) & wire.IkeFlag.V2_RESPONSE) != 0;
}

/** True for what an answer can be: it has the other's SPI, or says that it answers, or refuses. */
export function isAnswer(at: usize): bool {
  return wire.hasResponderSpi(at) || isV2Response(at) || wire.ikeExchange(at) == IkeExchange.V1_INFORMATIONAL;
}

/** True for what only a responder sends: an answer whose request may have been captured after it. */
export function isResponders(at: usize): bool {
  if (wire.isIkeV2(at)) return isV2Response(at);
  if (wire.isV1Encrypted(at)) return false;
  if (wire.ikeExchange(at) == IkeExchange.V1_INFORMATIONAL) return !wire.hasResponderSpi(at);
  return wire.hasResponderSpi(at) && opensWithV1Sa(at);
}

/**
 * True where the echo of an SPI confirms: the whole header is there, or what is left of it is that of the first
 * exchange of IKEv2, whose types and flags no other protocol has in these places by chance. What is left of others is
 * too little.
 */
export function echoConfirms(payload: Payload, offset: i32): bool {
  const message = payload.at + offset;
  return !isCut(payload, offset) || (wire.isIkeV2(message) && wire.opensV2(message));
}

/** 1 + the direction of the initiator's packets, as far as the message at `at` tells; 0 where it does not. */
export function initiatorOf(at: usize, direction: i32): i32 {
  if (!wire.isIkeV2(at)) {
    // The proposal comes from the initiator, and the choice from the responder once it has given its SPI.
    if (wire.isV1Encrypted(at) || !opensWithV1Sa(at)) return 0;
    return wire.hasResponderSpi(at) ? 2 - direction : 1 + direction;
  }
  return (wire.ikeFlags(at) & wire.IkeFlag.V2_INITIATOR) != 0 ? 1 + direction : 2 - direction;
}
