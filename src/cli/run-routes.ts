/** The daemon's HTTP routes: metrics and health, and what administers. */
import { rulesSha256 } from '../engine/rules.ts';
import { Metrics } from '../output/metrics.ts';
import type { EventLoopLag } from '../server/event-loop-lag.ts';
import { json, type Route, text } from '../server/http-server.ts';
import type { RunAdministration } from './run-administration.ts';
import type { RunChanges } from './run-changes.ts';
import type { RunClock } from './run-clock.ts';
import type { RunEngine } from './run-engine.ts';
import type { RunNotices } from './run-notices.ts';
import type { RunOutputs } from './run-outputs.ts';
import type { RunSafety } from './run-safety.ts';
import type { RunSource } from './run-source.ts';

/** HTTP status by the result of a reload. */
const RELOAD_STATUS = { success: 200, unchanged: 200, failure: 422, refused: 409 } as const;

export interface RouteParts {
  readonly version: string;
  readonly source: RunSource;
  readonly engine: RunEngine;
  readonly changes: RunChanges;
  readonly outputs: RunOutputs;
  readonly safety: RunSafety;
  readonly clock: RunClock;
  readonly notices: RunNotices;
  readonly administration: RunAdministration;
  readonly lag: EventLoopLag;
  /** Requests answered, by status. */
  readonly requests: () => ReadonlyMap<number, number>;
  /** Null where packets can come, else why not. */
  readonly notReady: () => string | null;
}

export function daemonRoutes(parts: RouteParts): readonly Route[] {
  const { administration } = parts;
  const metrics = metricsOf(parts);
  return [
    {
      method: 'GET',
      path: '/metrics',
      access: 'readers',
      answer: async () => ({ status: 200, type: metrics.contentType, body: await metrics.text() }),
    },
    { method: 'GET', path: '/healthz', access: 'all', answer: () => text(200, 'alive') },
    {
      method: 'GET',
      path: '/readyz',
      access: 'readers',
      answer: () => {
        const problem = parts.notReady();
        return problem === null ? text(200, 'ready') : text(503, problem);
      },
    },
    {
      method: 'POST',
      path: '/-/reload',
      access: 'operators',
      answer: async (who) => {
        const { result, problems, judgement } = await administration.reload(who);
        const change =
          judgement === null ? {} : { sha256: judgement.sha256, reasons: judgement.excesses.map(({ text }) => text) };
        return json(RELOAD_STATUS[result], { result, problems, ...change });
      },
    },
    {
      method: 'POST',
      path: '/-/breaker/reset',
      access: 'operators',
      answer: async (who) => json(200, { reset: await administration.reset(who) }),
    },
  ];
}

function metricsOf(parts: RouteParts): Metrics {
  const { version, source, engine, changes, outputs, safety, clock, notices, lag, requests } = parts;
  const { reloads } = changes;
  return new Metrics({
    version: version,
    source,
    counters: engine.counters,
    table: engine.table,
    tunnels: engine.tunnels,
    decisions: engine.decisions,
    guard: engine.guard,
    safety,
    clock,
    notices,
    lag: engine.lag,
    logs: outputs.logs,
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
    takeLoopLag: () => lag.take(),
  });
}
