/**
 * OpenVPN packets: OpenVPN's ssl_pkt.h and reliable.c, and the openvpn-wire-protocol draft. One byte of opcode and key
 * id, then for control packets the sender's session id (8) and, by the layer that wraps them:
 *
 *   plain      ack count 1, acked packet ids 4 each, the peer's session id 8 where anything is acked, packet id 4 (not
 *              in an ACK), TLS
 *   tls-auth   HMAC, replay packet id 4, time 4, then as plain
 *   tls-crypt  replay packet id 4, time 4, tag 32, ciphertext of what plain has after the session id; for v2 the
 *              client's reset ends with its wrapped key, whose last two bytes are the wrapped key's length
 *
 * Data packets: DATA_V1 one byte, DATA_V2 that and a peer id 3; then with an AEAD cipher a packet id 4, a tag 16 and
 * ciphertext, with epoch keys (2.7: crypto_epoch.c, packet_id.h) a packet id 8 of an epoch 2 and a counter 6,
 * ciphertext and the tag; with a block cipher an HMAC, an IV and ciphertext.
 *
 * Over TCP each packet has a 16-bit length before it (fingerprint/first-records). Not handled: static-key mode, which
 * has no opcode, and obfuscated transports.
 *
 * Offsets count from the first byte of the packet. Accessors read inside what `checkPlainBody` or the caller's length
 * comparison covers.
 */
import { byteAt, u16be, u32be } from '../memory';

export enum Opcode {
  HARD_RESET_CLIENT_V1 = 1,
  HARD_RESET_SERVER_V1 = 2,
  SOFT_RESET_V1 = 3,
  CONTROL_V1 = 4,
  ACK_V1 = 5,
  DATA_V1 = 6,
  HARD_RESET_CLIENT_V2 = 7,
  HARD_RESET_SERVER_V2 = 8,
  DATA_V2 = 9,
  HARD_RESET_CLIENT_V3 = 10,
  CONTROL_WKC_V1 = 11,
}

const SESSION_ID: usize = 1;
const PLAIN_BODY: i32 = 9;
const CRYPT_TAG_LENGTH: i32 = 32;
const REPLAY_LENGTH: i32 = 8;
const REPLAY_TIME: usize = 4;
const DATA_V2_PACKET_ID: i32 = 4;
const DATA_V1_PACKET_ID: i32 = 1;

export const SESSION_ID_AT: i32 = 1;
/** A tls-crypt packet's replay id, after the session id. */
export const CRYPT_REPLAY_OFFSET: i32 = 9;

/** Header, then an empty ack list and a packet id. */
export const PLAIN_RESET_LENGTH: i32 = 14;
/** Header, then one acked id with its session id, and a packet id. */
export const PLAIN_SERVER_RESET_LENGTH: i32 = 26;
/** Header, replay id and time, tag, and the encrypted five bytes of an empty ack list and a packet id. */
export const CRYPT_RESET_LENGTH: i32 = PLAIN_RESET_LENGTH + REPLAY_LENGTH + CRYPT_TAG_LENGTH;
/**
 * A server's reset with one acked id, and what a server adds for clients that can do stateless handshakes, which with
 * tls-crypt are those that have a wrapped key of their own: a type, a length and two bytes of flags (ssl_pkt.h,
 * TLV_TYPE_EARLY_NEG_FLAGS).
 */
export const CRYPT_V2_SERVER_RESET_LENGTH: i32 = 66 + 6;
/** Header and session id: the bytes every control packet has. */
export const CONTROL_HEADER_LENGTH: i32 = 9;
/** Bytes that tls-crypt adds to each control packet. */
export const CRYPT_OVERHEAD: i32 = REPLAY_LENGTH + CRYPT_TAG_LENGTH;
/** A replay id and time after the header, and a tag after them. */
export const CRYPT_TAG_OFFSET: i32 = CONTROL_HEADER_LENGTH + REPLAY_LENGTH;
export const CRYPT_HEADER_LENGTH: i32 = CRYPT_TAG_OFFSET + CRYPT_TAG_LENGTH;

/** A wrapped key is longer than this, and the reset before it may carry so many bytes of its own. */
export const WRAPPED_KEY_LOWER_LIMIT: i32 = 256;
export const RESET_OWN_LIMIT: i32 = 64;

const HMAC_LENGTHS: usize = memory.data<u8>([20, 32, 64, 16, 28, 48]);
export const HMAC_LENGTH_COUNT: i32 = 6;

/**
 * Bytes of the HMACs that tls-auth can use: SHA1, SHA256, SHA512, MD5, SHA224, SHA384. `i` is below HMAC_LENGTH_COUNT.
 */
export function hmacLengthAt(i: i32): i32 {
  return load<u8>(HMAC_LENGTHS + i);
}

/** The most packet ids one list may acknowledge (reliable.h, RELIABLE_ACK_SIZE). */
const ACK_LIMIT: i32 = 8;

