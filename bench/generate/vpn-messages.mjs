/**
 * Messages of VPN handshakes as real ones are on the wire: fields, lengths and echoes after WireGuard's whitepaper (5.4),
 * OpenVPN's ssl_pkt.h, RFC 7296 and RFC 2408. Keys, HMACs and ciphertext are random bytes, which look the same between the ends.
 *
 * Each `put…` writes a whole UDP payload (or record) at `at`, over bytes that are random already; each length is what the
 * message takes.
 */
import { variedWord } from './seeded.mjs';

const OpenvpnOpcode = { CONTROL: 4, ACK: 5, CLIENT_RESET: 7, SERVER_RESET: 8, DATA: 9 };

/** How an OpenVPN control channel is wrapped. */
export const OpenvpnWrap = { PLAIN: 0, TLS_AUTH: 1, TLS_CRYPT: 2 };

const HMAC_LENGTH = 20;
const CONTROL_HEADER_LENGTH = 9;
const REPLAY_LENGTH = 8;
const CRYPT_TAG_LENGTH = 32;
const HELLO_LENGTH = 280;

export const WIREGUARD_INITIATION_LENGTH = 148;
export const WIREGUARD_RESPONSE_LENGTH = 92;
export const WIREGUARD_HEADER_LENGTH = 16;

export function putWireguardInitiation(view, at, senderIndex) {
  view.setUint32(at, 1, true);
  view.setInt32(at + 4, senderIndex);
  putZeros(view, at + 132, 4);
}

export function putWireguardResponse(view, at, senderIndex, receiverIndex) {
  view.setUint32(at, 2, true);
  view.setInt32(at + 4, senderIndex);
  view.setInt32(at + 8, receiverIndex);
  putZeros(view, at + 76, 4);
}

export function putWireguardTransport(view, at, receiverIndex, counter) {
  view.setUint32(at, 4, true);
  view.setInt32(at + 4, receiverIndex);
  view.setUint32(at + 8, counter, true);
  view.setUint32(at + 12, 0);
}

function putZeros(view, at, words) {
  for (let word = 0; word < words; word++) view.setUint32(at + 4 * word, 0);
}

/** Bytes of the `step`-th control packet of a handshake: reset, reset, hello, hello, acknowledgement. */
export function openvpnControlLength(step, wrap) {
  // Ack list and packet id: nothing acknowledged; one acknowledged; with TLS behind it; no packet id.
  const body = [5, 17, 17 + HELLO_LENGTH, 17 + HELLO_LENGTH, 13][step];
  if (wrap === OpenvpnWrap.PLAIN) return CONTROL_HEADER_LENGTH + body;
  return (
    CONTROL_HEADER_LENGTH + REPLAY_LENGTH + (wrap === OpenvpnWrap.TLS_AUTH ? HMAC_LENGTH : CRYPT_TAG_LENGTH) + body
  );
}

/** The same packet; `own` and `other` are the session ids' high words, from which the low ones follow. */
export function putOpenvpnControl(view, at, step, wrap, own, other, seconds) {
  const { CLIENT_RESET, SERVER_RESET, CONTROL, ACK } = OpenvpnOpcode;
  view.setUint8(at, [CLIENT_RESET, SERVER_RESET, CONTROL, CONTROL, ACK][step] << 3);
  putSessionId(view, at + 1, own);
  // Each side numbers its packets from 1: client 1, 2, 3 and server 1, 2.
  const replayId = (step >> 1) + 1;
  let body = at + CONTROL_HEADER_LENGTH;
  if (wrap === OpenvpnWrap.TLS_CRYPT) {
    putReplay(view, body, replayId, seconds);
    return;
  }
  if (wrap === OpenvpnWrap.TLS_AUTH) {
    putReplay(view, body + HMAC_LENGTH, replayId, seconds);
    body += HMAC_LENGTH + REPLAY_LENGTH;
  }
  const acknowledges = step > 0;
  view.setUint8(body, acknowledges ? 1 : 0);
  body += 1;
  if (acknowledges) {
    view.setUint32(body, (step - 1) >> 1);
    putSessionId(view, body + 4, other);
    body += 12;
  }
  if (step === 4) return;
  view.setUint32(body, step >> 1);
  if (step === 2 || step === 3) putTlsHello(view, body + 4, HELLO_LENGTH, step === 2);
}

function putSessionId(view, at, high) {
  view.setInt32(at, high);
  view.setInt32(at + 4, variedWord(high, 0, 1));
}

function putReplay(view, at, id, seconds) {
  view.setUint32(at, id);
  view.setUint32(at + 4, seconds);
}

export const OPENVPN_DATA_HEADER_LENGTH = 8;

/** A data packet with peer id (DATA_V2) of an AEAD cipher. */
export function putOpenvpnData(view, at, peerId, packetId) {
  view.setUint32(at, (OpenvpnOpcode.DATA << 27) | peerId);
  view.setUint32(at + 4, packetId);
}

/** A TLS record with a hello of `length` bytes in all: only what is looked at from outside. */
export function putTlsHello(view, at, length, isClient) {
  view.setUint8(at, 0x16);
  view.setUint16(at + 1, isClient ? 0x0301 : 0x0303);
  view.setUint16(at + 3, length - 5);
  view.setUint8(at + 5, isClient ? 1 : 2);
  view.setUint8(at + 6, 0);
  view.setUint16(at + 7, length - 9);
  view.setUint16(at + 9, 0x0303);
}

