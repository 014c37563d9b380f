/**
 * Searches a registry for the console: by address, prefix, reference or holder, as `sluice lookup` does, with bounded
 * results and in steps.
 */
import { Protocol } from '../../core/protocol.ts';
import { adviseOnPrefix } from '../../registry/file/prefix-advice.ts';
import { rangeInside } from '../../registry/lookup/prefix-range.ts';
import { LIKE_AN_ADDRESS } from '../../registry/like-an-address.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import { NO_REGISTRATION, VALIDITY_NAMES } from '../../registry/registration.ts';
import type { Registry } from '../../registry/registry.ts';
import type { RegistrationView, SearchAnswer } from '../../web/api/registry-schema.ts';
import type { RegistryIndex } from './registry-index.ts';
import { inSteps } from './work-in-steps.ts';

/** Registrations of a section that are shown. */
const SHOWN = 100;
const ADDRESS_LENGTH = 128;
const MICROS_PER_MILLISECOND = 1000;

type Found = Pick<SearchAnswer, 'kind' | 'problem' | 'registered' | 'sections'>;
type Section = SearchAnswer['sections'][number];

/** What a search asks: the time and the protocol for which validity is shown. */
export interface AskedAt {
  readonly timeUs: number;
  /** A code of core/protocol; NONE for any. */
  readonly protocol: number;
}

export async function searchRegistry(index: RegistryIndex, text: string, asked: AskedAt): Promise<Found> {
  const parser = new PrefixParser();
  if (parser.parse(text))
    return parser.length === ADDRESS_LENGTH ? ofAddress(index, parser, asked) : ofPrefix(index, parser, asked);
  const sections = [await ofReference(index, text, asked), await ofHolder(index, text, asked)].filter(
    ({ rows }) => rows.length > 0,
  );
  if (sections.length === 0 && LIKE_AN_ADDRESS.test(text)) {
    const problem = adviseOnPrefix(text, 'ask for each') ?? parser.message;
    return { kind: 'invalid', problem, registered: null, sections };
  }
  return { kind: 'text', problem: null, registered: null, sections };
}

/** A registration as the console shows it; `counts`: it is the one that counts for an address. */
export function registrationView(
  registry: Registry,
  row: number,
  { timeUs, protocol }: AskedAt,
  counts = false,
): RegistrationView {
  const { line, prefix, holder, sector, protocols, validFromUs, validUntilUs, reference } =
    registry.registrationAt(row);
  return {
    row,
    line,
    prefix,
    holder,
    sector,
    protocols: [...protocols],
    valid_from_ms: milliseconds(validFromUs),
    valid_until_ms: milliseconds(validUntilUs),
    reference,
    validity: VALIDITY_NAMES[registry.validityOf(row, timeUs, protocol)],
    counts,
  };
}

function milliseconds(timeUs: number | null): number | null {
  return timeUs === null ? null : timeUs / MICROS_PER_MILLISECOND;
}

function ofAddress({ registry }: RegistryIndex, words: PrefixParser, asked: AskedAt): Found {
  const { word0, word1, word2, word3 } = words;
  const found = registry.coverages(word0, word1, word2, word3, asked.timeUs, asked.protocol);
  const counting = registry.covers(word0, word1, word2, word3, asked.timeUs, asked.protocol);
  const rows = found.slice(0, SHOWN).map(({ index }) => registrationView(registry, index, asked, index === counting));
  const sections: Section[] = found.length === 0 ? [] : [{ kind: 'covering', total: found.length, rows }];
  return { kind: 'address', problem: null, registered: counting !== NO_REGISTRATION, sections };
}

function ofPrefix({ registry }: RegistryIndex, prefix: PrefixParser, asked: AskedAt): Found {
  const { prefixes, rowsInOrder } = registry;
  const { word0, word1, word2, word3, length } = prefix;
  const covering = registry
    .coverages(word0, word1, word2, word3, asked.timeUs, Protocol.NONE)
    .map(({ index }) => index)
    .filter((row) => prefixes.length[row]! <= length);
  const { from, to } = rangeInside(prefixes, rowsInOrder, prefix);
  const section = (kind: Section['kind'], total: number, rows: readonly number[]): Section => ({
    kind,
    total,
    rows: rows.slice(0, SHOWN).map((row) => registrationView(registry, row, asked)),
  });
  const sections = [
    section('covering', covering.length, covering),
    section('inside', to - from, [...rowsInOrder.subarray(from, Math.min(to, from + SHOWN))]),
  ].filter(({ total }) => total !== 0);
  return { kind: 'prefix', problem: null, registered: null, sections };
}

async function ofReference(index: RegistryIndex, text: string, asked: AskedAt): Promise<Section> {
  const { total, rows } = (await index.references()).find(text, SHOWN);
  return { kind: 'reference', total, rows: rows.map((row) => registrationView(index.registry, row, asked)) };
}

async function ofHolder(index: RegistryIndex, text: string, asked: AskedAt): Promise<Section> {
  const search = await index.holders();
  const scan = search.begin(text);
  await inSteps(() => search.scan(scan, SHOWN + 1));
  const isAll = scan.rows.length <= SHOWN;
  const rows = scan.rows.slice(0, SHOWN).map((row) => registrationView(index.registry, row, asked));
  return { kind: 'holder', total: isAll ? rows.length : null, rows };
}