/** Control packets are numbered from 0; a handshake has tens of them. */
const PACKET_ID_LIMIT: u32 = 0x10000;

/**
 * Epochs of one key, and the upper 16 bits of their counters of 48, stay this small: 2^40 packets are more than a key
 * lives.
 */
const EPOCH_LIMIT: u32 = 255;
const EPOCH_COUNTER_UPPER_LIMIT: u32 = 255;

/** Clients that can do stateless handshakes start their replay ids here (ssl_pkt.h, EARLY_NEG_START). */
export const EARLY_NEGOTIATION_START: u32 = 0x0f000000;

/** The bits of the first byte, below the opcode, that hold the key id. */
export const KEY_ID_MASK: i32 = 7;

/** The block ciphers of data channels have blocks of 8 or 16 bytes. */
export const CIPHER_BLOCK_LENGTH: i32 = 8;

/** A TLS handshake record: its type and major version, and the latest minor version that a hello is sent with. */
const TLS_HANDSHAKE: u32 = 0x1603;
const TLS_LATEST_MINOR: u32 = 4;
/** A hello's first four bytes: the first and the last that `isTlsHello` takes. */
export const TLS_HELLO_FIRST: u32 = TLS_HANDSHAKE << 16;
export const TLS_HELLO_LAST: u32 = (TLS_HANDSHAKE << 16) | (TLS_LATEST_MINOR << 8) | 0xff;

export function opcode(at: usize): i32 {
  return byteAt(at) >> 3;
}

/** Counts the renegotiations, modulo 8 without 0; 0 for the first handshake. */
export function keyId(at: usize): i32 {
  return byteAt(at) & KEY_ID_MASK;
}

/** Opcodes as bits: of control packets that are still sent, and of all packets. */
const CONTROL_OPCODES: u32 =
  (1 << Opcode.HARD_RESET_CLIENT_V2) |
  (1 << Opcode.HARD_RESET_SERVER_V2) |
  (1 << Opcode.CONTROL_V1) |
  (1 << Opcode.ACK_V1) |
  (1 << Opcode.SOFT_RESET_V1) |
  (1 << Opcode.HARD_RESET_CLIENT_V3) |
  (1 << Opcode.CONTROL_WKC_V1);
const OPCODES: u32 = CONTROL_OPCODES | (1 << Opcode.DATA_V1) | (1 << Opcode.DATA_V2);

/** True for an opcode; those of the first version's resets, and all other numbers, are none. */
export function isOpcode(code: i32): bool {
  return ((OPCODES >> code) & 1) != 0;
}

export function isControl(code: i32): bool {
  return ((CONTROL_OPCODES >> code) & 1) != 0;
}

export function isHardReset(code: i32): bool {
  return (
    code == Opcode.HARD_RESET_CLIENT_V2 || code == Opcode.HARD_RESET_SERVER_V2 || code == Opcode.HARD_RESET_CLIENT_V3
  );
}

export function isClientReset(code: i32): bool {
  return code == Opcode.HARD_RESET_CLIENT_V2 || code == Opcode.HARD_RESET_CLIENT_V3;
}

/**
 * Lengths of packets that begin a key: a bare reset, one in the longest HMAC with the longest ack list, one with a
 * wrapped key.
 */
const LONGEST_RESET: i32 = PLAIN_RESET_LENGTH + 64 + REPLAY_LENGTH + 8 + 4 * 8;
const LONGEST_V3_RESET: i32 = 2048;

/**
 * Whether a packet of `length` bytes that begins with the byte `first` may begin a key: a hard reset has key id 0, a
 * soft reset has another.
 */
export function opensKey(first: i32, length: i32): bool {
  const code = first >> 3;
  const isSoft = code == Opcode.SOFT_RESET_V1;
  if ((!isSoft && !isHardReset(code)) || ((first & KEY_ID_MASK) != 0) != isSoft) return false;
  return (
    length >= PLAIN_RESET_LENGTH && length <= (code == Opcode.HARD_RESET_CLIENT_V3 ? LONGEST_V3_RESET : LONGEST_RESET)
  );
}

export function sessionIdHigh(at: usize): u32 {
  return u32be(at + SESSION_ID);
}

export function sessionIdLow(at: usize): u32 {
  return u32be(at + SESSION_ID + 4);
}

/** Offset of the ack list for an HMAC of `hmacLength` bytes; 0 is plain. */
export function bodyOffset(hmacLength: i32): i32 {
  return hmacLength == 0 ? PLAIN_BODY : PLAIN_BODY + hmacLength + REPLAY_LENGTH;
}

/** Bytes that the ack list and packet id take in a packet of this opcode with `count` acks. */
export function bodyLength(code: i32, count: i32): i32 {
  return 1 + 4 * count + (count > 0 ? 8 : 0) + (code == Opcode.ACK_V1 ? 0 : 4);
}

