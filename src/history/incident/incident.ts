/** Incidents: stretches of time in which something was out of the ordinary, detected or noted by hand. */
import { coarseClients, SMALLEST_GROUP } from '../../core/small-group.ts';
import type { ExcessNumbers } from '../../policy/excess-words.ts';

/**
 * demand: far more clients than at this hour of the week; breaker: the safety breaker had tripped; loss: packets were
 * lost before Sluice saw them; silence: the source was silent, or nothing was watched; hit: a registered user was, or
 * would have been, hit; registry: it lost registrations; reload: new rules were refused; note: written by a person.
 */
export const INCIDENT_KINDS = ['demand', 'breaker', 'loss', 'silence', 'hit', 'registry', 'reload', 'note'] as const;
export type IncidentKind = (typeof INCIDENT_KINDS)[number];

/** What an incident is about; empty where it is about everything, or nothing is known. */
export interface IncidentScope {
  readonly protocols: readonly string[];
  readonly rules: readonly string[];
  readonly sectors: readonly string[];
}

export const NO_SCOPE: IncidentScope = { protocols: [], rules: [], sectors: [] };
/** Names of a kind in a scope; a policy may have thousands of rules. */
const MOST_NAMES = 32;

/** All names of both, up to a number. */
export function unitedScope(one: IncidentScope, other: IncidentScope): IncidentScope {
  const both = (name: keyof IncidentScope): string[] =>
    [...new Set([...one[name], ...other[name]])].slice(0, MOST_NAMES);
  return { protocols: both('protocols'), rules: both('rules'), sectors: both('sectors') };
}

/** Numbers that count clients, of which small groups are not distinguished. */
const CLIENT_NUMBERS: readonly string[] = ['clients', 'median', 'affected', 'seen'];
const DIGITS = 1000;

/** The numbers that detected an incident as pages may have them. */
export function coarseNumbers(numbers: IncidentFields['numbers']): Record<string, number> {
  return Object.fromEntries(
    Object.entries(numbers).map(([name, value]) => [
      name,
      CLIENT_NUMBERS.includes(name) ? coarseClients(value) : value,
    ]),
  );
}

/** A number that detected an incident, with three decimals at most; `<5` for a small group of clients. */
export function shownNumber(name: string, value: number): string {
  const isSmall = CLIENT_NUMBERS.includes(name) && value > 0 && value < SMALLEST_GROUP;
  return isSmall ? `<${SMALLEST_GROUP}` : String(Math.round(value * DIGITS) / DIGITS);
}

export interface IncidentFields {
  /** Written by a person; null for a detected one. */
  readonly title: string | null;
  /** In words: the problem of a source, the reason of a refusal, or what a person wrote. */
  readonly cause: string | null;
  /** The code and values of the cause where it has them (core/coded-problem). Incidents of earlier versions do not. */
  readonly code?: string | null;
  readonly values?: readonly string[];
  /** The limits that refused rules exceed: the cause as numbers. Incidents of earlier versions do not have it. */
  readonly exceeded?: readonly ExcessNumbers[];
  readonly scope: IncidentScope;
  /** The numbers that detected it. */
  readonly numbers: Readonly<Record<string, number>>;
  /** The account that noted it, and when (ms since 1970). */
  readonly noted: { readonly by: string; readonly at_ms: number } | null;
}

export interface Incident {
  readonly kind: IncidentKind;
  /** Tells incidents of one kind and time apart; empty where there is one at a time. */
  readonly subject: string;
  /** Packet time, µs since 1970; `endUs` is null while it lasts. */
  readonly beginUs: number;
  readonly endUs: number | null;
  /** The latest time at which it was seen. */
  readonly latestUs: number;
  readonly fields: IncidentFields;
}

export interface KeptIncident extends Incident {
  readonly id: number;
}

export const NO_FIELDS: IncidentFields = { title: null, cause: null, scope: NO_SCOPE, numbers: {}, noted: null };
