/** The route of the calendar. */
import type { CalendarDocument } from './calendar-schema.ts';
import { type ApiRoute, json, route, type User } from './route.ts';

export interface CalendarAnswers {
  calendar(user: User | null): Promise<CalendarDocument>;
}

export function calendarRoutes(calendar: CalendarAnswers): readonly ApiRoute[] {
  return [
    route({
      method: 'GET',
      path: '/calendar',
      access: 'read',
      answer: async ({ user }) => json(await calendar.calendar(user)),
    }),
  ];
}
