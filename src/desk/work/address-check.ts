/**
 * Addresses as people write them, checked by the code of the engine's registry: single ones, prefixes, ranges and lists
 * are turned into prefixes, and what is wrong is said with what to write instead.
 */
import { prefixesOf, rangeOf } from '../../registry/address-range.ts';
import { adviseOnPrefix } from '../../registry/file/prefix-advice.ts';
import { ReservedRanges } from '../../registry/file/reserved-ranges.ts';
import { IPV4_LENGTH_OFFSET } from '../../core/ip-address.ts';
import { PrefixParser } from '../../registry/prefix.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import { isRegistered } from '../store/registry-rows.ts';
import { allIsps, setting } from '../store/settings.ts';

export interface AddressCheck {
  readonly prefixes: readonly string[];
  /** What must be mended. */
  readonly problems: readonly string[];
  /** What a reviewer will look at. */
  readonly notes: readonly string[];
}

export interface CheckedFor {
  /** The ISP that gives the addresses; null for far ends, which may be anywhere. */
  readonly isp: string | null;
  /** The registration that may have the addresses already. */
  readonly except: number | null;
  /** A reviewer mends it, and may name wider prefixes than an applicant. */
  readonly mayWiden?: boolean;
}

/** The widest prefixes that a reviewer may name. */
const WIDEST_OF_REVIEWER = { widestIpv4: 16, widestIpv6: 32 } as const;

const MOST_PREFIXES = 256;
const RANGE = /^([0-9a-f:.]+)\s*(?:-|–|—|\bto\b|\.\.\.?)\s*([0-9a-f:.]+)$/i;
const BETWEEN = /[\n\r,;]+|\s+(?![-–—]|to\b)(?<![-–—]\s*|\bto\s+)/i;

let ranges: ReservedRanges | null = null;

export function checkAddresses(database: DeskDatabase, text: string, checkedFor: CheckedFor): AddressCheck {
  const { isp, except, mayWiden = false } = checkedFor;
  const problems: string[] = [];
  const notes: string[] = [];
  const prefixes = new Set<string>();
  for (const part of text.split(BETWEEN).map((one) => one.trim())) {
    if (part === '') continue;
    if (prefixes.size > MOST_PREFIXES) {
      problems.push(`these are more than ${MOST_PREFIXES} prefixes: write them wider, or send several applications`);
      break;
    }
    const found = prefixesIn(part);
    if (typeof found === 'string') problems.push(`${part}: ${found}`);
    else for (const prefix of found) prefixes.add(prefix);
  }
  for (const prefix of prefixes) {
    const problem = rangeProblem(database, prefix) ?? widthProblem(database, prefix, mayWiden);
    if (problem !== null) problems.push(`${prefix}: ${problem}`);
    else if (isp !== null && isRegistered(database, prefix, except))
      problems.push(`${prefix}: it is registered already, wholly or in part; if it is yours, change that registration`);
    if (isp !== null) notes.push(...ispNotes(database, prefix, isp));
  }
  return { prefixes: [...prefixes], problems, notes };
}

/** The prefixes that a part of a list means, or what is wrong with it. */
function prefixesIn(part: string): readonly string[] | string {
  const parser = new PrefixParser();
  const range = RANGE.exec(part);
  if (range !== null) return prefixesOfRange(range[1]!, range[2]!);
  if (!parser.parse(part)) return adviseOnPrefix(part, 'write them on lines of their own:') ?? parser.message;
  return prefixesOf(rangeOf(parser));
}

function prefixesOfRange(from: string, until: string): readonly string[] | string {
  const parser = new PrefixParser();
  if (!parser.parseAddress(from)) return parser.message;
  const isIpv4 = parser.isIpv4;
  const { first } = rangeOf(parser);
  if (!parser.parseAddress(until)) return parser.message;
  if (parser.isIpv4 !== isIpv4) return 'a range has both ends in one family: IPv4, or IPv6';
  const { last } = rangeOf(parser);
  return last < first ? 'the range ends before it begins' : prefixesOf({ first, last });
}

function rangeProblem(database: DeskDatabase, prefix: string): string | null {
  ranges ??= new ReservedRanges();
  const parser = new PrefixParser();
  parser.parse(prefix);
  const isTaken = setting(database, 'documentation') === 'take';
  const reserved = ranges.overlapping(rangeOf(parser)).find(({ documentation }) => !(documentation && isTaken));
  if (reserved === undefined) return null;
  return `${reserved.prefix} is ${reserved.purpose}, and has no holder on the Internet: write the public address`;
}

function widthProblem(database: DeskDatabase, prefix: string, mayWiden: boolean): string | null {
  const parser = new PrefixParser();
  parser.parse(prefix);
  const { isIpv4 } = parser;
  const length = isIpv4 ? parser.length - IPV4_LENGTH_OFFSET : parser.length;
  const name = isIpv4 ? 'widestIpv4' : 'widestIpv6';
  const asked = Number(setting(database, name));
  const widest = mayWiden ? Math.min(asked, WIDEST_OF_REVIEWER[name]) : asked;
  if (length >= widest) return null;
  return `it is wider than /${widest}, the widest that may be asked for: write the parts that are yours`;
}

/** The prefix lies in the range of another ISP. */
function ispNotes(database: DeskDatabase, prefix: string, isp: string): string[] {
  const parser = new PrefixParser();
  parser.parse(prefix);
  const { first, last } = rangeOf(parser);
  return allIsps(database).flatMap(({ name, title, prefixes }) => {
    const isIts = prefixes.some((one) => {
      const range = parser.parse(one) ? rangeOf(parser) : null;
      return range !== null && range.first <= first && last <= range.last;
    });
    return isIts && name !== isp
      ? [`${prefix}: it lies in a range of ${title}, not of the provider that you chose`]
      : [];
  });
}
