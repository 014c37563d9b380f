/**
 * OpenVPN packets: OpenVPN's ssl_pkt.h and reliable.c, and the openvpn-wire-protocol draft. One byte of opcode and key
 * id, then for control packets the sender's session id (8) and, by the layer that wraps them:
 *
 *   plain      ack count 1, acked packet ids 4 each, the peer's session id 8 where anything is acked, packet id 4 (not in an ACK), TLS
 *   tls-auth   HMAC, replay packet id 4, time 4, then as plain
 *   tls-crypt  replay packet id 4, time 4, tag 32, ciphertext of what plain has behind the session id; for v2 the client's reset
 *              ends with its wrapped key, whose last two bytes are the wrapped key's length
 *
 * Data packets: DATA_V1 one byte, DATA_V2 that and a peer id 3; then with an AEAD cipher a packet id 4, a tag 16 and ciphertext, with
 * epoch keys (2.7: crypto_epoch.c, packet_id.h) a packet id 8 of an epoch 2 and a counter 6, ciphertext and the tag; with a block cipher
 * an HMAC, an IV and ciphertext.
 *
 * Over TCP a 16-bit length stands before each packet (see dataplane/fingerprint/first-records.ts). Not handled: static-key mode, which
 * has no opcode, and obfuscated transports.
 *
 * Accessors read inside what `checkPlainBody` or the caller's length comparison covers.
 */

export const Opcode = {
  HARD_RESET_CLIENT_V1: 1,
  HARD_RESET_SERVER_V1: 2,
  SOFT_RESET_V1: 3,
  CONTROL_V1: 4,
  ACK_V1: 5,
  DATA_V1: 6,
  HARD_RESET_CLIENT_V2: 7,
  HARD_RESET_SERVER_V2: 8,
  DATA_V2: 9,
  HARD_RESET_CLIENT_V3: 10,
  CONTROL_WKC_V1: 11,
} as const;

const SESSION_ID = 1;
const PLAIN_BODY = 9;
const CRYPT_REPLAY = 9;
const CRYPT_TAG_LENGTH = 32;
const REPLAY_LENGTH = 8;
const PEER_ID_WORD = 0;
const DATA_V2_PACKET_ID = 4;
const DATA_V1_PACKET_ID = 1;

/** Header, then an empty ack list and a packet id. */
export const PLAIN_RESET_LENGTH = 14;
/** Header, then one acked id with its session id, and a packet id. */
export const PLAIN_SERVER_RESET_LENGTH = 26;
/** Header, replay id and time, tag, and the encrypted five bytes of an empty ack list and a packet id. */
export const CRYPT_RESET_LENGTH = PLAIN_RESET_LENGTH + REPLAY_LENGTH + CRYPT_TAG_LENGTH;
/**
 * A server's reset with one acked id, and what a server adds for clients that can do stateless handshakes, which with
 * tls-crypt are those that have a wrapped key of their own: a type, a length and two bytes of flags (ssl_pkt.h, TLV_TYPE_EARLY_NEG_FLAGS).
 */
export const CRYPT_V2_SERVER_RESET_LENGTH = 66 + 6;
/** Header and session id: the bytes every control packet has. */
export const CONTROL_HEADER_LENGTH = 9;
/** Bytes that tls-crypt adds to each control packet. */
export const CRYPT_OVERHEAD = REPLAY_LENGTH + CRYPT_TAG_LENGTH;
/** A replay id and time after the header, and a tag after them. */
export const CRYPT_TAG_OFFSET = CONTROL_HEADER_LENGTH + REPLAY_LENGTH;
export const CRYPT_HEADER_LENGTH = CRYPT_TAG_OFFSET + CRYPT_TAG_LENGTH;

/** A wrapped key is longer than this, and the reset before it may carry so many bytes of its own. */
export const WRAPPED_KEY_LOWER_LIMIT = 256;
export const RESET_OWN_LIMIT = 64;

/** Bytes of the HMACs that tls-auth can use: MD5, SHA1, SHA224, SHA256, SHA384, SHA512. */
export const HMAC_LENGTHS = [20, 32, 64, 16, 28, 48] as const;

/** The most packet ids one list may acknowledge (reliable.h, RELIABLE_ACK_SIZE). */
const ACK_LIMIT = 8;

/** Control packets are numbered from 0; a handshake has tens of them. */
const PACKET_ID_LIMIT = 0x10000;

/** Epochs of one key, and the upper 16 bits of their counters of 48, stay this small: 2^40 packets are more than a key lives. */
const EPOCH_LIMIT = 255;
const EPOCH_COUNTER_UPPER_LIMIT = 255;

/** Clients that can do stateless handshakes start their replay ids here (ssl_pkt.h, EARLY_NEG_START). */
export const EARLY_NEGOTIATION_START = 0x0f000000;

