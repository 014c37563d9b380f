/** The rows of evidence of OpenVPN's control channel. */
import { byteAt, u32be } from '../memory';
import * as wire from '../wire/openvpn';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { OpenvpnWord as Word } from './openvpn-state';
import { Payload } from './payload';
import { wordAt } from './words';

export function noteReset(payload: Payload, code: i32, log: EvidenceLog): void {
  const check = wire.isClientReset(code) ? Check.OPENVPN_CLIENT_RESET : Check.OPENVPN_SERVER_RESET;
  if (log.has(check)) return;
  log.note(payload.packet, check, payload.evidenceOffset, code << 3, byteAt(payload.at));
}

/** The last bytes of a reset, where they are captured. */
export function noteResetTail(payload: Payload, log: EvidenceLog): void {
  if (payload.captured < payload.length) return;
  const tail = payload.length - 4;
  log.note(payload.packet, Check.OPENVPN_RESET_TAIL, payload.evidenceOffset + tail, 0, u32be(payload.at + tail));
}

export function noteSession(payload: Payload, log: EvidenceLog): void {
  const high = wire.sessionIdHigh(payload.at);
  const low = wire.sessionIdLow(payload.at);
  const offset = payload.evidenceOffset + wire.SESSION_ID_AT;
  log.noteWide(payload.packet, Check.OPENVPN_SESSION_STAYS, offset, high, low, high, low);
}

/** The other direction's session id, in its last control packet. */
export function noteOtherSession(payload: Payload, state: usize, log: EvidenceLog): void {
  const other = 1 - payload.direction;
  const high = wordAt(state, Word.SESSION + 2 * other);
  const low = wordAt(state, Word.SESSION + 2 * other + 1);
  const packet = <f64>wordAt(state, Word.LAST_PACKET + other);
  const offset = wordAt(state, Word.LAST_OFFSET + other);
  log.noteWide(packet, Check.OPENVPN_SESSION_STAYS, offset, high, low, high, low);
}

/** The wrapped key's own length, with the lengths that it may have in a reset of this one. */
export function noteWrappedKey(payload: Payload, log: EvidenceLog): void {
  const length = payload.length;
  const longest = length - wire.CRYPT_RESET_LENGTH;
  const shortest = max(longest - wire.RESET_OWN_LIMIT, wire.WRAPPED_KEY_LOWER_LIMIT) + 1;
  const offset = payload.evidenceOffset + (length - 2);
  const wrapped = wire.wrappedKeyLength(payload.at, length);
  log.noteWide(payload.packet, Check.OPENVPN_WRAPPED_KEY, offset, shortest, longest, 0, wrapped);
}
