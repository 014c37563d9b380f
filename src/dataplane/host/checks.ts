/**
 * The checks that make evidence: what each says, and how the numbers of its rows are to be read. Numbers of checks are
 * stable; names are looked up only where a decision leaves the engine.
 */

/** How a row's numbers are to be read. */
export interface CheckForm {
  readonly name: string;
  /** What the check says, for people. */
  readonly about: string;
  readonly form: 'number' | 'hex8' | 'hex32' | 'hex64';
  /**
   * The expectation where it is more than one value, in ASCII. `{high}` and `{low}` are the row's words of what was
   * expected: the fingerprint notes the very bounds that it compares with.
   */
  readonly expected?: string;
}

/** The expectation of a check that compares with one value. */
export const ONE_VALUE = '{low}';

/** The expectation of a number that counts packets: the bound is the row's. */
const RISING = 'rising by at most {low}';

export const Check = {
  WIREGUARD_INITIATION: 1,
  WIREGUARD_RESPONSE: 2,
  WIREGUARD_MAC2: 3,
  WIREGUARD_RESPONSE_ECHO: 4,
  WIREGUARD_COOKIE_ECHO: 5,
  WIREGUARD_RECEIVER_STAYS: 6,
  WIREGUARD_COUNTER_RISES: 7,
  WIREGUARD_DISCO: 8,
  WIREGUARD_TUNNEL_INDEX: 9,
  TUNNEL_CONFIRMED: 10,
  OPENVPN_CLIENT_RESET: 20,
  OPENVPN_SERVER_RESET: 21,
  OPENVPN_RESET_TAIL: 22,
  OPENVPN_REPLAY_ID: 23,
  OPENVPN_REPLAY_TIME: 24,
  OPENVPN_SESSION_ECHO: 25,
  OPENVPN_SESSION_STAYS: 26,
  OPENVPN_TLS_HELLO: 27,
  OPENVPN_WRAPPED_KEY: 28,
  OPENVPN_DATA_OPCODE: 29,
  OPENVPN_PEER_ID_STAYS: 30,
  OPENVPN_PACKET_ID_RISES: 31,
  OPENVPN_DATA_LENGTHS: 32,
  OPENVPN_RECORD_LENGTH: 33,
  OPENVPN_REPLAY_TIME_STAYS: 34,
  OPENVPN_RESET_TIME: 35,
  OPENVPN_EPOCH: 36,
  IKE_HEADER: 40,
  IKE_LENGTH: 41,
  IKE_PAYLOADS: 42,
  IKE_SPI_ECHO: 43,
  IKE_RESPONDER_SPI: 44,
  IKE_TCP_PREFIX: 45,
  ESP_SPI: 46,
  ESP_SPI_STAYS: 47,
  ESP_SEQUENCE_RISES: 48,
  AH_SPI: 49,
  AH_SPI_STAYS: 50,
  AH_SEQUENCE_RISES: 51,
  IKE_TRAILING_ZEROS: 52,
  ESP_NULL_TRAILER: 53,
  IKE_CUT_PAYLOAD: 54,
  IKE_CUT_VERSION: 55,
  IKE_CUT_RESPONDER: 56,
} as const;
export type Check = (typeof Check)[keyof typeof Check];

