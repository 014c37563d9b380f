/** Routes of incidents: detected ones, and notes by hand, which are actions of an operator. */
import { incidentsQuery, type IncidentsQuery } from '../../history/query/incident-list.ts';
import { newNote, type NewNote } from './incident-schema.ts';
import { type ApiRoute, csvText, json, jsonText, refused, route, seesPeople, type User } from './route.ts';

export interface IncidentAnswers {
  /** An IncidentList, as JSON or as CSV. `people`: it says who noted them. */
  incidents(query: IncidentsQuery, people: boolean): Promise<string>;
  /** An IncidentDetail, as JSON; `null` if there is no incident with this number. */
  incident(id: number, people: boolean): Promise<string>;
  /** Writes a note; resolves to its number. */
  note(note: NewNote, user: User): Promise<number>;
  /** Removes a note; false if there is none with this number. */
  removeNote(id: number, user: User): Promise<boolean>;
}

const CREATED = 201;
const FORBIDDEN = 403;
const NOT_FOUND = 404;

export function incidentRoutes(incidents: IncidentAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/incidents',
      access: 'read',
      query: incidentsQuery,
      answer: async ({ query, user }) => {
        const answer = await incidents.incidents(query, seesPeople(user));
        return query.format === 'csv' ? csvText(answer, 'incidents.csv') : jsonText(answer);
      },
    }),
    route({
      method: 'GET',
      path: '/incidents/:id',
      access: 'read',
      answer: async ({ params, user }) => {
        const answer = await incidents.incident(numberIn(params.id), seesPeople(user));
        return answer === 'null' ? refused(NOT_FOUND, 'incident-unknown') : jsonText(answer);
      },
    }),
    route({
      method: 'POST',
      path: '/incidents',
      access: 'act',
      body: newNote,
      answer: async ({ body, user }) =>
        user === null ? refused(FORBIDDEN, 'only-operators') : json({ id: await incidents.note(body, user) }, CREATED),
    }),
    route({
      method: 'DELETE',
      path: '/incidents/:id',
      access: 'act',
      answer: async ({ params, user }) => {
        if (user === null) return refused(FORBIDDEN, 'only-operators');
        if (await incidents.removeNote(numberIn(params.id), user)) return json({});
        return refused(NOT_FOUND, 'note-unknown');
      },
    }),
  ];
}

/** -1, which no incident has, for a text that is no number. */
function numberIn(text: string | undefined): number {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : -1;
}
