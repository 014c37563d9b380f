/** The set of fingerprints, and the checks around it, for test/fingerprint. */
import { takeDatagram } from '../../../src/dataplane/assembly/flow-tracker';
import { claimsOf } from '../../../src/dataplane/assembly/fingerprint/claims';
import { mayBeEspInUdp, matchEspInUdp } from '../../../src/dataplane/assembly/fingerprint/esp-in-udp';
import { FingerprintSet } from '../../../src/dataplane/assembly/fingerprint/fingerprint-set';
import { noteOffer } from '../../../src/dataplane/assembly/fingerprint/first-look';
import {
  beginsWithControl,
  foundPreface,
  isMadeOfRecords,
  isRecordStart,
  opening,
  openingRecord,
  recordLength,
} from '../../../src/dataplane/assembly/fingerprint/first-records';
import { FingerprintId } from '../../../src/dataplane/assembly/fingerprint/holder';
import { matchIke } from '../../../src/dataplane/assembly/fingerprint/ike';
import { mayBeIke } from '../../../src/dataplane/assembly/fingerprint/ike-message';
import { matchOpenvpn, mayBeOpenvpn } from '../../../src/dataplane/assembly/fingerprint/openvpn';
import { Payload } from '../../../src/dataplane/assembly/fingerprint/payload';
import { opensSession } from '../../../src/dataplane/assembly/fingerprint/session-opening';
import { shortfall } from '../../../src/dataplane/assembly/fingerprint/shortfall';
import { MatchStrength } from '../../../src/dataplane/assembly/fingerprint/verdict';
import {
  isSessionData,
  matchWireguard,
  mayBeWireguard,
  transportReceiver,
} from '../../../src/dataplane/assembly/fingerprint/wireguard';
import { leavePacket, readPacket, takeRegion } from '../../../src/dataplane/assembly/memory';
import { looksRandom, seemsRandom } from '../../../src/dataplane/assembly/randomness';
import { PacketView, VIEW_LENGTH } from '../../../src/dataplane/assembly/wire/packet-view';
import { nextPreface, prefaceStep, socks5UdpHeaderLength } from '../../../src/dataplane/assembly/wire/proxy-preface';
export { Opening, StreamPhase } from '../../../src/dataplane/assembly/fingerprint/first-records';
export { MatchStrength } from '../../../src/dataplane/assembly/fingerprint/verdict';
export { SMALLEST_SAMPLE } from '../../../src/dataplane/assembly/randomness';
export { brokenGuard } from '../../../src/dataplane/assembly/memory';

const BYTES: usize = 1 << 19;
const RESULT_WORDS: usize = 32;

const set = new FingerprintSet();
const payload = new Payload();
const bytes = takeRegion(BYTES);
const results = takeRegion(4 * RESULT_WORDS);
const view = changetype<PacketView>(takeRegion(VIEW_LENGTH));

/** Address of the bytes that the other functions look at, and of the words that they leave. */
export function bytesAt(): usize {
  return bytes;
}

export function resultsAt(): usize {
  return results;
}

/** Puts a payload of the bytes at `at` together. */
export function show(
  at: usize,
  captured: i32,
  length: i32,
  framing: i32,
  direction: i32,
  timeUs: f64,
  packet: f64,
  evidenceOffset: u32,
): void {
  payload.at = at;
  payload.captured = captured;
  payload.length = length;
  payload.framing = framing;
  payload.direction = direction;
  payload.timeUs = timeUs;
  payload.packet = packet;
  payload.evidenceOffset = evidenceOffset;
  payload.unclaimedBefore = 0;
}

/** Shows that payload to the set, and leaves what the set says of it. */
export function observe(handle: i32, finding: u32, evidence: i32): i32 {
  const after = set.observe(payload, handle, finding, evidence);
  leaveState();
  put(0, after);
  put(5, set.keyHigh);
  put(6, set.keyLow);
  put(7, set.isKeyNew);
  put(11, set.evidenceOf(after));
  put(12, shortfall.reason);
  put(13, shortfall.offset);
  put(14, shortfall.expectedHigh);
  put(15, shortfall.expectedLow);
  put(16, shortfall.seenHigh);
  put(17, shortfall.seenLow);
  return after;
}

export function retire(handle: i32, finding: u32, evidence: i32): i32 {
  set.finding = finding;
  set.evidence = evidence;
  const after = set.retire(handle);
  leaveState();
  put(0, after);
  return after;
}

export function release(handle: i32, evidence: i32): void {
  set.release(handle, evidence);
  leaveState();
}

