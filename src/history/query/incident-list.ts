/** Incidents in a span of time, the latest first; and one with what was in force and what changed around it. */
import * as z from 'zod/mini';
import { coarseExcess } from '../../policy/coarse-excess.ts';
import { exceededLimit } from '../../policy/exceeded-limit-schema.ts';
import { coarseNumbers, INCIDENT_KINDS, type IncidentFields } from '../incident/incident.ts';
import type { HistoryDatabase } from '../store/database.ts';
import { changeList, readChanges } from './change-list.ts';
import { placeFilters, placePart } from './query-part.ts';
import { shownFields } from './shown-fields.ts';

const time = z.coerce.number().check(z.int(), z.minimum(0), z.maximum(1e11));

export const incidentsQuery = z.strictObject({
  /** Seconds since 1970: incidents that touch this span. */
  from: z.optional(time),
  to: z.optional(time),
  /** Kinds, separated by commas. */
  kind: z.optional(z.string().check(z.maxLength(200))),
  ...placeFilters,
  limit: z.optional(z.coerce.number().check(z.int(), z.minimum(1), z.maximum(1000))),
  format: z.optional(z.enum(['json', 'csv'])),
});
export type IncidentsQuery = z.infer<typeof incidentsQuery>;

const texts = z.array(z.string());

export const shownIncident = z.strictObject({
  id: z.number(),
  kind: z.enum(INCIDENT_KINDS),
  /** Tells incidents of a kind apart: `kill` and `stop` for times when nothing was watched, what a trip did. */
  subject: z.string(),
  site: z.string(),
  isp: z.string(),
  link: z.string(),
  /** Packet time, ms since 1970; null while it lasts. */
  from_ms: z.number(),
  to_ms: z.nullable(z.number()),
  title: z.nullable(z.string()),
  cause: z.nullable(z.string()),
  /** The code and values of a cause that is the problem of a source; null and none for other causes. */
  code: z.nullable(z.string()),
  values: texts,
  /** The limits that refused rules exceed; empty for other causes, which are as they were written. */
  exceeded: z.array(exceededLimit),
  scope: z.strictObject({ protocols: texts, rules: texts, sectors: texts }),
  /** The numbers that detected it, by name. Numbers of clients from 1 to 4 are all 4. */
  numbers: z.record(z.string(), z.number()),
  noted: z.nullable(z.strictObject({ by: z.string(), at_ms: z.number() })),
});
export type ShownIncident = z.infer<typeof shownIncident>;

export const incidentList = z.strictObject({
  incidents: z.array(shownIncident),
  /** True if there are more, older ones. */
  more: z.boolean(),
});
export type IncidentList = z.infer<typeof incidentList>;

export const incidentDetail = z.strictObject({
  incident: shownIncident,
  /** The fields of the latest start or reload that took effect before it; null where none is recorded. */
  in_force: z.nullable(z.record(z.string(), z.unknown())),
  /** Changes in the day before it, and while it lasted, the latest first. */
  before: changeList.shape.changes,
  during: changeList.shape.changes,
});
export type IncidentDetail = z.infer<typeof incidentDetail>;

/** Changes that people ask for; others, like the rules in words, are for reports. */
const CHANGE_KINDS = 'start,stop,reload,breaker,harm,calendar,action,shadow,source,hit,history';
const DEFAULT_LIMIT = 200;
const CHANGES = 50;
const MICROS_PER_SECOND = 1e6;
const MICROS_PER_MILLISECOND = 1000;
const MS_PER_SECOND = 1000;
const SECONDS_PER_DAY = 86_400;
const LATEST_S = 1e11;

type Row = [
  id: number,
  kind: ShownIncident['kind'],
  subject: string,
  site: string,
  isp: string,
  link: string,
  beginUs: number,
  endUs: number | null,
  fields: string,
];

const SELECT = `SELECT incident.id, incident.kind, subject, site, isp, link, begin_us, end_us, fields
  FROM incident JOIN place ON place.id = incident.place`;

