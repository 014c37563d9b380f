/**
 * OpenVPN seen from the middle of a session: data packets only. Never more than a suspicion.
 *
 * DATA_V2 with an AEAD cipher: one peer id, packet ids that count, random bytes after them. Since 2.7 the packet id may
 * have 64 bits, an epoch that stays and a counter (wire/openvpn). DATA_V1, and DATA_V2 with a block cipher, show
 * nothing but their first byte (and peer id): there the lengths of many packets must be equal modulo the cipher's block
 * while the bytes after the header are random from packet to packet.
 *
 * Each direction has a peer id of its own: usually one for both, but a server may send 0 or the undefined one, and
 * servers 2.4.0 to 2.4.4 answer DATA_V2 with DATA_V1. Where the two differ, one must be a number that servers give out,
 * and both have one key id.
 *
 * What could be mistaken for it: protocols of fixed first bytes with a counter (their counter is elsewhere, or clear
 * text follows it, or each direction has a random name of its own); channel data of TURN (its second half-word is its
 * length); ESP over UDP, whose SPIs differ between the directions and are hardly ever of this form; 64-bit counters and
 * times (their upper half is zero, or its lower part is no small number).
 */
import { byteAt, u16be } from '../memory';
import { looksRandom, SMALLEST_SAMPLE } from '../randomness';
import * as wire from '../wire/openvpn';
import { Opcode } from '../wire/openvpn';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import {
  hasFlags,
  OpenvpnDataWord as Word,
  OpenvpnFlag as Flag,
  OpenvpnWord as Shared,
  suspect,
} from './openvpn-state';
import { Framing, Payload } from './payload';
import { fallShort, fallShortWide, seemsClear, Shortfall } from './shortfall';
import { MatchStrength, StateWord, Verdict } from './verdict';
import { addToWord, lowWord, putWord, setBits, unsignedWordAt, wordAt } from './words';

/** Rising packet ids in each direction where both are seen, and where only one is. */
const RISES_BOTH_WAYS: i32 = 2;
const RISES_ONE_WAY: i32 = 2;
/** The same where the directions have different peer ids, and where a snap length leaves little of the ciphertext. */
const RISES_TWO_PEERS: i32 = 4;
const RISES_CUT: i32 = 6;
const REPEATS_LIMIT: i32 = 4;
const PACKET_ID_STEP_LIMIT: i32 = 64;
/**
 * Servers number their peers from 0; without a server peer ids are random, and one direction alone shows too little.
 */
const PEER_ID_LIMIT: u32 = 0x4000;
/** What a peer without a number sends (MAX_PEER_ID). */
const NO_PEER_ID: u32 = 0xffffff;
/**
 * Packets without a visible packet id that a suspicion takes: of both directions, of which each must have some, or of
 * one.
 */
const BLOCK_PACKETS: i32 = 24;
const BLOCK_PACKETS_EACH_WAY: i32 = 6;
const BLOCK_PACKETS_ONE_WAY: i32 = 48;
/**
 * Where both directions show one peer id, and over TCP, where each record's length fits its segment, fewer packets do.
 */
const BLOCK_PACKETS_PEER_ID: i32 = 12;
const BLOCK_RECORDS: i32 = 4;
const BLOCK_RECORDS_TWO_PEERS: i32 = 12;
/**
 * n packets must have shown at least n/3 of the 32 possible values of five bits (12 show 10, 24 show 17 on average).
 */
const BLOCK_VALUES_SHARE: i32 = 3;
/**
 * HMACs have 16, 20, 28, 32, 48 or 64 bytes: after opcode, HMAC, IV and whole blocks the rest of a length is one of
 * these.
 */
const RESIDUE: i32 = 1;
const OTHER_RESIDUE: i32 = 5;

const CHANNEL_HEADER_LENGTH: i32 = 4;

/** HMAC or tag, IV, and a block: nothing real is shorter. */
const SHORTEST_DATA: i32 = 24;
/** Bytes of a packet cut by a snap length that still show a packet id and some ciphertext. */
const SHORTEST_CUT: i32 = 20;

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

function failLength(answer: i32, payload: Payload): i32 {
  return fallShort(answer, Shortfall.OPENVPN_DATA_LENGTH, 0, SHORTEST_DATA, payload.captured);
}

