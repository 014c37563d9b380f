/** Every route of the console's API, in one table. */
import { actionRoutes, type ConsoleActions } from './action-routes.ts';
import { type DecisionAnswers, decisionRoutes } from './decision-routes.ts';
import { type CalendarAnswers, calendarRoutes } from './calendar-routes.ts';
import { type HealthAnswers, healthRoutes } from './health-routes.ts';
import { type HistoryAnswers, historyRoutes } from './history-routes.ts';
import { type IncidentAnswers, incidentRoutes } from './incident-routes.ts';
import { type LiveAnswers, liveRoutes } from './live-routes.ts';
import { type RegistryAnswers, registryRoutes } from './registry-routes.ts';
import { type ReportAnswers, reportRoutes } from './report-routes.ts';
import { API, type Route } from './route.ts';
import { type RulesAnswers, rulesRoutes } from './rules-routes.ts';

/** What the pages read and do. The daemon implements it. */
export interface ConsoleAnswers extends LiveAnswers {
  readonly history: HistoryAnswers;
  readonly health: HealthAnswers;
  readonly decisions: DecisionAnswers;
  readonly rules: RulesAnswers;
  readonly actions: ConsoleActions;
  readonly registry: RegistryAnswers;
  readonly calendar: CalendarAnswers;
  readonly incidents: IncidentAnswers;
  readonly reports: ReportAnswers;
}

export function apiRoutes(answers: ConsoleAnswers): readonly Route[] {
  return belowApi([
    ...liveRoutes(answers),
    ...historyRoutes(answers.history),
    ...healthRoutes(answers.health),
    ...decisionRoutes(answers.decisions),
    ...rulesRoutes(answers.rules),
    ...actionRoutes(answers.actions),
    ...registryRoutes(answers.registry),
    ...calendarRoutes(answers.calendar),
    ...incidentRoutes(answers.incidents),
    ...reportRoutes(answers.reports),
  ]);
}

/** The routes with their whole paths. */
export function belowApi(routes: readonly Route[]): readonly Route[] {
  return routes.map((one) => ({ ...one, path: API + one.path }));
}
