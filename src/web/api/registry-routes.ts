/** Routes of the Registry page. */
import {
  type ExpiringList,
  type ListQuery,
  listQuery,
  type OverlapList,
  type RegistrationAnswer,
  type RegistrationQuery,
  registrationQuery,
  type RegistrationView,
  type RegistrySummaryDocument,
  type SearchAnswer,
  type SearchQuery,
  searchQuery,
  summaryQuery,
} from './registry-schema.ts';
import { csvOf, type CsvValue } from './csv-rows.ts';
import { type ApiAnswer, type ApiRoute, COSTLY, csvText, json, refused, route, type User } from './route.ts';

/** Answers are made in steps, so that packets are not delayed. Rejects with RegistryBusy where too many wait. */
export interface RegistryAnswers {
  summary(user: User | null): Promise<RegistrySummaryDocument>;
  /** Null with hidden addresses. */
  search(query: SearchQuery, user: User | null): Promise<SearchAnswer | null>;
  /** Null with hidden addresses; undefined if there is no such row. */
  registration(query: RegistrationQuery, user: User | null): RegistrationAnswer | null | undefined;
  expiring(query: ListQuery, user: User | null): Promise<ExpiringList>;
  overlaps(query: ListQuery, user: User | null): Promise<OverlapList>;
  /** The whole of a list as CSV, kept for some seconds. */
  csv(list: RegistryList, user: User | null): Promise<string>;
}

export type RegistryList = 'expiring' | 'overlaps';

export class RegistryBusy extends Error {}

const FORBIDDEN = 403;
const NOT_FOUND = 404;
const UNAVAILABLE = 503;

export function registryRoutes(registry: RegistryAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/registry',
      access: 'read',
      query: summaryQuery,
      answer: ({ user }) => unlessBusy(async () => json(await registry.summary(user))),
    }),
    route({
      method: 'GET',
      path: '/registry/search',
      access: 'read',
      query: searchQuery,
      answer: ({ query, user }) =>
        unlessBusy(async () => {
          const found = await registry.search(query, user);
          return found === null ? refused(FORBIDDEN, 'registry-hidden') : json(found);
        }),
    }),
    route({
      method: 'GET',
      path: '/registry/registration',
      access: 'read',
      query: registrationQuery,
      answer: ({ query, user }) => {
        const found = registry.registration(query, user);
        if (found === null) return refused(FORBIDDEN, 'registry-hidden');
        return found === undefined ? refused(NOT_FOUND, 'row-unknown') : json(found);
      },
    }),
    route({
      method: 'GET',
      path: '/registry/expiring',
      access: 'read',
      query: listQuery,
      answer: ({ query, user }) => unlessBusy(async () => json(await registry.expiring(query, user))),
    }),
    route({
      method: 'GET',
      path: '/registry/expiring.csv',
      access: 'read',
      most: COSTLY,
      answer: ({ user }) => unlessBusy(async () => csvText(await registry.csv('expiring', user), 'expiring.csv')),
    }),
    route({
      method: 'GET',
      path: '/registry/overlaps',
      access: 'read',
      query: listQuery,
      answer: ({ query, user }) => unlessBusy(async () => json(await registry.overlaps(query, user))),
    }),
    route({
      method: 'GET',
      path: '/registry/overlaps.csv',
      access: 'read',
      most: COSTLY,
      answer: ({ user }) => unlessBusy(async () => csvText(await registry.csv('overlaps', user), 'overlaps.csv')),
    }),
  ];
}

async function unlessBusy(answer: () => Promise<ApiAnswer>): Promise<ApiAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (error instanceof RegistryBusy) return refused(UNAVAILABLE, 'registry-busy');
    throw error;
  }
}

const REGISTRATION_COLUMNS = [
  'prefix',
  'holder',
  'sector',
  'protocols',
  'valid_from',
  'valid_until',
  'reference',
  'line',
];

function fieldsOf(one: RegistrationView): CsvValue[] {
  const { prefix, holder, sector, protocols, reference, line } = one;
  return [
    prefix,
    holder,
    sector,
    protocols.join(' '),
    iso(one.valid_from_ms),
    iso(one.valid_until_ms),
    reference,
    line,
  ];
}

export function expiringCsv({ rows, groups, hidden }: ExpiringList): string {
  if (!hidden) return csvOf(REGISTRATION_COLUMNS, rows.map(fieldsOf));
  return csvOf(
    ['valid_until', 'sector', 'registrations'],
    groups.map(({ until_ms: until, sector, registrations }) => [iso(until), sector, registrations]),
  );
}

/** With hidden addresses the numbers of both kinds. */
export function overlapsCsv({ rows, overlaps, duplicates, hidden }: OverlapList): string {
  if (hidden)
    return csvOf(
      ['kind', 'registrations'],
      [
        ['duplicate', duplicates],
        ['overlap', overlaps],
      ],
    );
  const others = REGISTRATION_COLUMNS.map((name) => `other_${name}`);
  return csvOf(
    ['kind', ...REGISTRATION_COLUMNS, ...others],
    rows.map(({ kind, registration, other }) => [kind, ...fieldsOf(registration), ...fieldsOf(other)]),
  );
}

function iso(ms: number | null): string | null {
  return ms === null ? null : new Date(ms).toISOString();
}