/**
 * True when an ack list at offset `body` fits the packet at `at`, of which `captured` bytes are there and which claims
 * `length`: sane count, small ids, nothing after an ACK or a reset and TLS after a CONTROL. A snap length may cut the
 * packet id off after a list that is not empty; a reset's list then holds packet 0, as the first packets of both sides
 * are resets.
 */
export function checkPlainBody(at: usize, code: i32, body: i32, captured: i32, length: i32): bool {
  if (body >= captured) return false;
  const count = ackCount(at, body);
  if (count > ACK_LIMIT || (code == Opcode.ACK_V1 && count == 0)) return false;
  const end = body + bodyLength(code, count);
  const isIdCut = end > captured && count > 0 && captured < length && code != Opcode.ACK_V1;
  if ((isIdCut ? end - 4 : end) > captured) return false;
  const isBare = code != Opcode.CONTROL_V1 && code != Opcode.SOFT_RESET_V1;
  if (isBare ? end != length : end > length) return false;
  const limit: u32 = isIdCut && isHardReset(code) ? 1 : PACKET_ID_LIMIT;
  for (let i = 0; i < count; i++) {
    if (u32be(at + (body + 1 + 4 * i)) >= limit) return false;
  }
  return code == Opcode.ACK_V1 || isIdCut || u32be(at + (end - 4)) < PACKET_ID_LIMIT;
}

/** Whether the packet's own number is captured. */
export function hasPacketId(at: usize, code: i32, body: i32, captured: i32): bool {
  return code != Opcode.ACK_V1 && body + bodyLength(code, ackCount(at, body)) <= captured;
}

export function ackCount(at: usize, body: i32): i32 {
  return byteAt(at + body);
}

/** Offset, from the ack list on, of the peer's session id; only where something is acked. */
export function remoteSessionIdOffset(count: i32): i32 {
  return 1 + 4 * count;
}

/** A packet's own number, of an opcode that has one. */
export function packetId(at: usize, code: i32, body: i32): u32 {
  return u32be(at + (body + bodyLength(code, ackCount(at, body)) - 4));
}

/** Offset of the replay packet id of a tls-auth packet. */
export function authReplayOffset(hmacLength: i32): i32 {
  return PLAIN_BODY + hmacLength;
}

/**
 * Replay packet id at the address `replay`, without the mark of clients that can do stateless handshakes. Counts from
 * 1.
 */
export function replayId(replay: usize): u32 {
  const id = u32be(replay);
  return id - EARLY_NEGOTIATION_START < PACKET_ID_LIMIT ? id - EARLY_NEGOTIATION_START : id;
}

/** Seconds since 1970 at which the sender started its numbering; after the replay id at `replay`. */
export function replayTime(replay: usize): u32 {
  return u32be(replay + REPLAY_TIME);
}

/** Length of the wrapped client key at the end of a v2 reset of `length` bytes. */
export function wrappedKeyLength(at: usize, length: i32): i32 {
  return u16be(at + (length - 2));
}

/** True when a TLS handshake record with a client or server hello begins at the offset `tls` of the packet. */
export function isTlsHello(at: usize, tls: i32, captured: i32): bool {
  if (tls + 6 > captured) return false;
  const record = at + tls;
  const kind = byteAt(record + 5);
  return u16be(record) == TLS_HANDSHAKE && byteAt(record + 2) <= TLS_LATEST_MINOR && (kind == 1 || kind == 2);
}

/** Opcode, key id and peer id of a DATA_V2 packet as one word. */
export function peerIdWord(at: usize): u32 {
  return u32be(at);
}

/** Offset of a data packet's number where the cipher is an AEAD one, and of the HMAC or IV where it is not. */
export function packetIdOffset(code: i32): i32 {
  return code == Opcode.DATA_V2 ? DATA_V2_PACKET_ID : DATA_V1_PACKET_ID;
}

/** Number of a data packet where the cipher is an AEAD one: 32 bits, or the epoch and the counter's upper 16 bits. */
export function dataPacketId(at: usize, code: i32): u32 {
  return u32be(at + packetIdOffset(code));
}

/** Offset of what is random in a data packet of an AEAD cipher. */
export function dataCiphertextOffset(code: i32): i32 {
  return packetIdOffset(code) + 4;
}

/** Offset of the lower 32 bits of an epoch's counter in a DATA_V2 packet. */
export const EPOCH_COUNTER_OFFSET: i32 = DATA_V2_PACKET_ID + 4;

export function epochCounter(at: usize): u32 {
  return u32be(at + EPOCH_COUNTER_OFFSET);
}

/**
 * True for the first half of a 64-bit packet id: an epoch, which counts from 1 and ends after hundreds of gigabytes,
 * and the upper bits of a counter of its packets.
 */
export function isEpoch(half: u32): bool {
  const epoch = half >> 16;
  return epoch > 0 && epoch <= EPOCH_LIMIT && (half & 0xffff) <= EPOCH_COUNTER_UPPER_LIMIT;
}