function failChannel(answer: i32, payload: Payload): i32 {
  return fallShort(answer, Shortfall.OPENVPN_CHANNEL_DATA, 2, 0, u16be(payload.at + 2));
}

function failCiphertext(answer: i32, payload: Payload): i32 {
  return seemsClear(answer, payload, wire.dataCiphertextOffset(wire.opcode(payload.at)));
}

function isLongEnough(payload: Payload): bool {
  const captured = payload.captured;
  const length = payload.length;
  return length >= SHORTEST_DATA && captured >= (captured < length ? SHORTEST_CUT : SHORTEST_DATA);
}

function hasCiphertext(payload: Payload): bool {
  const offset = wire.dataCiphertextOffset(wire.opcode(payload.at));
  const ciphertext = payload.at + offset;
  const sample = payload.captured - offset;
  if (payload.captured < payload.length && sample < SMALLEST_SAMPLE)
    return countValues(ciphertext, sample) >= sample - 4;
  return looksRandom(ciphertext, sample);
}

/** Different values of a few bytes. */
function countValues(at: usize, length: i32): i32 {
  let count = length;
  for (let i = 1; i < length; i++) {
    for (let j = 0; j < i; j++) {
      if (byteAt(at + j) != byteAt(at + i)) continue;
      count--;
      break;
    }
  }
  return count;
}

/**
 * True for channel data of TURN (RFC 8656 section 12.4): a channel number, of which half the usual ones look like
 * DATA_V2, and the length of what follows, up to padding. Voice in it has one length for every packet and counts like a
 * packet id.
 */
function isChannelData(payload: Payload): bool {
  const padding = payload.length - CHANNEL_HEADER_LENGTH - <i32>u16be(payload.at + 2);
  return payload.framing == Framing.DATAGRAM && padding >= 0 && padding < 4;
}

export function observeData(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const at = payload.at;
  const code = wire.opcode(at);
  if (hasFlags(state, Flag.SUSPECTED)) return fallShort(Verdict.SUSPECTED, Shortfall.OPENVPN_ANSWER, 0, 0, code);
  if (!isLongEnough(payload))
    return failLength(isCutTooShort(payload) ? Verdict.UNDECIDED : Verdict.RULED_OUT, payload);
  const direction = payload.direction;
  const first: u32 = code == Opcode.DATA_V2 ? wire.peerIdWord(at) : byteAt(at);
  const seen = addToWord(state, Word.PACKETS + direction, 1);
  const others = wordAt(state, Word.PACKETS + 1 - direction);
  const other = unsignedWordAt(state, Word.PEER + 1 - direction);
  const before = unsignedWordAt(state, Word.PEER + direction);
  // Key ids change with renegotiations; peer ids and opcodes of a direction are one for the whole session.
  const isSame = others == 0 || isSamePeer(other, first);
  const isStrange = (seen > 0 && !isSamePeer(before, first)) || !(isSame || isNumbered(first) || isNumbered(other));
  if (isStrange) return fallShort(Verdict.RULED_OUT, Shortfall.OPENVPN_PEER, 0, seen > 0 ? before : other, first);
  const repeats = wordAt(state, Word.REPEATS);
  if (repeats > REPEATS_LIMIT)
    return fallShort(Verdict.RULED_OUT, Shortfall.OPENVPN_REPEATS, 0, REPEATS_LIMIT, repeats);
  // The check that takes longest comes last.
  if (isChannelData(payload)) return failChannel(Verdict.RULED_OUT, payload);
  if (!hasCiphertext(payload)) return failCiphertext(Verdict.RULED_OUT, payload);
  putWord(state, Word.PEER + direction, first);
  putWord(state, Word.LAST_PACKET + direction, lowWord(payload.packet));
  putWord(state, Word.LAST_OFFSET + direction, payload.evidenceOffset);
  putWord(state, StateWord.VARIANT, Variant.OPENVPN_DATA);
  const hasEpoch = followPacketIds(payload, code, seen, state);
  // Where the directions differ, they must have one key at the moment.
  const isFit = isSame || keyIdOf(first) == keyIdOf(other);
  if (isFit && hasRisen(payload, first, isSame, state)) notePacketId(payload, code, hasEpoch, log);
  else if (followLengths(payload, code, isSame, state) && isFit) noteLengths(payload, state, log);
  else {
    const forth = wordAt(state, Word.RISES);
    const back = wordAt(state, Word.RISES + 1);
    return fallShortWide(Verdict.UNDECIDED, Shortfall.OPENVPN_DATA_ROWS, 0, 0, 0, forth, back);
  }
  if (!isSame) noteOther(direction, state, log);
  return fallShort(suspect(state), Shortfall.OPENVPN_ANSWER, 0, 0, code);
}

