/** Every route of the console's API, in one table. */
import { type HistoryAnswers, historyRoutes } from './history-routes.ts';
import { type LiveAnswers, liveRoutes } from './live-routes.ts';
import type { ApiRoute } from './route.ts';

/** What the pages read and do. The daemon implements it. */
export interface ConsoleAnswers extends LiveAnswers {
  readonly history: HistoryAnswers;
}

export function apiRoutes(answers: ConsoleAnswers): readonly ApiRoute[] {
  return [...liveRoutes(answers), ...historyRoutes(answers.history)];
}
