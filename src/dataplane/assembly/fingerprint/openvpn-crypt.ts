/**
 * Decides on OpenVPN control packets under tls-crypt, of which only header, replay id and time are in clear. The other
 * side's session id is encrypted, so nothing of one side is seen repeated by the other: session ids that stay, replay
 * ids that count, and replay times carry the finding.
 *
 * A recent time, or one that came with a first reset, is a sign by itself. At a rekey of a long session the time is
 * days old, and any constant word of another protocol could be one. Such a session is found when, besides, replay ids
 * have risen, and both an ACK of an exact length and a packet of another kind were seen. It is confirmed when the
 * rekey's SOFT_RESET was one of them, of an exact length too, and the times of both sides are those of one start.
 */
import * as wire from '../wire/openvpn';
import { Opcode } from '../wire/openvpn';
import { EvidenceLog } from './evidence';
import { isAckLength } from './openvpn-cut';
import { noteOtherSession, noteReset, noteSession, noteWrappedKey } from './openvpn-notes';
import { areClose, isPast, noteReplay } from './openvpn-replay';
import {
  hasFlags,
  OpenvpnFlag as Flag,
  OpenvpnWord as Word,
  STAYS_BOTH_WAYS,
  STAYS_ONE_WAY,
  suspect,
  verdictSoFar,
} from './openvpn-state';
import { Payload } from './payload';
import { fallShort, fallShortWide, Shortfall } from './shortfall';
import { Verdict } from './verdict';
import { addToWord, putWord, setBits, unsignedWordAt, wordAt } from './words';

/** Retransmitted, lost and reordered packets make ids jump by up to this much. */
const REPLAY_STEP_LIMIT: i32 = 64;
/** In an old session: packets of a side, and how often their replay ids rose. */
const STAYS_OLD: i32 = 3;
const RISES_OLD: i32 = 2;
const PACKET_ID_LENGTH: i32 = 4;

/** `stays`: control packets of this direction in a row with one session id and one replay time. */
export function decideCrypt(payload: Payload, code: i32, stays: i32, state: usize, log: EvidenceLog): Verdict {
  const direction = payload.direction;
  const offset = wire.CRYPT_REPLAY_OFFSET;
  const replayAt = payload.at + offset;
  const replay = <i32>wire.replayId(replayAt);
  const last = wordAt(state, Word.REPLAY + direction);
  if (last != 0 && abs(replay - last) > REPLAY_STEP_LIMIT) {
    putWord(state, Word.STAYS + direction, 1);
    const verdict = verdictSoFar(state, false);
    return fallShortWide(verdict, Shortfall.OPENVPN_REPLAY_STEP, offset, REPLAY_STEP_LIMIT, last, 0, replay);
  }
  if (last != 0 && replay > last) addToWord(state, Word.RISES + direction, 1);
  putWord(state, Word.REPLAY + direction, max(last, replay));
  noteKind(payload, code, state);
  if (wire.isHardReset(code)) noteReset(payload, code, log);
  const isGood = hasGoodTime(direction, state);
  const others = wordAt(state, Word.STAYS + 1 - direction);
  const areGood = isGood && hasGoodTime(1 - direction, state);
  if (areGood ? stays >= STAYS_BOTH_WAYS && others >= STAYS_BOTH_WAYS : isOldSession(payload, state)) {
    noteReplay(payload, code, replayAt, log);
    noteSession(payload, log);
    noteOtherSession(payload, state, log);
    return Verdict.CONFIRMED;
  }
  const isReset = wire.isClientReset(code);
  if (isReset || (stays >= STAYS_ONE_WAY && (isGood || isOldSide(payload, direction, state)))) {
    if (!hasFlags(state, Flag.SUSPECTED)) {
      noteReplay(payload, code, replayAt, log);
      if (code == Opcode.HARD_RESET_CLIENT_V3 && payload.captured == payload.length) noteWrappedKey(payload, log);
      if (!isReset) noteSession(payload, log);
    }
    return fallShort(suspect(state), Shortfall.OPENVPN_ANSWER, 0, 0, code);
  }
  return fallShort(verdictSoFar(state, true), Shortfall.OPENVPN_STAYS, wire.SESSION_ID_AT, STAYS_ONE_WAY, stays);
}

function noteKind(payload: Payload, code: i32, state: usize): void {
  const length = payload.length - wire.CRYPT_OVERHEAD;
  if (code != Opcode.ACK_V1) setBits(state, Word.FLAGS, Flag.CRYPT_CONTROL);
  else if (isAckLength(length)) setBits(state, Word.FLAGS, Flag.CRYPT_ACK);
  if (code != Opcode.SOFT_RESET_V1 || wire.keyId(payload.at) == 0) return;
  if (length == wire.PLAIN_RESET_LENGTH || isAckLength(length - PACKET_ID_LENGTH))
    setBits(state, Word.FLAGS, Flag.CRYPT_SOFT_RESET);
}

function hasGoodTime(direction: i32, state: usize): bool {
  return hasFlags(state, Flag.TIME_IS_GOOD << direction);
}

/** Both sides of a session that started long ago, at one time. */
function isOldSession(payload: Payload, state: usize): bool {
  return (
    hasFlags(state, Flag.CRYPT_SOFT_RESET) &&
    isOldSide(payload, 0, state) &&
    isOldSide(payload, 1, state) &&
    areClose(<f64>timeOf(0, state), <f64>timeOf(1, state))
  );
}

function isOldSide(payload: Payload, direction: i32, state: usize): bool {
  return (
    wordAt(state, Word.STAYS + direction) >= STAYS_OLD &&
    wordAt(state, Word.RISES + direction) >= RISES_OLD &&
    hasFlags(state, Flag.CRYPT_ACK | Flag.CRYPT_CONTROL) &&
    isPast(payload, timeOf(direction, state))
  );
}

function timeOf(direction: i32, state: usize): u32 {
  return unsignedWordAt(state, Word.TIME + direction);
}
