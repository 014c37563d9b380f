/**
 * WireGuard's transport messages, seen from the middle of a session. Layout: dataplane/wire/wireguard.ts.
 *
 * Suspected: the receiver index of a direction stays and its counter, 64 bits little-endian, rises by small steps before random bytes.
 * How many messages it takes depends on what else fits. A receiver index drawn at random and lengths of whole blocks are the
 * usual case. Linux cuts the padding at the link's limit, so the longest messages all have one odd length; boringtun does
 * not pad at all, and numbers its sessions 0, 1, 2 and so on: such flows are followed for longer.
 *
 * Mistaken for it by others, and why not here: zoom, TeamViewer and games whose packets begin 04 00 00 00 (their next word
 * changes, or what follows it does not count by one, or is not random after that).
 */
import { looksRandom, SMALLEST_SAMPLE } from '../../core/randomness.ts';
import * as wire from '../wire/wireguard.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import type { Payload } from './payload.ts';
import { fallShort, fallShortWide, seemsClear } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';
import { hasFlag, setFlag, verdictSoFar, WireguardFlag as Flag, WireguardWord as Word } from './wireguard-state.ts';

/** Rising messages that make a suspicion: of each direction where both are seen, of one where only that is. */
interface Enough {
  readonly eachWay: number;
  readonly oneWay: number;
}
const USUAL: Enough = { eachWay: 2, oneWay: 5 };
/** The same where lengths or indexes say nothing. */
const UNUSUAL: Enough = { eachWay: 6, oneWay: 16 };
/** The same where neither says anything. */
const LEAST_LIKELY: Enough = { eachWay: 12, oneWay: 32 };

/** Counters may skip lost and reordered packets by this much. */
const COUNTER_STEP_LIMIT = 256;
/** Shorter messages do not meet a link's limit. */
const SHORTEST_CLAMPED = 512;
const BLOCK = 16;

/** False for lengths and types, small numbers in either byte order; an index drawn at random looks like one once in 32,000 sessions. */
export function isRandomIndex(index: number): boolean {
  return index >>> 16 !== 0 && (index & 0xffff) !== 0;
}

/** After a response of the same direction the index is that response's, which has said so already: it adds nothing. */
export function observeTransport(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const { data, direction } = payload;
  const index = wire.receiverIndex(data, payload.at);
  const counter = wire.counterLow(data, payload.at);
  const counterHigh = wire.counterHigh(data, payload.at);
  if (counterHigh !== 0)
    return fallShort(verdictSoFar(state, at, false), Shortfall.WIREGUARD_COUNTER_HIGH, 12, 0, counterHigh);
  if (!hasCiphertext(payload)) return seemsClear(verdictSoFar(state, at, false), payload, wire.TRANSPORT_CIPHERTEXT_AT);
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  noteLength(payload.length, state, at);
  const seen = hasFlag(state, at, Flag.TRANSPORT + direction);
  const known = seen && state[at + Word.INDEX + direction] === index;
  const step = counter - (state[at + Word.COUNTER + direction]! >>> 0);
  if (known && step > 0 && step <= COUNTER_STEP_LIMIT) {
    state[at + Word.RISES + direction]!++;
  } else if (!known || step > COUNTER_STEP_LIMIT) {
    // A new session of the tunnel counts from zero again; anything else is another protocol's numbers.
    if (seen && counter > COUNTER_STEP_LIMIT)
      return fallShort(
        verdictSoFar(state, at, false),
        Shortfall.WIREGUARD_COUNTER_STEP,
        8,
        state[at + Word.COUNTER + direction]!,
        counter,
      );
    setFlag(state, at, Flag.TRANSPORT + direction);
    state[at + Word.INDEX + direction] = index;
  }
  if (!known || step > 0) state[at + Word.COUNTER + direction] = counter | 0;
  return judge(payload, state, at, log);
}

function hasCiphertext({ data, at, captured }: Payload): boolean {
  const sample = captured - wire.TRANSPORT_CIPHERTEXT_AT;
  return sample < SMALLEST_SAMPLE || looksRandom(data, at + wire.TRANSPORT_CIPHERTEXT_AT, sample);
}

