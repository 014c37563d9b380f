/** Parts of a query's conditions with their values. */
import * as z from 'zod/mini';
import { PLACE_NAMES } from './chart-query.ts';

export interface QueryPart {
  readonly sql: string;
  readonly values: readonly (string | number)[];
}

const filter = z.optional(z.string().check(z.maxLength(1000)));

/** Filters of a query by place: values separated by commas. */
export const placeFilters = { site: filter, isp: filter, link: filter };
type PlaceFilters = Readonly<Partial<Record<(typeof PLACE_NAMES)[number], string | undefined>>>;

export const ALL: QueryPart = { sql: '1', values: [] };

/** Rows of a level whose time is in [from, to). */
export function timePart(level: number, from: number, to: number): QueryPart {
  return { sql: 'level = ? AND time >= ? AND time < ?', values: [level, from, to] };
}

/** The values of a filter; null without one. */
export function valuesOf(filter: string | undefined): string[] | null {
  return filter === undefined ? null : filter.split(',');
}

export function allOf(...parts: readonly QueryPart[]): QueryPart {
  return { sql: parts.map(({ sql }) => sql).join(' AND '), values: parts.flatMap(({ values }) => values) };
}

/** Columns that have one of the values of their filters. */
export function filterPart<N extends string>(
  query: Readonly<Partial<Record<N, string | undefined>>>,
  names: readonly N[],
): QueryPart {
  const parts = names.flatMap((name) => {
    const values = valuesOf(query[name]);
    return values === null ? [] : [{ sql: `${name} IN (${values.map(() => '?').join(', ')})`, values }];
  });
  return parts.length === 0 ? ALL : allOf(...parts);
}

/** Rows of the places of the query. */
export function placePart(query: PlaceFilters, column = 'place'): QueryPart {
  const { sql, values } = filterPart(query, PLACE_NAMES);
  return sql === ALL.sql ? ALL : { sql: `${column} IN (SELECT id FROM place WHERE ${sql})`, values };
}