/** `people`: it says who noted them. */
export function readIncidents(database: HistoryDatabase, query: IncidentsQuery, people = true): IncidentList {
  const { from = 0, to = LATEST_S, kind, limit = DEFAULT_LIMIT } = query;
  const conditions = ['begin_us < ?', '(end_us IS NULL OR end_us >= ?)'];
  const values: (string | number)[] = [to * MICROS_PER_SECOND, from * MICROS_PER_SECOND];
  if (kind !== undefined && kind !== '') {
    const kinds = kind.split(',');
    conditions.push(`incident.kind IN (${kinds.map(() => '?').join(', ')})`);
    values.push(...kinds);
  }
  const where = placePart(query, 'incident.place');
  conditions.push(where.sql);
  values.push(...where.values);
  const rows = database
    .prepare(`${SELECT} WHERE ${conditions.join(' AND ')} ORDER BY begin_us DESC, incident.id DESC LIMIT ?`)
    .raw()
    .all(...values, limit + 1) as Row[];
  return { incidents: rows.slice(0, limit).map((row) => shown(row, people)), more: rows.length > limit };
}

/** Null if there is no incident with this number. `own`: what changed, and was in force, at its own site alone. */
export function readIncident(database: HistoryDatabase, id: number, people = true, own = false): IncidentDetail | null {
  const [row] = database.prepare(`${SELECT} WHERE incident.id = ?`).raw().all(id) as Row[];
  if (row === undefined) return null;
  const incident = shown(row, people);
  const { site, isp } = incident;
  const at = own ? { site, isp } : {};
  const from = incident.from_ms / MS_PER_SECOND;
  const to = incident.to_ms === null ? LATEST_S : incident.to_ms / MS_PER_SECOND;
  // A change at the very time of an incident may have brought it.
  const after = from + 1;
  const { changes: before } = readChanges(
    database,
    {
      ...at,
      from: Math.max(0, from - SECONDS_PER_DAY),
      to: after,
      kind: CHANGE_KINDS,
      limit: CHANGES,
    },
    people,
  );
  const { changes: during } = readChanges(
    database,
    {
      ...at,
      from: after,
      to: Math.max(after, to),
      kind: CHANGE_KINDS,
      limit: CHANGES,
    },
    people,
  );
  return { incident, in_force: inForceAt(database, from, at), before, during };
}

/** Reloads that were refused or failed changed nothing. */
function inForceAt(
  database: HistoryDatabase,
  timeS: number,
  at: { readonly site?: string; readonly isp?: string },
): Record<string, unknown> | null {
  const where = placePart(at, 'change.place');
  const rows = database
    .prepare(
      `SELECT fields FROM change WHERE kind IN ('start', 'reload') AND time_us <= ? AND ${where.sql} ` +
        'ORDER BY time_us DESC, id DESC LIMIT 100',
    )
    .raw()
    .all(timeS * MICROS_PER_SECOND, ...where.values) as [string][];
  for (const [text] of rows) {
    const fields = JSON.parse(text) as { readonly reload?: { readonly result: string } } & Record<string, unknown>;
    if (fields.reload === undefined || fields.reload.result === 'success') return shownFields(fields);
  }
  return null;
}

function shown([id, kind, subject, site, isp, link, beginUs, endUs, text]: Row, people: boolean): ShownIncident {
  const {
    title,
    cause,
    code = null,
    values = [],
    exceeded = [],
    scope,
    numbers,
    noted,
  } = JSON.parse(text) as IncidentFields;
  return {
    id,
    kind,
    subject,
    site,
    isp,
    link,
    from_ms: beginUs / MICROS_PER_MILLISECOND,
    to_ms: endUs === null ? null : endUs / MICROS_PER_MILLISECOND,
    title,
    cause,
    code,
    values: [...values],
    exceeded: exceeded.map(coarseExcess),
    scope: { protocols: [...scope.protocols], rules: [...scope.rules], sectors: [...scope.sectors] },
    numbers: coarseNumbers(numbers),
    noted: people ? noted : null,
  };
}
