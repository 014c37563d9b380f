/**
 * WireGuard messages: whitepaper section 5.4 and wireguard.com/protocol. Each begins with a type byte and three zero
 * bytes, read here as one little-endian word. Not handled: transports that rewrite the reserved bytes.
 *
 * The accessors of a message read inside the smallest length of its type; the caller has that many captured bytes, or
 * checks with `has…`.
 */
import { isZero } from '../../core/bytes.ts';

export const WireguardType = { INITIATION: 1, RESPONSE: 2, COOKIE: 3, TRANSPORT: 4 } as const;

export const INITIATION_LENGTH = 148;
export const RESPONSE_LENGTH = 92;
export const COOKIE_LENGTH = 64;
/** A keepalive: header 16 and the tag of an empty packet. */
export const SHORTEST_TRANSPORT = 32;

const TYPE_WORD = 0;
const INITIATION_SENDER = 4;
const INITIATION_MAC2 = 132;
const RESPONSE_SENDER = 4;
const RESPONSE_RECEIVER = 8;
const RESPONSE_MAC2 = 76;
const RECEIVER = 4;
const COUNTER = 8;
const CIPHERTEXT = 16;
const MAC_LENGTH = 16;

/** Bytes that a message must have captured for its indexes and counter to be read. */
export const INDEX_FIELDS_LENGTH = 16;

/** The type with its three reserved bytes: 1 to 4 where those are zero, else something larger. */
export function wireguardType(data: DataView, at: number): number {
  return data.getUint32(at + TYPE_WORD, true);
}

/** True when one of the four types, or a discovery message's first bytes, stand at `at`. */
export function opensWireguard(data: DataView, at: number): boolean {
  const type = wireguardType(data, at);
  return (type >= WireguardType.INITIATION && type <= WireguardType.TRANSPORT) || isDisco(data, at);
}

/** True when a message of `type` can have `length` bytes. */
export function isWireguardLength(type: number, length: number): boolean {
  switch (type) {
    case WireguardType.INITIATION:
      return length === INITIATION_LENGTH;
    case WireguardType.RESPONSE:
      return length === RESPONSE_LENGTH;
    case WireguardType.COOKIE:
      return length === COOKIE_LENGTH;
    case WireguardType.TRANSPORT:
      return length >= SHORTEST_TRANSPORT;
    default:
      return false;
  }
}

/** Whether a datagram of `length` bytes whose first four, big-endian, are `first` has the type and length of an initiation or response. */
export function opensHandshake(first: number, length: number): boolean {
  return (
    (length === INITIATION_LENGTH && first === WireguardType.INITIATION << 24) ||
    (length === RESPONSE_LENGTH && first === WireguardType.RESPONSE << 24)
  );
}

/** Index that the initiator gave itself. */
export function initiationSender(data: DataView, at: number): number {
  return data.getInt32(at + INITIATION_SENDER);
}

/** Index that the responder gave itself. */
export function responseSender(data: DataView, at: number): number {
  return data.getInt32(at + RESPONSE_SENDER);
}

export const RESPONSE_RECEIVER_AT = RESPONSE_RECEIVER;

/** The initiation's sender index, echoed. */
export function responseReceiver(data: DataView, at: number): number {
  return data.getInt32(at + RESPONSE_RECEIVER);
}

/** Receiver index of a cookie reply or a transport message. */
export function receiverIndex(data: DataView, at: number): number {
  return data.getInt32(at + RECEIVER);
}

/** Low word of the counter, which both peers start from zero with every handshake. */
export function counterLow(data: DataView, at: number): number {
  return data.getUint32(at + COUNTER, true);
}

export function counterHigh(data: DataView, at: number): number {
  return data.getUint32(at + COUNTER + 4, true);
}

/**
 * Offsets at which the random fields of a handshake message begin, then the end of the last one: in an initiation ephemeral key,
 * encrypted static key, encrypted timestamp, mac1; in a response ephemeral key, encrypted nothing, mac1.
 */
const INITIATION_SECRETS = [8, 40, 88, 116, 132] as const;
const RESPONSE_SECRETS = [12, 44, 60, 76] as const;

export function secretFields(type: number): readonly number[] {
  return type === WireguardType.INITIATION ? INITIATION_SECRETS : RESPONSE_SECRETS;
}

export const TRANSPORT_CIPHERTEXT_AT = CIPHERTEXT;

/** Offset of mac2 in a handshake message, which is zero unless the sender holds a cookie. */
export function mac2At(type: number): number {
  return type === WireguardType.INITIATION ? INITIATION_MAC2 : RESPONSE_MAC2;
}

/** True when mac2 of an initiation or response whose bytes are all captured is zero. */
export function isMac2Zero(data: DataView, at: number, type: number): boolean {
  return isZero(data, at + mac2At(type), MAC_LENGTH);
}

/** Tailscale's discovery messages begin with these six bytes, the characters "TS" and a speech balloon. */
export function isDisco(data: DataView, at: number): boolean {
  return data.getUint32(at) === 0x5453f09f && data.getUint16(at + 4) === 0x92ac;
}

export const DISCO_LENGTH = 6;
