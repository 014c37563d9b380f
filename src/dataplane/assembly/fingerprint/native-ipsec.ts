/**
 * ESP and AH as IP protocols 50 and 51. The protocol number says what it is; suspected at the first sound packet,
 * confirmed once an SPI that a key exchange can have handed out stays while its sequence number rises by a small step.
 * Two gateways have many tunnels at a time: several SPIs are followed in each direction, and the place of one is not
 * foreseeable, so that any number of them that come in turn are met again.
 *
 * Not a VPN, and ruled out: AH in front of OSPF, PIM and VRRP between two addresses, and OSPF in ESP without
 * encryption, which authenticate routers (RFC 4552, RFC 5796). What goes to a group of routers is not shown here
 * (router-protection).
 */
import { byteAt } from '../memory';
import { ahNextHeader, ahSequence, ahSpi } from '../wire/ah';
import { espSequence, espSpi, SMALLEST_NEGOTIATED_SPI } from '../wire/esp';
import { findNullTrailer, InnerProtocol, nullTrailer } from '../wire/esp-null';
import { Check } from './checks';
import { EvidenceLog } from './evidence';
import { Variant } from './finding';
import { Framing, Payload } from './payload';
import { fallShort, fallShortWide, Shortfall } from './shortfall';
import { placeOf, placesTaken, putSpi, sequenceAt, SPI_WORDS } from './spi-table';
import { StateWord, Verdict } from './verdict';
import { putWord, wordAt, wordsFrom } from './words';

/** SPIs followed in each direction. */
const PLACES: i32 = 6;

/** Not zero once a packet was seen. */
const SEEN: i32 = StateWord.OWN;
const SPIS: i32 = StateWord.OWN + 1;

const SEQUENCE_STEP_LIMIT: i32 = 1024;
/** Next headers of what routers say to each other. */
const PIM: i32 = 103;
const VRRP: i32 = 112;

/** `payload` begins at the ESP or AH header, which the decoder has checked. */
export function observeNativeIpsec(payload: Payload, state: usize, log: EvidenceLog): Verdict {
  const at = payload.at;
  const packet = payload.packet;
  const isEsp = payload.framing == Framing.ESP;
  if (isEsp ? holdsOspf(payload) : isOfRouters(ahNextHeader(at)))
    return fallShort(Verdict.RULED_OUT, Shortfall.ESP_ROUTERS, 0, 0, byteAt(at));
  const spi = isEsp ? espSpi(at) : ahSpi(at);
  const sequence = isEsp ? espSequence(at) : ahSequence(at);
  const spiAt = isEsp ? 0 : 4;
  putWord(state, StateWord.VARIANT, isEsp ? Variant.ESP : Variant.AH);
  // These packets do not tell which end set the tunnel up.
  if (wordAt(state, SEEN) == 0) log.note(packet, isEsp ? Check.ESP_SPI : Check.AH_SPI, spiAt, 0, spi);
  putWord(state, SEEN, 1);
  const table = wordsFrom(state, SPIS + payload.direction * PLACES * SPI_WORDS);
  const place = placeOf(table, PLACES, spi);
  const step = place < 0 ? 0 : <i32>(sequence - sequenceAt(table, place));
  putSpi(table, place < 0 ? newPlace(table, spi, sequence) : place, spi, sequence);
  if (spi < SMALLEST_NEGOTIATED_SPI)
    return fallShort(Verdict.SUSPECTED, Shortfall.ESP_RESERVED_SPI, spiAt, SMALLEST_NEGOTIATED_SPI, spi);
  if (step <= 0 || step > SEQUENCE_STEP_LIMIT) {
    const last = <i32>sequence - step;
    return fallShortWide(Verdict.SUSPECTED, Shortfall.ESP_STAYS, spiAt + 4, SEQUENCE_STEP_LIMIT, last, 0, sequence);
  }
  log.note(packet, isEsp ? Check.ESP_SPI_STAYS : Check.AH_SPI_STAYS, spiAt, spi, spi);
  const rises = isEsp ? Check.ESP_SEQUENCE_RISES : Check.AH_SEQUENCE_RISES;
  log.note(packet, rises, spiAt + 4, SEQUENCE_STEP_LIMIT, sequence);
  return Verdict.CONFIRMED;
}

/**
 * A free place, else one by the packet's own numbers: the oldest would be that of the SPI that comes next, where they
 * take turns.
 */
function newPlace(table: usize, spi: u32, sequence: u32): i32 {
  const taken = placesTaken(table, PLACES);
  if (taken < PLACES) return taken;
  return (((spi ^ (sequence * SEQUENCE_FACTOR)) * SPI_FACTOR) >> 16) % PLACES;
}

const SEQUENCE_FACTOR: u32 = 0x85ebca6b;
const SPI_FACTOR: u32 = 0x9e3779b1;

function isOfRouters(nextHeader: i32): bool {
  return nextHeader == InnerProtocol.OSPF || nextHeader == PIM || nextHeader == VRRP;
}

/** True for ESP that authenticates OSPF: nothing is encrypted, and the inner packet says what it is. */
function holdsOspf(payload: Payload): bool {
  if (payload.captured != payload.length) return false;
  return findNullTrailer(payload.at, payload.length) >= 0 && nullTrailer.nextHeader == InnerProtocol.OSPF;
}
