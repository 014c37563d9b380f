/**
 * Finds which layer wraps an OpenVPN control packet, from the packet alone: plain, tls-auth with an HMAC of one of six
 * lengths, or tls-crypt. Layout of the packets: wire/openvpn.
 *
 * A reset has an exact length and fixed fields. A later packet has one HMAC length with which the ack list after it
 * makes sense: a small replay id, a time, a sane ack count, small ids, and for ACKs and resets nothing after them.
 * Random bytes fit one of the layouts once in 2^36 packets (tls-crypt, which shows less: once in 2^17), so openvpn
 * decides over several packets.
 *
 * The sender sets the replay time once, when its session starts (packet_id.c). Its age says nothing: at a rekey of a
 * long session it is days old. Only that it stays does, and that is openvpn's too.
 *
 * Packets that are cut by a snap length before the layout shows are read by their lengths (openvpn-cut).
 */
import { byteAt } from '../memory';
import { looksRandom, SMALLEST_SAMPLE } from '../randomness';
import * as wire from '../wire/openvpn';
import { Opcode } from '../wire/openvpn';
import { cutForm, findCutLayout, fitsCut, isCutLayout } from './openvpn-cut';
import { isReplayPlausible } from './openvpn-replay';
import { Payload } from './payload';

/**
 * How a packet's control channel is wrapped, as the layout word keeps it: CRYPT, or PLAIN plus the HMAC's bytes, or one
 * of openvpn-cut.
 */
export enum Layout {
  UNKNOWN = 0,
  PLAIN = 1,
  CRYPT = 1000,
}

/** Eight bytes that could have been drawn at random: few zeros, few repetitions (chance breaks this once in 30,000). */
export function hasSessionId(payload: Payload): bool {
  const id = payload.at + wire.SESSION_ID_AT;
  let repeated = 0;
  let zeros = 0;
  for (let i = 0; i < 8; i++) {
    const byte = byteAt(id + i);
    if (byte == 0 && ++zeros > 2) return false;
    for (let j = 0; j < i; j++) {
      if (byteAt(id + j) == byte) repeated++;
    }
  }
  return repeated <= 3;
}

/** The layout already known where it still fits, else one found again; resets always start again. */
export function layoutOf(payload: Payload, code: i32, known: i32): i32 {
  if (known == Layout.UNKNOWN || wire.isHardReset(code)) return findLayout(payload, code);
  if (fits(payload, code, known)) return known;
  const found = findLayout(payload, code);
  if (found != Layout.UNKNOWN || payload.captured == payload.length || isCutLayout(known)) return found;
  const form = cutForm(known == Layout.CRYPT, known - Layout.PLAIN);
  return fitsCut(payload, code, form) ? form : Layout.UNKNOWN;
}

function fits(payload: Payload, code: i32, layout: i32): bool {
  if (isCutLayout(layout)) return fitsCut(payload, code, layout);
  return layout == Layout.CRYPT ? fitsCrypt(payload, code) : fitsClear(payload, code, layout - Layout.PLAIN);
}

export function findLayout(payload: Payload, code: i32): i32 {
  // A small replay id reads as an empty ack list in clear as well; what is in clear never reads as a replay id and its
  // time.
  if (fitsCrypt(payload, code)) return Layout.CRYPT;
  if (code != Opcode.HARD_RESET_CLIENT_V3 && code != Opcode.CONTROL_WKC_V1) {
    if (fitsClear(payload, code, 0)) return Layout.PLAIN;
    for (let i = 0; i < wire.HMAC_LENGTH_COUNT; i++) {
      const hmacLength = wire.hmacLengthAt(i);
      if (fitsClear(payload, code, hmacLength)) return Layout.PLAIN + hmacLength;
    }
  }
  return payload.captured < payload.length ? findCutLayout(payload, code) : Layout.UNKNOWN;
}

/** Offset of the replay id and time in a packet of this layout, -1 where there is none or it is not captured. */
export function replayOffset(layout: i32): i32 {
  if (layout == Layout.PLAIN || isCutLayout(layout)) return -1;
  return layout == Layout.CRYPT ? wire.CRYPT_REPLAY_OFFSET : wire.authReplayOffset(layout - Layout.PLAIN);
}

/** Plain (HMAC of 0 bytes) or tls-auth. */
function fitsClear(payload: Payload, code: i32, hmacLength: i32): bool {
  const at = payload.at;
  const captured = payload.captured;
  const body = wire.bodyOffset(hmacLength);
  if (!wire.checkPlainBody(at, code, body, captured, payload.length)) return false;
  if (wire.isClientReset(code) && wire.ackCount(at, body) != 0) return false;
  if (wire.isHardReset(code) && wire.hasPacketId(at, code, body, captured) && wire.packetId(at, code, body) != 0)
    return false;
  if (hmacLength == 0) return code != Opcode.CONTROL_V1 || startsTls(payload, code, body);
  return (
    isReplayPlausible(payload, code, at + wire.authReplayOffset(hmacLength)) &&
    looksRandom(at + wire.CONTROL_HEADER_LENGTH, hmacLength)
  );
}

/**
 * In clear, what a CONTROL packet carries begins a TLS record or goes on with one: only the first packets are told
 * apart.
 */
function startsTls(payload: Payload, code: i32, body: i32): bool {
  const at = payload.at;
  const tls = body + wire.bodyLength(code, wire.ackCount(at, body));
  if (tls + 3 > payload.captured || wire.packetId(at, code, body) > 1) return true;
  const type = byteAt(at + tls);
  return type >= 0x14 && type <= 0x17 && byteAt(at + tls + 1) == 3;
}

function fitsCrypt(payload: Payload, code: i32): bool {
  const at = payload.at;
  const captured = payload.captured;
  const length = payload.length;
  if (length < wire.CRYPT_HEADER_LENGTH + wire.bodyLength(code, code == Opcode.ACK_V1 ? 1 : 0)) return false;
  if (captured < min(length, wire.CRYPT_TAG_OFFSET)) return false;
  if (!isReplayPlausible(payload, code, at + wire.CRYPT_REPLAY_OFFSET)) return false;
  if (code == Opcode.HARD_RESET_CLIENT_V2 && length != wire.CRYPT_RESET_LENGTH) return false;
  if (code == Opcode.HARD_RESET_CLIENT_V3 && !fitsWrappedKey(payload)) return false;
  const tag = min(captured, wire.CRYPT_HEADER_LENGTH) - wire.CRYPT_TAG_OFFSET;
  // A snap length may leave too little of the tag to say anything.
  return (captured < length && tag < SMALLEST_SAMPLE) || looksRandom(at + wire.CRYPT_TAG_OFFSET, tag);
}

/** The wrapped key ends the packet and states its own length; a reset may carry more of its own before it. */
function fitsWrappedKey(payload: Payload): bool {
  const length = payload.length;
  if (payload.captured < length) return length > wire.CRYPT_RESET_LENGTH;
  const wrapped = wire.wrappedKeyLength(payload.at, length);
  const rest = length - wrapped;
  return (
    rest >= wire.CRYPT_RESET_LENGTH &&
    rest < wire.CRYPT_RESET_LENGTH + wire.RESET_OWN_LIMIT &&
    wrapped > wire.WRAPPED_KEY_LOWER_LIMIT
  );
}
