/** Incidents of a period for a report, with the clients that were hit and the registered hits while each lasted. */
import { HIT_CLIENTS } from '../roll-up.ts';
import { type IncidentList, readIncidents, type ShownIncident } from '../query/incident-list.ts';
import type { HistoryDatabase } from '../store/database.ts';
import type { ZoneClock } from '../zone-clock.ts';
import type { ClientSketch } from '../client-sketch.ts';
import { distinctClients, readHits, type ReportScope } from './read-figures.ts';
import { spanPieces } from './span-pieces.ts';
import { sumOf } from './sums.ts';

export interface ReportIncident extends ShownIncident {
  /** Distinct clients with a decision to throttle or block while it lasted, in the minutes that it touches. */
  readonly clientsHit: ClientSketch;
  /** With a decision to throttle or block, whether it had an effect or not. */
  readonly clientsDecided: ClientSketch;
  /** Registered hits that no rule means, in these minutes. */
  readonly hits: number;
}

/** Incidents of a report at most: each is a question of its own. */
export const INCIDENT_LIMIT = 100;
const HITTING = ['throttle', 'block'];
const MS_PER_SECOND = 1000;
const SECONDS_PER_MINUTE = 60;

/** In the order of time. */
export function readReportIncidents(
  database: HistoryDatabase,
  fromS: number,
  untilS: number,
  scope: ReportScope,
  clock: ZoneClock,
): { readonly incidents: readonly ReportIncident[]; readonly more: boolean } {
  const places = Object.fromEntries(Object.entries(scope).filter(([, name]) => name !== ''));
  const list: IncidentList = readIncidents(database, { from: fromS, to: untilS, limit: INCIDENT_LIMIT, ...places });
  const incidents = list.incidents.map((incident) => {
    const begin = Math.max(fromS, Math.floor(incident.from_ms / MS_PER_SECOND));
    const last = Math.min(untilS - 1, incident.to_ms === null ? untilS : Math.ceil(incident.to_ms / MS_PER_SECOND));
    const end = last - (last % SECONDS_PER_MINUTE) + SECONDS_PER_MINUTE;
    const { clients, harm } = readHits(database, spanPieces(begin, end, 'day', clock), scope);
    return {
      ...incident,
      clientsHit: distinctClients(clients, [HIT_CLIENTS]),
      clientsDecided: distinctClients(clients, HITTING),
      hits: sumOf(harm, ({ kind, count }) => (kind === 'in_force' ? count : 0)),
    };
  });
  return { incidents: incidents.reverse(), more: list.more };
}
