/** Reads an application from a form. Everything that is wrong is said at once, with what to write instead. */
import { parseDate } from '../../core/iso-time.ts';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { KINDS, type KindName } from '../model/kind.ts';
import type { Statement } from '../store/application.ts';
import type { DeskDatabase } from '../store/desk-database.ts';
import type { Personal } from '../store/history.ts';
import { allSectors } from '../store/sector-store.ts';
import { allIsps } from '../store/settings.ts';
import { checkAddresses } from './address-check.ts';
import { dateOf } from './date-text.ts';

/** The fields of a form, as text. */
export interface Fields {
  text(name: string): string;
  all(name: string): readonly string[];
}

export interface ReadApplication {
  readonly organisation: string;
  readonly sector: string;
  readonly statement: Statement;
  readonly personal: Personal;
  readonly problems: readonly string[];
}

const LONGEST = 256;
const LONGEST_PURPOSE = 4000;
const MAIL = /^[^\s@<>,;:"()[\]\\]{1,64}@[a-z0-9](?:[a-z0-9.-]{0,250}[a-z0-9])?$/i;
/** A name that a spreadsheet would take for a formula is not written to a CSV that one may open. */
const FORMULA = /^[=+\-@\t]/;
const MOST_YEARS = 10;

/** `except`: the registration that is changed; null for a new one. `known`: what a change keeps. */
export function readApplication(
  database: DeskDatabase,
  kind: KindName,
  fields: Fields,
  {
    except,
    known,
    nowMs,
  }: { readonly except: number | null; readonly known: ReadKnown | null; readonly nowMs: number },
): ReadApplication {
  const problems: string[] = [];
  const organisation = known?.organisation ?? organisationOf(kind, fields, problems);
  const sector = known?.sector ?? sectorOf(database, kind, fields, problems);
  const statement = statementOf(database, fields, except, nowMs, problems);
  const personal = personalOf(kind, fields, known?.personal ?? null, problems);
  return { organisation, sector, statement, personal, problems };
}

export interface ReadKnown {
  readonly organisation: string;
  readonly sector: string;
  readonly personal: Personal | null;
}

function needed(fields: Fields, name: string, label: string, problems: string[], longest = LONGEST): string {
  const text = fields.text(name);
  if (text === '') problems.push(`${label} is missing`);
  if (text.length > longest) problems.push(`${label} is longer than ${longest} characters`);
  return text.slice(0, longest);
}

function organisationOf(kind: KindName, fields: Fields, problems: string[]): string {
  if (KINDS[kind].isPerson) return '';
  const text = needed(fields, 'organisation', 'the name of the organisation', problems);
  if (FORMULA.test(text))
    problems.push('the name of the organisation begins with a sign; write its first letter first');
  return text.replace(/\s+/g, ' ');
}

function sectorOf(database: DeskDatabase, kind: KindName, fields: Fields, problems: string[]): string {
  const { sector } = KINDS[kind];
  if (sector !== null) return sector;
  const text = fields.text('sector');
  const isKnown = allSectors(database).some(({ name, isOffered }) => isOffered && name === text);
  if (!isKnown) problems.push('choose a sector');
  return isKnown ? text : 'other';
}

function statementOf(
  database: DeskDatabase,
  fields: Fields,
  except: number | null,
  nowMs: number,
  problems: string[],
): Statement {
  const isp = fields.text('isp');
  if (!allIsps(database).some(({ name, isActive }) => isActive && name === isp))
    problems.push('choose your internet provider');
  const own = checkAddresses(database, fields.text('own'), { isp, except });
  const far = checkAddresses(database, fields.text('far'), { isp: null, except: null });
  problems.push(
    ...own.problems.map((one) => `own addresses: ${one}`),
    ...far.problems.map((one) => `far ends: ${one}`),
  );
  if (fields.text('own') === '' && fields.text('far') === '')
    problems.push('write your own static addresses, or the far ends if you have none');
  const protocols = fields.all('protocols');
  if (protocols.some((name) => !(PROTOCOL_NAMES.slice(1) as readonly string[]).includes(name)))
    problems.push('choose protocols from the list');
  const { validFrom, validUntil } = periodOf(fields, nowMs, problems);
  return {
    isp,
    own: own.prefixes,
    far: far.prefixes,
    protocols: [...new Set(protocols)],
    scope: '',
    validFrom,
    validUntil,
  };
}

function periodOf(fields: Fields, nowMs: number, problems: string[]): { validFrom: string; validUntil: string } {
  const validFrom = fields.text('validFrom');
  const validUntil = fields.text('validUntil');
  const areDates = [validFrom, validUntil].every((text) => !Number.isNaN(parseDate(text)));
  if (!areDates) problems.push('write both days of the period like 2026-11-30');
  else if (validUntil < validFrom) problems.push('the period ends before it begins');
  else if (validUntil < dateOf(nowMs)) problems.push('the period is over already');
  else if (Number(validUntil.slice(0, 4)) - Number(validFrom.slice(0, 4)) > MOST_YEARS)
    problems.push(`the period is longer than ${MOST_YEARS} years`);
  return { validFrom, validUntil };
}

function personalOf(kind: KindName, fields: Fields, known: Personal | null, problems: string[]): Personal {
  const subscriber = needed(fields, 'subscriber', 'the subscriber number', problems);
  const purpose = needed(fields, 'purpose', 'the purpose', problems, LONGEST_PURPOSE);
  if (known !== null) return { ...known, subscriber, purpose };
  const mail = needed(fields, 'mail', 'the e-mail address', problems);
  if (mail !== '' && !MAIL.test(mail)) problems.push('the e-mail address must be like name@example.org');
  return {
    contact: needed(fields, 'contact', 'the contact person', problems),
    mail,
    phone: fields.text('phone').slice(0, LONGEST),
    subscriber,
    purpose,
    person: KINDS[kind].isPerson ? needed(fields, 'person', 'your name', problems) : '',
  };
}
