/**
 * Why a fingerprint does not claim a payload of a flow that none holds. The answer is the engine's own: its check at a
 * glance (`mayBe…`) and then its match. This file only says what they compare, with their own parts, in their order.
 */
import { byteAt, u32be } from '../memory';
import { ESP_HEADER_LENGTH, espSequence, espSpi } from '../wire/esp';
import { IKE_HEADER_LENGTH, LENGTH_AT } from '../wire/ike';
import { CONTROL_HEADER_LENGTH, isHardReset, keyId, Opcode, opcode } from '../wire/openvpn';
import { INDEX_FIELDS_LENGTH } from '../wire/wireguard';
import { isLength, isRandomSpi, matchEspInUdp, mayBeEspInUdp, SHORTEST, SHORTEST_CAPTURED } from './esp-in-udp';
import { FingerprintTrace } from './fingerprint-trace';
import { FingerprintId } from './holder';
import { matchIke } from './ike';
import { mayBeIke } from './ike-message';
import { failKeyId, failLayout, failOpcode, failSessionId, matchOpenvpn, mayBeOpenvpn } from './openvpn';
import { failMatchData } from './openvpn-data';
import { hasSessionId } from './openvpn-layout';
import { Payload } from './payload';
import { fallShort, fallShortOf, fallShortWide, seemsClear, shortfall, Shortfall } from './shortfall';
import { MatchStrength } from './verdict';
import { matchWireguard, mayBeWireguard } from './wireguard';

const LAST_FINGERPRINT: i32 = FingerprintId.NATIVE_IPSEC;

/** Notes in the trace which of the fingerprints `asked` (a set, as in claims) do not claim the payload. */
export function noteOffer(trace: FingerprintTrace, payload: Payload, asked: i32): void {
  for (let id = 1; id <= LAST_FINGERPRINT; id++) {
    if ((asked & (1 << id)) != 0 && notesFirstLook(id, payload)) trace.noteUnclaimed(id, payload);
  }
}

/**
 * Notes why a fingerprint does not claim the payload; false where it does, or where its protocol number claims for it.
 */
function notesFirstLook(id: FingerprintId, payload: Payload): bool {
  shortfall.clear();
  switch (id) {
    case FingerprintId.WIREGUARD:
      return failsWireguard(payload);
    case FingerprintId.IKE:
      return failsIke(payload);
    case FingerprintId.OPENVPN:
      return failsOpenvpn(payload);
    case FingerprintId.ESP_IN_UDP:
      return failsEsp(payload);
    default:
      return false;
  }
}

function failsWireguard(payload: Payload): bool {
  if (!mayBeWireguard(payload)) {
    if (payload.captured < INDEX_FIELDS_LENGTH) fallShortOf(0, payload, INDEX_FIELDS_LENGTH);
    else fallShort(0, Shortfall.WIREGUARD_TYPE, 0, 0, u32be(payload.at));
    return true;
  }
  if (matchWireguard(payload) != MatchStrength.NONE) return false;
  fallShort(0, Shortfall.WIREGUARD_LENGTH, 0, 0, payload.length);
  return true;
}

/** The match notes its own reason. */
function failsIke(payload: Payload): bool {
  if (mayBeIke(payload)) return matchIke(payload) == MatchStrength.NONE;
  if (payload.captured < IKE_HEADER_LENGTH) fallShortOf(0, payload, IKE_HEADER_LENGTH);
  else fallShort(0, Shortfall.IKE_LENGTH, LENGTH_AT, payload.length, u32be(payload.at + LENGTH_AT));
  return true;
}

function failsOpenvpn(payload: Payload): bool {
  if (!mayBeOpenvpn(payload)) {
    if (payload.captured < CONTROL_HEADER_LENGTH) fallShortOf(0, payload, CONTROL_HEADER_LENGTH);
    else failOpcode(0, payload);
    return true;
  }
  if (matchOpenvpn(payload) != MatchStrength.NONE) return false;
  failOpenvpn(payload);
  return true;
}

/** The checks of `matchOpenvpn`, in its order. */
function failOpenvpn(payload: Payload): void {
  const code = opcode(payload.at);
  if (code == Opcode.DATA_V1 || code == Opcode.DATA_V2) failMatchData(payload);
  else if (!hasSessionId(payload)) failSessionId(0, payload);
  else if (isHardReset(code) && keyId(payload.at) != 0) failKeyId(0, payload);
  else failLayout(0, payload);
}

function failsEsp(payload: Payload): bool {
  if (!mayBeEspInUdp(payload)) {
    failEspGlance(payload);
    return true;
  }
  if (matchEspInUdp(payload) != MatchStrength.NONE) return false;
  seemsClear(0, payload, ESP_HEADER_LENGTH);
  return true;
}

/** The checks of `mayBeEspInUdp`, in its order. */
function failEspGlance(payload: Payload): void {
  const at = payload.at;
  const length = payload.length;
  if (length < SHORTEST || length % 4 != 0 || payload.captured < SHORTEST_CAPTURED) {
    fallShort(0, Shortfall.ESP_LENGTH, 0, SHORTEST, length);
    return;
  }
  const spi = espSpi(at);
  if (!isRandomSpi(spi)) fallShort(0, Shortfall.ESP_SPI, 0, 0, spi);
  else if (isLength(spi, length)) fallShort(0, Shortfall.ESP_SPI_IS_LENGTH, 0, 0, spi);
  else if (espSequence(at) == 0) fallShort(0, Shortfall.ESP_SEQUENCE, 4, 0, 0);
  else fallShortWide(0, Shortfall.ESP_QUIC, 0, 0, 0, byteAt(at), u32be(at + 1));
}
