/**
 * Why the last payload that a fingerprint looked at led to no finding, or to none that is confirmed: the check that did
 * not hold, with the parts of a row of evidence. The code that decides notes it where it decides; `explain` alone reads
 * it.
 *
 * One record for all flows: a few numbers that the next payload overwrites. What each reason says:
 * study/explain/shortfall-reasons.ts.
 */

export const Shortfall = {
  NONE: 0,
  TOO_SHORT: 1,
  NOT_CIPHERTEXT: 2,
  WIREGUARD_TYPE: 10,
  WIREGUARD_LENGTH: 11,
  WIREGUARD_SECRETS: 12,
  WIREGUARD_MAC2: 13,
  WIREGUARD_ECHO: 14,
  WIREGUARD_ANSWER: 15,
  WIREGUARD_COUNTER_HIGH: 16,
  WIREGUARD_COUNTER_STEP: 17,
  WIREGUARD_ONE_INDEX: 18,
  WIREGUARD_SMALL_INDEX: 19,
  WIREGUARD_RISES: 20,
  IKE_LENGTH: 30,
  IKE_HEADER: 31,
  IKE_PAYLOADS: 32,
  IKE_REFLECTED: 33,
  IKE_ANSWER: 34,
  IKE_CUT: 35,
  IKE_CUT_ONE_WAY: 36,
  OPENVPN_OPCODE: 50,
  OPENVPN_SESSION_ID: 51,
  OPENVPN_KEY_ID: 52,
  OPENVPN_LAYOUT: 53,
  OPENVPN_REFLECTED: 54,
  OPENVPN_REPLAY_STEP: 55,
  OPENVPN_LONE_RESET: 56,
  OPENVPN_STAYS: 57,
  OPENVPN_ANSWER: 58,
  OPENVPN_DATA_LENGTH: 59,
  OPENVPN_CHANNEL_DATA: 60,
  OPENVPN_PEER: 61,
  OPENVPN_REPEATS: 62,
  OPENVPN_DATA_ROWS: 63,
  ESP_LENGTH: 80,
  ESP_SPI: 81,
  ESP_SPI_IS_LENGTH: 82,
  ESP_SEQUENCE: 83,
  ESP_QUIC: 84,
  ESP_SPIS: 85,
  ESP_SEQUENCE_STEP: 86,
  ESP_ONE_SPI: 87,
  ESP_RISES: 88,
  ESP_ROUTERS: 90,
  ESP_RESERVED_SPI: 91,
  ESP_STAYS: 92,
  STREAM_OPENING: 100,
  STREAM_INCOMPLETE: 101,
} as const;
export type Shortfall = (typeof Shortfall)[keyof typeof Shortfall];

/**
 * Places of the record. Offsets count from the start of the payload; values are of 64 bits, or of 32 in the low word.
 */
export const ShortfallWord = { REASON: 0, OFFSET: 1, EXPECTED: 2, SEEN: 4, LENGTH: 6 } as const;
