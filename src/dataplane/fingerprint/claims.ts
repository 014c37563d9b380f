/**
 * Who can hold a flow, and whose a payload may be: a line for each fingerprint in each of these tables. To add a protocol is to add
 * its lines here.
 *
 * Most packets belong to nobody, and must cost next to nothing: each fingerprint says at a glance whether a packet may be its
 * own, and only those are asked that say so.
 */
import { Protocol } from '../../core/protocol.ts';
import { mayBeEspInUdp, matchEspInUdp, observeEspInUdp } from './esp-in-udp.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { FingerprintId } from '../host/holder.ts';
import { mayBeIke } from './ike-message.ts';
import { matchIke, observeIke } from './ike.ts';
import { observeNativeIpsec } from './native-ipsec.ts';
import { mayBeOpenvpn, matchOpenvpn, observeOpenvpn } from './openvpn.ts';
import type { Payload } from './payload.ts';
import { MatchStrength } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';
import { mayBeWireguard, matchWireguard, observeWireguard } from './wireguard.ts';

export const FINGERPRINT_PROTOCOL: readonly Protocol[] = [
  Protocol.NONE,
  Protocol.WIREGUARD,
  Protocol.IPSEC,
  Protocol.OPENVPN,
  Protocol.IPSEC,
  Protocol.IPSEC,
];

/** Sets of claims are numbers with bit `1 << claim` for each member. */
const WIREGUARD = 1 << FingerprintId.WIREGUARD;
const IKE = 1 << FingerprintId.IKE;
const OPENVPN = 1 << FingerprintId.OPENVPN;
const ESP_IN_UDP = 1 << FingerprintId.ESP_IN_UDP;
const NATIVE_IPSEC = 1 << FingerprintId.NATIVE_IPSEC;

/** Who is asked about a payload, by how it came (Framing). */
const OF_DATAGRAM = WIREGUARD | IKE | OPENVPN | ESP_IN_UDP;
export const ASKED: readonly number[] = [OF_DATAGRAM, NATIVE_IPSEC, NATIVE_IPSEC, OPENVPN, IKE | ESP_IN_UDP];
/** Who has strong signs to take a flow by that another holds on a weak one. */
export const OF_STRONG_SIGNS = WIREGUARD | IKE | OPENVPN;

/** Nobody claims it. */
export const NO_CLAIMS = 0;

/** Who claims on a strong sign. */
export function strongOf(claims: number): FingerprintId {
  return (claims & 15) as FingerprintId;
}

/** Who claims on a weak sign, where nobody does on a strong one. */
export function weakOf(claims: number): FingerprintId {
  return (claims >> 4) as FingerprintId;
}

/**
 * Who of the fingerprints `asked` would claim a payload (a datagram, unless they say otherwise) of a flow that nobody holds: on a
 * strong sign (bits 0 to 3), else on a weak one (from bit 4).
 */
export function claimsOf(payload: Payload, asked: number = OF_DATAGRAM): number {
  // Its protocol number has said what it is.
  if (asked === NATIVE_IPSEC) return FingerprintId.NATIVE_IPSEC;
  const open = openTo(payload) & asked;
  if (open === 0) return NO_CLAIMS;
  let weak: FingerprintId = FingerprintId.NONE;
  if ((open & WIREGUARD) !== 0) {
    const strength = matchWireguard(payload);
    if (strength === MatchStrength.STRONG) return FingerprintId.WIREGUARD;
    if (strength === MatchStrength.WEAK) weak = FingerprintId.WIREGUARD;
  }
  if ((open & IKE) !== 0) {
    const strength = matchIke(payload);
    if (strength === MatchStrength.STRONG) return FingerprintId.IKE;
    if (strength === MatchStrength.WEAK && weak === FingerprintId.NONE) weak = FingerprintId.IKE;
  }
  if ((open & OPENVPN) !== 0) {
    const strength = matchOpenvpn(payload);
    if (strength === MatchStrength.STRONG) return FingerprintId.OPENVPN;
    if (strength === MatchStrength.WEAK && weak === FingerprintId.NONE) weak = FingerprintId.OPENVPN;
  }
  if ((open & ESP_IN_UDP) !== 0 && weak === FingerprintId.NONE && matchEspInUdp(payload) === MatchStrength.WEAK)
    weak = FingerprintId.ESP_IN_UDP;
  return weak << 4;
}

/** Whose the payload may be, at a glance: for most payloads nobody's. */
function openTo(payload: Payload): number {
  return (
    (mayBeWireguard(payload) ? WIREGUARD : 0) |
    (mayBeIke(payload) ? IKE : 0) |
    (mayBeOpenvpn(payload) ? OPENVPN : 0) |
    (mayBeEspInUdp(payload) ? ESP_IN_UDP : 0)
  );
}

/** Shows the holder a payload of its flow, whose state begins at `state` of `words`. */
export function observeAs(
  claim: FingerprintId,
  payload: Payload,
  words: Int32Array,
  state: number,
  log: EvidenceLog,
): Verdict {
  switch (claim) {
    case FingerprintId.WIREGUARD:
      return observeWireguard(payload, words, state, log);
    case FingerprintId.IKE:
      return observeIke(payload, words, state, log);
    case FingerprintId.OPENVPN:
      return observeOpenvpn(payload, words, state, log);
    case FingerprintId.ESP_IN_UDP:
      return observeEspInUdp(payload, words, state, log);
    case FingerprintId.NATIVE_IPSEC:
      return observeNativeIpsec(payload, words, state, log);
    default:
      return Verdict.RULED_OUT;
  }
}