/** Counts messages that are no whole blocks: the longest ones apart, as the link's limit may have cut their padding. */
function noteLength(length: number, state: Int32Array, at: number): void {
  state[at + Word.MESSAGES]!++;
  if (length > state[at + Word.LONGEST]!) {
    state[at + Word.LONGEST] = length;
    state[at + Word.UNEVEN]! += state[at + Word.CLAMPED]!;
    state[at + Word.CLAMPED] = 0;
  }
  if (length % BLOCK === 0) return;
  const isClamped = length === state[at + Word.LONGEST] && length >= SHORTEST_CLAMPED;
  state[at + (isClamped ? Word.CLAMPED : Word.UNEVEN)]!++;
}

/** True where most lengths are those of padded messages. Messages that are all clamped show no padding. */
function isPadded(state: Int32Array, at: number): boolean {
  const messages = state[at + Word.MESSAGES]!;
  return state[at + Word.UNEVEN]! * 2 <= messages && state[at + Word.CLAMPED]! < messages;
}

/** True where every direction that was seen has an index that was drawn at random. */
function hasRandomIndexes(state: Int32Array, at: number): boolean {
  for (let direction = 0; direction < 2; direction++) {
    if (hasFlag(state, at, Flag.TRANSPORT + direction) && !isRandomIndex(state[at + Word.INDEX + direction]!))
      return false;
  }
  return true;
}

function judge(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  if (hasFlag(state, at, Flag.SUSPECTED))
    return fallShort(Verdict.SUSPECTED, Shortfall.WIREGUARD_ANSWER, 0, 0, wire.wireguardType(payload.data, payload.at));
  const bothSeen = hasFlag(state, at, Flag.TRANSPORT) && hasFlag(state, at, Flag.TRANSPORT + 1);
  const isSame = bothSeen && state[at + Word.INDEX] === state[at + Word.INDEX + 1];
  const random = hasRandomIndexes(state, at);
  // Each side picks its own index: one random number for both directions is another protocol's session id.
  if (isSame && random)
    return fallShort(Verdict.RULED_OUT, Shortfall.WIREGUARD_ONE_INDEX, 4, 0, state[at + Word.INDEX]!);
  // Where a snap length leaves no ciphertext, a small index has nothing beside it but a counter.
  if (!random && payload.captured - wire.TRANSPORT_CIPHERTEXT_AT < SMALLEST_SAMPLE)
    return fallShort(
      Verdict.UNDECIDED,
      Shortfall.WIREGUARD_SMALL_INDEX,
      4,
      0,
      wire.receiverIndex(payload.data, payload.at),
    );
  const padded = isPadded(state, at);
  const enough = padded && random ? USUAL : (padded || random) && !isSame ? UNUSUAL : LEAST_LIKELY;
  const forth = state[at + Word.RISES]!;
  const back = state[at + Word.RISES + 1]!;
  if (Math.min(forth, back) < enough.eachWay && Math.max(forth, back) < enough.oneWay)
    return fallShortWide(
      Verdict.UNDECIDED,
      Shortfall.WIREGUARD_RISES,
      8,
      enough.eachWay,
      enough.oneWay,
      Math.min(forth, back),
      Math.max(forth, back),
    );
  const { direction, packet, data, evidenceOffset } = payload;
  const index = state[at + Word.INDEX + direction]!;
  log.note(packet, Check.WIREGUARD_RECEIVER_STAYS, evidenceOffset + 4, index, wire.receiverIndex(data, payload.at));
  const counter = wire.counterLow(data, payload.at);
  log.note(packet, Check.WIREGUARD_COUNTER_RISES, evidenceOffset + 8, COUNTER_STEP_LIMIT, counter);
  setFlag(state, at, Flag.SUSPECTED);
  return fallShort(Verdict.SUSPECTED, Shortfall.WIREGUARD_ANSWER, 0, 0, wire.wireguardType(data, payload.at));
}
