/** Sectors, protocols, providers and scopes in a cell: words of lists, in other spellings. */
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { ANY_PROTOCOL, PROTOCOL_ALIASES, SECTOR_ALIASES } from '../../registry/file/field-words.ts';
import { nearestWord } from '../../registry/file/word-advice.ts';
import { SECTOR_NAMES } from '../../registry/sector.ts';
import { SCOPE_NAMES } from '../../registry/scope.ts';
import type { SectorName } from '../model/kind.ts';
import type { Isp } from '../store/settings.ts';
import type { CellReading } from './cell-reading.ts';

const SECTORS = SECTOR_NAMES.slice(1) as readonly SectorName[];
const PROTOCOLS = PROTOCOL_NAMES.slice(1);
/** Sectors as companies call them, beside the aliases of the engine. */
const SECTOR_WORDS: Readonly<Record<string, SectorName>> = {
  ...(SECTOR_ALIASES as Readonly<Record<string, SectorName>>),
  softwarehouse: 'it',
  softwareandit: 'it',
  informationtechnology: 'it',
  itcompany: 'it',
  finance: 'bank',
  bpo: 'call-centre',
  freelance: 'freelancer',
  callcentres: 'call-centre',
  diplomaticmission: 'mission',
  otherenterprise: 'enterprise',
  universität: 'university',
  банк: 'bank',
  университет: 'university',
  посольство: 'mission',
  предприятие: 'enterprise',
};

function letters(text: string): string {
  return text
    .normalize('NFKC')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]/gu, '');
}

/** A word that is one of the list in other letters is taken; one that only resembles one is asked about. */
function readWord<Name extends string>(
  text: string,
  names: readonly Name[],
  aliases: Readonly<Record<string, string>>,
  what: string,
): CellReading<Name> {
  const word = letters(text);
  const same =
    names.find((name) => letters(name) === word) ??
    (Object.hasOwn(aliases, word) ? (aliases[word] as Name) : undefined);
  if (same !== undefined) return { value: same, remarks: same === text ? [] : [`“${text}” read as ${same}`] };
  const near = nearestWord(text, names) as Name | null;
  if (near !== null) return { value: near, questions: [`the ${what} “${text}” resembles ${near}`] };
  return { value: null, errors: [`the ${what} is “${text}”: write one of ${names.join(', ')}`] };
}

export function readSector(text: string): CellReading<SectorName> {
  return readWord(text, SECTORS, SECTOR_WORDS, 'sector');
}

export function readProtocols(text: string): CellReading<readonly string[]> {
  if (ANY_PROTOCOL.test(text.trim())) return { value: [], remarks: [`“${text}” read as any protocol`] };
  const words = text.split(/[\s,;/+&|]+|\band\b/).filter((word) => word !== '');
  const readings = words.map((word) => readWord(word, PROTOCOLS, PROTOCOL_ALIASES, 'protocol'));
  const errors = readings.flatMap((one) => one.errors ?? []);
  if (errors.length > 0) return { value: null, errors: [`${errors.join('; ')}, or leave the cell empty for any`] };
  return {
    value: [...new Set(readings.map(({ value }) => value!))],
    questions: readings.flatMap((one) => one.questions ?? []),
    remarks: readings.flatMap((one) => one.remarks ?? []),
  };
}

/** By its short name or its title. */
export function readIsp(text: string, isps: readonly Isp[]): CellReading<string> {
  const word = letters(text);
  const found = isps.find(({ name, title }) => letters(name) === word || letters(title) === word);
  if (found !== undefined) return { value: found.name };
  const titles = isps.map(({ title }) => title);
  const near = isps.find(({ title }) => title === nearestWord(text, titles));
  if (near !== undefined) return { value: near.name, questions: [`the provider “${text}” resembles ${near.title}`] };
  return { value: null, errors: [`the provider is “${text}”: write one of ${titles.join(', ')}`] };
}

export function readScope(text: string): CellReading<(typeof SCOPE_NAMES)[number]> {
  const word = text.toLowerCase();
  if (word === 'pair')
    return { value: null, errors: ['a pair is applied for in the form, where both of its ends are named'] };
  const found = SCOPE_NAMES.find((name) => name === word);
  return found === undefined
    ? { value: null, errors: [`the scope is “${text}”: write source, destination, or nothing for either end`] }
    : { value: found };
}
