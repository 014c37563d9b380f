/**
 * Which fingerprints may claim a payload, and which may hold a flow: a line for each fingerprint in each of these
 * tables. To add a protocol is to add its lines here.
 *
 * Most packets are of no VPN, and must cost next to nothing: each fingerprint says at a glance whether a packet may be
 * its own, and only those are asked that say so.
 */
import { mayBeEspInUdp, matchEspInUdp, observeEspInUdp } from './esp-in-udp';
import { EvidenceLog } from './evidence';
import { Protocol } from './finding';
import { FingerprintId } from './holder';
import { matchIke, observeIke } from './ike';
import { mayBeIke } from './ike-message';
import { observeNativeIpsec } from './native-ipsec';
import { matchOpenvpn, mayBeOpenvpn, observeOpenvpn } from './openvpn';
import { Framing, Payload } from './payload';
import { MatchStrength, Verdict } from './verdict';
import { matchWireguard, mayBeWireguard, observeWireguard } from './wireguard';

/** The protocol that a fingerprint finds. */
export function protocolOf(fingerprint: FingerprintId): Protocol {
  switch (fingerprint) {
    case FingerprintId.WIREGUARD:
      return Protocol.WIREGUARD;
    case FingerprintId.OPENVPN:
      return Protocol.OPENVPN;
    default:
      return Protocol.IPSEC;
  }
}

/** Sets of claims are numbers with bit `1 << claim` for each member. */
const WIREGUARD: i32 = 1 << FingerprintId.WIREGUARD;
const IKE: i32 = 1 << FingerprintId.IKE;
const OPENVPN: i32 = 1 << FingerprintId.OPENVPN;
const ESP_IN_UDP: i32 = 1 << FingerprintId.ESP_IN_UDP;
const NATIVE_IPSEC: i32 = 1 << FingerprintId.NATIVE_IPSEC;

/** The fingerprints that have strong signs to take a flow by that another holds on a weak one. */
export const OF_STRONG_SIGNS: i32 = WIREGUARD | IKE | OPENVPN;

/** The fingerprints that are asked about a payload, by how it came. */
export function askedAbout(framing: Framing): i32 {
  switch (framing) {
    case Framing.DATAGRAM:
      return WIREGUARD | IKE | OPENVPN | ESP_IN_UDP;
    case Framing.OPENVPN_RECORD:
      return OPENVPN;
    case Framing.IKE_RECORD:
      return IKE | ESP_IN_UDP;
    default:
      return NATIVE_IPSEC;
  }
}

/** No fingerprint claims it. */
export const NO_CLAIMS: i32 = 0;

/** The fingerprint that claims on a strong sign. */
export function strongOf(claims: i32): FingerprintId {
  return claims & 15;
}

/** The fingerprint that claims on a weak sign, where none does on a strong one. */
export function weakOf(claims: i32): FingerprintId {
  return claims >> 4;
}

/**
 * Which of the fingerprints `asked` would claim a payload of a flow that none holds: on a strong sign (bits 0 to 3),
 * else on a weak one (from bit 4).
 */
export function claimsOf(payload: Payload, asked: i32): i32 {
  // Its protocol number has said what it is.
  if (asked == NATIVE_IPSEC) return FingerprintId.NATIVE_IPSEC;
  const open = openTo(payload) & asked;
  if (open == 0) return NO_CLAIMS;
  let weak: i32 = FingerprintId.NONE;
  if ((open & WIREGUARD) != 0) {
    const strength = matchWireguard(payload);
    if (strength == MatchStrength.STRONG) return FingerprintId.WIREGUARD;
    if (strength == MatchStrength.WEAK) weak = FingerprintId.WIREGUARD;
  }
  if ((open & IKE) != 0) {
    const strength = matchIke(payload);
    if (strength == MatchStrength.STRONG) return FingerprintId.IKE;
    if (strength == MatchStrength.WEAK && weak == FingerprintId.NONE) weak = FingerprintId.IKE;
  }
  if ((open & OPENVPN) != 0) {
    const strength = matchOpenvpn(payload);
    if (strength == MatchStrength.STRONG) return FingerprintId.OPENVPN;
    if (strength == MatchStrength.WEAK && weak == FingerprintId.NONE) weak = FingerprintId.OPENVPN;
  }
  if ((open & ESP_IN_UDP) != 0 && weak == FingerprintId.NONE && matchEspInUdp(payload) == MatchStrength.WEAK)
    weak = FingerprintId.ESP_IN_UDP;
  return weak << 4;
}

/** The fingerprints that the payload may be of, at a glance: for most payloads none. */
function openTo(payload: Payload): i32 {
  return (
    (mayBeWireguard(payload) ? WIREGUARD : 0) |
    (mayBeIke(payload) ? IKE : 0) |
    (mayBeOpenvpn(payload) ? OPENVPN : 0) |
    (mayBeEspInUdp(payload) ? ESP_IN_UDP : 0)
  );
}

/** Shows the holder a payload of its flow, whose state is at `state`. */
export function observeAs(claim: FingerprintId, payload: Payload, state: usize, log: EvidenceLog): Verdict {
  switch (claim) {
    case FingerprintId.WIREGUARD:
      return observeWireguard(payload, state, log);
    case FingerprintId.IKE:
      return observeIke(payload, state, log);
    case FingerprintId.OPENVPN:
      return observeOpenvpn(payload, state, log);
    case FingerprintId.ESP_IN_UDP:
      return observeEspInUdp(payload, state, log);
    case FingerprintId.NATIVE_IPSEC:
      return observeNativeIpsec(payload, state, log);
    default:
      return Verdict.RULED_OUT;
  }
}
