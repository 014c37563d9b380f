/**
 * Judges OpenVPN control packets under tls-crypt, of which only header, replay id and time are in clear. The other side's session
 * id is encrypted, so nothing of one side is seen repeated by the other: session ids that stay, replay ids that count, and replay
 * times carry the finding.
 *
 * A recent time, or one that came with a first reset, is a sign by itself. At a rekey of a long session the time is days old, and any
 * constant word of another protocol could be one. Such a session is found when, besides, replay ids have risen, and both an ACK of an
 * exact length and a packet of another kind were seen. It is confirmed when the rekey's SOFT_RESET was one of them, of an exact length
 * too, and the times of both sides are those of one start.
 */
import * as wire from '../wire/openvpn.ts';
import { Opcode } from '../wire/openvpn.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { isAckLength } from './openvpn-cut.ts';
import { noteOtherSession, noteReset, noteSession, noteWrappedKey } from './openvpn-notes.ts';
import { areClose, isPast, noteReplay } from './openvpn-replay.ts';
import {
  OpenvpnFlag as Flag,
  OpenvpnWord as Word,
  STAYS_BOTH_WAYS,
  STAYS_ONE_WAY,
  verdictSoFar,
  suspect,
} from './openvpn-state.ts';
import type { Payload } from './payload.ts';
import { fallShort, fallShortWide } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { Verdict } from '../host/verdict.ts';

/** Retransmitted, lost and reordered packets make ids jump by up to this much. */
const REPLAY_STEP_LIMIT = 64;
/** Of an old session: packets of a side, and how often their replay ids rose. */
const STAYS_OLD = 3;
const RISES_OLD = 2;
const PACKET_ID_LENGTH = 4;

/** `stays`: control packets of this direction in a row with one session id and one replay time. */
export function judgeCrypt(
  payload: Payload,
  code: number,
  stays: number,
  state: Int32Array,
  at: number,
  log: EvidenceLog,
): Verdict {
  const { direction } = payload;
  const replayAt = payload.at + wire.CRYPT_REPLAY_OFFSET;
  const replay = wire.replayId(payload.data, replayAt);
  const last = state[at + Word.REPLAY + direction]!;
  if (last !== 0 && Math.abs(replay - last) > REPLAY_STEP_LIMIT) {
    state[at + Word.STAYS + direction] = 1;
    const offset = wire.CRYPT_REPLAY_OFFSET;
    return fallShortWide(
      verdictSoFar(state, at, false),
      Shortfall.OPENVPN_REPLAY_STEP,
      offset,
      REPLAY_STEP_LIMIT,
      last,
      0,
      replay,
    );
  }
  if (last !== 0 && replay > last) state[at + Word.RISES + direction]!++;
  state[at + Word.REPLAY + direction] = Math.max(last, replay);
  noteKind(payload, code, state, at);
  if (wire.isHardReset(code)) noteReset(payload, code, log);
  const isGood = hasGoodTime(direction, state, at);
  const others = state[at + Word.STAYS + 1 - direction]!;
  const areGood = isGood && hasGoodTime(1 - direction, state, at);
  if (areGood ? stays >= STAYS_BOTH_WAYS && others >= STAYS_BOTH_WAYS : isOldSession(payload, state, at)) {
    noteReplay(payload, code, replayAt, log);
    noteSession(payload, log);
    noteOtherSession(payload, state, at, log);
    return Verdict.CONFIRMED;
  }
  const isReset = wire.isClientReset(code);
  if (isReset || (stays >= STAYS_ONE_WAY && (isGood || isOldSide(payload, direction, state, at)))) {
    if ((state[at + Word.FLAGS]! & Flag.SUSPECTED) === 0) {
      noteReplay(payload, code, replayAt, log);
      if (code === Opcode.HARD_RESET_CLIENT_V3 && payload.captured === payload.length) noteWrappedKey(payload, log);
      if (!isReset) noteSession(payload, log);
    }
    return fallShort(suspect(state, at), Shortfall.OPENVPN_ANSWER, 0, 0, code);
  }
  return fallShort(verdictSoFar(state, at, true), Shortfall.OPENVPN_STAYS, wire.SESSION_ID_AT, STAYS_ONE_WAY, stays);
}

function noteKind(payload: Payload, code: number, state: Int32Array, at: number): void {
  const length = payload.length - wire.CRYPT_OVERHEAD;
  if (code !== Opcode.ACK_V1) state[at + Word.FLAGS]! |= Flag.CRYPT_CONTROL;
  else if (isAckLength(length)) state[at + Word.FLAGS]! |= Flag.CRYPT_ACK;
  if (code !== Opcode.SOFT_RESET_V1 || wire.keyId(payload.data, payload.at) === 0) return;
  if (length === wire.PLAIN_RESET_LENGTH || isAckLength(length - PACKET_ID_LENGTH)) {
    state[at + Word.FLAGS]! |= Flag.CRYPT_SOFT_RESET;
  }
}

function hasGoodTime(direction: number, state: Int32Array, at: number): boolean {
  return (state[at + Word.FLAGS]! & (Flag.TIME_IS_GOOD << direction)) !== 0;
}

/** Both sides of a session that started long ago, at one time. */
function isOldSession(payload: Payload, state: Int32Array, at: number): boolean {
  return (
    (state[at + Word.FLAGS]! & Flag.CRYPT_SOFT_RESET) !== 0 &&
    isOldSide(payload, 0, state, at) &&
    isOldSide(payload, 1, state, at) &&
    areClose(state[at + Word.TIME]! >>> 0, state[at + Word.TIME + 1]! >>> 0)
  );
}

function isOldSide(payload: Payload, direction: number, state: Int32Array, at: number): boolean {
  const kinds = Flag.CRYPT_ACK | Flag.CRYPT_CONTROL;
  return (
    state[at + Word.STAYS + direction]! >= STAYS_OLD &&
    state[at + Word.RISES + direction]! >= RISES_OLD &&
    (state[at + Word.FLAGS]! & kinds) === kinds &&
    isPast(payload, state[at + Word.TIME + direction]! >>> 0)
  );
}
