/**
 * Whether a payload is an IKE message, and what one message says by itself: whether it asks or answers, and which side is the
 * initiator. What several of them say together: ike.ts.
 */
import * as wire from '../wire/ike.ts';
import { IkeExchange } from '../wire/ike.ts';
import { checkCutIke, opensCutIke } from '../wire/ike-cut.ts';
import { Chain, opensWithV1Sa, payloadsSeen, SeenPayload, walkPayloads } from '../wire/ike-payloads.ts';
import type { Payload } from './payload.ts';
import { fallShort } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';

/** False at a glance for nearly all that is no IKE. */
export function mayBeIke({ data, at, captured, length }: Payload): boolean {
  const end = at + captured;
  return wire.opensIke(data, at, end, length) || (captured < length && opensCutIke(at, end, length));
}

/** Bytes before the IKE header, 0 or the marker's 4, where a sound IKE message begins there; else -1. */
export function ikeOffset(payload: Payload): number {
  const { data, at, captured, length } = payload;
  const end = at + captured;
  if (wire.checkIke(data, at, end, length)) return isSound(payload, 0) ? 0 : failPayloads(payload, 0);
  if (checkCutIke(data, at, end, length)) return 0;
  const marker = wire.NON_ESP_MARKER_LENGTH;
  if (captured <= marker || data.getInt32(at) !== 0) return failHeader(payload, 0);
  if (wire.checkIke(data, at + marker, end, length - marker))
    return isSound(payload, marker) ? marker : failPayloads(payload, marker);
  return checkCutIke(data, at + marker, end, length - marker) ? marker : failHeader(payload, marker);
}

function failHeader({ data, at, captured }: Payload, offset: number): number {
  const place = offset + wire.NEXT_PAYLOAD_AT;
  return fallShort(-1, Shortfall.IKE_HEADER, place, 0, place + 4 <= captured ? data.getInt32(at + place) : 0);
}

function failPayloads({ length }: Payload, offset: number): number {
  return fallShort(-1, Shortfall.IKE_PAYLOADS, offset + wire.IKE_HEADER_LENGTH, 0, length - offset);
}

/** True where a snap length left less than the header. */
export function isCut(payload: Payload, offset: number): boolean {
  return payload.captured - offset < wire.IKE_HEADER_LENGTH;
}

/** True when the message's chain of payloads holds and its fields fit its place in the exchange. */
function isSound(payload: Payload, offset: number): boolean {
  const { data, captured } = payload;
  const at = payload.at + offset;
  const chain = walkPayloads(data, at, payload.at + captured, at + wire.ikeLength(data, at));
  if (chain === Chain.BROKEN) return false;
  const answered = wire.hasResponderSpi(data, at);
  if (wire.isIkeV2(data, at)) {
    if (!wire.opensV2(data, at)) return answered && (payloadsSeen & SeenPayload.ASSIGNED) !== 0;
    return wire.ikeExchange(data, at) === IkeExchange.V2_SA_INIT
      ? isSoundSaInit(data, at, chain)
      : isSoundResumption(data, at, chain);
  }
  if (answered) return true;
  if (wire.isV1Encrypted(data, at)) return false;
  if (wire.ikeExchange(data, at) === IkeExchange.V1_INFORMATIONAL) return true;
  return wire.opensV1(data, at) && opensWithV1Sa(data, at);
}

/** A request proposes, and brings a key and a nonce; an answer brings an SA or a notification. */
function isSoundSaInit(data: DataView, at: number, chain: Chain): boolean {
  const seen = payloadsSeen;
  if (isV2Response(data, at) || wire.hasResponderSpi(data, at) || chain === Chain.CUT)
    return (seen & (SeenPayload.SA | SeenPayload.NOTIFY)) !== 0;
  const wanted = SeenPayload.SA | SeenPayload.KEY_EXCHANGE | SeenPayload.NONCE;
  return (seen & wanted) === wanted;
}

/** A request brings a nonce, and a ticket in a notification; an answer brings a nonce or a refusal (RFC 5723 section 4.3). */
function isSoundResumption(data: DataView, at: number, chain: Chain): boolean {
  const wanted = SeenPayload.NONCE | SeenPayload.NOTIFY;
  const seen = payloadsSeen & wanted;
  if (isV2Response(data, at)) return seen !== 0;
  return !wire.hasResponderSpi(data, at) && (chain === Chain.CUT ? seen !== 0 : seen === wanted);
}

function isV2Response(data: DataView, at: number): boolean {
  return wire.isIkeV2(data, at) && (wire.ikeFlags(data, at) & wire.IkeFlag.V2_RESPONSE) !== 0;
}

/** True for what an answer can be: it has the other's SPI, or says that it answers, or refuses. */
export function isAnswer(data: DataView, at: number): boolean {
  return (
    wire.hasResponderSpi(data, at) ||
    isV2Response(data, at) ||
    wire.ikeExchange(data, at) === IkeExchange.V1_INFORMATIONAL
  );
}

/** True for what only a responder sends: an answer whose request may have been captured after it. */
export function isResponders(data: DataView, at: number): boolean {
  if (wire.isIkeV2(data, at)) return isV2Response(data, at);
  if (wire.isV1Encrypted(data, at)) return false;
  if (wire.ikeExchange(data, at) === IkeExchange.V1_INFORMATIONAL) return !wire.hasResponderSpi(data, at);
  return wire.hasResponderSpi(data, at) && opensWithV1Sa(data, at);
}

/**
 * True where the echo of an SPI confirms: the whole header is there, or what is left of it is that of the first exchange of IKEv2,
 * whose types and flags no other protocol has in these places by chance. What is left of others is too little.
 */
export function echoConfirms(payload: Payload, offset: number): boolean {
  const message = payload.at + offset;
  return !isCut(payload, offset) || (wire.isIkeV2(payload.data, message) && wire.opensV2(payload.data, message));
}

/** 1 + the direction of the initiator's packets, as far as one message tells; 0 where it does not. */
export function initiatorOf(data: DataView, message: number, direction: number): number {
  if (!wire.isIkeV2(data, message)) {
    if (wire.isV1Encrypted(data, message)) return 0;
    // The proposal comes from the initiator, and the choice from the responder once it has given its SPI.
    if (opensWithV1Sa(data, message)) return wire.hasResponderSpi(data, message) ? 2 - direction : 1 + direction;
    return 0;
  }
  const byInitiator = (wire.ikeFlags(data, message) & wire.IkeFlag.V2_INITIATOR) !== 0;
  return byInitiator ? 1 + direction : 2 - direction;
}