const IkePayload = {
  SA: 33,
  KEY_EXCHANGE: 34,
  NONCE: 40,
  ENCRYPTED: 46,
  V1_SA: 1,
  V1_KEY_EXCHANGE: 4,
  V1_NONCE: 10,
  V1_ID: 5,
};
const IkeExchange = { SA_INIT: 34, AUTH: 35, INFORMATIONAL: 37, V1_MAIN: 2, V1_QUICK: 32 };
const IKE_HEADER_LENGTH = 28;
const SA_LENGTH = 44;
const KEY_EXCHANGE_LENGTH = 8 + 256;
const NONCE_LENGTH = 36;
const V1_SA_LENGTH = 56;
const V1_KEY_EXCHANGE_LENGTH = 4 + 128;
const V1_NONCE_LENGTH = 24;
const ENCRYPTED_LENGTHS = [0, 0, 220, 180];
const DEAD_PEER_LENGTH = 52;

/** Bytes of the `step`-th message of an IKEv2 session without marker: SA_INIT and AUTH, each with its answer, then keepalives. */
export function ikeV2Length(step) {
  if (step < 2) return IKE_HEADER_LENGTH + SA_LENGTH + KEY_EXCHANGE_LENGTH + NONCE_LENGTH;
  return IKE_HEADER_LENGTH + (ENCRYPTED_LENGTHS[step] ?? DEAD_PEER_LENGTH);
}

/** `initiatorSpi` and `responderSpi` are high words, from which the low ones follow. */
export function putIkeV2(view, at, step, initiatorSpi, responderSpi) {
  const isAnswer = (step & 1) === 1;
  const exchange = step < 2 ? IkeExchange.SA_INIT : step < 4 ? IkeExchange.AUTH : IkeExchange.INFORMATIONAL;
  putSessionId(view, at, initiatorSpi);
  if (step === 0) putZeros(view, at + 8, 2);
  else putSessionId(view, at + 8, responderSpi);
  view.setUint8(at + 16, step < 2 ? IkePayload.SA : IkePayload.ENCRYPTED);
  view.setUint8(at + 17, 0x20);
  view.setUint8(at + 18, exchange);
  view.setUint8(at + 19, isAnswer ? 0x20 : 0x08);
  view.setUint32(at + 20, step >> 1);
  const length = ikeV2Length(step);
  view.setUint32(at + 24, length);
  const body = at + IKE_HEADER_LENGTH;
  if (step >= 2) {
    putIkePayload(view, body, 0, length - IKE_HEADER_LENGTH);
    return;
  }
  putIkePayload(view, body, IkePayload.KEY_EXCHANGE, SA_LENGTH);
  putProposal(view, body + 4);
  putIkePayload(view, body + SA_LENGTH, IkePayload.NONCE, KEY_EXCHANGE_LENGTH);
  view.setUint32(body + SA_LENGTH + 4, 14 << 16);
  putIkePayload(view, body + SA_LENGTH + KEY_EXCHANGE_LENGTH, 0, NONCE_LENGTH);
}

/** One proposal of IKE with four transforms: AES-CBC, HMAC-SHA256-128, PRF-HMAC-SHA256, MODP 2048. */
function putProposal(view, at) {
  view.setUint32(at, SA_LENGTH - 4);
  view.setUint32(at + 4, 0x01010004);
  const transforms = [
    [1, 12],
    [3, 12],
    [2, 5],
    [4, 14],
  ];
  transforms.forEach(([type, id], i) => {
    view.setUint32(at + 8 + 8 * i, ((i < 3 ? 3 : 0) << 24) | 8);
    view.setUint32(at + 12 + 8 * i, (type << 24) | id);
  });
}

function putIkePayload(view, at, next, length) {
  view.setUint8(at, next);
  view.setUint8(at + 1, 0);
  view.setUint16(at + 2, length);
}

/** Bytes of the `step`-th message of an IKEv1 main mode: SA, key and nonce, identity, each both ways; then quick mode. */
export function ikeV1Length(step) {
  if (step < 2) return IKE_HEADER_LENGTH + V1_SA_LENGTH;
  if (step < 4) return IKE_HEADER_LENGTH + V1_KEY_EXCHANGE_LENGTH + V1_NONCE_LENGTH;
  return IKE_HEADER_LENGTH + (step < 6 ? 48 : 160);
}

export function putIkeV1(view, at, step, initiatorSpi, responderSpi) {
  const length = ikeV1Length(step);
  const isEncrypted = step >= 4;
  putSessionId(view, at, initiatorSpi);
  if (step === 0) putZeros(view, at + 8, 2);
  else putSessionId(view, at + 8, responderSpi);
  const first = step < 2 ? IkePayload.V1_SA : step < 4 ? IkePayload.V1_KEY_EXCHANGE : IkePayload.V1_ID;
  view.setUint8(at + 16, first);
  view.setUint8(at + 17, 0x10);
  view.setUint8(at + 18, step < 6 ? IkeExchange.V1_MAIN : IkeExchange.V1_QUICK);
  view.setUint8(at + 19, isEncrypted ? 1 : 0);
  view.setUint32(at + 20, step < 6 ? 0 : initiatorSpi ^ step);
  view.setUint32(at + 24, length);
  const body = at + IKE_HEADER_LENGTH;
  if (step < 2) {
    putIkePayload(view, body, 0, V1_SA_LENGTH);
  } else if (step < 4) {
    putIkePayload(view, body, IkePayload.V1_NONCE, V1_KEY_EXCHANGE_LENGTH);
    putIkePayload(view, body + V1_KEY_EXCHANGE_LENGTH, 0, V1_NONCE_LENGTH);
  }
}

export const ESP_HEADER_LENGTH = 8;

export function putEsp(view, at, spi, sequence) {
  view.setInt32(at, spi);
  view.setUint32(at + 4, sequence);
}
