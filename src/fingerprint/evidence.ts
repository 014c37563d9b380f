/**
 * Evidence: what was seen, where, and what was expected there; enough to verify a finding by hand in a packet analyser.
 * Rows are numbers, chained per flow; words and hexadecimal appear only when a decision leaves the engine.
 *
 * An offset counts octets from the start of the UDP payload, of the TCP direction's stream, or of the ESP or AH header.
 */

/** How a row's numbers are to be read. `expected` is a text where the expectation is no single value. */
export interface CheckForm {
  readonly name: string;
  /** What the check says, for people. */
  readonly about: string;
  readonly form: 'number' | 'hex8' | 'hex32' | 'hex64';
  readonly expected?: string;
}

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
} as const;
export type Check = (typeof Check)[keyof typeof Check];

export const CHECKS: Readonly<Record<Check, CheckForm>> = {
  [Check.WIREGUARD_INITIATION]: {
    name: 'wireguard-initiation',
    about: 'type 1 with zero reserved octets in a message of 148',
    form: 'hex32',
  },
  [Check.WIREGUARD_RESPONSE]: {
    name: 'wireguard-response',
    about: 'type 2 with zero reserved octets in a message of 92',
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
    expected: 'rising',
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
    about: 'nothing acknowledged and packet id 0: the last octets of a first reset',
    form: 'hex32',
  },
  [Check.OPENVPN_REPLAY_ID]: {
    name: 'openvpn-replay-id',
    about: 'the replay packet id counts from 1',
    form: 'number',
    expected: 'small',
  },
  [Check.OPENVPN_REPLAY_TIME]: {
    name: 'openvpn-replay-time',
    about: "the replay time, seconds since 1970, is near the packet's own",
    form: 'number',
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
    expected: '160301…160304',
  },
  [Check.OPENVPN_WRAPPED_KEY]: {
    name: 'openvpn-wrapped-key',
    about: "the wrapped key's own length is that of what follows the reset",
    form: 'number',
  },
  [Check.OPENVPN_DATA_OPCODE]: {
    name: 'openvpn-data-opcode',
    about: 'every packet begins with the opcode of data',
    form: 'hex8',
  },
  [Check.OPENVPN_PEER_ID_STAYS]: {
    name: 'openvpn-peer-id-stays',
    about: 'the peer id of data packets stays',
    form: 'hex32',
  },
  [Check.OPENVPN_PACKET_ID_RISES]: {
    name: 'openvpn-packet-id-rises',
    about: 'the packet id of data packets rises in small steps',
    form: 'number',
    expected: 'rising',
  },
  [Check.OPENVPN_DATA_LENGTHS]: {
    name: 'openvpn-data-lengths',
    about: 'the lengths of data packets are those of whole cipher blocks behind an HMAC and an IV',
    form: 'number',
    expected: 'all equal modulo 8',
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
    expected: 'known values',
  },
  [Check.IKE_LENGTH]: { name: 'ike-length', about: "the header's length is the message's", form: 'number' },
  [Check.IKE_PAYLOADS]: { name: 'ike-payloads', about: 'the chain of payloads ends on the last octet', form: 'number' },
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
  [Check.ESP_SPI]: { name: 'esp-spi', about: 'an SPI that is not zero', form: 'hex32', expected: 'not zero' },
  [Check.ESP_SPI_STAYS]: { name: 'esp-spi-stays', about: 'the SPI stays', form: 'hex32' },
  [Check.ESP_SEQUENCE_RISES]: {
    name: 'esp-sequence-rises',
    about: 'the sequence number rises in small steps',
    form: 'number',
    expected: 'rising',
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
    expected: 'rising',
  },
};

/** One row as it leaves the engine: the shape of the events' `evidence` entries. */
export interface EvidenceEntry {
  readonly packet: number;
  readonly check: string;
  readonly offset: number;
  readonly expected: string | number;
  readonly seen: string | number;
}

/** More rows than this a finding need not show: later ones are left out. */
export const EVIDENCE_LIMIT = 12;

const INITIAL_ROWS = 1024;

/**
 * Words of a row, half a cache line: the row after it; the check, in the upper 8 bits, and the offset, which no payload and no stream's
 * beginning takes beyond the 24 below; the packet's number, as a double; what was expected and what was seen, two words each.
 */
const Field = { NEXT: 0, CHECK_AND_OFFSET: 1, PACKET: 2, VALUES: 4 } as const;
const ROW_WORDS = 8;
const OFFSET_BITS = 24;
const OFFSET_MASK = 0xffffff;

/** `tail` of a chain whose last row has not been looked for yet. */
const UNKNOWN = -1;

/** The rows of all flows. Row 0 is no row. A chain runs from the first row noted to the last. */
export class EvidenceLog {
  private words = new Int32Array(INITIAL_ROWS * ROW_WORDS);
  /** The same as doubles. */
  private numbers = new Float64Array(this.words.buffer);
  private used = 1;
  private free = 0;

  /** Rows in use, of all flows. */
  count = 0;
  /** Grows with every row that is noted and every chain that is given back. */
  changes = 0;

  /** The chain that `note` appends to: its first row (0 while empty) and its length. Set by the fingerprint set around each call. */
  head = 0;
  private tail = 0;
  private length = 0;

