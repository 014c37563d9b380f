/** The incidents that a change begins, continues or ends. */
import type { ExcessNumbers } from '../../policy/excess-words.ts';
import type { Change } from '../roll-up.ts';
import { type IncidentKind, type IncidentScope, NO_SCOPE, unitedScope } from './incident.ts';
import type { Sighting } from './sighting.ts';

/** A registry shrank if so large a part of its registrations in force is gone. */
export const SHRUNK_SHARE = 0.01;
/** A shorter time between two runs of the daemon is a restart, and no incident. */
const UNWATCHED_SECONDS = 60;
const MICROS_PER_SECOND = 1e6;

export interface ChangeIncidents {
  readonly sightings: readonly Sighting[];
  /** Kinds, and their subjects, that end; null for any subject. */
  readonly ends: readonly (readonly [kind: IncidentKind, subject: string | null])[];
}

const NOTHING: ChangeIncidents = { sightings: [], ends: [] };

export function changeIncidents({ kind, timeUs, fields }: Change): ChangeIncidents {
  const at = { fromUs: timeUs, toUs: timeUs };
  switch (kind) {
    case 'start':
      return start(fields, timeUs);
    case 'source': {
      const { state, problem = null } = fields as { state: string; problem?: string };
      if (state === 'back') return { sightings: [], ends: [['silence', 'source']] };
      const cause = { cause: problem, ...causeCode(fields) };
      return { sightings: [{ kind: 'silence', subject: 'source', ...at, ...cause }], ends: [] };
    }
    case 'breaker':
      return breaker(fields.breaker as BreakerFields, timeUs);
    case 'hit': {
      const { rule, new: reported, ...named } = fields as unknown as HitFields;
      const scope = unitedScope({ ...NO_SCOPE, rules: rule === '' ? [] : [rule] }, { ...NO_SCOPE, ...named });
      return { sightings: [{ kind: 'hit', ...at, scope, sums: { reported } }], ends: [] };
    }
    case 'reload':
      return reload(fields.reload as ReloadFields, timeUs);
    default:
      return NOTHING;
  }
}

/** The code and values of a problem: those of earlier versions have none, and a sensor of a fleet may send anything. */
function causeCode({ code, values }: Change['fields']): Pick<Sighting, 'code' | 'values'> {
  if (typeof code !== 'string' || !Array.isArray(values)) return {};
  return values.every((value) => typeof value === 'string') ? { code, values } : {};
}

interface HitFields extends Partial<IncidentScope> {
  readonly rule: string;
  readonly new: number;
}

interface BreakerFields {
  readonly state: string;
  readonly then?: string;
  readonly cause?: string;
  readonly limit?: string | null;
  readonly rule?: string | null;
  readonly clients_affected?: number;
  readonly clients_seen?: number;
  readonly clients_allowed?: number;
}

interface ReloadFields {
  readonly result: string;
  readonly problems?: number;
  readonly change?: {
    readonly reasons?: readonly string[];
    readonly exceeded?: readonly ExcessNumbers[];
    readonly figures?: {
      readonly registrations?: { before: number; after: number; lost: number };
      readonly lost_by_sector?: Readonly<Record<string, number>>;
      readonly hits_by_rule?: Readonly<Record<string, number>>;
    };
  };
}

/** A daemon that starts has a source again, and the trips that it has kept. */
function start(fields: Change['fields'], timeUs: number): ChangeIncidents {
  const {
    tripped = [],
    after,
    unwatched_from_s: fromS = 0,
    unwatched_seconds: seconds = 0,
  } = fields as { tripped?: string[]; after?: string; unwatched_from_s?: number; unwatched_seconds?: number };
  const ends: [IncidentKind, string | null][] = [['silence', 'source']];
  if (tripped.length === 0) ends.push(['breaker', null]);
  if (seconds < UNWATCHED_SECONDS || after === undefined) return { sightings: [], ends };
  const fromUs = fromS * MICROS_PER_SECOND;
  const silence = { kind: 'silence', subject: after, fromUs, toUs: timeUs, sums: { seconds }, isOver: true } as const;
  return { sightings: [silence], ends };
}

function breaker(fields: BreakerFields, timeUs: number): ChangeIncidents {
  const { state, then = '', cause = null, limit, rule } = fields;
  if (state === 'reset') return { sightings: [], ends: [['breaker', null]] };
  const sighting: Sighting = {
    kind: 'breaker',
    subject: then,
    fromUs: timeUs,
    toUs: timeUs,
    cause: limit == null ? cause : `${cause ?? ''}: ${limit}`,
    scope: { ...NO_SCOPE, rules: rule == null ? [] : [rule] },
    latest: {
      affected: fields.clients_affected ?? 0,
      seen: fields.clients_seen ?? 0,
      allowed: fields.clients_allowed ?? 0,
    },
  };
  return { sightings: [sighting], ends: [] };
}

function reload({ result, problems = 0, change }: ReloadFields, timeUs: number): ChangeIncidents {
  const at = { fromUs: timeUs, toUs: timeUs };
  const sectors = Object.keys(change?.figures?.lost_by_sector ?? {});
  if (result === 'failure' || result === 'refused') {
    const cause = change?.reasons?.join('; ') ?? null;
    const rules = Object.keys(change?.figures?.hits_by_rule ?? {});
    const scope = { ...NO_SCOPE, rules, sectors };
    const exceeded = change?.exceeded ?? [];
    return { sightings: [{ kind: 'reload', ...at, cause, exceeded, scope, latest: { problems } }], ends: [] };
  }
  const registrations = change?.figures?.registrations;
  const sightings: Sighting[] = [];
  if (result === 'success' && registrations !== undefined) {
    const { before, after, lost } = registrations;
    if (before - after > SHRUNK_SHARE * before)
      sightings.push({
        kind: 'registry',
        ...at,
        scope: { ...NO_SCOPE, sectors },
        latest: { before, after, lost },
        isOver: true,
      });
  }
  return { sightings, ends: [['reload', null]] };
}
