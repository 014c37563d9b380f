/**
 * WireGuard's fingerprint. Layout: wire/wireguard.ts.
 *
 * Confirmed by an echo: the response's (or cookie reply's) receiver index is the sender index of an initiation from the
 * other side, in messages of the fixed lengths whose keys look like keys. Suspected: an initiation or a response alone
 * with a zero mac2 (retries of an unanswered initiation stay here), and transport messages seen from the middle of a session.
 *
 * Mistaken for it by others, and why not here: datagrams of the right length that begin with the right octets (mac2 must
 * be zero or the index echoed, the keys must look random); zoom, TeamViewer and games whose packets begin 04 00 00 00
 * (the next word must stay and the one after must count, little-endian, below random octets); text, zeros and counters.
 */
import { looksRandom, SMALLEST_SAMPLE } from '../core/randomness.ts';
import * as wire from '../wire/wireguard.ts';
import { WireguardType } from '../wire/wireguard.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import { Variant } from './finding.ts';
import type { Payload } from './payload.ts';
import { Notice, StateWord, Verdict } from './verdict.ts';

/** Sender indexes remembered per direction: an initiator retries with a new index each time, and answers may be late. */
const REMEMBERED = 3;

const Word = {
  FLAGS: StateWord.OWN,
  /** REMEMBERED sender indexes of initiations for each direction. */
  SENDERS: StateWord.OWN + 1,
  /** The last response's receiver index in each direction, for a response that was captured before its initiation. */
  RECEIVERS: StateWord.OWN + 1 + 2 * REMEMBERED,
  /** Per direction: the index that transport messages carry, their last counter, how many rose. */
  INDEX: StateWord.OWN + 3 + 2 * REMEMBERED,
  COUNTER: StateWord.OWN + 5 + 2 * REMEMBERED,
  RISES: StateWord.OWN + 7 + 2 * REMEMBERED,
  /** Transport messages whose length is no multiple of 16. */
  UNEVEN: StateWord.OWN + 9 + 2 * REMEMBERED,
  MESSAGES: StateWord.OWN + 10 + 2 * REMEMBERED,
  /** Sender index of the response that RECEIVERS is of. */
  RESPONDER_INDEX: StateWord.OWN + 11 + 2 * REMEMBERED,
} as const;

const Flag = {
  /** How many senders are remembered, two bits for each direction. */
  SENDERS: 0,
  RESPONSE: 4,
  TRANSPORT: 6,
  SUSPECTED: 8,
  DISCO: 9,
} as const;

/** Rising transport messages per direction that make a suspicion where both directions are seen, and where only one is. */
const RISES_BOTH_WAYS = 2;
const RISES_ONE_WAY = 5;
/** Counters may skip lost and reordered packets by this much. */
const COUNTER_STEP_LIMIT = 256;
/** False for lengths and types, small numbers in either byte order; an index drawn at random looks like one once in 32,000 sessions. */
function isRandomIndex(index: number): boolean {
  return index >>> 16 !== 0 && (index & 0xffff) !== 0;
}

/** False at a glance for nearly all that `noticeWireguard` says nothing of. */
export function mayBeWireguard({ data, at, captured }: Payload): boolean {
  return captured >= wire.INDEX_FIELDS_LENGTH && wire.opensWireguard(data, at);
}

export function noticeWireguard(payload: Payload): Notice {
  const { data, at, captured, length } = payload;
  if (captured < wire.INDEX_FIELDS_LENGTH) return Notice.NONE;
  const type = wire.wireguardType(data, at);
  if (wire.isWireguardLength(type, length)) return type === WireguardType.TRANSPORT ? Notice.WEAK : Notice.STRONG;
  return wire.isDisco(data, at) ? Notice.WEAK : Notice.NONE;
}

/** Receiver index of a transport message; 0 for anything else. */
export function transportReceiver(payload: Payload): number {
  const { data, at, captured, length } = payload;
  if (captured < wire.INDEX_FIELDS_LENGTH || length < wire.SHORTEST_TRANSPORT) return 0;
  return wire.wireguardType(data, at) === WireguardType.TRANSPORT ? wire.receiverIndex(data, at) : 0;
}

