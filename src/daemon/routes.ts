/** The daemon's HTTP routes: metrics and health. */
import { rulesSha256 } from '../decision/rules.ts';
import { Metrics } from '../output/metrics/metrics.ts';
import type { MetricsSources } from '../output/metrics/metrics-sources.ts';
import type { EventLoopLag } from './event-loop-lag.ts';
import type { ConsoleAccess } from '../web/http/accounts/console-access.ts';
import { plainText, type Route } from '../web/api/route.ts';
import type { RunFleetBreaker } from './fleet-breaker.ts';
import type { RunFleetRules } from './fleet-rules.ts';
import type { FleetShipping } from './fleet-shipping.ts';
import type { HistoryFeed } from './console/history-feed.ts';
import type { RunReports } from './console/run-reports.ts';
import type { RunChanges } from './rule-changes.ts';
import type { RunClock } from './source-clock.ts';
import type { RunCheckpoints } from './checkpoint/checkpoints.ts';
import type { RunEngine } from './daemon-engine.ts';
import type { RunNotices } from './notices.ts';
import type { RunOutputs } from './outputs.ts';
import type { RunSafety } from './safety.ts';
import type { RunShadow } from './shadow.ts';
import type { RunSource } from './source-run.ts';

export interface RouteParts {
  readonly version: string;
  /** The share of packets that may be lost. */
  readonly lossBound: number;
  readonly source: RunSource;
  readonly engine: RunEngine;
  readonly changes: RunChanges;
  readonly outputs: RunOutputs;
  readonly safety: RunSafety;
  readonly shadow: RunShadow;
  readonly clock: RunClock;
  readonly notices: RunNotices;
  readonly checkpoints: RunCheckpoints | null;
  readonly lag: EventLoopLag;
  /** Null for no fleet. */
  readonly fleet: FleetShipping | null;
  /** Null for rules that are not the fleet's. */
  readonly fleetRules: RunFleetRules | null;
  /** Null without a breaker of the fleet. */
  readonly fleetBreaker: RunFleetBreaker | null;
  /** Null without one. */
  readonly history: HistoryFeed | null;
  /** Null without a history. */
  readonly reports: () => RunReports | null;
  /** Answered requests, by status. */
  readonly requests: () => ReadonlyMap<number, number>;
  readonly access: ConsoleAccess;
  /** Null if the daemon is ready for packets, else why not. */
  readonly notReady: () => string | null;
}

const NO_CHECKPOINTS = {
  counts: {},
  bytes: 0,
  savedMs: 0,
  longestCopySeconds: 0,
  lostFlows: 0,
  unsavedChanges: 0,
};

export function daemonRoutes(parts: RouteParts): readonly Route[] {
  const metrics = metricsOf(parts);
  return [
    {
      method: 'GET',
      path: '/metrics',
      access: 'token',
      answer: async () => {
        await parts.engine.settled();
        return { status: 200, type: metrics.contentType, body: await metrics.text() };
      },
    },
    { method: 'GET', path: '/healthz', access: 'open', answer: () => plainText(200, 'alive') },
    {
      method: 'GET',
      path: '/readyz',
      access: 'token',
      answer: () => {
        const problem = parts.notReady();
        return problem === null ? plainText(200, 'ready') : plainText(503, problem);
      },
    },
  ];
}

function metricsOf(parts: RouteParts): Metrics {
  const { version, source, engine, changes, outputs, safety, shadow, clock, notices, lag, requests, access } = parts;
  const { reloads } = changes;
  const { checkpoints } = parts;
  const sources: MetricsSources = {
    version,
    lossBound: parts.lossBound,
    source,
    counters: engine.counters,
    flowCapacity: engine.table.capacity,
    tunnels: engine.tunnels,
    decisions: engine.decisions,
    admission: engine.admission,
    safety: {
      get failureCount() {
        return safety.failureCount + (checkpoints?.failureCount ?? 0);
      },
    },
    checkpoints: checkpoints ?? NO_CHECKPOINTS,
    clock,
    notices,
    lag: engine.lag,
    history: parts.history?.client ?? null,
    get reports() {
      return parts.reports();
    },
    logs: outputs.logs,
    logChain: outputs.chain,
    get fleet() {
      return parts.fleet?.figures ?? null;
    },
    get fleetRules() {
      return parts.fleetRules?.figures ?? null;
    },
    get fleetLease() {
      return parts.fleetBreaker?.figures ?? null;
    },
    get rules() {
      return engine.rules;
    },
    get rulesSha256() {
      return rulesSha256(engine.rules);
    },
    get coverage() {
      return changes.coverage;
    },
    recent: engine.recent,
    shadow,
    get calendar() {
      return changes.calendarFigures;
    },
    get hasRefusedRules() {
      return changes.guard.refused !== null;
    },
    get registryChangedMs() {
      return reloads.registryChangedMs;
    },
    get rulesLoadedMs() {
      return reloads.loadedMs;
    },
    reloads: reloads.counts,
    get requests() {
      return requests();
    },
    signIns: access.signIns,
    takeLoopLag: () => lag.take(),
  };
  return new Metrics(sources, outputs.origin);
}