function leaveState(): void {
  put(1, set.finding);
  put(2, set.evidence);
  put(3, set.holder);
  put(4, set.evidenceLog.count);
  put(8, set.blockCount);
  put(9, set.evidenceLog.changes);
  put(10, payload.unclaimedBefore);
}

function put(word: usize, value: i32): void {
  store<i32>(results + 4 * word, value);
}

export function rowAt(row: i32): usize {
  return set.evidenceLog.rowAt(row);
}

export function setTrace(isOn: bool): void {
  set.trace.isOn = isOn;
}

/** Records of the trace since this was called before. */
export function takeTrace(): i32 {
  const count = set.trace.count;
  set.trace.clear();
  return count;
}

export function recordAt(index: i32): usize {
  return set.trace.recordAt(index);
}

/** Offers the payload that was put together last: which fingerprints claim it, and a record in the trace for each that does not. */
export function offer(asked: i32): i32 {
  readPacket(payload.at, payload.at + payload.captured);
  const claims = claimsOf(payload, asked);
  noteOffer(set.trace, payload, asked);
  leavePacket();
  return claims;
}

/** Whether the payload that was put together last may be a fingerprint's, at a glance. */
export function mayBe(id: FingerprintId): bool {
  readPacket(payload.at, payload.at + payload.captured);
  const answer = glance(id);
  leavePacket();
  return answer;
}

function glance(id: FingerprintId): bool {
  switch (id) {
    case FingerprintId.WIREGUARD:
      return mayBeWireguard(payload);
    case FingerprintId.IKE:
      return mayBeIke(payload);
    case FingerprintId.OPENVPN:
      return mayBeOpenvpn(payload);
    default:
      return mayBeEspInUdp(payload);
  }
}

/** On what sign a fingerprint claims that payload, whatever a glance says. */
export function match(id: FingerprintId): MatchStrength {
  readPacket(payload.at, payload.at + payload.captured);
  const strength = matchOf(id);
  leavePacket();
  return strength;
}

function matchOf(id: FingerprintId): MatchStrength {
  switch (id) {
    case FingerprintId.WIREGUARD:
      return matchWireguard(payload);
    case FingerprintId.IKE:
      return matchIke(payload);
    case FingerprintId.OPENVPN:
      return matchOpenvpn(payload);
    default:
      return matchEspInUdp(payload);
  }
}

/** Whether bytes could be ciphertext. */
export function isCiphertext(at: usize, length: i32): bool {
  readPacket(at, at + length);
  const answer = looksRandom(at, length);
  leavePacket();
  return answer;
}

/** Records a segment of TCP in the trace, of the payload that was put together last. */
export function traceSegment(): void {
  set.trace.noteSegment(payload);
}

/** Answers of all checks that look at bytes of no flow, as words. */
export function look(at: usize, captured: i32, length: i32): void {
  show(at, captured, length, 0, 0, 0, 0, 0);
  readPacket(at, at + captured);
  put(0, opensSession(at, captured, length));
  put(1, beginsWithControl(at, captured, length));
  put(2, isMadeOfRecords(at, captured, length));
  put(3, isRecordStart(at, captured));
  put(4, openingRecord(at, captured));
  put(5, recordLength(at, captured, 10));
  put(6, recordLength(at, captured, 11));
  put(7, isSessionData(at, captured));
  put(8, transportReceiver(payload));
  put(9, looksRandom(at, captured));
  put(10, seemsRandom(at, captured, 8));
  put(11, socks5UdpHeaderLength(at, captured));
  leavePacket();
}

/** Answers of the checks at the beginning of a stream. */
export function lookAtStart(at: usize, length: i32, phase: i32, isClient: bool): void {
  readPacket(at, at + length);
  put(0, prefaceStep(at, length, phase, isClient));
  put(1, nextPreface.phase);
  put(2, opening(at, length, phase, isClient));
  put(3, foundPreface.length);
  leavePacket();
}

/** The payload that a datagram is: its parts as words. */
export function datagram(at: usize, captured: i32, length: i32, transport: u8): void {
  view.payloadAt = <u32>at;
  view.payloadCaptured = captured;
  view.payloadLength = length;
  view.transport = transport;
  readPacket(at, at + captured);
  takeDatagram(view, payload);
  leavePacket();
  put(0, <i32>payload.at);
  put(1, payload.captured);
  put(2, payload.length);
  put(3, payload.evidenceOffset);
  put(4, payload.framing);
}