  /** Begins or goes on with the chain that starts at `head`. Most that is selected is not added to: its end is found when it is. */
  select(head: number): void {
    this.head = head;
    this.tail = head === 0 ? 0 : UNKNOWN;
    this.length = 0;
  }

  /** True when the selected chain already has a row of this check. */
  has(check: Check): boolean {
    for (let row = this.head; row !== 0; row = this.nextOf(row)) {
      if (this.checkOf(row) === check) return true;
    }
    return false;
  }

  /** Notes 32-bit (or smaller) values. */
  note(packet: number, check: Check, offset: number, expected: number, seen: number): void {
    this.noteWide(packet, check, offset, 0, expected, 0, seen);
  }

  /** Notes 64-bit values, as high and low words. */
  noteWide(
    packet: number,
    check: Check,
    offset: number,
    expectedHigh: number,
    expectedLow: number,
    seenHigh: number,
    seenLow: number,
  ): void {
    if (this.tail === UNKNOWN) this.findTail();
    if (this.length === EVIDENCE_LIMIT) return;
    this.changes++;
    const row = this.take();
    const { words } = this;
    const at = row * ROW_WORDS;
    words[at + Field.NEXT] = 0;
    words[at + Field.CHECK_AND_OFFSET] = (check << OFFSET_BITS) | (offset & OFFSET_MASK);
    this.numbers[(at + Field.PACKET) >> 1] = packet;
    words[at + Field.VALUES] = expectedHigh;
    words[at + Field.VALUES + 1] = expectedLow;
    words[at + Field.VALUES + 2] = seenHigh;
    words[at + Field.VALUES + 3] = seenLow;
    if (this.head === 0) this.head = row;
    else words[this.tail * ROW_WORDS + Field.NEXT] = row;
    this.tail = row;
    this.length++;
  }

  /** Gives back a chain's rows. */
  release(head: number): void {
    this.changes++;
    const { words } = this;
    for (let row = head; row !== 0;) {
      const at = row * ROW_WORDS + Field.NEXT;
      const next = words[at]!;
      words[at] = this.free;
      this.free = row;
      this.count--;
      row = next;
    }
  }

  /** Which of two chains goes on, where they are read by their packets: true for the first. Not both may be at their end. */
  isBefore(one: number, other: number): boolean {
    return one !== 0 && (other === 0 || this.packetOf(one) <= this.packetOf(other));
  }

  /** The parts of a row, for those who walk a chain by themselves: the row after it (0 for none), and what it holds. */
  nextOf(row: number): number {
    return this.words[row * ROW_WORDS + Field.NEXT]!;
  }

  checkOf(row: number): Check {
    return (this.words[row * ROW_WORDS + Field.CHECK_AND_OFFSET]! >>> OFFSET_BITS) as Check;
  }

  packetOf(row: number): number {
    return this.numbers[(row * ROW_WORDS + Field.PACKET) >> 1]!;
  }

  offsetOf(row: number): number {
    return this.words[row * ROW_WORDS + Field.CHECK_AND_OFFSET]! & OFFSET_MASK;
  }

  /** One of the four words of what was expected (0 the higher, 1 the lower) and what was seen (2 and 3). */
  wordOf(row: number, word: number): number {
    return this.words[row * ROW_WORDS + Field.VALUES + word]!;
  }

  /** Two chains as entries, by their packets, those of the first before those of the second. Control plane only. */
  entries(first: number, second = 0): EvidenceEntry[] {
    const list: EvidenceEntry[] = [];
    for (let [one, other] = [first, second]; one !== 0 || other !== 0;) {
      const row = this.isBefore(one, other) ? one : other;
      if (row === one) one = this.nextOf(row);
      else other = this.nextOf(row);
      const form = CHECKS[this.checkOf(row)];
      list.push({
        packet: this.packetOf(row),
        check: form.name,
        offset: this.offsetOf(row),
        expected: form.expected ?? format(form.form, this.wordOf(row, 0), this.wordOf(row, 1)),
        seen: format(form.form, this.wordOf(row, 2), this.wordOf(row, 3)),
      });
    }
    return list;
  }

  private findTail(): void {
    let row = this.head;
    this.length = 1;
    for (let next = this.nextOf(row); next !== 0; next = this.nextOf(row)) {
      row = next;
      this.length++;
    }
    this.tail = row;
  }

  private take(): number {
    this.count++;
    if (this.free !== 0) {
      const row = this.free;
      this.free = this.nextOf(row);
      return row;
    }
    if ((this.used + 1) * ROW_WORDS > this.words.length) this.grow();
    return this.used++;
  }

  private grow(): void {
    const wider = new Int32Array(this.words.length * 2);
    wider.set(this.words);
    this.words = wider;
    this.numbers = new Float64Array(wider.buffer);
  }
}

function format(form: CheckForm['form'], high: number, low: number): string | number {
  switch (form) {
    case 'number':
      return low >>> 0;
    case 'hex8':
      return `0x${(low & 255).toString(16).padStart(2, '0')}`;
    case 'hex32':
      return `0x${(low >>> 0).toString(16).padStart(8, '0')}`;
    case 'hex64':
      return `0x${(high >>> 0).toString(16).padStart(8, '0')}${(low >>> 0).toString(16).padStart(8, '0')}`;
  }
}
