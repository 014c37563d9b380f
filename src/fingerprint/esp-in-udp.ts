/**
 * ESP in UDP (RFC 3948) in a flow without IKE: seen from the middle, or with its IKE on another route.
 *
 * Suspected: an SPI that stays and a sequence number that rises by small steps, in packets of whole words with random octets
 * behind. Confirmed: the same from both sides, with an SPI of its own for each, over more packets. Keepalives (one octet
 * 0xff) are passed over: never evidence.
 *
 * What could be mistaken for it: protocols that begin with a session id and a big-endian counter; in clear the octets behind
 * are not random, and encrypted ones rarely have one session id for each direction and lengths of whole words throughout. Bursts
 * of uTP (connection id, then microseconds) and of iperf (seconds, microseconds) carry random octets too, but what ESP has
 * encrypted behind its IV differs from packet to packet, and their header or filling there does not. Mosh begins with a bit for
 * the direction and a counter: no SPI is as round.
 */
import { looksRandom } from '../core/randomness.ts';
import { checkEsp, ESP_HEADER_LENGTH, espSequence, espSpi } from '../wire/esp.ts';
import { DecodeStatus } from '../wire/decode-status.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import { Variant } from './finding.ts';
import type { Payload } from './payload.ts';
import { Notice, StateWord, Verdict } from './verdict.ts';

const Word = {
  FLAGS: StateWord.OWN,
  SPI: StateWord.OWN + 1,
  SEQUENCE: StateWord.OWN + 3,
  RISES: StateWord.OWN + 5,
  /** Per direction, the last packet's four octets at CIPHERTEXT. */
  CIPHERTEXT: StateWord.OWN + 7,
} as const;

const Flag = { SUSPECTED: 1, SEEN: 2 } as const;

/** Rising sequence numbers that make a suspicion: of one direction, of both together; and of each that confirm. */
const RISES_ONE_WAY = 5;
const RISES_TOGETHER = 4;
const RISES_EACH_CONFIRM = 4;
const SEQUENCE_STEP_LIMIT = 64;
/** A session seen from its middle is followed only where it is not older than this many packets. */
const SEQUENCE_LIMIT = 0x10000000;
/** IV, a block and a check value. */
const SHORTEST = ESP_HEADER_LENGTH + 20;
/** Encrypted under every cipher of ESP: behind the header and the shortest IV. */
const CIPHERTEXT = ESP_HEADER_LENGTH + 8;
/** So many of four octets of ciphertext are those of the packet before once in 10,000 packets. */
const SAME_OCTETS = 2;

const KEEPALIVE = 0xff;

export function noticeEspInUdp(payload: Payload): Notice {
  return mayBeEspInUdp(payload) && hasCiphertext(payload) ? Notice.WEAK : Notice.NONE;
}

/** False at a glance for most of what `noticeEspInUdp` says nothing of. */
export function mayBeEspInUdp({ data, at, captured, length }: Payload): boolean {
  if (length < SHORTEST || length % 4 !== 0 || captured < SHORTEST) return false;
  if (checkEsp(data, at, at + captured) !== DecodeStatus.OK || !isRandomSpi(espSpi(data, at))) return false;
  const sequence = espSequence(data, at);
  return sequence !== 0 && sequence < SEQUENCE_LIMIT;
}

function hasCiphertext({ data, at, captured }: Payload): boolean {
  return looksRandom(data, at + ESP_HEADER_LENGTH, captured - ESP_HEADER_LENGTH);
}

/** False for small and round numbers: an SPI drawn at random is one once in 32,000. */
function isRandomSpi(spi: number): boolean {
  return spi >>> 16 !== 0 && (spi & 0xffff) !== 0;
}

/** True when at least SAME_OCTETS of the four octets are the same in both words. */
function isAlike(word: number, other: number): boolean {
  let same = 0;
  for (let shift = 0; shift < 32; shift += 8) {
    if ((((word ^ other) >>> shift) & 255) === 0) same++;
  }
  return same >= SAME_OCTETS;
}

function isKeepalive(payload: Payload): boolean {
  return payload.length === 1 && payload.captured === 1 && payload.data.getUint8(payload.at) === KEEPALIVE;
}

export function observeEspInUdp(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const suspected = (state[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0;
  if (!mayBeEspInUdp(payload)) {
    if (suspected) return Verdict.SUSPECTED;
    return isKeepalive(payload) ? Verdict.UNDECIDED : Verdict.RULED_OUT;
  }
  const { data, direction } = payload;
  const spi = espSpi(data, payload.at) | 0;
  const sequence = espSequence(data, payload.at);
  const seen = (state[at + Word.FLAGS]! & (Flag.SEEN << direction)) !== 0;
  const step = sequence - state[at + Word.SEQUENCE + direction]!;
  const ciphertext = data.getInt32(payload.at + CIPHERTEXT);
  // A packet that a mirror copied twice has the same octets, and no step.
  const isFixed = step !== 0 && isAlike(ciphertext, state[at + Word.CIPHERTEXT + direction]!);
  const isOther = state[at + Word.SPI + direction] !== spi || Math.abs(step) > SEQUENCE_STEP_LIMIT;
  const breaks = seen && (isOther || isFixed);
  if (breaks && !suspected) return Verdict.RULED_OUT;
  // Last what takes longest.
  if (!hasCiphertext(payload)) return suspected ? Verdict.SUSPECTED : Verdict.RULED_OUT;
  if (breaks) {
    state[at + Word.RISES + direction] = 0;
  } else if (seen && step > 0) {
    state[at + Word.RISES + direction]!++;
  }
  state[at + Word.FLAGS]! |= Flag.SEEN << direction;
  state[at + Word.SPI + direction] = spi;
  state[at + Word.CIPHERTEXT + direction] = ciphertext;
  if (!seen || step > 0) state[at + Word.SEQUENCE + direction] = sequence;
  state[at + StateWord.VARIANT] = Variant.ESP_IN_UDP;
  return judge(payload, spi, sequence, suspected, state, at, log);
}

function judge(
  payload: Payload,
  spi: number,
  sequence: number,
  suspected: boolean,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
): Verdict {
  // Each side picks the SPI it is to be sent: one number for both directions is another protocol's session id.
  const bothSeen = (state[at + Word.FLAGS]! & (Flag.SEEN * 3)) === Flag.SEEN * 3;
  if (bothSeen && state[at + Word.SPI] === state[at + Word.SPI + 1] && !suspected) return Verdict.RULED_OUT;
  const forth = state[at + Word.RISES]!;
  const back = state[at + Word.RISES + 1]!;
  const confirmed = Math.min(forth, back) >= RISES_EACH_CONFIRM && state[at + Word.SPI] !== state[at + Word.SPI + 1];
  const enough =
    Math.max(forth, back) >= RISES_ONE_WAY || (Math.min(forth, back) > 0 && forth + back >= RISES_TOGETHER);
  if (!enough && !confirmed) return suspected ? Verdict.SUSPECTED : Verdict.UNDECIDED;
  if (!suspected || confirmed) {
    log.note(payload.packet, Check.ESP_SPI_STAYS, payload.evidenceOffset, spi, spi);
    log.note(payload.packet, Check.ESP_SEQUENCE_RISES, payload.evidenceOffset + 4, SEQUENCE_STEP_LIMIT, sequence | 0);
  }
  state[at + Word.FLAGS]! |= Flag.SUSPECTED;
  return confirmed ? Verdict.CONFIRMED : Verdict.SUSPECTED;
}