/** Longer messages than this tell nothing of a flow that is confirmed: they are data. */
export const LONGEST_HANDSHAKE = wire.INITIATION_LENGTH;

/** True for transport messages, of which `captured` octets are at `at`: most of what a confirmed flow carries, and they tell nothing of it. */
export function isSessionData(data: DataView, at: number, captured: number): boolean {
  return captured >= wire.INDEX_FIELDS_LENGTH && wire.wireguardType(data, at) === WireguardType.TRANSPORT;
}

export function observeWireguard(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const { data, captured } = payload;
  if (captured < wire.INDEX_FIELDS_LENGTH) return verdictSoFar(state, at, payload.length === 0);
  const type = wire.wireguardType(data, payload.at);
  if (!wire.isWireguardLength(type, payload.length)) {
    if (!wire.isDisco(data, payload.at)) return verdictSoFar(state, at, false);
    noteDisco(payload, state, at, log);
    return verdictSoFar(state, at, true);
  }
  switch (type) {
    case WireguardType.INITIATION:
      return observeInitiation(payload, state, at, log);
    case WireguardType.RESPONSE:
      return observeResponse(payload, state, at, log);
    case WireguardType.COOKIE:
      return observeCookie(payload, state, at, log);
    default:
      return observeTransport(payload, state, at, log);
  }
}

/** A packet that says nothing new: a suspicion stands, anything less ends unless the packet belongs. */
function verdictSoFar(state: Int32Array, at: number, belongs: boolean): Verdict {
  if (hasFlag(state, at, Flag.SUSPECTED)) return Verdict.SUSPECTED;
  return belongs ? Verdict.UNDECIDED : Verdict.RULED_OUT;
}

function hasFlag(state: Int32Array, at: number, bit: number): boolean {
  return (state[at + Word.FLAGS]! & (1 << bit)) !== 0;
}

function setFlag(state: Int32Array, at: number, bit: number): void {
  state[at + Word.FLAGS]! |= 1 << bit;
}

/**
 * True when the keys and ciphertext of a handshake message, as far as captured, could be such. Where the capture stops before
 * enough of them, the index of `sender` must do: one that was drawn at random.
 */
function hasRandomSecrets(payload: Payload, type: number, sender: number): boolean {
  const start = wire.secretsAt(type);
  const length = Math.min(wire.secretsLength(type), payload.captured - start);
  if (length < SMALLEST_SAMPLE) return isRandomIndex(sender);
  return looksRandom(payload.data, payload.at + start, length);
}

function isMac2Captured(payload: Payload): boolean {
  return payload.captured === payload.length;
}

/** Suspects a handshake message that stands alone: with mac2 zero at once; where mac2 was cut off or is used, `sure` decides. */
function suspectAlone(
  payload: Payload,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
  type: number,
  sure: boolean,
): Verdict {
  const zero = isMac2Captured(payload) && wire.isMac2Zero(payload.data, payload.at, type);
  if (!zero && !sure) return verdictSoFar(state, at, true);
  if (!hasFlag(state, at, Flag.SUSPECTED)) {
    noteMessage(payload, log, type);
    if (zero && !log.has(Check.WIREGUARD_MAC2))
      log.note(payload.packet, Check.WIREGUARD_MAC2, payload.evidenceOffset + wire.mac2At(type), 0, 0);
  }
  setFlag(state, at, Flag.SUSPECTED);
  return Verdict.SUSPECTED;
}

function noteMessage(payload: Payload, log: EvidenceLog, type: number): void {
  const check = type === WireguardType.INITIATION ? Check.WIREGUARD_INITIATION : Check.WIREGUARD_RESPONSE;
  if (!log.has(check))
    log.note(payload.packet, check, payload.evidenceOffset, type << 24, payload.data.getInt32(payload.at));
}

