/**
 * Replay ids and times of OpenVPN's wrapped control channels (tls-auth and tls-crypt): the bounds that they lie in, and their
 * evidence, which shows those bounds. Layout: wire/openvpn.ts.
 */
import * as wire from '../wire/openvpn.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import type { Payload } from './payload.ts';

/** A replay time may differ from the packet's own by this much: clocks of routers are off, and it is the session's start. */
const REPLAY_TIME_SLACK_SECONDS = 86_400 * 2;
/** What a first reset may carry where its time is not near the packet's: one of the first ids, a time from 2001 to 2038. */
const FIRST_REPLAY_IDS = 16;
const EARLIEST_TIME = 978_307_200;
const LATEST_TIME = 2_145_916_800;
/** Replay ids of a control channel stay below this within one key. */
const REPLAY_ID_LIMIT = 0x10000;

/**
 * A replay id that counts from 1, and a time near the packet's own, or near the one that the flow's resets gave. A reset may
 * give any time of the last decades: the times of a capture may have been rewritten, and clocks without a battery start anew.
 */
export function isReplayPlausible(payload: Payload, code: number, at: number, knownTime: number): boolean {
  const id = wire.replayId(payload.data, at);
  const seconds = wire.replayTime(payload.data, at);
  if (id === 0 || id >= REPLAY_ID_LIMIT) return false;
  if (isNearPacket(payload, seconds) || isFirstReplay(code, id, seconds)) return true;
  return knownTime !== 0 && Math.abs(seconds - knownTime) < REPLAY_TIME_SLACK_SECONDS;
}

function isNearPacket(payload: Payload, seconds: number): boolean {
  return Math.abs(seconds - payload.timeUs / 1e6) < REPLAY_TIME_SLACK_SECONDS;
}

function isFirstReplay(code: number, id: number, seconds: number): boolean {
  return wire.isHardReset(code) && id < FIRST_REPLAY_IDS && seconds >= EARLIEST_TIME && seconds < LATEST_TIME;
}

/** Notes a replay id and time that `isReplayPlausible` has taken, with the bounds that they lie in. */
export function noteReplay(payload: Payload, code: number, at: number, log: EvidenceLog): void {
  if (log.has(Check.OPENVPN_REPLAY_ID)) return;
  const { data, packet } = payload;
  const offset = payload.evidenceOffset + at - payload.at;
  const raw = data.getUint32(at);
  const id = wire.replayId(data, at);
  const seconds = wire.replayTime(data, at);
  const isNear = isNearPacket(payload, seconds);
  const isFirst = !isNear && isFirstReplay(code, id, seconds);
  const numberedFrom = raw - id;
  const limit = numberedFrom + (isFirst ? FIRST_REPLAY_IDS : REPLAY_ID_LIMIT);
  log.noteWide(packet, Check.OPENVPN_REPLAY_ID, offset, numberedFrom + 1, limit, 0, raw);
  if (isNear) {
    const slack = REPLAY_TIME_SLACK_SECONDS;
    log.noteWide(packet, Check.OPENVPN_REPLAY_TIME, offset + 4, slack, payload.timeUs / 1e6, 0, seconds);
  } else if (isFirst) {
    log.noteWide(packet, Check.OPENVPN_RESET_TIME, offset + 4, EARLIEST_TIME, LATEST_TIME, 0, seconds);
  } else {
    log.note(packet, Check.OPENVPN_REPLAY_TIME_STAYS, offset + 4, REPLAY_TIME_SLACK_SECONDS, seconds);
  }
}
