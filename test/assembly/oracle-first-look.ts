/**
 * Why a fingerprint does not claim a payload of a flow that none holds. The answer is the engine's own: its check at a
 * glance (`mayBe…`) and then its match. What they compare is said here with their own parts, in their order; a test
 * holds that a reason is
noted for exactly the payloads that the engine does not claim.
 */
import {
  isLength,
  isRandomSpi,
  matchEspInUdp,
  mayBeEspInUdp,
  SHORTEST,
  SHORTEST_CAPTURED,
} from '../../src/dataplane/fingerprint/esp-in-udp.ts';
import { FingerprintId } from '../../src/dataplane/host/holder.ts';
import { mayBeIke } from '../../src/dataplane/fingerprint/ike-message.ts';
import { matchIke } from '../../src/dataplane/fingerprint/ike.ts';
import { failMatchData } from '../../src/dataplane/fingerprint/openvpn-data.ts';
import { hasSessionId } from '../../src/dataplane/fingerprint/openvpn-layout.ts';
import {
  failKeyId,
  failLayout,
  failOpcode,
  failSessionId,
  matchOpenvpn,
  mayBeOpenvpn,
} from '../../src/dataplane/fingerprint/openvpn.ts';
import type { Payload } from '../../src/dataplane/fingerprint/payload.ts';
import { fallShort, fallShortOf, fallShortWide, seemsClear, shortfall } from '../../src/dataplane/fingerprint/shortfall.ts';
import { Shortfall } from '../../src/dataplane/host/shortfall.ts';
import { MatchStrength } from '../../src/dataplane/fingerprint/verdict.ts';
import { matchWireguard, mayBeWireguard } from '../../src/dataplane/fingerprint/wireguard.ts';
import { ESP_HEADER_LENGTH, espSequence, espSpi } from '../../src/dataplane/wire/esp.ts';
import { IKE_HEADER_LENGTH, LENGTH_AT } from '../../src/dataplane/wire/ike.ts';
import { CONTROL_HEADER_LENGTH, isHardReset, keyId, Opcode, opcode } from '../../src/dataplane/wire/openvpn.ts';
import { INDEX_FIELDS_LENGTH } from '../../src/dataplane/wire/wireguard.ts';

interface FirstLook {
  mayBe(payload: Payload): boolean;
  /** Notes why the glance fails. */
  fail(payload: Payload): void;
  match(payload: Payload): MatchStrength;
  /** Notes why the match fails where the glance does not; without it the match notes that itself. */
  failMatch?(payload: Payload): void;
}

const FIRST_LOOKS: Readonly<Partial<Record<FingerprintId, FirstLook>>> = {
  [FingerprintId.WIREGUARD]: {
    mayBe: mayBeWireguard,
    match: matchWireguard,
    fail(payload) {
      const { data, at, captured } = payload;
      if (captured < INDEX_FIELDS_LENGTH) fallShortOf(0, payload, INDEX_FIELDS_LENGTH);
      else fallShort(0, Shortfall.WIREGUARD_TYPE, 0, 0, data.getInt32(at));
    },
    failMatch(payload) {
      fallShort(0, Shortfall.WIREGUARD_LENGTH, 0, 0, payload.length);
    },
  },
  [FingerprintId.IKE]: {
    mayBe: mayBeIke,
    match: matchIke,
    fail(payload) {
      const { data, at, captured, length } = payload;
      if (captured < IKE_HEADER_LENGTH) fallShortOf(0, payload, IKE_HEADER_LENGTH);
      else fallShort(0, Shortfall.IKE_LENGTH, LENGTH_AT, length, data.getInt32(at + LENGTH_AT));
    },
  },
  [FingerprintId.OPENVPN]: {
    mayBe: mayBeOpenvpn,
    match: matchOpenvpn,
    fail(payload) {
      if (payload.captured < CONTROL_HEADER_LENGTH) fallShortOf(0, payload, CONTROL_HEADER_LENGTH);
      else failOpcode(0, payload);
    },
    failMatch: failOpenvpn,
  },
  [FingerprintId.ESP_IN_UDP]: { mayBe: mayBeEspInUdp, match: matchEspInUdp, fail: failEsp, failMatch: failFresh },
};

function failEsp({ data, at, captured, length }: Payload): void {
  if (length < SHORTEST || length % 4 !== 0 || captured < SHORTEST_CAPTURED) {
    fallShort(0, Shortfall.ESP_LENGTH, 0, SHORTEST, length);
    return;
  }
  const spi = espSpi(data, at);
  if (!isRandomSpi(spi)) fallShort(0, Shortfall.ESP_SPI, 0, 0, spi);
  else if (isLength(spi, length)) fallShort(0, Shortfall.ESP_SPI_IS_LENGTH, 0, 0, spi);
  else if (espSequence(data, at) === 0) fallShort(0, Shortfall.ESP_SEQUENCE, 4, 0, 0);
  else fallShortWide(0, Shortfall.ESP_QUIC, 0, 0, 0, data.getUint8(at), data.getInt32(at + 1));
}

/** The checks of `matchOpenvpn`, in its order. */
function failOpenvpn(payload: Payload): void {
  const { data, at } = payload;
  const code = opcode(data, at);
  if (code === Opcode.DATA_V1 || code === Opcode.DATA_V2) failMatchData(payload);
  else if (!hasSessionId(payload)) failSessionId(0, payload);
  else if (isHardReset(code) && keyId(data, at) !== 0) failKeyId(0, payload);
  else failLayout(0, payload);
}

function failFresh(payload: Payload): void {
  seemsClear(0, payload, ESP_HEADER_LENGTH);
}

/**
 * Notes why a fingerprint does not claim the payload; false where it does, or where its protocol number claims for it.
 */
export function notesFirstLook(id: FingerprintId, payload: Payload): boolean {
  const look = FIRST_LOOKS[id];
  if (look === undefined) return false;
  shortfall.fill(0);
  if (!look.mayBe(payload)) {
    look.fail(payload);
    return true;
  }
  if (look.match(payload) !== MatchStrength.NONE) return false;
  look.failMatch?.(payload);
  return true;
}
