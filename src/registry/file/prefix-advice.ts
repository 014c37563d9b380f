/**
 * Advice for texts that PrefixParser has refused: ranges, lists, netmasks, wildcards, ports, and values changed by
 * spreadsheets. The advice is only a message; the row stays refused.
 */
import { prefixAround, prefixesOf, rangeOf } from '../address-range.ts';
import { PrefixParser } from '../prefix.ts';
import { spreadsheetDamage } from './spreadsheet-damage.ts';

/** The largest number of prefixes in a message. */
const SHOWN_PREFIXES = 16;
/** Longer texts get no advice. */
const ADVISED_LENGTH = 1024;
/** Lists inside lists are not recognised. */
const PART_OF_LIST = true;

/** An interpretation of a text: its fault, and the prefixes that it means; none where that is unknown. */
export interface Reading {
  readonly fault: string;
  readonly prefixes: readonly string[];
  /** True for a list of prefixes that are not all known. */
  readonly isSeveral?: boolean;
  /** True where the text may mean other addresses, so that a person has to be asked. */
  readonly isGuess?: boolean;
}

const parser = new PrefixParser();

/**
 * The message: what the text is, and what to write; null where PrefixParser's message is enough. `forEach` is the
 * instruction for several prefixes.
 */
export function adviseOnPrefix(text: string, forEach = 'write one row for each'): string | null {
  if (text.length > ADVISED_LENGTH) return null;
  const reading = readingOf(text);
  if (reading === null) return null;
  const { fault, prefixes, isSeveral } = reading;
  const [first] = prefixes;
  if (first === undefined) return isSeveral === true ? `${fault}: ${forEach}` : fault;
  return prefixes.length === 1 ? `${fault}: write ${first}` : `${fault}: ${forEach} of ${shown(prefixes)}`;
}

/** What such a text means, for those who show it before it is taken; null where that is unknown. */
export function readingOfPrefix(text: string): Reading | null {
  return text.length > ADVISED_LENGTH ? null : readingOf(text);
}

function shown(prefixes: readonly string[]): string {
  const more = prefixes.length - SHOWN_PREFIXES;
  return prefixes.slice(0, SHOWN_PREFIXES).join(', ') + (more > 0 ? ` and ${more} more` : '');
}

function readingOf(text: string, isPart = false): Reading | null {
  const { clean, fault } = cleaned(text);
  const plain = plainPrefix(clean);
  if (plain !== null) return { fault, prefixes: [plain] };
  const damage = spreadsheetDamage(clean);
  if (damage !== null) return { fault: damage, prefixes: [] };
  for (const form of FORMS) {
    const reading = form(clean);
    if (reading !== null) return reading;
  }
  if (!isPart) {
    const list = listed(clean);
    if (list !== null) return list;
  }
  if (clean === text) return null;
  parser.parse(clean);
  return { fault: `${fault}, and ${parser.message}`, prefixes: [] };
}

