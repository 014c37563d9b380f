/** The rows of evidence of OpenVPN's control channel. */
import * as wire from '../wire/openvpn.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { OpenvpnWord as Word } from './openvpn-state.ts';
import type { Payload } from './payload.ts';

export function noteReset(payload: Payload, code: number, log: EvidenceLog): void {
  const check = wire.isClientReset(code) ? Check.OPENVPN_CLIENT_RESET : Check.OPENVPN_SERVER_RESET;
  if (log.has(check)) return;
  log.note(payload.packet, check, payload.evidenceOffset, code << 3, payload.data.getUint8(payload.at));
}

/** The last bytes of a reset, where they are captured. */
export function noteResetTail(payload: Payload, log: EvidenceLog): void {
  if (payload.captured < payload.length) return;
  const tail = payload.length - 4;
  log.note(
    payload.packet,
    Check.OPENVPN_RESET_TAIL,
    payload.evidenceOffset + tail,
    0,
    payload.data.getInt32(payload.at + tail),
  );
}

export function noteSession(payload: Payload, log: EvidenceLog): void {
  const high = wire.sessionIdHigh(payload.data, payload.at);
  const low = wire.sessionIdLow(payload.data, payload.at);
  const offset = payload.evidenceOffset + wire.SESSION_ID_AT;
  log.noteWide(payload.packet, Check.OPENVPN_SESSION_STAYS, offset, high, low, high, low);
}

/** The other direction's session id, in its last control packet. */
export function noteOtherSession(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): void {
  const other = 1 - payload.direction;
  const high = state[at + Word.SESSION + 2 * other]!;
  const low = state[at + Word.SESSION + 2 * other + 1]!;
  log.noteWide(
    state[at + Word.LAST_PACKET + other]!,
    Check.OPENVPN_SESSION_STAYS,
    state[at + Word.LAST_OFFSET + other]!,
    high,
    low,
    high,
    low,
  );
}

/** The wrapped key's own length, with the lengths that it may have in a reset of this one. */
export function noteWrappedKey(payload: Payload, log: EvidenceLog): void {
  const { data, at, length, packet } = payload;
  const longest = length - wire.CRYPT_RESET_LENGTH;
  const shortest = Math.max(longest - wire.RESET_OWN_LIMIT, wire.WRAPPED_KEY_LOWER_LIMIT) + 1;
  const offset = payload.evidenceOffset + length - 2;
  const wrapped = wire.wrappedKeyLength(data, at, length);
  log.noteWide(packet, Check.OPENVPN_WRAPPED_KEY, offset, shortest, longest, 0, wrapped);
}
