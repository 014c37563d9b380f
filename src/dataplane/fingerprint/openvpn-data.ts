/**
 * OpenVPN seen from the middle of a session: data packets only. Never more than a suspicion.
 *
 * DATA_V2 with an AEAD cipher: one peer id, packet ids that count, random bytes behind them. Since 2.7 the packet id may have 64
 * bits, an epoch that stays and a counter (dataplane/wire/openvpn.ts). DATA_V1, and DATA_V2 with a block cipher, show nothing but their first
 * byte (and peer id): there the lengths of many packets must be equal modulo the cipher's block while the bytes behind the header
 * are random from packet to packet.
 *
 * Each direction has a peer id of its own: usually one for both, but a server may send 0 or the undefined one, and servers 2.4.0 to
 * 2.4.4 answer DATA_V2 with DATA_V1. Where the two differ, one must be a number that servers give out, and both have one key id.
 *
 * What could be mistaken for it: protocols of fixed first bytes with a counter (their counter sits elsewhere, or clear text
 * follows it, or each direction has a random name of its own); channel data of TURN (its second half-word is its length); ESP over
 * UDP, whose SPIs differ between the directions and are hardly ever of this form; 64-bit counters and times (their upper half is zero, or
 * its lower part is no small number).
 */
import { looksRandom, SMALLEST_SAMPLE } from '../../core/randomness.ts';
import * as wire from '../wire/openvpn.ts';
import { Opcode } from '../wire/openvpn.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import { OpenvpnDataWord as Word, OpenvpnFlag as Flag, OpenvpnWord as Shared } from './openvpn-state.ts';
import { Framing } from '../host/framing.ts';
import type { Payload } from './payload.ts';
import { fallShort, fallShortWide, seemsClear } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { MatchStrength, StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** Rising packet ids in each direction where both are seen, and where only one is. */
const RISES_BOTH_WAYS = 2;
const RISES_ONE_WAY = 2;
/** The same where the directions have different peer ids, and where a snap length leaves little of the ciphertext. */
const RISES_TWO_PEERS = 4;
const RISES_CUT = 6;
const REPEATS_LIMIT = 4;
const PACKET_ID_STEP_LIMIT = 64;
/** Servers number their peers from 0; without a server peer ids are random, and one direction alone shows too little. */
const PEER_ID_LIMIT = 0x4000;
/** What a peer without a number sends (MAX_PEER_ID). */
const NO_PEER_ID = 0xffffff;
/** Packets without a visible packet id that a suspicion takes: of both directions, of which each must have some, or of one. */
const BLOCK_PACKETS = 24;
const BLOCK_PACKETS_EACH_WAY = 6;
const BLOCK_PACKETS_ONE_WAY = 48;
/** Where both directions show one peer id, and over TCP, where each record's length fits its segment, fewer packets do. */
const BLOCK_PACKETS_PEER_ID = 12;
const BLOCK_RECORDS = 4;
const BLOCK_RECORDS_TWO_PEERS = 12;
/** Of 32 possible values of five bits, n packets must have shown a third of n at least (12 show 10, 24 show 17 on average). */
const BLOCK_VALUES_SHARE = 3;
/** HMACs have 16, 20, 28, 32, 48 or 64 bytes: after opcode, HMAC, IV and whole blocks this is the rest of a length. */
const RESIDUES = [1, 5] as const;

const CHANNEL_HEADER_LENGTH = 4;

/** HMAC or tag, IV, and a block: nothing real is shorter. */
const SHORTEST_DATA = 24;
/** Bytes of a packet cut by a snap length that still show a packet id and some ciphertext. */
const SHORTEST_CUT = 20;

export function matchData(payload: Payload): MatchStrength {
  return isLongEnough(payload) && !isChannelData(payload) && hasCiphertext(payload)
    ? MatchStrength.WEAK
    : MatchStrength.NONE;
}

/** Notes why `matchData` does not match. */
export function failMatchData(payload: Payload): void {
  if (!isLongEnough(payload)) failLength(0, payload);
  else if (isChannelData(payload)) failChannel(0, payload);
  else failCiphertext(0, payload);
}

function failLength<Answer extends number>(answer: Answer, { captured }: Payload): Answer {
  return fallShort(answer, Shortfall.OPENVPN_DATA_LENGTH, 0, SHORTEST_DATA, captured);
}

function failChannel<Answer extends number>(answer: Answer, { data, at }: Payload): Answer {
  return fallShort(answer, Shortfall.OPENVPN_CHANNEL_DATA, 2, 0, data.getUint16(at + 2));
}

function failCiphertext<Answer extends number>(answer: Answer, payload: Payload): Answer {
  return seemsClear(answer, payload, wire.dataCiphertextOffset(wire.opcode(payload.data, payload.at)));
}

function isLongEnough({ captured, length }: Payload): boolean {
  return length >= SHORTEST_DATA && captured >= (captured < length ? SHORTEST_CUT : SHORTEST_DATA);
}

function hasCiphertext({ data, at, captured, length }: Payload): boolean {
  const offset = wire.dataCiphertextOffset(wire.opcode(data, at));
  const sample = captured - offset;
  if (captured < length && sample < SMALLEST_SAMPLE) return countValues(data, at + offset, sample) >= sample - 4;
  return looksRandom(data, at + offset, sample);
}

/** Different values of a few bytes. */
function countValues(data: DataView, at: number, length: number): number {
  let count = length;
  for (let i = 1; i < length; i++) {
    for (let j = 0; j < i; j++) {
      if (data.getUint8(at + j) !== data.getUint8(at + i)) continue;
      count--;
      break;
    }
  }
  return count;
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
  const code = wire.opcode(payload.data, payload.at);
  if ((state[at + Shared.FLAGS]! & Flag.SUSPECTED) !== 0)
    return fallShort(Verdict.SUSPECTED, Shortfall.OPENVPN_ANSWER, 0, 0, code);
  if (!isLongEnough(payload))
    return failLength(isCutTooShort(payload) ? Verdict.UNDECIDED : Verdict.RULED_OUT, payload);
  const { data, direction } = payload;
  const first = code === Opcode.DATA_V2 ? wire.peerIdWord(data, payload.at) : data.getUint8(payload.at);
  const seen = state[at + Word.PACKETS + direction]!++;
  const others = state[at + Word.PACKETS + 1 - direction]!;
  const other = state[at + Word.PEER + 1 - direction]!;
  // Key ids change with renegotiations; peer ids and opcodes of a direction are one for the whole session.
  const isSame = others === 0 || isSamePeer(other, first);
  const strange =
    (seen > 0 && !isSamePeer(state[at + Word.PEER + direction]!, first)) ||
    !(isSame || isNumbered(first) || isNumbered(other));
  if (strange) {
    const before = seen > 0 ? state[at + Word.PEER + direction]! : other;
    return fallShort(Verdict.RULED_OUT, Shortfall.OPENVPN_PEER, 0, before, first);
  }
  if (state[at + Word.REPEATS]! > REPEATS_LIMIT)
    return fallShort(Verdict.RULED_OUT, Shortfall.OPENVPN_REPEATS, 0, REPEATS_LIMIT, state[at + Word.REPEATS]!);
  // Last what takes longest.
  if (isChannelData(payload)) return failChannel(Verdict.RULED_OUT, payload);
  if (!hasCiphertext(payload)) return failCiphertext(Verdict.RULED_OUT, payload);
  state[at + Word.PEER + direction] = first;
  state[at + Word.LAST_PACKET + direction] = payload.packet;
  state[at + Word.LAST_OFFSET + direction] = payload.evidenceOffset;
  state[at + StateWord.VARIANT] = Variant.OPENVPN_DATA;
  const epoch = followPacketIds(payload, code, seen, state, at);
  // Where the directions differ, they must have one key at the moment.
  const isFit = isSame || keyIdOf(first) === keyIdOf(other);
  if (isFit && hasRisen(payload, first, isSame, state, at)) notePacketId(payload, code, epoch, log);
  else if (followLengths(payload, code, isSame, state, at) && isFit) noteLengths(payload, state, at, log);
  else {
    const forth = state[at + Word.RISES]!;
    const back = state[at + Word.RISES + 1]!;
    return fallShortWide(Verdict.UNDECIDED, Shortfall.OPENVPN_DATA_ROWS, 0, 0, 0, forth, back);
  }
  if (!isSame) noteOther(direction, state, at, log);
  state[at + Shared.FLAGS]! |= Flag.SUSPECTED;
  return fallShort(Verdict.SUSPECTED, Shortfall.OPENVPN_ANSWER, 0, 0, code);
}

function isCutTooShort({ captured, length }: Payload): boolean {
  return captured < length && length >= SHORTEST_DATA;
}

/** `before` and `now` are first words of DATA_V2 or first bytes of DATA_V1. */
function isSamePeer(before: number, now: number): boolean {
  const keyIdBits = isVersion2(now) ? wire.KEY_ID_MASK << 24 : wire.KEY_ID_MASK;
  return ((before ^ now) & ~keyIdBits) === 0;
}

function isVersion2(first: number): boolean {
  return first > 0xff;
}

function keyIdOf(first: number): number {
  return (isVersion2(first) ? first >>> 24 : first) & wire.KEY_ID_MASK;
}

/** True for DATA_V2 with a peer id that a server gives out, or with none. */
function isNumbered(first: number): boolean {
  const peer = first & 0xffffff;
  return isVersion2(first) && (peer < PEER_ID_LIMIT || peer === NO_PEER_ID);
}

/** Keeps the direction's packet id, or its epoch and counter. True where the packet id stays and the counter may be one of an epoch. */
function followPacketIds(payload: Payload, code: number, seen: number, state: Int32Array, at: number): boolean {
  const { data, direction } = payload;
  const id = wire.dataPacketId(data, payload.at, code);
  const counter = wire.epochCounter(data, payload.at);
  const idStep = id - (state[at + Word.PACKET_ID + direction]! >>> 0);
  const isEpoch = seen > 0 && idStep === 0 && code === Opcode.DATA_V2 && wire.isEpoch(id);
  const step = isEpoch ? counter - (state[at + Word.COUNTER + direction]! >>> 0) : idStep;
  if (seen > 0) {
    // Neither a packet id nor an HMAC stays; a mirror that copies twice repeats it once.
    state[at + Word.REPEATS] = step === 0 ? state[at + Word.REPEATS]! + 1 : 0;
    if (step > 0 && step <= PACKET_ID_STEP_LIMIT) state[at + Word.RISES + direction]!++;
    else if (step < -PACKET_ID_STEP_LIMIT || step > PACKET_ID_STEP_LIMIT) state[at + Word.RISES + direction] = 0;
  }
  if (seen === 0 || step > 0 || step < -PACKET_ID_STEP_LIMIT) {
    state[at + Word.PACKET_ID + direction] = id | 0;
    state[at + Word.COUNTER + direction] = counter | 0;
  }
  return isEpoch;
}

function hasRisen(payload: Payload, first: number, isSame: boolean, state: Int32Array, at: number): boolean {
  const { direction } = payload;
  const forth = state[at + Word.RISES + direction]!;
  const back = state[at + Word.RISES + 1 - direction]!;
  const isCut = payload.captured < payload.length && payload.captured < SHORTEST_DATA;
  if (Math.min(forth, back) >= (isCut ? RISES_CUT : isSame ? RISES_BOTH_WAYS : RISES_TWO_PEERS)) return true;
  return isSame && isNumbered(first) && back === 0 && forth >= (isCut ? RISES_CUT : RISES_ONE_WAY);
}

function notePacketId(payload: Payload, code: number, isEpoch: boolean, log: EvidenceLog): void {
  const { data, at, packet, evidenceOffset } = payload;
  noteOpcode(payload, log);
  if (code === Opcode.DATA_V2) {
    const word = wire.peerIdWord(data, at);
    log.note(packet, Check.OPENVPN_PEER_ID_STAYS, evidenceOffset, word, word);
  }
  const id = wire.dataPacketId(data, at, code);
  if (isEpoch) {
    log.note(packet, Check.OPENVPN_EPOCH, evidenceOffset + wire.packetIdOffset(code), id, id);
    log.note(
      packet,
      Check.OPENVPN_PACKET_ID_RISES,
      evidenceOffset + wire.EPOCH_COUNTER_OFFSET,
      PACKET_ID_STEP_LIMIT,
      wire.epochCounter(data, at) | 0,
    );
    return;
  }
  const offset = evidenceOffset + wire.packetIdOffset(code);
  log.note(packet, Check.OPENVPN_PACKET_ID_RISES, offset, PACKET_ID_STEP_LIMIT, id | 0);
}

/** The first bytes of the other direction's last packet, which are not those of this one's. */
function noteOther(direction: number, state: Int32Array, at: number, log: EvidenceLog): void {
  const first = state[at + Word.PEER + 1 - direction]!;
  const packet = state[at + Word.LAST_PACKET + 1 - direction]!;
  const offset = state[at + Word.LAST_OFFSET + 1 - direction]!;
  if (isVersion2(first)) log.note(packet, Check.OPENVPN_PEER_ID_STAYS, offset, first, first);
  else noteFirstByte(packet, offset, first, log);
}

function noteOpcode(payload: Payload, log: EvidenceLog): void {
  noteFirstByte(payload.packet, payload.evidenceOffset, payload.data.getUint8(payload.at), log);
}

/** The opcode of data, with any key id. */
function noteFirstByte(packet: number, offset: number, seen: number, log: EvidenceLog): void {
  log.noteWide(packet, Check.OPENVPN_DATA_OPCODE, offset, seen & ~wire.KEY_ID_MASK, seen | wire.KEY_ID_MASK, 0, seen);
}

/** Keeps what the lengths have in common. True where there are enough packets, and they have the lengths and the bytes of block ciphers. */
function followLengths(payload: Payload, code: number, isSame: boolean, state: Int32Array, at: number): boolean {
  const { data, length } = payload;
  const header = wire.packetIdOffset(code);
  const residue = (length - header + 1) % wire.CIPHER_BLOCK_LENGTH;
  if ((state[at + Shared.FLAGS]! & Flag.RESIDUE_KNOWN) === 0) {
    state[at + Shared.FLAGS]! |= Flag.RESIDUE_KNOWN;
    state[at + Word.RESIDUE] = residue;
  } else if (state[at + Word.RESIDUE] !== residue) {
    state[at + Word.RESIDUE] = -1;
  }
  state[at + Word.VALUES]! |= 1 << (data.getUint8(payload.at + header) & 31);
  state[at + Word.VALUES + 1]! |= 1 << (data.getUint8(payload.at + header + 1) & 31);
  const forth = state[at + Word.PACKETS]!;
  const back = state[at + Word.PACKETS + 1]!;
  if (!isEnough(payload, code, isSame, forth, back)) return false;
  if (residue !== state[at + Word.RESIDUE] || (residue !== RESIDUES[0] && residue !== RESIDUES[1])) return false;
  const wanted = Math.min(11, Math.floor((forth + back) / BLOCK_VALUES_SHARE));
  return countBits(state[at + Word.VALUES]!) >= wanted && countBits(state[at + Word.VALUES + 1]!) >= wanted;
}

function noteLengths(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): void {
  noteOpcode(payload, log);
  const [some, others] = RESIDUES;
  const residue = state[at + Word.RESIDUE]!;
  log.noteWide(payload.packet, Check.OPENVPN_DATA_LENGTHS, payload.evidenceOffset, some, others, 0, residue);
}

/** Whether `forth` and `back` packets without a visible packet id are enough to judge by. */
function isEnough(payload: Payload, code: number, isSame: boolean, forth: number, back: number): boolean {
  const count = forth + back;
  const isRecord = payload.framing === Framing.OPENVPN_RECORD;
  if (isRecord && count >= (isSame ? BLOCK_RECORDS : BLOCK_RECORDS_TWO_PEERS)) return true;
  if (Math.min(forth, back) < BLOCK_PACKETS_EACH_WAY) return isSame && Math.max(forth, back) >= BLOCK_PACKETS_ONE_WAY;
  return count >= (code === Opcode.DATA_V2 && isSame ? BLOCK_PACKETS_PEER_ID : BLOCK_PACKETS);
}

function countBits(word: number): number {
  let count = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) count++;
  return count;
}
