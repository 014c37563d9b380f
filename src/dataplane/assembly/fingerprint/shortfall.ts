/**
 * Why the last payload that a fingerprint looked at led to no finding, or to none that is confirmed: the check that did
 * not hold, with the parts of a row of evidence. The code that decides notes it where it decides; only a trace reads
 * it.
 *
 * There is one record for all flows, which the next payload overwrites.
 */
import { u32be } from '../memory';
import { Payload } from './payload';

export enum Shortfall {
  NONE = 0,
  TOO_SHORT = 1,
  NOT_CIPHERTEXT = 2,
  WIREGUARD_TYPE = 10,
  WIREGUARD_LENGTH = 11,
  WIREGUARD_SECRETS = 12,
  WIREGUARD_MAC2 = 13,
  WIREGUARD_ECHO = 14,
  WIREGUARD_ANSWER = 15,
  WIREGUARD_COUNTER_HIGH = 16,
  WIREGUARD_COUNTER_STEP = 17,
  WIREGUARD_ONE_INDEX = 18,
  WIREGUARD_SMALL_INDEX = 19,
  WIREGUARD_RISES = 20,
  IKE_LENGTH = 30,
  IKE_HEADER = 31,
  IKE_PAYLOADS = 32,
  IKE_REFLECTED = 33,
  IKE_ANSWER = 34,
  IKE_CUT = 35,
  IKE_CUT_ONE_WAY = 36,
  OPENVPN_OPCODE = 50,
  OPENVPN_SESSION_ID = 51,
  OPENVPN_KEY_ID = 52,
  OPENVPN_LAYOUT = 53,
  OPENVPN_REFLECTED = 54,
  OPENVPN_REPLAY_STEP = 55,
  OPENVPN_LONE_RESET = 56,
  OPENVPN_STAYS = 57,
  OPENVPN_ANSWER = 58,
  OPENVPN_DATA_LENGTH = 59,
  OPENVPN_CHANNEL_DATA = 60,
  OPENVPN_PEER = 61,
  OPENVPN_REPEATS = 62,
  OPENVPN_DATA_ROWS = 63,
  ESP_LENGTH = 80,
  ESP_SPI = 81,
  ESP_SPI_IS_LENGTH = 82,
  ESP_SEQUENCE = 83,
  ESP_QUIC = 84,
  ESP_SPIS = 85,
  ESP_SEQUENCE_STEP = 86,
  ESP_ONE_SPI = 87,
  ESP_RISES = 88,
  ESP_ROUTERS = 90,
  ESP_RESERVED_SPI = 91,
  ESP_STAYS = 92,
  STREAM_OPENING = 100,
  STREAM_INCOMPLETE = 101,
}

/** Offsets count from the start of the payload; values are of 64 bits, or of 32 in the low word. */
@final
export class ShortfallRecord {
  reason: i32 = Shortfall.NONE;
  offset: i32 = 0;
  expectedHigh: i32 = 0;
  expectedLow: i32 = 0;
  seenHigh: i32 = 0;
  seenLow: i32 = 0;

  clear(): void {
    fallShort(0, Shortfall.NONE, 0, 0, 0);
  }
}

export const shortfall = new ShortfallRecord();
/** Bytes of the record. */
export const SHORTFALL_LENGTH: i32 = 24;

/** Notes values of 32 bits and returns `answer`. */
export function fallShort(answer: i32, reason: Shortfall, offset: i32, expected: i32, seen: i32): i32 {
  return fallShortWide(answer, reason, offset, 0, expected, 0, seen);
}

/** Notes values of 64 bits, as high and low words; or two bounds of what was expected. */
export function fallShortWide(
  answer: i32,
  reason: Shortfall,
  offset: i32,
  expectedHigh: i32,
  expectedLow: i32,
  seenHigh: i32,
  seenLow: i32,
): i32 {
  const record = shortfall;
  record.reason = reason;
  record.offset = offset;
  record.expectedHigh = expectedHigh;
  record.expectedLow = expectedLow;
  record.seenHigh = seenHigh;
  record.seenLow = seenLow;
  return answer;
}

/** Notes that the captured bytes are fewer than a fingerprint needs, or that a check looks at. */
export function fallShortOf(answer: i32, payload: Payload, needed: i32): i32 {
  return fallShort(answer, Shortfall.TOO_SHORT, 0, needed, payload.captured);
}

/** Notes that the bytes from `offset` of the payload on are not random. */
export function seemsClear(answer: i32, payload: Payload, offset: i32): i32 {
  const isThere = offset + 4 <= payload.captured;
  return fallShort(answer, Shortfall.NOT_CIPHERTEXT, offset, 0, isThere ? u32be(payload.at + offset) : 0);
}
