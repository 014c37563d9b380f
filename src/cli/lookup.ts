/**
 * `sluice lookup`: the registrations that cover an address, and which of them applies; those around and inside a
 * prefix; those of a holder; those with a reference.
 */
import { parseDate, parseInstant } from '../core/iso-time.ts';
import { Protocol, PROTOCOL_NAMES } from '../core/protocol.ts';
import { formatMicros, micros, type Micros } from '../core/units.ts';
import { adviseOnDate } from '../registry/file/date-advice.ts';
import { adviseOnPrefix } from '../registry/file/prefix-advice.ts';
import { LIKE_AN_ADDRESS } from '../registry/like-an-address.ts';
import { PrefixParser } from '../registry/prefix.ts';
import { coverageLines, registrationText, validityText } from '../registry/coverage-text.ts';
import { Validity } from '../registry/registration.ts';
import type { Registry } from '../registry/registry.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { requireRegistry } from '../rules/load-rules.ts';

export interface LookupFlags {
  readonly registry: string;
  readonly at?: string;
  readonly protocol?: string;
}

/** A query on the registry. */
interface Question {
  readonly registry: Registry;
  readonly timeUs: Micros;
  /** A code of core/protocol; NONE for any. */
  readonly protocol: number;
}

/** Registrations per section that are listed; the rest are counted. */
const SHOWN_REGISTRATIONS = 100;
const ADDRESS_LENGTH = 128;
const FORMS = [
  'an address (198.51.100.7, 2001:db8::1): which registrations cover it, and which of them counts',
  'a prefix (198.51.100.0/24): those that cover it, and those inside it',
  'a reference, exactly as the registry has it (OW-2021-00017)',
  "a part of a holder's name, in capitals or not (example bank)",
];

export async function lookup(texts: readonly string[], flags: LookupFlags): Promise<void> {
  const timeUs = flags.at === undefined ? micros(Date.now() * 1000) : parseTime(flags.at);
  const registry = await requireRegistry(flags.registry);
  const protocol = (PROTOCOL_NAMES as readonly string[]).indexOf(flags.protocol ?? PROTOCOL_NAMES[Protocol.NONE]);
  const question = { registry, timeUs, protocol };
  // Parsed first, so that a typing error is the only output.
  const answers = texts.map((text) => answerTo(text, question));
  for (const [index, lines] of answers.entries()) {
    process.stdout.write(`${texts[index]!} at ${formatMicros(timeUs)}\n`);
    for (const line of lines) process.stdout.write(`  ${line}\n`);
  }
}

function parseTime(text: string): Micros {
  const time = parseInstant(text);
  const value = Number.isNaN(time) ? parseDate(text) : time;
  if (!Number.isNaN(value)) return value;
  const advice = adviseOnDate(text, false) ?? 'a time is written like 2024-11-10 or 2024-11-10T18:00:00Z';
  throw new CommandError(`--at ${text}: ${advice}`, ExitCode.WRONG_USAGE);
}

function answerTo(text: string, question: Question): string[] {
  if (text.trim() === '')
    throw new CommandError(`an empty text asks for nothing: name ${FORMS.join('; ')}`, ExitCode.WRONG_USAGE);
  const parser = new PrefixParser();
  if (parser.parse(text)) {
    const words = [parser.word0, parser.word1, parser.word2, parser.word3];
    if (parser.length < ADDRESS_LENGTH) return prefixLines(parser, question);
    return coverageLines(question.registry, words, question.timeUs, question.protocol);
  }
  const lines = textLines(text, question);
  if (lines.length > 0) return lines;
  if (LIKE_AN_ADDRESS.test(text)) {
    const advice = adviseOnPrefix(text, 'ask for each') ?? parser.message;
    throw new CommandError(`${text}: ${advice}`, ExitCode.WRONG_USAGE);
  }
  return [
    'no registration has this reference, and no holder has this in its name',
    'lookup understands:',
    ...FORMS.map((form) => `  ${form}`),
  ];
}

/** The registrations around a prefix and inside it. */
function prefixLines(prefix: PrefixParser, question: Question): string[] {
  const { search } = question.registry;
  const covering = search.covering(prefix).reverse();
  const inside = search.inside(prefix);
  return [
    ...section(covering, 'covered by', question),
    ...section(inside, 'inside it', question),
    ...(covering.length + inside.length === 0
      ? ['not registered: no registration covers it, and none lies inside it']
      : []),
    ...(covering.length === 0 && inside.length > 0 ? ['no registration covers all of it'] : []),
  ];
}

/** The registrations with a reference and of a holder. */
function textLines(text: string, question: Question): string[] {
  const { search } = question.registry;
  const sought = text.trim();
  if (sought === '') return [];
  return [
    ...section(search.ofReference(sought), 'with this reference', question),
    ...section(search.ofHolder(sought), 'whose holder has this in its name', question),
  ];
}

/** A heading and one line each; nothing if there are none. */
function section(rows: readonly number[], heading: string, { registry, timeUs, protocol }: Question): string[] {
  if (rows.length === 0) return [];
  const shown = rows.slice(0, SHOWN_REGISTRATIONS).map((row) => {
    const registration = registry.registrationAt(row);
    const validity = registry.validityOf(row, timeUs, protocol);
    const mark = validity === Validity.IN_FORCE ? 'in force' : validityText(validity, registration, protocol);
    return `  ${registrationText(registration)}: ${mark}`;
  });
  const more = rows.length - shown.length;
  const count = rows.length === 1 ? '1 registration' : `${rows.length} registrations`;
  return [`${heading}, ${count}:`, ...shown, ...(more > 0 ? [`  and ${more} more`] : [])];
}
