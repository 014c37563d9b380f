/**
 * OpenVPN seen from the middle of a session: data packets only. Never more than a suspicion.
 *
 * DATA_V2 with an AEAD cipher: one peer id, packet ids that count, random octets behind them. DATA_V1, and DATA_V2 with a
 * block cipher, show nothing but their first octet (and peer id): there the lengths of many packets must be equal modulo
 * the cipher's block while the octets behind the header are random from packet to packet.
 *
 * What could be mistaken for it: protocols of fixed first octets with a counter (their counter sits elsewhere, or clear text
 * follows it); channel data of TURN (its second half-word is its length); ESP over UDP, whose SPIs differ between the
 * directions and are hardly ever of this form.
 */
import { looksRandom } from '../core/randomness.ts';
import * as wire from '../wire/openvpn.ts';
import { Opcode } from '../wire/openvpn.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import { Variant } from './finding.ts';
import { OpenvpnFlag as Flag, OpenvpnWord as Word } from './openvpn-state.ts';
import { Framing, type Payload } from './payload.ts';
import { Notice, StateWord, Verdict } from './verdict.ts';

/** Rising packet ids in each direction where both are seen, and where only one is. */
const RISES_BOTH_WAYS = 2;
const RISES_ONE_WAY = 2;
const REPEATS_LIMIT = 4;
const PACKET_ID_STEP_LIMIT = 64;
/** Servers number their peers from 0; without a server peer ids are random, and one direction alone shows too little. */
const PEER_ID_LIMIT = 0x4000;
/** Packets without a visible packet id that a suspicion takes: of both directions, of which each must have some, or of one. */
const BLOCK_PACKETS = 24;
const BLOCK_PACKETS_EACH_WAY = 6;
const BLOCK_PACKETS_ONE_WAY = 48;
/** Where both directions show one peer id, and over TCP, where each record's length fits its segment, fewer packets do. */
const BLOCK_PACKETS_PEER_ID = 12;
const BLOCK_RECORDS = 4;
/** Of 32 possible values of five bits, n packets must have shown a third of n at least (12 show 10, 24 show 17 on average). */
const BLOCK_VALUES_SHARE = 3;
/** HMACs have 16, 20, 28, 32, 48 or 64 bytes: after opcode, HMAC, IV and whole blocks this is the rest of a length. */
const RESIDUES = [1, 5] as const;

const CHANNEL_HEADER_LENGTH = 4;

/** HMAC or tag, IV, and a block: nothing real is shorter. */
const SHORTEST_DATA = 24;

export function noticeData(payload: Payload): Notice {
  return isLongEnough(payload) && !isChannelData(payload) && hasCiphertext(payload) ? Notice.WEAK : Notice.NONE;
}

function isLongEnough({ captured, length }: Payload): boolean {
  return length >= SHORTEST_DATA && captured >= SHORTEST_DATA;
}

function hasCiphertext({ data, at, captured }: Payload): boolean {
  const offset = wire.dataCiphertextOffset(wire.opcode(data, at));
  return looksRandom(data, at + offset, captured - offset);
}

/**
 * True for channel data of TURN (RFC 8656 section 12.4): a channel number, of which half the usual ones look like DATA_V2, and
 * the length of what follows, up to padding. Voice in it has one length for every packet and counts like a packet id.
 */
function isChannelData({ data, at, length, framing }: Payload): boolean {
  const padding = length - CHANNEL_HEADER_LENGTH - data.getUint16(at + 2);
  return framing === Framing.DATAGRAM && padding >= 0 && padding < 4;
}

export function observeData(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) !== 0) return Verdict.SUSPECTED;
  if (!isLongEnough(payload)) return Verdict.RULED_OUT;
  const { data, direction } = payload;
  const code = wire.opcode(data, payload.at);
  const first = code === Opcode.DATA_V2 ? wire.peerIdWord(data, payload.at) : data.getUint8(payload.at);
  const seen = state[at + Word.PACKETS + direction]!++;
  const others = state[at + Word.PACKETS + 1 - direction]!;
  // Key ids change with renegotiations; peer ids and opcodes are one for the whole session, both ways.
  const strange =
    (seen > 0 && !isSamePeer(state[at + Word.PEER + direction]!, first, code)) ||
    (others > 0 && !isSamePeer(state[at + Word.PEER + 1 - direction]!, first, code));
  if (strange || state[at + Word.REPEATS]! > REPEATS_LIMIT) return Verdict.RULED_OUT;
  // Last what takes longest.
  if (isChannelData(payload) || !hasCiphertext(payload)) return Verdict.RULED_OUT;
  state[at + Word.PEER + direction] = first;
  state[at + StateWord.VARIANT] = Variant.OPENVPN_DATA;
  if (followPacketIds(payload, code, seen, state, at, log) || followLengths(payload, code, state, at, log)) {
    state[at + Word.FLAGS]! |= Flag.SUSPECTED;
    return Verdict.SUSPECTED;
  }
  return Verdict.UNDECIDED;
}