/** The text without spaces, quotes and a full stop around it, and with compatibility characters replaced. */
function cleaned(text: string): { readonly clean: string; readonly fault: string } {
  const unquoted = text.trim().replace(/^['"`‘’“”«»„]+|['"`‘’“”«»„]+$/g, '');
  const clean = unquoted
    .normalize('NFKC')
    .trim()
    .replace(/\s*([./])\s*/g, '$1')
    .replace(/[.,;:]$/, (end) => (unquoted.endsWith('::') ? end : ''))
    .replace(/^(\d+),(\d+),(\d+),(\d+)(?=$|\/)/, '$1.$2.$3.$4')
    .replace('\\', '/');
  return { clean, fault: faultOf(text, text.trim(), unquoted) };
}

function faultOf(text: string, trimmed: string, unquoted: string): string {
  if (unquoted !== trimmed) return 'quotes around a prefix';
  if (/[\u00a0\u2007\u202f]/.test(text)) return 'a no-break space (U+00A0), which looks like a space';
  if (/\s/.test(text)) return 'a space in or around a prefix';
  return 'a wrong character in a prefix';
}

function plainPrefix(text: string): string | null {
  if (!parser.parse(text)) return null;
  return prefixesOf(rangeOf(parser))[0]!;
}

const FORMS: readonly ((text: string) => Reading | null)[] = [
  masked,
  ranged,
  wildcard,
  withPort,
  withZone,
  paddedWithZeros,
  tooShort,
  lengthAfterSpace,
  wholeNumber,
  withoutDots,
  hostName,
];

/** A netmask: `10.0.0.0/255.255.255.0`, or `10.0.0.0 0.0.0.255` as routers write it. */
function masked(text: string): Reading | null {
  const match = /^(\d+\.\d+\.\d+\.\d+)(\/|\s+)(\d+\.\d+\.\d+\.\d+)$/.exec(text);
  if (match === null || !parser.parseAddress(match[3]!)) return null;
  const mask = parser.word3 >>> 0;
  const length = lengthOfMask(mask) ?? lengthOfMask(~mask >>> 0);
  if (length === null) return match[2] === '/' ? { fault: `${match[3]!} is not a netmask`, prefixes: [] } : null;
  if (!parser.parseAddress(match[1]!)) return null;
  const network = networkOf(match[1]!, length);
  const isGuess = network[0]?.split('/')[0] !== match[1];
  return { fault: 'a netmask instead of a prefix length', prefixes: network, isGuess };
}

/**
 * The length of a mask whose ones come before its zeros; null for anything else. A mask of zeros alone is ambiguous.
 */
function lengthOfMask(mask: number): number | null {
  const length = Math.clz32(~mask);
  if (length === 0 || length === 32) return mask === 0xffffffff ? 32 : null;
  return mask === (-1 << (32 - length)) >>> 0 ? length : null;
}

/** The IPv4 prefix of `length` bits that contains the address. */
function networkOf(address: string, length: number): string[] {
  if (!parser.parseAddress(address)) return [];
  const { first } = rangeOf(parser);
  const size = 1n << BigInt(32 - length);
  const base = first - (first % size);
  return prefixesOf({ first: base, last: base + size - 1n });
}

/** A range: `192.0.2.1-192.0.2.9`, with any dash or `to`, or `192.0.2.1-9`; its ends may be prefixes. */
function ranged(text: string): Reading | null {
  const match = /^([^\s–—‑−-]+)(?:\s*[–—‑−-]\s*|\s+to\s+)([^\s–—‑−-]+)$/i.exec(text.replace(/\.\.+/, '-'));
  if (match === null || !parser.parse(match[1]!)) return null;
  const start = rangeOf(parser);
  const { isIpv4 } = parser;
  const numbers = match[2]!.split('.');
  const isShort = isIpv4 && numbers.length < 4 && !match[2]!.includes(':') && !match[2]!.includes('/');
  const end = isShort ? [...match[1]!.split('.').slice(0, 4 - numbers.length), ...numbers].join('.') : match[2]!;
  if (!parser.parse(end) || parser.isIpv4 !== isIpv4) return null;
  const stop = rangeOf(parser);
  if (stop.last < start.first)
    return {
      fault: 'a range whose end is before its start',
      prefixes: prefixesOf({ first: stop.first, last: start.last }),
      isGuess: true,
    };
  const range = { first: start.first, last: stop.last };
  const prefixes = prefixesOf(range);
  const around =
    prefixes.length > SHOWN_PREFIXES ? ` (${prefixAround(range)} is the narrowest prefix that holds all of it)` : '';
  return { fault: `a range of addresses${around}`, prefixes };
}

/** A wildcard: `10.1.2.*`, `10.1.*.*`, `10.1.x`. */
function wildcard(text: string): Reading | null {
  if (text === '*')
    return { fault: '"*" means every address: a registration has the addresses of one holder', prefixes: [] };
  const match = /^((?:\d{1,3}\.){1,3})(?:[*x]\.){0,2}[*x]$/i.exec(text);
  if (match === null) {
    const isElsewhere = /^[\d.*]+$/.test(text) && text.includes('*') && text.includes('.');
    return isElsewhere
      ? { fault: 'a wildcard is only valid for the last numbers of an address, and for whole ones', prefixes: [] }
      : null;
  }
  const numbers = match[1]!.split('.').slice(0, -1);
  const prefix = plainPrefix(`${[...numbers, '0', '0', '0'].slice(0, 4).join('.')}/${numbers.length * 8}`);
  return prefix === null ? null : { fault: 'a wildcard', prefixes: [prefix] };
}

/** A port or a URL: `192.0.2.1:443`, `[2001:db8::1]:443`, `https://192.0.2.1/`. */
function withPort(text: string): Reading | null {
  const url = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)/i.exec(text);
  if (url !== null) {
    const host = plainPrefix(url[1]!.replace(/:\d+$/, '')) ?? withPort(url[1]!)?.prefixes[0];
    return host === undefined ? hostName(url[1]!) : { fault: 'a web address', prefixes: [host] };
  }
  const match = /^(\d+\.\d+\.\d+\.\d+(?:\/\d+)?|\[[0-9a-f:.]+\])(?::\d+)?(?:\/(\d+|udp|tcp))?$/i.exec(text);
  if (match === null) return null;
  const address = match[1]!.replace(/[[\]]/g, '');
  const length = match[2] === undefined || /[a-z]/i.test(match[2]) ? '' : `/${match[2]}`;
  const prefix = plainPrefix(address + length);
  if (prefix === null) return null;
  const hasPort = /\]?:\d+(\/(udp|tcp))?$/i.test(text) && !/^\[[^\]]*\]$/.test(text);
  return {
    fault: hasPort ? 'a port, which is not part of a registration' : 'brackets around an address',
    prefixes: [prefix],
  };
}

