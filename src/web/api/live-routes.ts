/** The route of the live document. */
import { type ApiRoute, jsonText, route } from './route.ts';

/** The live document as JSON, made once a second for all readers. */
export interface LiveAnswers {
  readonly liveText: string;
}

export function liveRoutes(live: LiveAnswers): readonly ApiRoute[] {
  return [route({ method: 'GET', path: '/live', access: 'read', answer: () => jsonText(live.liveText) })];
}
