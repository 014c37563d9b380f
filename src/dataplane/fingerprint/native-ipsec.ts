/**
 * ESP and AH as IP protocols 50 and 51. The protocol number says what it is; suspected at the first sound packet,
 * confirmed once an SPI that a key exchange can have handed out stays while its sequence number rises by a small step. Two gateways
 * have many tunnels at a time: several SPIs are followed in each direction, and the place of one is not foreseeable, so that
 * any number of them that come in turn are met again.
 *
 * Not a VPN, and ruled out: AH in front of OSPF, PIM and VRRP between two addresses, and OSPF in ESP without encryption, which
 * authenticate routers (RFC 4552, RFC 5796). What goes to a group of routers is not shown here (dataplane/router-protection).
 */
import { ahNextHeader, ahSequence, ahSpi } from '../wire/ah.ts';
import { espSequence, espSpi, SMALLEST_NEGOTIATED_SPI } from '../wire/esp.ts';
import { findNullTrailer, InnerProtocol, nullNextHeader } from '../wire/esp-null.ts';
import { Check } from '../host/checks.ts';
import type { EvidenceLog } from '../host/evidence-log.ts';
import { Variant } from '../host/finding.ts';
import { Framing } from '../host/framing.ts';
import type { Payload } from './payload.ts';
import { placeOf, placesTaken, putSpi, sequenceAt, SPI_WORDS } from './spi-table.ts';
import { fallShort, fallShortWide } from './shortfall.ts';
import { Shortfall } from '../host/shortfall.ts';
import { StateWord } from './verdict.ts';
import { Verdict } from '../host/verdict.ts';

/** SPIs followed in each direction. */
const PLACES = 6;

const Word = {
  /** Not zero once a packet was seen. */
  SEEN: StateWord.OWN,
  SPIS: StateWord.OWN + 1,
} as const;

const SEQUENCE_STEP_LIMIT = 1024;
/** Next headers of what routers say to each other. */
const PIM = 103;
const VRRP = 112;

/** `payload` begins at the ESP or AH header, which the decoder has checked. */
export function observeNativeIpsec(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const { data, direction, packet } = payload;
  const isEsp = payload.framing === Framing.ESP;
  if (isEsp ? holdsOspf(payload) : isOfRouters(ahNextHeader(data, payload.at)))
    return fallShort(Verdict.RULED_OUT, Shortfall.ESP_ROUTERS, 0, 0, data.getUint8(payload.at));
  const spi = (isEsp ? espSpi(data, payload.at) : ahSpi(data, payload.at)) | 0;
  const sequence = (isEsp ? espSequence(data, payload.at) : ahSequence(data, payload.at)) | 0;
  const spiAt = isEsp ? 0 : 4;
  state[at + StateWord.VARIANT] = isEsp ? Variant.ESP : Variant.AH;
  // Who set the tunnel up, these packets do not tell.
  if (state[at + Word.SEEN] === 0) {
    log.note(packet, isEsp ? Check.ESP_SPI : Check.AH_SPI, spiAt, 0, spi);
  }
  state[at + Word.SEEN] = 1;
  const table = at + Word.SPIS + direction * PLACES * SPI_WORDS;
  const place = placeOf(state, table, PLACES, spi);
  const step = place < 0 ? 0 : (sequence - sequenceAt(state, table, place)) | 0;
  putSpi(state, table, place < 0 ? newPlace(state, table, spi, sequence) : place, spi, sequence);
  const negotiated = spi >>> 0 >= SMALLEST_NEGOTIATED_SPI;
  if (!negotiated) return fallShort(Verdict.SUSPECTED, Shortfall.ESP_RESERVED_SPI, spiAt, SMALLEST_NEGOTIATED_SPI, spi);
  if (step <= 0 || step > SEQUENCE_STEP_LIMIT)
    return fallShortWide(
      Verdict.SUSPECTED,
      Shortfall.ESP_STAYS,
      spiAt + 4,
      SEQUENCE_STEP_LIMIT,
      (sequence - step) | 0,
      0,
      sequence,
    );
  log.note(packet, isEsp ? Check.ESP_SPI_STAYS : Check.AH_SPI_STAYS, spiAt, spi, spi);
  const rises = isEsp ? Check.ESP_SEQUENCE_RISES : Check.AH_SEQUENCE_RISES;
  log.note(packet, rises, spiAt + 4, SEQUENCE_STEP_LIMIT, sequence);
  return Verdict.CONFIRMED;
}

/** A free place, else one by the packet's own numbers: the oldest would be that of the SPI that comes next, where they take turns. */
function newPlace(state: Int32Array, table: number, spi: number, sequence: number): number {
  const taken = placesTaken(state, table, PLACES);
  if (taken < PLACES) return taken;
  return (Math.imul(spi ^ Math.imul(sequence, 0x85ebca6b), 0x9e3779b1) >>> 16) % PLACES;
}

function isOfRouters(nextHeader: number): boolean {
  return nextHeader === InnerProtocol.OSPF || nextHeader === PIM || nextHeader === VRRP;
}

/** True for ESP that authenticates OSPF: nothing is encrypted, and the inner packet says what it is. */
function holdsOspf({ data, at, captured, length }: Payload): boolean {
  if (captured !== length) return false;
  return findNullTrailer(data, at, at + length) >= 0 && nullNextHeader === InnerProtocol.OSPF;
}