function observeInitiation(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const sender = wire.initiationSender(payload.data, payload.at);
  if (!hasRandomSecrets(payload, WireguardType.INITIATION, sender)) return verdictSoFar(state, at, false);
  const { direction } = payload;
  if (state[at + StateWord.INITIATOR] === 0) state[at + StateWord.INITIATOR] = 1 + direction;
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  const slots = at + Word.SENDERS + direction * REMEMBERED;
  const isNew = sender !== state[slots];
  const hadOne = senderCount(state, at, direction) > 0;
  if (isNew) rememberSender(state, at, direction, sender);
  if (hasFlag(state, at, Flag.RESPONSE + 1 - direction) && state[at + Word.RECEIVERS + 1 - direction] === sender) {
    noteMessage(payload, log, WireguardType.INITIATION);
    if (!log.has(Check.WIREGUARD_RESPONSE_ECHO)) {
      log.note(
        payload.packet,
        Check.WIREGUARD_RESPONSE_ECHO,
        payload.evidenceOffset + 4,
        state[at + Word.RECEIVERS + 1 - direction]!,
        sender,
      );
    }
    noteSession(state, at, 1 - direction, sender, state[at + Word.RESPONDER_INDEX + 1 - direction]!);
    return Verdict.CONFIRMED;
  }
  // A second initiation with an index of its own is a retry: chance does not repeat type and length.
  return suspectAlone(payload, state, at, log, WireguardType.INITIATION, isNew && hadOne);
}

/** Keeps a handshake's two indexes, as those of the flow's initiator and responder: either end may begin a handshake. */
function noteSession(state: Int32Array, at: number, from: number, initiator: number, responder: number): void {
  const swapped = state[at + StateWord.INITIATOR] === 1 + from;
  state[at + StateWord.KEY] = swapped ? responder : initiator;
  state[at + StateWord.KEY + 1] = swapped ? initiator : responder;
}

function senderCount(state: Int32Array, at: number, direction: number): number {
  return (state[at + Word.FLAGS]! >> (Flag.SENDERS + 2 * direction)) & 3;
}

function rememberSender(state: Int32Array, at: number, direction: number, sender: number): void {
  const slots = at + Word.SENDERS + direction * REMEMBERED;
  for (let i = REMEMBERED - 1; i > 0; i--) state[slots + i] = state[slots + i - 1]!;
  state[slots] = sender;
  const count = senderCount(state, at, direction);
  if (count < REMEMBERED) state[at + Word.FLAGS]! += 1 << (Flag.SENDERS + 2 * direction);
}

function isRemembered(state: Int32Array, at: number, direction: number, sender: number): boolean {
  const count = senderCount(state, at, direction);
  for (let i = 0; i < count; i++) {
    if (state[at + Word.SENDERS + direction * REMEMBERED + i] === sender) return true;
  }
  return false;
}

function observeResponse(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const responder = wire.responseSender(payload.data, payload.at);
  if (!hasRandomSecrets(payload, WireguardType.RESPONSE, responder)) return verdictSoFar(state, at, false);
  const { direction } = payload;
  const receiver = wire.responseReceiver(payload.data, payload.at);
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  if (state[at + StateWord.INITIATOR] === 0) state[at + StateWord.INITIATOR] = 2 - direction;
  if (isRemembered(state, at, 1 - direction, receiver)) {
    noteMessage(payload, log, WireguardType.RESPONSE);
    if (!log.has(Check.WIREGUARD_RESPONSE_ECHO)) {
      log.note(
        payload.packet,
        Check.WIREGUARD_RESPONSE_ECHO,
        payload.evidenceOffset + wire.RESPONSE_RECEIVER_AT,
        receiver,
        receiver,
      );
    }
    noteSession(state, at, direction, receiver, responder);
    return Verdict.CONFIRMED;
  }
  state[at + Word.RESPONDER_INDEX + direction] = responder;
  state[at + Word.RECEIVERS + direction] = receiver;
  setFlag(state, at, Flag.RESPONSE + direction);
  return suspectAlone(payload, state, at, log, WireguardType.RESPONSE, false);
}

