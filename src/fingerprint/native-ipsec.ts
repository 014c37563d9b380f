/**
 * ESP and AH as IP protocols 50 and 51. The protocol number says what it is; suspected at the first sound packet,
 * confirmed once an SPI that a key exchange can have handed out stays while its sequence number rises by a small step.
 *
 * Not a VPN, and ruled out: AH in front of OSPF, PIM and VRRP between two addresses, which authenticates routers (RFC 4552, RFC
 * 5796). What goes to a group of routers is not shown here (engine/router-protection).
 */
import { ahNextHeader, ahSequence, ahSpi } from '../wire/ah.ts';
import { espSequence, espSpi, SMALLEST_NEGOTIATED_SPI } from '../wire/esp.ts';
import { Check } from './checks.ts';
import type { EvidenceLog } from './evidence.ts';
import { Variant } from './finding.ts';
import { Framing, type Payload } from './payload.ts';
import { StateWord, Verdict } from './verdict.ts';

const Word = {
  /** Bits: 1 << direction once that direction was seen. */
  SEEN: StateWord.OWN,
  SPI: StateWord.OWN + 1,
  SEQUENCE: StateWord.OWN + 3,
} as const;

const SEQUENCE_STEP_LIMIT = 1024;
/** Next headers of what routers say to each other. */
const OSPF = 89;
const PIM = 103;
const VRRP = 112;

/** `payload` begins at the ESP or AH header, which the decoder has checked. */
export function observeNativeIpsec(payload: Payload, state: Int32Array, at: number, log: EvidenceLog): Verdict {
  const { data, direction, packet } = payload;
  const isEsp = payload.framing === Framing.ESP;
  if (!isEsp && isOfRouters(ahNextHeader(data, payload.at))) return Verdict.RULED_OUT;
  const spi = (isEsp ? espSpi(data, payload.at) : ahSpi(data, payload.at)) | 0;
  const sequence = (isEsp ? espSequence(data, payload.at) : ahSequence(data, payload.at)) | 0;
  const spiAt = isEsp ? 0 : 4;
  state[at + StateWord.VARIANT] = isEsp ? Variant.ESP : Variant.AH;
  // Who set the tunnel up, these packets do not tell.
  if (state[at + Word.SEEN] === 0) {
    log.note(packet, isEsp ? Check.ESP_SPI : Check.AH_SPI, spiAt, 0, spi);
  }
  const seen = (state[at + Word.SEEN]! & (1 << direction)) !== 0;
  const step = (sequence - state[at + Word.SEQUENCE + direction]!) | 0;
  const stays = seen && state[at + Word.SPI + direction] === spi;
  state[at + Word.SEEN]! |= 1 << direction;
  state[at + Word.SPI + direction] = spi;
  state[at + Word.SEQUENCE + direction] = sequence;
  const negotiated = spi >>> 0 >= SMALLEST_NEGOTIATED_SPI;
  if (!negotiated || !stays || step <= 0 || step > SEQUENCE_STEP_LIMIT) return Verdict.SUSPECTED;
  log.note(packet, isEsp ? Check.ESP_SPI_STAYS : Check.AH_SPI_STAYS, spiAt, spi, spi);
  const rises = isEsp ? Check.ESP_SEQUENCE_RISES : Check.AH_SEQUENCE_RISES;
  log.note(packet, rises, spiAt + 4, SEQUENCE_STEP_LIMIT, sequence);
  return Verdict.CONFIRMED;
}

function isOfRouters(nextHeader: number): boolean {
  return nextHeader === OSPF || nextHeader === PIM || nextHeader === VRRP;
}
