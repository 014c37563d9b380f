/** Incidents: what, when, why, whom it concerned, and how many were hit meanwhile. */
import { type IncidentKind, shownNumber } from '../incident/incident.ts';
import { clientsText } from './effects-section.ts';
import { fact } from './monitored-section.ts';
import { isSmall, toFive } from './public-counts.ts';
import { INCIDENT_LIMIT, type ReportIncident } from './read-report-incidents.ts';
import type { ReportContext } from './report-context.ts';
import type { Cell, ReportSection } from './report-document.ts';

const KINDS: Readonly<Record<IncidentKind, string>> = {
  demand: 'far more clients than at this hour of the week',
  breaker: 'the safety breaker tripped',
  loss: 'packets were lost before Sluice saw them',
  silence: 'nothing was watched',
  hit: 'a registered user was, or would have been, hit',
  registry: 'the registry lost registrations',
  reload: 'new rules were refused',
  note: 'noted by hand',
};
/** Kinds that the public report leaves out: single hits, and what a person wrote. */
const NOT_PUBLIC: readonly IncidentKind[] = ['hit', 'note'];
const MS_PER_SECOND = 1000;

export function incidentsSection(context: ReportContext): ReportSection {
  const { incidents, moreIncidents } = context;
  return {
    id: 'incidents',
    title: 'Incidents',
    text: [],
    facts: [fact('incidents', 'Incidents', incidents.length, 'count', moreIncidents ? 'and more' : '')],
    tables: [
      {
        id: 'incidents',
        title: `Incidents in the order of time${moreIncidents ? `; the latest ${INCIDENT_LIMIT}` : ''}`,
        columns: [
          { name: 'from', unit: 'time' },
          { name: 'to', unit: 'time' },
          { name: 'what', unit: 'text' },
          { name: 'cause', unit: 'text' },
          { name: 'scope', unit: 'text' },
          { name: 'clients hit', unit: 'clients' },
          { name: 'clients with a throttle or block', unit: 'clients' },
          { name: 'registered hits', unit: 'count' },
        ],
        rows: incidents.map((incident) => [
          incident.from_ms / MS_PER_SECOND,
          incident.to_ms === null ? 'not over' : incident.to_ms / MS_PER_SECOND,
          incident.title ?? KINDS[incident.kind],
          causeText(incident),
          scopeText(incident),
          clientsText(incident.clientsHit),
          clientsText(incident.clientsDecided),
          incident.hits,
        ]),
        drawn: [],
      },
    ],
    remarks:
      incidents.length === 0
        ? []
        : [
            'Clients and registered hits are those of the minutes that an incident touches, whatever their ' +
              'cause. A client is hit once packets of it are delayed or dropped; in mode observe, and after a ' +
              'trip, decisions have no effect.',
          ],
  };
}

/** By days, without what was written by hand, and with no count below 5, nor a 0 that differs from one. */
export function publicIncidentsSection({ incidents }: ReportContext): ReportSection {
  const shown = incidents.filter(({ kind }) => !NOT_PUBLIC.includes(kind));
  const count = (value: number): Cell => (value === 0 || isSmall(value) ? '0 to 4' : toFive(value));
  return {
    id: 'incidents',
    title: 'Incidents',
    text: [],
    facts: [],
    tables: [
      {
        id: 'incidents',
        title: 'Incidents in the order of time',
        columns: [
          { name: 'from', unit: 'time' },
          { name: 'to', unit: 'time' },
          { name: 'what', unit: 'text' },
          { name: 'clients hit', unit: 'clients' },
          { name: 'registered hits', unit: 'count' },
        ],
        rows: shown.map(({ from_ms: from, to_ms: to, kind, clientsHit, hits }) => [
          from / MS_PER_SECOND,
          to === null ? 'not over' : to / MS_PER_SECOND,
          KINDS[kind],
          count(clientsHit.size),
          count(hits),
        ]),
        drawn: [],
      },
    ],
    remarks: [],
  };
}

/** The cause in words, and the numbers that detected it. */
function causeText({ cause, numbers }: ReportIncident): string {
  const figures = Object.entries(numbers).map(([name, value]) => `${name} ${shownNumber(name, value)}`);
  const found = figures.length === 0 ? '' : `(${figures.join(', ')})`;
  return [cause ?? '', found].filter((part) => part !== '').join(' ');
}

function scopeText({ scope: { protocols, rules, sectors }, site, isp, link }: ReportIncident): string {
  const parts = [
    ['protocol', protocols],
    ['rule', rules],
    ['sector', sectors],
    ['place', [site, isp, link].filter((name) => name !== '')],
  ] as const;
  const named = parts.filter(([, names]) => names.length > 0).map(([what, names]) => `${what} ${names.join(', ')}`);
  return named.length === 0 ? 'all' : named.join('; ');
}