function observeCookie(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const receiver = wire.receiverIndex(payload.data, payload.at);
  const random = looksRandom(payload.data, payload.at + 8, payload.captured - 8);
  if (!random) return verdictSoFar(state, at, false);
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  if (!isRemembered(state, at, 1 - payload.direction, receiver)) return verdictSoFar(state, at, true);
  log.note(payload.packet, Check.WIREGUARD_COOKIE_ECHO, payload.evidenceOffset + 4, receiver, receiver);
  return Verdict.CONFIRMED;
}

function noteDisco(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): void {
  if (!log.has(Check.WIREGUARD_DISCO)) {
    log.note(
      payload.packet,
      Check.WIREGUARD_DISCO,
      payload.evidenceOffset,
      0x5453f09f,
      payload.data.getInt32(payload.at),
    );
  }
  setFlag(state, at, Flag.DISCO);
  state[at + StateWord.VARIANT] = Variant.WIREGUARD_TAILSCALE;
}

/**
 * Transport messages: the receiver index of a direction stays and its counter rises. After a response of the same
 * direction the index is that response's; the session's two sides have said so already, so it adds nothing.
 */
function observeTransport(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const { data, direction } = payload;
  const index = wire.receiverIndex(data, payload.at);
  const counter = wire.counterLow(data, payload.at);
  const sample = payload.captured - wire.TRANSPORT_CIPHERTEXT_AT;
  const random = sample < 16 || looksRandom(data, payload.at + wire.TRANSPORT_CIPHERTEXT_AT, sample);
  if (wire.counterHigh(data, payload.at) !== 0 || !isRandomIndex(index) || !random) {
    return verdictSoFar(state, at, false);
  }
  state[at + StateWord.VARIANT] ||= Variant.WIREGUARD_STANDARD;
  state[at + Word.MESSAGES]!++;
  if (payload.length % 16 !== 0) state[at + Word.UNEVEN]!++;
  const known = hasFlag(state, at, Flag.TRANSPORT + direction) && state[at + Word.INDEX + direction] === index;
  const step = counter - (state[at + Word.COUNTER + direction]! >>> 0);
  if (known && step > 0 && step <= COUNTER_STEP_LIMIT) {
    state[at + Word.RISES + direction]!++;
  } else if (!known || step > COUNTER_STEP_LIMIT) {
    // A new session of the tunnel counts from zero again; anything else is another protocol's numbers.
    if (hasFlag(state, at, Flag.TRANSPORT + direction) && counter > COUNTER_STEP_LIMIT)
      return verdictSoFar(state, at, false);
    setFlag(state, at, Flag.TRANSPORT + direction);
    state[at + Word.INDEX + direction] = index;
  }
  if (!known || step > 0) state[at + Word.COUNTER + direction] = counter | 0;
  return judgeTransport(payload, state, at, log);
}

function judgeTransport(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  if (hasFlag(state, at, Flag.SUSPECTED)) return Verdict.SUSPECTED;
  const bothSeen = hasFlag(state, at, Flag.TRANSPORT) && hasFlag(state, at, Flag.TRANSPORT + 1);
  // Each side picks its own index: one number for both directions is another protocol's session id.
  if (bothSeen && state[at + Word.INDEX] === state[at + Word.INDEX + 1]) return Verdict.RULED_OUT;
  const forth = state[at + Word.RISES]!;
  const back = state[at + Word.RISES + 1]!;
  const enough = Math.min(forth, back) >= RISES_BOTH_WAYS || Math.max(forth, back) >= RISES_ONE_WAY;
  // Plaintext is padded to 16 octets except where that would pass the link's limit.
  if (!enough || state[at + Word.UNEVEN]! * 2 > state[at + Word.MESSAGES]!) return Verdict.UNDECIDED;
  const { direction, packet, data, evidenceOffset } = payload;
  const index = state[at + Word.INDEX + direction]!;
  log.note(packet, Check.WIREGUARD_RECEIVER_STAYS, evidenceOffset + 4, index, wire.receiverIndex(data, payload.at));
  const counter = wire.counterLow(data, payload.at);
  log.note(packet, Check.WIREGUARD_COUNTER_RISES, evidenceOffset + 8, COUNTER_STEP_LIMIT, counter);
  setFlag(state, at, Flag.SUSPECTED);
  return Verdict.SUSPECTED;
}
