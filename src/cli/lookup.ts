/**
 * `sluice lookup`: which registrations cover an address, and which of them counts.
 */
import { parseDate, parseInstant } from '../core/iso-time.ts';
import { Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { formatMicros, micros, type Micros } from '../core/units.ts';
import { PrefixParser } from '../registry/prefix.ts';
import { NO_REGISTRATION, type Registration, type Registry, Standing } from '../registry/registry.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import { requireRegistry } from './load-rules.ts';

export interface LookupFlags {
  readonly registry: string;
  readonly at?: string;
  readonly protocol?: string;
}

export async function lookup(addresses: readonly string[], flags: LookupFlags): Promise<void> {
  const at = flags.at === undefined ? micros(Date.now() * 1000) : parseTime(flags.at);
  const parsed = addresses.map(parseAddress);
  const registry = await requireRegistry(flags.registry);
  const protocol = (PROTOCOL_NAMES as readonly string[]).indexOf(flags.protocol ?? PROTOCOL_NAMES[Protocol.NONE]);
  for (const [index, words] of parsed.entries()) {
    process.stdout.write(`${addresses[index]!} at ${formatMicros(at)}\n`);
    for (const line of coverageLines(registry, words, at, protocol)) process.stdout.write(`  ${line}\n`);
  }
}

function parseTime(text: string): Micros {
  const time = parseInstant(text);
  const value = Number.isNaN(time) ? parseDate(text) : time;
  if (!Number.isNaN(value)) return value;
  throw new CommandError(
    `--at ${text}: a time is written like 2024-11-10 or 2024-11-10T18:00:00Z`,
    ExitCode.WRONG_USAGE,
  );
}

function parseAddress(text: string): readonly number[] {
  const parser = new PrefixParser();
  if (!parser.parseAddress(text)) throw new CommandError(`${text}: ${parser.message}`, ExitCode.WRONG_USAGE);
  return [parser.word0, parser.word1, parser.word2, parser.word3];
}

/** A line for each registration that covers the address, the one that counts marked; one line where there is none. */
export function coverageLines(
  registry: Registry,
  words: ArrayLike<number>,
  timeUs: number,
  protocol: number,
): string[] {
  const [a, b, c, d] = [words[0]!, words[1]!, words[2]!, words[3]!];
  const found = registry.coverages(a, b, c, d, timeUs, protocol);
  if (found.length === 0) return ['not registered: no registration covers it'];
  const counts = registry.covers(a, b, c, d, timeUs, protocol);
  const lines = found.map(({ index, standing }) => {
    const registration = registry.registrationAt(index);
    const mark = index === counts ? 'counts' : standingText(standing, registration, protocol);
    return `${registration.prefix}  ${registration.holder} (${registration.sector}), ${registration.reference}, line ${registration.line}: ${mark}`;
  });
  if (counts === NO_REGISTRATION) lines.push('not registered: none of these is in force');
  return lines;
}

function standingText(standing: Standing, registration: Registration, protocol: number): string {
  switch (standing) {
    case Standing.NOT_YET_VALID:
      return `not valid before ${formatMicros(registration.validFromUs ?? 0)}`;
    case Standing.EXPIRED:
      return `expired, valid until ${formatMicros(registration.validUntilUs ?? 0)}`;
    case Standing.OTHER_PROTOCOL:
      return `for ${registration.protocols.join(', ')} only, not ${PROTOCOL_NAMES[protocol]!}`;
    case Standing.IN_FORCE:
      return 'in force too, behind one that is more specific or comes first';
  }
}
