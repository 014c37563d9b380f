/**
 * WireGuard messages: whitepaper section 5.4 and wireguard.com/protocol. Each begins with a type byte and three zero
 * bytes, read here as one little-endian word. Not handled: transports that rewrite the reserved bytes.
 *
 * The accessors of a message read inside the smallest length of its type; the caller has that many captured bytes, or
 * compares.
 */
import { isZero, u16be, u32be, u32le } from '../memory';

export enum WireguardType {
  INITIATION = 1,
  RESPONSE = 2,
  COOKIE = 3,
  TRANSPORT = 4,
}

export const INITIATION_LENGTH: i32 = 148;
export const RESPONSE_LENGTH: i32 = 92;
export const COOKIE_LENGTH: i32 = 64;
/** A keepalive: header 16 and the tag of an empty packet. */
export const SHORTEST_TRANSPORT: i32 = 32;

const TYPE_WORD: usize = 0;
const INITIATION_SENDER: usize = 4;
const INITIATION_MAC2: i32 = 132;
const RESPONSE_SENDER: usize = 4;
const RESPONSE_RECEIVER: usize = 8;
const RESPONSE_MAC2: i32 = 76;
const RECEIVER: usize = 4;
const COUNTER: usize = 8;
const MAC_LENGTH: i32 = 16;

/** Bytes that a message must have captured for its indexes and counter to be read. */
export const INDEX_FIELDS_LENGTH: i32 = 16;

/** The type with its three reserved bytes: 1 to 4 where those are zero, else something larger. */
export function wireguardType(at: usize): u32 {
  return u32le(at + TYPE_WORD);
}

/** True when one of the four types, or a discovery message's first bytes, are at `at`. */
export function opensWireguard(at: usize): bool {
  const type = wireguardType(at);
  return (type >= <u32>WireguardType.INITIATION && type <= <u32>WireguardType.TRANSPORT) || isDisco(at);
}

/** True when a message of `type` can have `length` bytes. */
export function isWireguardLength(type: u32, length: i32): bool {
  switch (type) {
    case WireguardType.INITIATION:
      return length == INITIATION_LENGTH;
    case WireguardType.RESPONSE:
      return length == RESPONSE_LENGTH;
    case WireguardType.COOKIE:
      return length == COOKIE_LENGTH;
    case WireguardType.TRANSPORT:
      return length >= SHORTEST_TRANSPORT;
    default:
      return false;
  }
}

/**
 * Whether a datagram of `length` bytes whose first four, big-endian, are `first` has the type and length of an
 * initiation or response.
 */
export function opensHandshake(first: u32, length: i32): bool {
  return (
    (length == INITIATION_LENGTH && first == WireguardType.INITIATION << 24) ||
    (length == RESPONSE_LENGTH && first == WireguardType.RESPONSE << 24)
  );
}

/** Index that the initiator gave itself. */
export function initiationSender(at: usize): u32 {
  return u32be(at + INITIATION_SENDER);
}

/** Index that the responder gave itself. */
export function responseSender(at: usize): u32 {
  return u32be(at + RESPONSE_SENDER);
}

export const RESPONSE_RECEIVER_AT: i32 = 8;

/** The initiation's sender index, echoed. */
export function responseReceiver(at: usize): u32 {
  return u32be(at + RESPONSE_RECEIVER);
}

/** Receiver index of a cookie reply or a transport message. */
export function receiverIndex(at: usize): u32 {
  return u32be(at + RECEIVER);
}

/** Low word of the counter, which both peers start from zero with every handshake. */
export function counterLow(at: usize): u32 {
  return u32le(at + COUNTER);
}

export function counterHigh(at: usize): u32 {
  return u32le(at + COUNTER + 4);
}

const INITIATION_SECRETS: usize = memory.data<u8>([8, 40, 88, 116, 132]);
const RESPONSE_SECRETS: usize = memory.data<u8>([12, 44, 60, 76]);

/**
 * Offset at which the random field `i` of a handshake message begins, or the last one ends: in an initiation ephemeral
 * key, encrypted static key, encrypted timestamp, mac1; in a response ephemeral key, encrypted nothing, mac1.
 */
export function secretField(type: u32, i: i32): i32 {
  return load<u8>((type == WireguardType.INITIATION ? INITIATION_SECRETS : RESPONSE_SECRETS) + i);
}

/** How many random fields a handshake message has. */
export function secretFieldCount(type: u32): i32 {
  return type == WireguardType.INITIATION ? 4 : 3;
}

export const TRANSPORT_CIPHERTEXT_AT: i32 = 16;
export const COOKIE_NONCE_AT: i32 = 8;

/** Offset of mac2 in a handshake message, which is zero unless the sender holds a cookie. */
export function mac2At(type: u32): i32 {
  return type == WireguardType.INITIATION ? INITIATION_MAC2 : RESPONSE_MAC2;
}

/** True when mac2 of an initiation or response whose bytes are all captured is zero. */
export function isMac2Zero(at: usize, type: u32): bool {
  return isZero(at + mac2At(type), MAC_LENGTH);
}

/** Tailscale's discovery messages begin with these six bytes, the characters "TS" and a speech balloon. */
export function isDisco(at: usize): bool {
  return u32be(at) == DISCO_WORD && u16be(at + 4) == 0x92ac;
}

/** The first four of the six. */
export const DISCO_WORD: u32 = 0x5453f09f;