export const CHECKS: Readonly<Record<Check, CheckForm>> = {
  [Check.WIREGUARD_INITIATION]: {
    name: 'wireguard-initiation',
    about: 'type 1 with zero reserved bytes in a message of 148',
    form: 'hex32',
  },
  [Check.WIREGUARD_RESPONSE]: {
    name: 'wireguard-response',
    about: 'type 2 with zero reserved bytes in a message of 92',
    form: 'hex32',
  },
  [Check.WIREGUARD_MAC2]: {
    name: 'wireguard-mac2-zero',
    about: 'mac2 is zero, as it is where no cookie is held',
    form: 'hex32',
  },
  [Check.WIREGUARD_RESPONSE_ECHO]: {
    name: 'wireguard-receiver-echo',
    about: "the response's receiver index is the initiation's sender index",
    form: 'hex32',
  },
  [Check.WIREGUARD_COOKIE_ECHO]: {
    name: 'wireguard-cookie-receiver-echo',
    about: "the cookie reply's receiver index is the initiation's sender index",
    form: 'hex32',
  },
  [Check.WIREGUARD_RECEIVER_STAYS]: {
    name: 'wireguard-receiver-stays',
    about: 'the receiver index of transport messages stays',
    form: 'hex32',
  },
  [Check.WIREGUARD_COUNTER_RISES]: {
    name: 'wireguard-counter-rises',
    about: 'the counter rises in small steps',
    form: 'number',
    expected: RISING,
  },
  [Check.WIREGUARD_DISCO]: {
    name: 'tailscale-disco',
    about: 'a discovery message of Tailscale in the same flow',
    form: 'hex32',
  },
  [Check.WIREGUARD_TUNNEL_INDEX]: {
    name: 'wireguard-tunnel-index',
    about: 'the receiver index is one of a confirmed tunnel to the same peer',
    form: 'hex32',
  },
  [Check.TUNNEL_CONFIRMED]: {
    name: 'tunnel-confirmed',
    about: 'another flow of the same tunnel, which began at this packet, is confirmed',
    form: 'number',
  },
  [Check.OPENVPN_CLIENT_RESET]: {
    name: 'openvpn-client-reset',
    about: 'opcode of a client reset, key id 0, in a packet of the right length',
    form: 'hex8',
  },
  [Check.OPENVPN_SERVER_RESET]: {
    name: 'openvpn-server-reset',
    about: 'opcode of a server reset, key id 0, in a packet of the right length',
    form: 'hex8',
  },
  [Check.OPENVPN_RESET_TAIL]: {
    name: 'openvpn-reset-tail',
    about: 'nothing acknowledged and packet id 0: the last bytes of a first reset',
    form: 'hex32',
  },
  [Check.OPENVPN_REPLAY_ID]: {
    name: 'openvpn-replay-id',
    about: `the replay packet id counts from 1, or from 251658241 where stateless handshakes are known`,
    form: 'number',
    expected: 'at least {high}, less than {low}',
  },
  [Check.OPENVPN_REPLAY_TIME]: {
    name: 'openvpn-replay-time',
    about: "the replay time, seconds since 1970, is near the packet's own",
    form: 'number',
    expected: "within {high} s of the packet's time, {low}",
  },
  [Check.OPENVPN_REPLAY_TIME_STAYS]: {
    name: 'openvpn-replay-time-stays',
    about:
      "the replay time, which is set once when the session starts, is that of the direction's control packets before",
    form: 'number',
  },
  [Check.OPENVPN_RESET_TIME]: {
    name: 'openvpn-reset-time',
    about:
      'the replay time of a first reset, seconds since 1970, is one of the last decades: ' +
      "the capture's own times may be others",
    form: 'number',
    expected: 'at least {high}, less than {low}',
  },
  [Check.OPENVPN_SESSION_ECHO]: {
    name: 'openvpn-session-echo',
    about: "one side's session id is repeated by the other",
    form: 'hex64',
  },
  [Check.OPENVPN_SESSION_STAYS]: {
    name: 'openvpn-session-stays',
    about: 'the session id stays over several control packets',
    form: 'hex64',
  },
  [Check.OPENVPN_TLS_HELLO]: {
    name: 'openvpn-tls-hello',
    about: 'a TLS hello inside a well-formed control packet',
    form: 'hex32',
    expected: '{high} to {low}',
  },
  [Check.OPENVPN_WRAPPED_KEY]: {
    name: 'openvpn-wrapped-key',
    about: "the wrapped key's own length is that of what follows the reset, which may carry a little more of its own",
    form: 'number',
    expected: '{high} to {low}',
  },
  [Check.OPENVPN_DATA_OPCODE]: {
    name: 'openvpn-data-opcode',
    about: 'every packet begins with the opcode of data, in the upper 5 bits, and any key id',
    form: 'hex8',
    expected: '{high} to {low}',
  },
  [Check.OPENVPN_PEER_ID_STAYS]: {
    name: 'openvpn-peer-id-stays',
    about:
      'opcode and peer id of data packets stay, in all but the key id, which is the lowest 3 bits of the first byte',
    form: 'hex32',
    expected: '{low}, with any key id',
  },
  [Check.OPENVPN_PACKET_ID_RISES]: {
    name: 'openvpn-packet-id-rises',
    about: 'the packet id of data packets rises in small steps',
    form: 'number',
    expected: RISING,
  },
  [Check.OPENVPN_EPOCH]: {
    name: 'openvpn-epoch',
    about: 'the epoch of data packets, and the upper 16 bits of its packet counter, stay',
    form: 'hex32',
  },
  [Check.OPENVPN_DATA_LENGTHS]: {
    name: 'openvpn-data-lengths',
    about:
      'the lengths of data packets, without their peer ids and modulo 8, ' +
      'are those of whole cipher blocks after an HMAC and an IV',
    form: 'number',
    expected: '{high} or {low}, the same for every packet',
  },
  [Check.OPENVPN_RECORD_LENGTH]: {
    name: 'openvpn-record-length',
    about: 'the length before the packet is that of the packet',
    form: 'number',
  },
  [Check.IKE_HEADER]: {
    name: 'ike-header',
    about: 'next payload, version, exchange type and flags of an IKE header',
    form: 'hex32',
    expected:
      'a next payload of its version, version 0x10 or 0x20 to 0x2f, a known exchange type, ' +
      'in version 0x10 known flags',
  },
  [Check.IKE_LENGTH]: { name: 'ike-length', about: "the header's length is the message's", form: 'number' },
  [Check.IKE_PAYLOADS]: { name: 'ike-payloads', about: 'the chain of payloads ends on the last byte', form: 'number' },
  [Check.IKE_SPI_ECHO]: {
    name: 'ike-initiator-spi-echo',
    about: "one side's initiator SPI is repeated by the other",
    form: 'hex64',
  },
  [Check.IKE_RESPONDER_SPI]: {
    name: 'ike-responder-spi',
    about: 'the responder has given an SPI of its own',
    form: 'hex64',
    expected: 'not zero',
  },
  [Check.IKE_TCP_PREFIX]: { name: 'ike-tcp-prefix', about: 'the stream begins with "IKETCP"', form: 'hex32' },
  [Check.IKE_TRAILING_ZEROS]: {
    name: 'ike-trailing-zeros',
    about: 'only zeros follow the message, as old Cisco clients append them',
    form: 'number',
    expected: 'at most {low}',
  },
  [Check.IKE_CUT_PAYLOAD]: {
    name: 'ike-cut-next-payload',
    about: 'the first payload of an IKE message that was cut after its version is an encrypted one',
    form: 'hex8',
    expected: '0x2e or 0x35',
  },
  [Check.IKE_CUT_VERSION]: { name: 'ike-cut-version', about: 'the version of that message', form: 'hex8' },
  [Check.IKE_CUT_RESPONDER]: {
    name: 'ike-responder-spi-echo',
    about: "one side's responder SPI is repeated by the other, in a message of another length",
    form: 'hex64',
  },
  [Check.ESP_SPI]: { name: 'esp-spi', about: 'an SPI that is not zero', form: 'hex32', expected: 'not zero' },
  [Check.ESP_SPI_STAYS]: { name: 'esp-spi-stays', about: 'the SPI stays', form: 'hex32' },
  [Check.ESP_SEQUENCE_RISES]: {
    name: 'esp-sequence-rises',
    about: 'the sequence number rises in small steps',
    form: 'number',
    expected: RISING,
  },
  [Check.ESP_NULL_TRAILER]: {
    name: 'esp-null-trailer',
    about: 'next header of an inner packet in clear, after padding 1, 2, 3 and its length, before the check value',
    form: 'hex8',
    expected: 'the protocol of a sound inner packet',
  },
  [Check.AH_SPI]: {
    name: 'ah-spi',
    about: 'an SPI that is not zero, a zero reserved field and a sound length',
    form: 'hex32',
    expected: 'not zero',
  },
  [Check.AH_SPI_STAYS]: { name: 'ah-spi-stays', about: 'the SPI stays', form: 'hex32' },
  [Check.AH_SEQUENCE_RISES]: {
    name: 'ah-sequence-rises',
    about: 'the sequence number rises in small steps',
    form: 'number',
    expected: RISING,
  },
};