function isCutTooShort(payload: Payload): bool {
  return payload.captured < payload.length && payload.length >= SHORTEST_DATA;
}

/** `before` and `now` are first words of DATA_V2 or first bytes of DATA_V1. */
function isSamePeer(before: u32, now: u32): bool {
  const keyIdBits: u32 = isVersion2(now) ? wire.KEY_ID_MASK << 24 : wire.KEY_ID_MASK;
  return ((before ^ now) & ~keyIdBits) == 0;
}

function isVersion2(first: u32): bool {
  return first > 0xff;
}

function keyIdOf(first: u32): u32 {
  return (isVersion2(first) ? first >> 24 : first) & wire.KEY_ID_MASK;
}

/** True for DATA_V2 with a peer id that a server gives out, or with none. */
function isNumbered(first: u32): bool {
  const peer = first & 0xffffff;
  return isVersion2(first) && (peer < PEER_ID_LIMIT || peer == NO_PEER_ID);
}

/**
 * Follows the packet id, or its epoch and counter. True where the packet id stays and the counter may be one of an
 * epoch.
 */
function followPacketIds(payload: Payload, code: i32, seen: i32, state: usize): bool {
  const direction = payload.direction;
  const id = wire.dataPacketId(payload.at, code);
  const counter = wire.epochCounter(payload.at);
  const idStep = <i64>id - <i64>unsignedWordAt(state, Word.PACKET_ID + direction);
  const isEpoch = seen > 0 && idStep == 0 && code == Opcode.DATA_V2 && wire.isEpoch(id);
  const step = isEpoch ? <i64>counter - <i64>unsignedWordAt(state, Word.COUNTER + direction) : idStep;
  if (seen > 0) {
    // Neither a packet id nor an HMAC stays; a mirror that copies twice repeats it once.
    putWord(state, Word.REPEATS, step == 0 ? wordAt(state, Word.REPEATS) + 1 : 0);
    if (step > 0 && step <= PACKET_ID_STEP_LIMIT) addToWord(state, Word.RISES + direction, 1);
    else if (step < -PACKET_ID_STEP_LIMIT || step > PACKET_ID_STEP_LIMIT) putWord(state, Word.RISES + direction, 0);
  }
  if (seen == 0 || step > 0 || step < -PACKET_ID_STEP_LIMIT) {
    putWord(state, Word.PACKET_ID + direction, id);
    putWord(state, Word.COUNTER + direction, counter);
  }
  return isEpoch;
}

function hasRisen(payload: Payload, first: u32, isSame: bool, state: usize): bool {
  const direction = payload.direction;
  const forth = wordAt(state, Word.RISES + direction);
  const back = wordAt(state, Word.RISES + 1 - direction);
  const isCut = payload.captured < payload.length && payload.captured < SHORTEST_DATA;
  if (min(forth, back) >= (isCut ? RISES_CUT : isSame ? RISES_BOTH_WAYS : RISES_TWO_PEERS)) return true;
  return isSame && isNumbered(first) && back == 0 && forth >= (isCut ? RISES_CUT : RISES_ONE_WAY);
}

function notePacketId(payload: Payload, code: i32, isEpoch: bool, log: EvidenceLog): void {
  const at = payload.at;
  const packet = payload.packet;
  const place = payload.evidenceOffset;
  noteOpcode(payload, log);
  if (code == Opcode.DATA_V2) {
    const word = wire.peerIdWord(at);
    log.note(packet, Check.OPENVPN_PEER_ID_STAYS, place, word, word);
  }
  const id = wire.dataPacketId(at, code);
  const offset = place + wire.packetIdOffset(code);
  if (isEpoch) {
    const counter = wire.epochCounter(at);
    const counterPlace = place + wire.EPOCH_COUNTER_OFFSET;
    log.note(packet, Check.OPENVPN_EPOCH, offset, id, id);
    log.note(packet, Check.OPENVPN_PACKET_ID_RISES, counterPlace, PACKET_ID_STEP_LIMIT, counter);
    return;
  }
  log.note(packet, Check.OPENVPN_PACKET_ID_RISES, offset, PACKET_ID_STEP_LIMIT, id);
}

