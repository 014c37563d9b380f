/** What each reason of dataplane/host/shortfall.ts says, and how its numbers are to be read. */
import type { CheckForm } from '../../dataplane/host/checks.ts';
import { expectation } from '../../dataplane/host/evidence-rows.ts';
import { Shortfall, ShortfallWord } from '../../dataplane/host/shortfall.ts';

interface ReasonForm {
  /** What did not hold, as the sentence that would have to be true. */
  readonly about: string;
  readonly form: CheckForm['form'];
  /** Texts in which `{high}` and `{low}` are the words of the value; by default one value. */
  readonly expected: string;
  readonly seen?: string;
}

/** The reason's own values, as evidence shows them. */
export interface ReasonText {
  readonly about: string;
  readonly expected: string;
  readonly seen: string;
}

const ANSWER = 'an answer from the other side';

export const REASONS: Readonly<Record<Shortfall, ReasonForm>> = {
  [Shortfall.NONE]: { about: 'a further check of the fingerprint', form: 'number', expected: '-', seen: '-' },
  [Shortfall.TOO_SHORT]: {
    about: 'enough bytes of the payload were captured',
    form: 'number',
    expected: 'at least {low}',
  },
  [Shortfall.NOT_CIPHERTEXT]: {
    about: 'the bytes from here on look encrypted',
    form: 'hex32',
    expected: 'as many different values as chance gives',
    seen: 'repeated or evenly stepped bytes, or too few of them, from {low} on',
  },
  [Shortfall.WIREGUARD_TYPE]: {
    about: 'a message type of WireGuard, or the first bytes of a discovery message of Tailscale',
    form: 'hex32',
    expected: 'type 1 to 4 and three zero bytes, or 0x5453f09f',
  },
  [Shortfall.WIREGUARD_LENGTH]: {
    about: 'the payload has the length of its message type',
    form: 'number',
    expected: 'for type 1 148, for 2 92, for 3 64, for 4 at least 32 bytes',
  },
  [Shortfall.WIREGUARD_SECRETS]: {
    about: 'every key, ciphertext and mac1 of the handshake message looks random',
    form: 'number',
    expected: 'as many different values as chance gives',
    seen: 'a field of zeros, or repeated or evenly stepped bytes, in the {low} bytes captured',
  },
  [Shortfall.WIREGUARD_MAC2]: {
    about: 'mac2 is captured and zero, or the message is a retry after some seconds',
    form: 'number',
    expected: '16 zeros, or a retry',
    seen: 'neither, with {low} bytes captured',
  },
  [Shortfall.WIREGUARD_ECHO]: {
    about: "the receiver index is the sender index of the other side's initiation",
    form: 'hex32',
    expected: 'an index of the other side',
  },
  [Shortfall.WIREGUARD_ANSWER]: {
    about: 'an initiation and its response, which repeats the index, were both seen',
    form: 'number',
    expected: ANSWER,
    seen: 'one side of a handshake, or data',
  },
  [Shortfall.WIREGUARD_COUNTER_HIGH]: {
    about: 'the upper half of the counter is zero',
    form: 'hex32',
    expected: '{low}',
  },
  [Shortfall.WIREGUARD_COUNTER_STEP]: {
    about: 'the counter goes on from the message before in small steps, with the same receiver index',
    form: 'number',
    expected: 'a little more than {low}',
  },
  [Shortfall.WIREGUARD_ONE_INDEX]: {
    about: 'each side has a receiver index of its own',
    form: 'hex32',
    expected: 'another one than the other side',
  },
  [Shortfall.WIREGUARD_SMALL_INDEX]: {
    about: 'the receiver index was drawn at random, or enough ciphertext follows',
    form: 'hex32',
    expected: 'no small number',
  },
  [Shortfall.WIREGUARD_RISES]: {
    about: 'enough data messages have counters that rise under one receiver index',
    form: 'number',
    expected: '{high} each way, or {low} one way',
    seen: '{high} one way and {low} the other',
  },
  [Shortfall.IKE_LENGTH]: {
    about: "the length in the IKE header is the payload's, or four zeros (the non-ESP marker) come before the header",
    form: 'number',
    expected: 'the length of the payload, {low}, or a few bytes less',
  },
  [Shortfall.IKE_HEADER]: {
    about: 'next payload, version, exchange type and flags of an IKE header, SPI and length that fit',
    form: 'hex32',
    expected: 'an IKE header',
  },
  [Shortfall.IKE_PAYLOADS]: {
    about: 'the chain of payloads ends on the last byte, and has those that the exchange needs',
    form: 'number',
    expected: 'a whole chain',
    seen: 'another one, in a message of {low} bytes',
  },
  [Shortfall.IKE_REFLECTED]: {
    about: 'the message is no copy of one that the other side has sent',
    form: 'hex64',
    expected: 'a message of its own',
    seen: 'the same one, with initiator SPI {low}',
  },
  [Shortfall.IKE_ANSWER]: {
    about: "one side's initiator SPI is repeated by the other in an answer",
    form: 'hex64',
    expected: ANSWER,
    seen: 'none yet to initiator SPI {low}',
  },
  [Shortfall.IKE_CUT]: {
    about: 'enough of the IKE header was captured, or a second message with the same SPI was seen',
    form: 'hex64',
    expected: 'a whole header, or two messages',
    seen: 'one cut message with initiator SPI {low}',
  },
  [Shortfall.IKE_CUT_ONE_WAY]: {
    about: 'both sides send cut messages with one pair of SPIs, each in a length of its own',
    form: 'number',
    expected: 'a length that the other side has not sent',
  },
  [Shortfall.OPENVPN_OPCODE]: {
    about: 'an opcode of OpenVPN in the upper 5 bits of the first byte',
    form: 'hex8',
    expected: 'opcode 3 to 11, 0x18 to 0x5f',
  },
  [Shortfall.OPENVPN_SESSION_ID]: {
    about: 'the 8 bytes of the session id were drawn at random',
    form: 'hex64',
    expected: 'at most two zeros, few repetitions',
  },
  [Shortfall.OPENVPN_KEY_ID]: { about: 'a hard reset has key id 0', form: 'hex8', expected: '{low}' },
  [Shortfall.OPENVPN_LAYOUT]: {
    about: 'what follows the session id fits plain, tls-auth or tls-crypt, the same as in the packets before',
    form: 'number',
    expected: 'an acknowledgement list, or a replay id and time, and the right length',
    seen: 'none of them, in {low} bytes',
  },
  [Shortfall.OPENVPN_REFLECTED]: {
    about: "the session id is not the other side's",
    form: 'hex64',
    expected: 'a session id of its own',
  },
  [Shortfall.OPENVPN_REPLAY_STEP]: {
    about: 'the replay id goes on from the packet before in small steps',
    form: 'number',
    expected: 'within {high} of {low}',
  },
  [Shortfall.OPENVPN_LONE_RESET]: {
    about: 'a bare reset among other packets is sent again with the same session id',
    form: 'number',
    expected: '{low} times',
    seen: '{low}',
  },
  [Shortfall.OPENVPN_STAYS]: {
    about: 'enough control packets of one side have the same session id',
    form: 'number',
    expected: '{low} in a row',
    seen: '{low}',
  },
  [Shortfall.OPENVPN_ANSWER]: {
    about: "the other side answers in the control channel: with this side's session id, or several times with its own",
    form: 'number',
    expected: ANSWER,
    seen: 'opcode {low} of one side',
  },
  [Shortfall.OPENVPN_DATA_LENGTH]: {
    about: 'a data packet is long enough for a tag and a block',
    form: 'number',
    expected: 'at least {low} bytes captured',
  },
  [Shortfall.OPENVPN_CHANNEL_DATA]: {
    about: 'bytes 2 and 3 are not the length of what follows, as they are in channel data of TURN',
    form: 'number',
    expected: 'another number',
  },
  [Shortfall.OPENVPN_PEER]: {
    about: 'opcode and peer id of data packets stay, or are numbers that a server gives out',
    form: 'hex32',
    expected: '{low}, with any key id',
  },
  [Shortfall.OPENVPN_REPEATS]: {
    about: 'packet ids of data packets do not repeat',
    form: 'number',
    expected: 'at most {low} repetitions',
  },
  [Shortfall.OPENVPN_DATA_ROWS]: {
    about: 'enough data packets have packet ids that rise, or the lengths of a block cipher',
    form: 'number',
    expected: 'more of them',
    seen: '{high} rising one way and {low} the other',
  },
  [Shortfall.ESP_LENGTH]: {
    about: 'the payload has the length of an ESP packet',
    form: 'number',
    expected: 'whole words, at least {low} bytes, and the first 20 captured',
  },
  [Shortfall.ESP_SPI]: {
    about: 'an SPI that was drawn at random',
    form: 'hex32',
    expected: 'no small or round number',
  },
  [Shortfall.ESP_SPI_IS_LENGTH]: {
    about: 'no half of the SPI is the length of the packet, as in protocols that begin with one',
    form: 'hex32',
    expected: 'another number',
  },
  [Shortfall.ESP_SEQUENCE]: { about: 'a sequence number', form: 'number', expected: 'not zero' },
  [Shortfall.ESP_QUIC]: {
    about: 'the first bytes are no long header of QUIC',
    form: 'hex64',
    expected: 'an SPI and a sequence number',
    seen: 'first byte and version of QUIC, {low}',
  },
  [Shortfall.ESP_SPIS]: {
    about: 'few SPIs share a direction, and most of them come again',
    form: 'hex32',
    expected: 'an SPI seen before',
  },
  [Shortfall.ESP_SEQUENCE_STEP]: {
    about: 'the sequence number of an SPI goes on in small steps',
    form: 'number',
    expected: 'within {high} of {low}',
  },
  [Shortfall.ESP_ONE_SPI]: {
    about: 'each side has SPIs of its own',
    form: 'hex32',
    expected: 'another SPI than the other side',
  },
  [Shortfall.ESP_RISES]: {
    about: 'enough sequence numbers rise under SPIs of their own: for a suspicion one way, to confirm each way',
    form: 'number',
    expected: '{high} one way, or {low} each way',
    seen: '{high} one way and {low} the other',
  },
  [Shortfall.ESP_ROUTERS]: {
    about: 'what is protected is not the protocol of routers (OSPF, PIM, VRRP)',
    form: 'hex8',
    expected: 'another inner protocol',
    seen: 'one of them',
  },
  [Shortfall.ESP_RESERVED_SPI]: {
    about: 'a key exchange can have handed out the SPI',
    form: 'number',
    expected: 'at least {low}',
  },
  [Shortfall.ESP_STAYS]: {
    about: 'an SPI is seen again with a sequence number that has risen by a small step',
    form: 'number',
    expected: 'rising by at most {high}',
  },
  [Shortfall.STREAM_OPENING]: {
    about: 'the stream begins with a record of OpenVPN or with IKE over TCP, also after the preface of a proxy',
    form: 'hex32',
    expected: 'a length of 2 bytes and an opcode of OpenVPN, or "IKETCP"',
  },
  [Shortfall.STREAM_INCOMPLETE]: {
    about: 'a whole record is there, in order',
    form: 'number',
    expected: 'the rest of the record',
    seen: '{low} bytes of it',
  },
};

/** The texts of a record (ShortfallWord). */
export function reasonText(record: Int32Array): ReasonText {
  const { about, form, expected, seen = '{low}' } = REASONS[record[ShortfallWord.REASON] as Shortfall];
  const valueAt = (text: string, word: number): string =>
    expectation({ name: '', about, form, expected: text }, record[word]!, record[word + 1]!);
  return { about, expected: valueAt(expected, ShortfallWord.EXPECTED), seen: valueAt(seen, ShortfallWord.SEEN) };
}
