/**
 * Replay ids and times of OpenVPN's wrapped control channels (tls-auth and tls-crypt): the bounds that they lie in, and
 * their evidence, which shows those bounds. Layout: wire/openvpn.
 *
 * The sender sets the time once, when its session starts (packet_id.c), so its age says nothing: at a rekey of a long
 * session it is days old. Only that it stays does.
 */
import { u32be } from '../memory';
import * as wire from '../wire/openvpn';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Payload } from './payload';
import { lowWord } from './words';

/** Clocks of routers and servers may be off by this much. */
const REPLAY_TIME_SLACK_SECONDS: i32 = 86_400 * 2;
/** A first reset whose time is not near the packet's has one of the first ids. */
const FIRST_REPLAY_IDS: u32 = 16;
/** Replay times lie between 2001 and 2038. */
const EARLIEST_TIME: u32 = 978_307_200;
const LATEST_TIME: u32 = 2_145_916_800;
/** Replay ids of a control channel stay below this within one key. */
const REPLAY_ID_LIMIT: u32 = 0x10000;

/**
 * A replay id that counts from 1, and a time that is one; `replay` is the id's address. A first reset has a time near
 * the packet's own or one of the first ids: the times of a capture may have been rewritten, and clocks without a
 * battery start again.
 */
export function isReplayPlausible(payload: Payload, code: i32, replay: usize): bool {
  const id = wire.replayId(replay);
  if (id == 0 || id >= REPLAY_ID_LIMIT) return false;
  const seconds = wire.replayTime(replay);
  if (isRecent(payload, seconds)) return true;
  return seconds >= EARLIEST_TIME && seconds < LATEST_TIME && (id < FIRST_REPLAY_IDS || !wire.isHardReset(code));
}

function secondsOf(payload: Payload): f64 {
  return payload.timeUs / 1e6;
}

/** True for a replay time near the packet's own. */
export function isRecent(payload: Payload, seconds: u32): bool {
  return areClose(<f64>seconds, secondsOf(payload));
}

/** True for a replay time that the packet's sender could have set before it sent the packet. */
export function isPast(payload: Payload, seconds: u32): bool {
  return <f64>seconds < secondsOf(payload) + <f64>REPLAY_TIME_SLACK_SECONDS;
}

/** True for two times that the clocks of two ends may give at one moment. */
export function areClose(one: f64, other: f64): bool {
  return Math.abs(one - other) < <f64>REPLAY_TIME_SLACK_SECONDS;
}

/**
 * Notes a replay id and time at `replay` that `isReplayPlausible` has taken, with the bounds that they lie in. A time
 * that is not near the packet's own is a first reset's, or that of the direction's control packets before.
 */
export function noteReplay(payload: Payload, code: i32, replay: usize, log: EvidenceLog): void {
  if (log.has(Check.OPENVPN_REPLAY_ID)) return;
  const packet = payload.packet;
  const offset = payload.evidenceOffset + <u32>(replay - payload.at);
  const raw = u32be(replay);
  const id = wire.replayId(replay);
  const seconds = wire.replayTime(replay);
  const isNear = isRecent(payload, seconds);
  const isFirst = !isNear && wire.isHardReset(code);
  const numberedFrom = raw - id;
  const limit = numberedFrom + (isFirst ? FIRST_REPLAY_IDS : REPLAY_ID_LIMIT);
  log.noteWide(packet, Check.OPENVPN_REPLAY_ID, offset, numberedFrom + 1, limit, 0, raw);
  if (isNear) {
    const now = lowWord(secondsOf(payload));
    log.noteWide(packet, Check.OPENVPN_REPLAY_TIME, offset + 4, REPLAY_TIME_SLACK_SECONDS, now, 0, seconds);
  } else if (isFirst) {
    log.noteWide(packet, Check.OPENVPN_RESET_TIME, offset + 4, EARLIEST_TIME, LATEST_TIME, 0, seconds);
  } else {
    log.note(packet, Check.OPENVPN_REPLAY_TIME_STAYS, offset + 4, seconds, seconds);
  }
}