function isSamePeer(before: number, now: number, code: number): boolean {
  const keyIdBits = code === Opcode.DATA_V2 ? wire.KEY_ID_MASK << 24 : wire.KEY_ID_MASK;
  return ((before ^ now) & ~keyIdBits) === 0;
}

function followPacketIds(
  payload: Payload,
  code: number,
  seen: number,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
): boolean {
  const { data, direction } = payload;
  const id = wire.dataPacketId(data, payload.at, code);
  const step = id - (state[at + Word.PACKET_ID + direction]! >>> 0);
  if (seen > 0) {
    // Neither a packet id nor an HMAC stays; a mirror that copies twice repeats it once.
    state[at + Word.REPEATS] = step === 0 ? state[at + Word.REPEATS]! + 1 : 0;
    if (step > 0 && step <= PACKET_ID_STEP_LIMIT) state[at + Word.RISES + direction]!++;
    else if (step < -PACKET_ID_STEP_LIMIT || step > PACKET_ID_STEP_LIMIT) state[at + Word.RISES + direction] = 0;
  }
  if (seen === 0 || step > 0 || step < -PACKET_ID_STEP_LIMIT) state[at + Word.PACKET_ID + direction] = id | 0;
  const forth = state[at + Word.RISES + direction]!;
  const back = state[at + Word.RISES + 1 - direction]!;
  const numbered = code === Opcode.DATA_V2 && (wire.peerIdWord(data, payload.at) & 0xffffff) < PEER_ID_LIMIT;
  const enough = Math.min(forth, back) >= RISES_BOTH_WAYS || (numbered && back === 0 && forth >= RISES_ONE_WAY);
  if (!enough) return false;
  noteOpcode(payload, code, log);
  if (code === Opcode.DATA_V2) {
    const word = wire.peerIdWord(data, payload.at);
    log.note(payload.packet, Check.OPENVPN_PEER_ID_STAYS, payload.evidenceOffset, word, word);
  }
  log.note(
    payload.packet,
    Check.OPENVPN_PACKET_ID_RISES,
    payload.evidenceOffset + (code === Opcode.DATA_V2 ? 4 : 1),
    PACKET_ID_STEP_LIMIT,
    id | 0,
  );
  return true;
}

function noteOpcode(payload: Payload, code: number, log: EvidenceLog): void {
  const { data, at, packet, evidenceOffset } = payload;
  const first = code << 3;
  const last = first | wire.KEY_ID_MASK;
  log.noteWide(packet, Check.OPENVPN_DATA_OPCODE, evidenceOffset, first, last, 0, data.getUint8(at));
}

function followLengths(payload: Payload, code: number, state: Int32Array, at: number, log: EvidenceLog): boolean {
  const { data, length } = payload;
  const header = code === Opcode.DATA_V2 ? 4 : 1;
  const residue = (length - header + 1) % wire.CIPHER_BLOCK_LENGTH;
  if ((state[at + Word.FLAGS]! & Flag.RESIDUE_KNOWN) === 0) {
    state[at + Word.FLAGS]! |= Flag.RESIDUE_KNOWN;
    state[at + Word.RESIDUE] = residue;
  } else if (state[at + Word.RESIDUE] !== residue) {
    state[at + Word.RESIDUE] = -1;
  }
  state[at + Word.VALUES]! |= 1 << (data.getUint8(payload.at + header) & 31);
  state[at + Word.VALUES + 1]! |= 1 << (data.getUint8(payload.at + header + 1) & 31);
  const forth = state[at + Word.PACKETS]!;
  const back = state[at + Word.PACKETS + 1]!;
  if (!isEnough(payload, code, forth, back)) return false;
  if (residue !== state[at + Word.RESIDUE] || (residue !== RESIDUES[0] && residue !== RESIDUES[1])) return false;
  const wanted = Math.min(11, Math.floor((forth + back) / BLOCK_VALUES_SHARE));
  if (countBits(state[at + Word.VALUES]!) < wanted || countBits(state[at + Word.VALUES + 1]!) < wanted) return false;
  noteOpcode(payload, code, log);
  const [some, others] = RESIDUES;
  log.noteWide(payload.packet, Check.OPENVPN_DATA_LENGTHS, payload.evidenceOffset, some, others, 0, residue);
  return true;
}

/** Whether `forth` and `back` packets without a visible packet id are enough to judge by. */
function isEnough(payload: Payload, code: number, forth: number, back: number): boolean {
  const count = forth + back;
  if (payload.framing === Framing.OPENVPN_RECORD && count >= BLOCK_RECORDS) return true;
  if (Math.min(forth, back) < BLOCK_PACKETS_EACH_WAY) return Math.max(forth, back) >= BLOCK_PACKETS_ONE_WAY;
  return count >= (code === Opcode.DATA_V2 ? BLOCK_PACKETS_PEER_ID : BLOCK_PACKETS);
}

function countBits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
