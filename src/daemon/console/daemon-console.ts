/** The daemon's side of the console: what the pages' API answers, and the live document, made once a second. */
import { MICROS_PER_SECOND } from '../../core/units.ts';
import type { OverviewQuery } from '../../history/query/overview.ts';
import type { ConsoleAnswers } from '../../web/api/routes.ts';
import type { HistoryAnswers } from '../../web/api/history-routes.ts';
import type { DecisionAnswers } from '../../web/api/decision-routes.ts';
import type { Log } from '../../output/log/log.ts';
import type { RunAdministration } from '../administration.ts';
import { ConsoleCalendar } from './calendar-answers.ts';
import { DaemonActions } from './console-actions.ts';
import { RunDecisions } from './decision-answers.ts';
import type { DecisionFeed } from './decision-feed.ts';
import { Drafts } from './drafts.ts';
import { ConsoleHealth, type HealthParts } from './health-answers.ts';
import { ConsoleIncidents } from './incident-answers.ts';
import { RecentAnswers } from './recent-answers.ts';
import { liveDocumentOf } from './live-document.ts';
import { ConsoleRegistry } from './registry-answers.ts';
import { ConsoleRules } from './rules-answers.ts';
import { RulesNoter } from './rules-noter.ts';
import { RulesUse } from './rules-use.ts';
import { RunReports } from './run-reports.ts';
import type { ShownRegistrations } from './shown-change.ts';

/** How long figures of a span are kept. */
const OPEN_SPAN_MS = 3000;
const CLOSED_SPAN_MS = 60_000;

export interface ConsoleParts extends HealthParts, ShownRegistrations {
  readonly administration: RunAdministration;
  readonly decisions: DecisionFeed;
  /** The folder of policies that operators may try as drafts; null for none. */
  readonly drafts: string | null;
  readonly log: Log;
}

export class DaemonConsole implements ConsoleAnswers {
  liveText = '{}';
  liveVersion = 0;
  readonly history: HistoryAnswers;
  readonly rules: ConsoleRules;
  readonly actions: DaemonActions;
  readonly registry: ConsoleRegistry;
  readonly decisions: DecisionAnswers;
  readonly calendar: ConsoleCalendar;
  readonly incidents: ConsoleIncidents;
  readonly reports: RunReports;
  readonly health: ConsoleHealth;
  private readonly parts: ConsoleParts;
  private readonly rulesNoter: RulesNoter;
  private readonly rulesUse: RulesUse;

  constructor(parts: ConsoleParts) {
    this.parts = parts;
    this.health = new ConsoleHealth(parts);
    this.rulesUse = new RulesUse(parts.history.client, parts.history.options.place);
    this.rules = new ConsoleRules(parts, this.rulesUse);
    this.registry = new ConsoleRegistry(parts, this.rulesUse);
    this.calendar = new ConsoleCalendar(parts);
    this.actions = new DaemonActions(parts, parts.administration, new Drafts(parts.drafts));
    this.incidents = new ConsoleIncidents(parts.history, parts.administration);
    const { client, options } = parts.history;
    this.decisions = new RunDecisions(client, parts.decisions, parts.engine, parts.source);
    const overview = new RecentAnswers(
      (query: OverviewQuery) => client.ask({ what: 'overview', query }),
      // A span that ends in the past has its figures; others grow.
      ({ to = Infinity }) => (to * MICROS_PER_SECOND > parts.engine.timeUs ? OPEN_SPAN_MS : CLOSED_SPAN_MS),
    );
    const isLive = (): boolean => parts.clock.isLive;
    this.reports = new RunReports({ client, zone: options.zone, options: options.reports, log: parts.log, isLive });
    this.rulesNoter = new RulesNoter(client, options.place);
    this.history = {
      chart: (query) => client.ask({ what: 'chart', query }),
      changes: (query, people) => client.ask({ what: 'changes', query, people }),
      overview: (query) => overview.answer(query),
    };
  }

  /** To be called about once a second, and when something has happened that must show at once. */
  tick(): void {
    this.health.tick();
    this.liveVersion++;
    this.rulesUse.note(this.parts.engine.rules);
    this.liveText = JSON.stringify(liveDocumentOf(this.parts, this.rulesUse));
    this.rulesNoter.note(this.parts.engine, this.parts.source.kind, this.rulesUse.rulesMs);
    this.reports.tick();
  }
}
