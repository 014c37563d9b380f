/** The registrations that cover an address, with the one that counts; and in words. */
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { formatMicros } from '../core/units.ts';
import { type Registration, Validity } from './registration.ts';
import type { Registry } from './registry.ts';
import { SCOPE_NAMES, SCOPE_TEXTS } from './scope.ts';

export interface CoveringRegistration {
  readonly registration: Registration;
  /** It is the one that counts. */
  readonly counts: boolean;
  /** Why it does not, if it does not. */
  readonly validity: Validity;
}

/** Every registration that covers the address at a time and for a protocol, the most specific first. */
export function coverageOf(
  registry: Registry,
  words: ArrayLike<number>,
  timeUs: number,
  protocol: number,
): CoveringRegistration[] {
  const [a, b, c, d] = [words[0]!, words[1]!, words[2]!, words[3]!];
  const counted = registry.covers(a, b, c, d, timeUs, protocol);
  return registry.coverages(a, b, c, d, timeUs, protocol).map(({ index, validity }) => {
    return { registration: registry.registrationAt(index), counts: index === counted, validity };
  });
}

/** A line for each registration that covers the address, with the applicable one marked; one line if there is none. */
export function coverageLines(
  registry: Registry,
  words: ArrayLike<number>,
  timeUs: number,
  protocol: number,
): string[] {
  const found = coverageOf(registry, words, timeUs, protocol);
  if (found.length === 0) return ['not registered: no registration covers it'];
  const lines = found.map(({ registration, counts, validity }) => {
    const mark = counts ? 'counts' : validityText(validity, registration, protocol);
    return `${registrationText(registration)}: ${mark}`;
  });
  if (!found.some(({ counts }) => counts)) lines.push('not registered: none of these is in force');
  return lines;
}

export function registrationText({ prefix, holder, sector, reference, scope, line }: Registration): string {
  const limited = scope === '' ? '' : `, ${SCOPE_TEXTS[SCOPE_NAMES.indexOf(scope)]!}`;
  return `${prefix}  ${holder} (${sector}), ${reference === '' ? 'no reference' : reference}, line ${line}${limited}`;
}

/** Why a registration does not count for a protocol, although it covers the address. */
export function validityText(validity: Validity, registration: Registration, protocol: number): string {
  switch (validity) {
    case Validity.NOT_YET_VALID:
      return `not valid before ${formatMicros(registration.validFromUs ?? 0)}`;
    case Validity.EXPIRED:
      return `expired, valid until ${formatMicros(registration.validUntilUs ?? 0)}`;
    case Validity.OTHER_PROTOCOL:
      return `for ${registration.protocols.join(', ')} only, not ${PROTOCOL_NAMES[protocol]!}`;
    case Validity.IN_FORCE:
      return 'in force too; a more specific or an earlier one counts';
  }
}
