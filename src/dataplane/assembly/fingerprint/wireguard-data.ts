/**
 * WireGuard's transport messages, seen from the middle of a session. Layout: wire/wireguard.
 *
 * Suspected: the receiver index of a direction stays and its counter, 64 bits little-endian, rises by small steps
 * before random bytes. How many messages it takes depends on what else fits. A receiver index drawn at random and
 * lengths of whole blocks are the usual case. Linux cuts the padding at the link's limit, so the longest messages all
 * have one odd length; boringtun does not pad at all, and numbers its sessions 0, 1, 2 and so on: such flows are
 * followed for longer.
 *
 * Mistaken for it by others, and why not here: zoom, TeamViewer and games whose packets begin 04 00 00 00 (their next
 * word changes, or what follows it does not count by one, or is not random after that).
 */
import { looksRandom, SMALLEST_SAMPLE } from '../randomness';
import * as wire from '../wire/wireguard';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { Payload } from './payload';
import { fallShort, fallShortWide, seemsClear, Shortfall } from './shortfall';
import { StateWord, Verdict } from './verdict';
import { addToWord, putWord, unsignedWordAt, wordAt } from './words';
import { hasFlag, setFlag, verdictSoFar, WireguardFlag as Flag, WireguardWord as Word } from './wireguard-state';

/** Rising messages that make a suspicion: of each direction where both are seen, of one where only that is. */
const USUAL_EACH_WAY: i32 = 2;
const USUAL_ONE_WAY: i32 = 5;
/** The same where lengths or indexes say nothing. */
const UNUSUAL_EACH_WAY: i32 = 6;
const UNUSUAL_ONE_WAY: i32 = 16;
/** The same where neither says anything. */
const LEAST_LIKELY_EACH_WAY: i32 = 12;
const LEAST_LIKELY_ONE_WAY: i32 = 32;

/** Counters may skip lost and reordered packets by this much. */
const COUNTER_STEP_LIMIT: i32 = 256;
/** Shorter messages do not meet a link's limit. */
const SHORTEST_CLAMPED: i32 = 512;
const BLOCK: i32 = 16;

/**
 * False for lengths and types, small numbers in either byte order; an index drawn at random looks like one once in
 * 32,000 sessions.
 */
export function isRandomIndex(index: u32): bool {
  return index >> 16 != 0 && (index & 0xffff) != 0;
}

/** After a response of the same direction the index is that response's, which has said so already: it adds nothing. */
export function observeTransport(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const at = payload.at;
  const direction = payload.direction;
  const index = wire.receiverIndex(at);
  const counter = wire.counterLow(at);
  const counterHigh = wire.counterHigh(at);
  if (counterHigh != 0)
    return fallShort(verdictSoFar(state, false), Shortfall.WIREGUARD_COUNTER_HIGH, 12, 0, counterHigh);
  if (!hasCiphertext(payload)) return seemsClear(verdictSoFar(state, false), payload, wire.TRANSPORT_CIPHERTEXT_AT);
  noteVariant(state);
  noteLength(payload.length, state);
  const seen = hasFlag(state, Flag.TRANSPORT + direction);
  const known = seen && wordAt(state, Word.INDEX + direction) == index;
  const last = unsignedWordAt(state, Word.COUNTER + direction);
  const step = <i64>counter - <i64>last;
  if (known && step > 0 && step <= COUNTER_STEP_LIMIT) {
    addToWord(state, Word.RISES + direction, 1);
  } else if (!known || step > COUNTER_STEP_LIMIT) {
    // A new session of the tunnel counts from zero again; anything else is another protocol's numbers.
    if (seen && counter > <u32>COUNTER_STEP_LIMIT)
      return fallShort(verdictSoFar(state, false), Shortfall.WIREGUARD_COUNTER_STEP, 8, last, counter);
    setFlag(state, Flag.TRANSPORT + direction);
    putWord(state, Word.INDEX + direction, index);
  }
  if (!known || step > 0) putWord(state, Word.COUNTER + direction, counter);
  return decide(payload, state, log);
}

/** The flow is WireGuard's own unless it is known to be Tailscale's. */
export function noteVariant(state: usize): void {
  if (wordAt(state, StateWord.VARIANT) == Variant.NONE) putWord(state, StateWord.VARIANT, Variant.WIREGUARD_STANDARD);
}