/** The first bytes of the other direction's last packet, which are not those of this one's. */
function noteOther(direction: i32, state: usize, log: EvidenceLog): void {
  const first = wordAt(state, Word.PEER + 1 - direction);
  const packet = <f64>wordAt(state, Word.LAST_PACKET + 1 - direction);
  const offset = wordAt(state, Word.LAST_OFFSET + 1 - direction);
  if (isVersion2(first)) log.note(packet, Check.OPENVPN_PEER_ID_STAYS, offset, first, first);
  else noteFirstByte(packet, offset, first, log);
}

function noteOpcode(payload: Payload, log: EvidenceLog): void {
  noteFirstByte(payload.packet, payload.evidenceOffset, byteAt(payload.at), log);
}

/** The opcode of data, with any key id. */
function noteFirstByte(packet: f64, offset: u32, seen: i32, log: EvidenceLog): void {
  log.noteWide(packet, Check.OPENVPN_DATA_OPCODE, offset, seen & ~wire.KEY_ID_MASK, seen | wire.KEY_ID_MASK, 0, seen);
}

/**
 * Keeps what the lengths have in common. True where there are enough packets, and they have the lengths and the bytes
 * of block ciphers.
 */
function followLengths(payload: Payload, code: i32, isSame: bool, state: usize): bool {
  const header = wire.packetIdOffset(code);
  const residue = (payload.length - header + 1) % wire.CIPHER_BLOCK_LENGTH;
  if (!hasFlags(state, Flag.RESIDUE_KNOWN)) {
    setBits(state, Shared.FLAGS, Flag.RESIDUE_KNOWN);
    putWord(state, Word.RESIDUE, residue);
  } else if (wordAt(state, Word.RESIDUE) != residue) {
    putWord(state, Word.RESIDUE, -1);
  }
  const afterHeader = payload.at + header;
  setBits(state, Word.VALUES, 1 << ((<i32>byteAt(afterHeader)) & 31));
  setBits(state, Word.VALUES + 1, 1 << ((<i32>byteAt(afterHeader + 1)) & 31));
  const forth = wordAt(state, Word.PACKETS);
  const back = wordAt(state, Word.PACKETS + 1);
  if (!isEnough(payload, code, isSame, forth, back)) return false;
  if (residue != wordAt(state, Word.RESIDUE) || (residue != RESIDUE && residue != OTHER_RESIDUE)) return false;
  const wanted = min(11, (forth + back) / BLOCK_VALUES_SHARE);
  return popcnt(wordAt(state, Word.VALUES)) >= wanted && popcnt(wordAt(state, Word.VALUES + 1)) >= wanted;
}

function noteLengths(payload: Payload, state: usize, log: EvidenceLog): void {
  noteOpcode(payload, log);
  const residue = wordAt(state, Word.RESIDUE);
  const place = payload.evidenceOffset;
  log.noteWide(payload.packet, Check.OPENVPN_DATA_LENGTHS, place, RESIDUE, OTHER_RESIDUE, 0, residue);
}

/** Whether `forth` and `back` packets without a visible packet id are enough to decide by. */
function isEnough(payload: Payload, code: i32, isSame: bool, forth: i32, back: i32): bool {
  const count = forth + back;
  const isRecord = payload.framing == Framing.OPENVPN_RECORD;
  if (isRecord && count >= (isSame ? BLOCK_RECORDS : BLOCK_RECORDS_TWO_PEERS)) return true;
  if (min(forth, back) < BLOCK_PACKETS_EACH_WAY) return isSame && max(forth, back) >= BLOCK_PACKETS_ONE_WAY;
  return count >= (code == Opcode.DATA_V2 && isSame ? BLOCK_PACKETS_PEER_ID : BLOCK_PACKETS);
}
