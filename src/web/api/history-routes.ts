/** Routes that answer from the history: charts and changes. */
import { type ChangesQuery, changesQuery } from '../../history/query/change-list.ts';
import { type ChartQuery, chartQuery } from '../../history/query/chart-query.ts';
import { type OverviewQuery, overviewQuery } from '../../history/query/overview.ts';
import { type ApiRoute, csvText, jsonText, route, seesPeople, type User } from './route.ts';

/**
 * The questions that a history answers, with JSON, or a chart with CSV. `user`: whose scope they are in, where the
 * history is of several operators.
 */
export interface HistoryAnswers {
  chart(query: ChartQuery, user: User | null): Promise<string>;
  /** `people`: what people did is among them. */
  changes(query: ChangesQuery, people: boolean, user: User | null): Promise<string>;
  overview(query: OverviewQuery, user: User | null): Promise<string>;
}

export function historyRoutes(history: HistoryAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/chart',
      access: 'read',
      query: chartQuery,
      answer: async ({ query, user }) => {
        const text = await history.chart(query, user);
        return query.format === 'csv' ? csvText(text, `sluice-${query.measure}.csv`) : jsonText(text);
      },
    }),
    route({
      method: 'GET',
      path: '/changes',
      access: 'read',
      query: changesQuery,
      answer: async ({ query, user }) => jsonText(await history.changes(query, seesPeople(user), user)),
    }),
    route({
      method: 'GET',
      path: '/overview',
      access: 'read',
      query: overviewQuery,
      answer: async ({ query, user }) => jsonText(await history.overview(query, user)),
    }),
  ];
}