function withZone(text: string): Reading | null {
  const match = /^([0-9a-f:.]+)%[^/\s]+(\/\d+)?$/i.exec(text);
  const prefix = match === null ? null : plainPrefix(match[1]! + (match[2] ?? ''));
  return prefix === null ? null : { fault: 'a zone, which names an interface of one machine', prefixes: [prefix] };
}

/** Leading zeros: `010.001.002.000/24`. */
function paddedWithZeros(text: string): Reading | null {
  if (!/^\d+(\.\d+){3}(\/\d+)?$/.test(text) || !/(^|[./])0\d/.test(text)) return null;
  const prefix = plainPrefix(text.replace(/(^|[./])0+(?=\d)/g, '$1'));
  const fault = 'leading zeros, which some programs read as octal; if the numbers are decimal';
  return prefix === null ? null : { fault, prefixes: [prefix], isGuess: true };
}

/** Missing numbers: `10.1.2/24`, `10.1.2`, `10.1.2.`. */
function tooShort(text: string): Reading | null {
  const match = /^(\d{1,3}(?:\.\d{1,3}){0,2})\.?(?:\/(\d{1,2}))?$/.exec(text);
  if (match === null) return null;
  const numbers = match[1]!.split('.');
  if (numbers.length === 1 && match[2] === undefined) return null;
  const length = match[2] === undefined ? numbers.length * 8 : Number(match[2]);
  const address = [...numbers, '0', '0', '0'].slice(0, 4).join('.');
  const prefixes = length > 32 ? [] : networkOf(address, length);
  const fault = `an IPv4 address has four numbers, this has ${numbers.length}; if the rest is zero`;
  return prefixes.length === 0 ? null : { fault, prefixes, isGuess: true };
}

/** A length after a space: `192.0.2.0 24`. */
function lengthAfterSpace(text: string): Reading | null {
  const match = /^(\S+)\s+(\d{1,3})$/.exec(text);
  const prefix = match === null ? null : plainPrefix(`${match[1]!}/${match[2]!}`);
  if (prefix === null) return null;
  return { fault: `if ${match![2]!} is the prefix length`, prefixes: [prefix], isGuess: true };
}

/** An IPv4 address as one number, as databases store it: `3221225985`. */
function wholeNumber(text: string): Reading | null {
  if (!/^\d{4,10}$/.test(text) || Number(text) > 0xffffffff) return null;
  const value = Number(text);
  const address = [value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255].join('.');
  return {
    fault: 'one whole number; if it is an IPv4 address as a number',
    prefixes: [`${address}/32`],
    isGuess: true,
  };
}

/** An address without its dots: `198051100004`. */
function withoutDots(text: string): Reading | null {
  if (!/^\d{8,12}(?:\/\d{1,2})?$/.test(text)) return null;
  const padded = /^(\d{3})(\d{3})(\d{3})(\d{3})(\/\d+)?$/.exec(text);
  const numbers = padded?.slice(1, 5).map(Number) ?? [];
  const prefix = padded === null ? null : plainPrefix(numbers.join('.') + (padded[5] ?? ''));
  return prefix === null
    ? { fault: 'one whole number: the dots between the four numbers of an IPv4 address are missing', prefixes: [] }
    : {
        fault: 'the dots of an IPv4 address are missing; if each of its numbers has three digits',
        prefixes: [prefix],
        isGuess: true,
      };
}

function hostName(text: string): Reading | null {
  const isName = /^(?=.*[a-z])[a-z0-9_-]+(\.[a-z0-9_-]+)+(:\d+)?$/i.test(text) && !/^0x/i.test(text);
  return isName ? { fault: 'a host name: write the addresses that it has, one row for each', prefixes: [] } : null;
}

/** Several prefixes in one cell. */
function listed(text: string): Reading | null {
  const parts = text.split(/\s*[,;|\n]\s*|\s+(?:and\s+)?/i).filter((part) => part !== '');
  if (parts.length < 2) return null;
  const prefixes: string[] = [];
  let isGuess = false;
  for (const part of parts) {
    const reading = readingOf(part, PART_OF_LIST);
    if (reading === null || reading.prefixes.length === 0) return unclearList(parts);
    prefixes.push(...reading.prefixes);
    if (reading.isGuess === true) isGuess = true;
  }
  return { fault: `a list of ${parts.length}`, prefixes, isGuess };
}

/** The advice for a list with parts that are not prefixes. */
function unclearList(parts: readonly string[]): Reading | null {
  const isList = parts.every((part) => /^[0-9a-f]+[.:]/i.test(part));
  return isList ? { fault: `a list of ${parts.length}`, prefixes: [], isSeveral: true } : null;
}
