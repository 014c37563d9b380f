/** The routes of a hub: metrics and health for machines, and what its history and its list of sensors answer. */
import * as z from 'zod/mini';
import type { HistoryClient } from '../history/process/history-client.ts';
import { type IncidentDetail, incidentsQuery } from '../history/query/incident-list.ts';
import { historyRoutes } from '../web/api/history-routes.ts';
import type { HubDocument, HubSensor } from '../web/api/hub-schema.ts';
import { liveRoutes } from '../web/api/live-routes.ts';
import { csvText, json, jsonText, plainText, refused, route, type Route, seesPeople } from '../web/api/route.ts';
import { belowApi } from '../web/api/routes.ts';
import type { HubMetrics } from './hub-metrics.ts';
import { inScope, isInScope } from './scope.ts';

export interface HubRouteParts {
  readonly client: Pick<HistoryClient, 'ask'>;
  readonly metrics: HubMetrics;
  readonly document: () => HubDocument;
  readonly sensors: () => Promise<HubSensor[]>;
  /** Null if the hub reads the stream, else why not. */
  readonly notReady: () => string | null;
}

const NOT_FOUND = 404;
const sensorsQuery = z.strictObject({
  isp: z.optional(z.string().check(z.maxLength(1000))),
});

export function hubRoutes({ client, metrics, notReady, document, sensors: read }: HubRouteParts): readonly Route[] {
  const machines: readonly Route[] = [
    {
      method: 'GET',
      path: '/metrics',
      access: 'token',
      answer: async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
    },
    { method: 'GET', path: '/healthz', access: 'open', answer: () => plainText(200, 'alive') },
    {
      method: 'GET',
      path: '/readyz',
      access: 'token',
      answer: () => {
        const problem = notReady();
        return problem === null ? plainText(200, 'ready') : plainText(503, problem);
      },
    },
  ];
  const history = historyRoutes({
    chart: (query, user) => client.ask({ what: 'chart', query: inScope(query, user) }),
    changes: (query, people, user) => client.ask({ what: 'changes', query: inScope(query, user), people }),
    overview: (query, user) => client.ask({ what: 'overview', query: inScope(query, user) }),
  });
  const live = liveRoutes({
    get liveText() {
      return JSON.stringify(document());
    },
    get liveVersion() {
      return document().wall_ms;
    },
  });
  return [...machines, ...belowApi([...live, ...history, incidents(client), incident(client), sensors(read)])];
}

function incidents(client: Pick<HistoryClient, 'ask'>): Route {
  return route({
    method: 'GET',
    path: '/incidents',
    access: 'read',
    query: incidentsQuery,
    answer: async ({ query, user }) => {
      const asked = inScope(query, user);
      const answer = await client.ask({ what: 'incidents', query: asked, people: seesPeople(user) });
      return query.format === 'csv' ? csvText(answer, 'incidents.csv') : jsonText(answer);
    },
  });
}

/** An IncidentDetail. One of another isp is answered as one that does not exist. */
function incident(client: Pick<HistoryClient, 'ask'>): Route {
  return route({
    method: 'GET',
    path: '/incidents/:id',
    access: 'read',
    answer: async ({ params, user }) => {
      const id = /^\d{1,15}$/.test(params.id ?? '') ? Number(params.id) : -1;
      const answer = await client.ask({ what: 'incident', query: id, people: seesPeople(user), own: true });
      const found = JSON.parse(answer) as IncidentDetail | null;
      return found === null || !isInScope(found.incident.isp, user)
        ? refused(NOT_FOUND, 'incident-unknown')
        : jsonText(answer);
    },
  });
}

/** The sensors, their health and their rules, as HubSensors. */
function sensors(read: () => Promise<HubSensor[]>): Route {
  return route({
    method: 'GET',
    path: '/sensors',
    access: 'read',
    query: sensorsQuery,
    answer: async ({ query, user }) => {
      const isps = inScope(query, user).isp?.split(',');
      const shown = (await read()).filter(
        ({ isp }) => isInScope(isp, user) && (isps === undefined || isps.includes(isp)),
      );
      return json({ sensors: shown });
    },
  });
}