/** The bits of the first byte, below the opcode, that hold the key id. */
export const KEY_ID_MASK = 7;

/** The block ciphers of data channels have blocks of 8 or 16 bytes. */
export const CIPHER_BLOCK_LENGTH = 8;

/** A TLS handshake record: its type and major version, and the latest minor version that a hello is sent with. */
const TLS_HANDSHAKE = 0x1603;
const TLS_LATEST_MINOR = 4;
/** A hello's first four bytes: the first and the last that `isTlsHello` takes. */
export const TLS_HELLO_FIRST = TLS_HANDSHAKE << 16;
export const TLS_HELLO_LAST = (TLS_HANDSHAKE << 16) | (TLS_LATEST_MINOR << 8) | 0xff;

export function opcode(data: DataView, at: number): number {
  return data.getUint8(at) >> 3;
}

/** Counts the renegotiations, modulo 8 without 0; 0 for the first handshake. */
export function keyId(data: DataView, at: number): number {
  return data.getUint8(at) & KEY_ID_MASK;
}

/** Opcodes as bits: of control packets that are still sent, and of all packets. */
const CONTROL_OPCODES =
  (1 << Opcode.HARD_RESET_CLIENT_V2) |
  (1 << Opcode.HARD_RESET_SERVER_V2) |
  (1 << Opcode.CONTROL_V1) |
  (1 << Opcode.ACK_V1) |
  (1 << Opcode.SOFT_RESET_V1) |
  (1 << Opcode.HARD_RESET_CLIENT_V3) |
  (1 << Opcode.CONTROL_WKC_V1);
const OPCODES = CONTROL_OPCODES | (1 << Opcode.DATA_V1) | (1 << Opcode.DATA_V2);

/** True for an opcode of the first version's resets as little as for a number that is no opcode. */
export function isOpcode(code: number): boolean {
  return ((OPCODES >>> code) & 1) !== 0;
}

export function isControl(code: number): boolean {
  return ((CONTROL_OPCODES >>> code) & 1) !== 0;
}

export function isHardReset(code: number): boolean {
  return (
    code === Opcode.HARD_RESET_CLIENT_V2 || code === Opcode.HARD_RESET_SERVER_V2 || code === Opcode.HARD_RESET_CLIENT_V3
  );
}

export function isClientReset(code: number): boolean {
  return code === Opcode.HARD_RESET_CLIENT_V2 || code === Opcode.HARD_RESET_CLIENT_V3;
}

/** Lengths of packets that begin a key: a bare reset, one in the longest HMAC with the longest ack list, one with a wrapped key. */
const LONGEST_RESET = PLAIN_RESET_LENGTH + 64 + REPLAY_LENGTH + 8 + 4 * 8;
const LONGEST_V3_RESET = 2048;

/**
 * Whether a packet of `length` bytes that begins with the byte `first` may begin a key: a hard reset has key id 0, a soft reset
 * has another.
 */
export function opensKey(first: number, length: number): boolean {
  const code = first >> 3;
  const isSoft = code === Opcode.SOFT_RESET_V1;
  if ((!isSoft && !isHardReset(code)) || ((first & 7) !== 0) !== isSoft) return false;
  return (
    length >= PLAIN_RESET_LENGTH && length <= (code === Opcode.HARD_RESET_CLIENT_V3 ? LONGEST_V3_RESET : LONGEST_RESET)
  );
}

export const SESSION_ID_AT = SESSION_ID;

export function sessionIdHigh(data: DataView, at: number): number {
  return data.getInt32(at + SESSION_ID);
}

export function sessionIdLow(data: DataView, at: number): number {
  return data.getInt32(at + SESSION_ID + 4);
}

/** Offset of the ack list for an HMAC of `hmacLength` bytes; 0 is plain. */
export function bodyOffset(hmacLength: number): number {
  return hmacLength === 0 ? PLAIN_BODY : PLAIN_BODY + hmacLength + REPLAY_LENGTH;
}

/** Bytes that the ack list and packet id take in a packet of this opcode with `count` acks. */
export function bodyLength(code: number, count: number): number {
  return 1 + 4 * count + (count > 0 ? 8 : 0) + (code === Opcode.ACK_V1 ? 0 : 4);
}

/**
 * True when an ack list at `body` fits a packet that ends at `end` (captured bytes) and at `wireEnd`: sane count, small
 * ids, nothing behind an ACK or a reset and TLS behind a CONTROL. A snap length may cut the packet id off after a list that is
 * not empty; a reset's list then holds packet 0, as the first packets of both sides are resets.
 */