function hasCiphertext(payload: Payload): bool {
  const sample = payload.captured - wire.TRANSPORT_CIPHERTEXT_AT;
  return sample < SMALLEST_SAMPLE || looksRandom(payload.at + wire.TRANSPORT_CIPHERTEXT_AT, sample);
}

/** Counts messages that are no whole blocks: the longest ones apart, as the link's limit may have cut their padding. */
function noteLength(length: i32, state: usize): void {
  addToWord(state, Word.MESSAGES, 1);
  if (length > wordAt(state, Word.LONGEST)) {
    putWord(state, Word.LONGEST, length);
    addToWord(state, Word.UNEVEN, wordAt(state, Word.CLAMPED));
    putWord(state, Word.CLAMPED, 0);
  }
  if (length % BLOCK == 0) return;
  const isClamped = length == wordAt(state, Word.LONGEST) && length >= SHORTEST_CLAMPED;
  addToWord(state, isClamped ? Word.CLAMPED : Word.UNEVEN, 1);
}

/** True where most lengths are those of padded messages. Messages that are all clamped show no padding. */
function isPadded(state: usize): bool {
  const messages = wordAt(state, Word.MESSAGES);
  return wordAt(state, Word.UNEVEN) * 2 <= messages && wordAt(state, Word.CLAMPED) < messages;
}

/** True where every direction that was seen has an index that was drawn at random. */
function hasRandomIndexes(state: usize): bool {
  for (let direction = 0; direction < 2; direction++) {
    if (hasFlag(state, Flag.TRANSPORT + direction) && !isRandomIndex(wordAt(state, Word.INDEX + direction)))
      return false;
  }
  return true;
}

function decide(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const at = payload.at;
  const type = wire.wireguardType(at);
  if (hasFlag(state, Flag.SUSPECTED)) return fallShort(Verdict.SUSPECTED, Shortfall.WIREGUARD_ANSWER, 0, 0, type);
  const bothSeen = hasFlag(state, Flag.TRANSPORT) && hasFlag(state, Flag.TRANSPORT + 1);
  const isSame = bothSeen && wordAt(state, Word.INDEX) == wordAt(state, Word.INDEX + 1);
  const random = hasRandomIndexes(state);
  // Each side picks its own index: one random number for both directions is another protocol's session id.
  if (isSame && random)
    return fallShort(Verdict.RULED_OUT, Shortfall.WIREGUARD_ONE_INDEX, 4, 0, wordAt(state, Word.INDEX));
  // Where a snap length leaves no ciphertext, a small index has nothing beside it but a counter.
  if (!random && payload.captured - wire.TRANSPORT_CIPHERTEXT_AT < SMALLEST_SAMPLE)
    return fallShort(Verdict.UNDECIDED, Shortfall.WIREGUARD_SMALL_INDEX, 4, 0, wire.receiverIndex(at));
  const isUsual = isPadded(state) && random;
  const isUnusual = (isPadded(state) || random) && !isSame;
  const eachWay = isUsual ? USUAL_EACH_WAY : isUnusual ? UNUSUAL_EACH_WAY : LEAST_LIKELY_EACH_WAY;
  const oneWay = isUsual ? USUAL_ONE_WAY : isUnusual ? UNUSUAL_ONE_WAY : LEAST_LIKELY_ONE_WAY;
  const forth = wordAt(state, Word.RISES);
  const back = wordAt(state, Word.RISES + 1);
  const least = min(forth, back);
  const most = max(forth, back);
  if (least < eachWay && most < oneWay)
    return fallShortWide(Verdict.UNDECIDED, Shortfall.WIREGUARD_RISES, 8, eachWay, oneWay, least, most);
  const place = payload.evidenceOffset;
  const index = wordAt(state, Word.INDEX + payload.direction);
  log.note(payload.packet, Check.WIREGUARD_RECEIVER_STAYS, place + 4, index, wire.receiverIndex(at));
  log.note(payload.packet, Check.WIREGUARD_COUNTER_RISES, place + 8, COUNTER_STEP_LIMIT, wire.counterLow(at));
  setFlag(state, Flag.SUSPECTED);
  return fallShort(Verdict.SUSPECTED, Shortfall.WIREGUARD_ANSWER, 0, 0, type);
}