export function checkPlainBody(data: DataView, code: number, body: number, end: number, wireEnd: number): boolean {
  if (body >= end) return false;
  const count = data.getUint8(body);
  if (count > ACK_LIMIT || (code === Opcode.ACK_V1 && count === 0)) return false;
  const length = bodyLength(code, count);
  const isIdCut = body + length > end && count > 0 && end < wireEnd && code !== Opcode.ACK_V1;
  if (body + (isIdCut ? length - 4 : length) > end) return false;
  const bare = code !== Opcode.CONTROL_V1 && code !== Opcode.SOFT_RESET_V1;
  if (bare ? body + length !== wireEnd : body + length > wireEnd) return false;
  const limit = isIdCut && isHardReset(code) ? 1 : PACKET_ID_LIMIT;
  for (let i = 0; i < count; i++) {
    if (data.getUint32(body + 1 + 4 * i) >= limit) return false;
  }
  return code === Opcode.ACK_V1 || isIdCut || data.getUint32(body + length - 4) < PACKET_ID_LIMIT;
}

/** Whether the packet's own number lies before `end`. */
export function hasPacketId(data: DataView, code: number, body: number, end: number): boolean {
  return code !== Opcode.ACK_V1 && body + bodyLength(code, ackCount(data, body)) <= end;
}

export function ackCount(data: DataView, body: number): number {
  return data.getUint8(body);
}

/** Offset, from the ack list on, of the peer's session id; only where something is acked. */
export function remoteSessionIdOffset(count: number): number {
  return 1 + 4 * count;
}

/** A packet's own number, of an opcode that has one. */
export function packetId(data: DataView, code: number, body: number): number {
  return data.getUint32(body + bodyLength(code, ackCount(data, body)) - 4);
}

/** Offset of the replay packet id of a tls-auth packet. */
export function authReplayOffset(hmacLength: number): number {
  return PLAIN_BODY + hmacLength;
}

export const CRYPT_REPLAY_OFFSET = CRYPT_REPLAY;

/** Replay packet id at `at`, without the mark of clients that can do stateless handshakes. Counts from 1. */
export function replayId(data: DataView, at: number): number {
  const id = data.getUint32(at);
  return id >= EARLY_NEGOTIATION_START && id < EARLY_NEGOTIATION_START + PACKET_ID_LIMIT
    ? id - EARLY_NEGOTIATION_START
    : id;
}

/** Seconds since 1970 at which the sender started its numbering; behind the replay id. */
export function replayTime(data: DataView, at: number): number {
  return data.getUint32(at + 4);
}

/** Length of the wrapped client key at the end of a v2 reset of `length` bytes. */
export function wrappedKeyLength(data: DataView, at: number, length: number): number {
  return data.getUint16(at + length - 2);
}

/** True when a TLS handshake record with a client or server hello begins at `at`. */
export function isTlsHello(data: DataView, at: number, end: number): boolean {
  if (at + 6 > end) return false;
  const kind = data.getUint8(at + 5);
  return (
    data.getUint16(at) === TLS_HANDSHAKE && data.getUint8(at + 2) <= TLS_LATEST_MINOR && (kind === 1 || kind === 2)
  );
}

/** Opcode, key id and peer id of a DATA_V2 packet as one word. */
export function peerIdWord(data: DataView, at: number): number {
  return data.getUint32(at + PEER_ID_WORD);
}

/** Offset of a data packet's number where the cipher is an AEAD one, and of the HMAC or IV where it is not. */
export function packetIdOffset(code: number): number {
  return code === Opcode.DATA_V2 ? DATA_V2_PACKET_ID : DATA_V1_PACKET_ID;
}

/** Number of a data packet where the cipher is an AEAD one: 32 bits, or the epoch and the counter's upper 16 bits. */
export function dataPacketId(data: DataView, at: number, code: number): number {
  return data.getUint32(at + packetIdOffset(code));
}

/** Offset of what is random in a data packet of an AEAD cipher. */
export function dataCiphertextOffset(code: number): number {
  return packetIdOffset(code) + 4;
}

/** Offset of the lower 32 bits of an epoch's counter in a DATA_V2 packet. */
export const EPOCH_COUNTER_OFFSET = DATA_V2_PACKET_ID + 4;

export function epochCounter(data: DataView, at: number): number {
  return data.getUint32(at + EPOCH_COUNTER_OFFSET);
}

/**
 * True for the first half of a 64-bit packet id: an epoch, which counts from 1 and ends after hundreds of gigabytes, and the upper
 * bits of a counter of its packets.
 */
export function isEpoch(half: number): boolean {
  const epoch = half >>> 16;
  return epoch > 0 && epoch <= EPOCH_LIMIT && (half & 0xffff) <= EPOCH_COUNTER_UPPER_LIMIT;
}
