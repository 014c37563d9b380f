/** Answers for the page on health, and evaluates the alerts. */
import { FLOW_END_NAMES } from '../../dataplane/host/flow-end.ts';
import { MIGRATIONS } from '../../history/store/schema.ts';
import type { HealthAnswers } from '../../web/api/health-routes.ts';
import type { HealthDocument } from '../../web/api/health-schema.ts';
import type { RunFleetBreaker } from '../fleet-breaker.ts';
import type { RunFleetRules } from '../fleet-rules.ts';
import type { RunNotices } from '../notices.ts';
import type { StateList } from '../state-list.ts';
import { AlertHistory, type AlertSample } from './alerts.ts';
import type { LiveParts } from './live-document.ts';

export interface HealthParts extends LiveParts {
  readonly notices: RunNotices;
  /** Null for rules that are not the fleet's. */
  readonly fleetRules: RunFleetRules | null;
  /** Null without a breaker of the fleet. */
  readonly fleetBreaker: RunFleetBreaker | null;
  readonly state: StateList;
}

export class ConsoleHealth implements HealthAnswers {
  private readonly parts: HealthParts;
  private readonly alerts = new AlertHistory();

  constructor(parts: HealthParts) {
    this.parts = parts;
  }

  /** To be called about once a second. */
  tick(): void {
    const now = Date.now();
    if (this.alerts.isDue(now)) this.alerts.add(this.sample(now));
  }

  async health(): Promise<HealthDocument> {
    const state = await this.parts.state.list();
    const { engine, source, outputs, safety, clock, notices, version } = this.parts;
    const { counters, rules } = engine;
    return {
      lost: { ...source.counts.dropped },
      undecoded: counters.notDecodedByName(),
      packets: counters.packets,
      flows: counters.flowsActive,
      flow_capacity: engine.table.capacity,
      time_jumps: clock.jumpCount,
      clock_set: clock.clockSetCount,
      logs: outputs.logs.map(({ name, lines }) => ({
        name,
        lines: lines.lineCount,
        bytes: lines.byteCount,
        dropped: lines.droppedCount,
        failures: lines.failureCount,
        rotations: lines.rotationCount,
        waiting_bytes: lines.waitingBytes,
        waited_ms: lines.waitedMs,
      })),
      state_failures: safety.failureCount,
      state,
      notices: { ...notices.counts },
      versions: {
        sluice: version,
        node: process.versions.node,
        policy: rules.versions?.policy ?? null,
        registry: rules.versions?.registry ?? null,
        history_schema: MIGRATIONS.length,
      },
      memory_bytes: process.memoryUsage.rss(),
      alerts: this.alerts.firing(this.sample(Date.now())),
    };
  }

  private sample(atMs: number): AlertSample {
    const { engine, source, changes, outputs, safety, clock, notices, history, shadow } = this.parts;
    const { counters, decisions, admission, rules, lag } = engine;
    const { dropped, files } = source.counts;
    const { calendarFigures, reloads } = changes;
    const { failed = 0, dropped: unsent = 0 } = notices.counts;
    const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
    return {
      atMs,
      tripped: admission.breaker.trips.map(({ then }) => then),
      registeredHits: sum(Object.values(decisions.counts.hits.toCounts().in_force!)),
      registryRows: rules.registry.count,
      sourceProblem: source.problem?.problem ?? null,
      sourceKind: source.kind,
      isHeld: calendarFigures.isHeld,
      aheadBeyond: calendarFigures.aheadBeyondCount,
      hasRefused: changes.guard.refused !== null,
      registryAgeMs: atMs - reloads.registryChangedMs,
      packets: counters.packets,
      unreadFiles: (files.faulty ?? 0) + (files['grown-unread'] ?? 0),
      lostPackets: sum(Object.values(dropped)),
      lossBound: history.options.lossBound,
      failedReloads: reloads.counts.failure,
      lostLines: sum(outputs.logs.map(({ lines }) => lines.droppedCount)),
      evictedFlows: counters.flowsEnded[FLOW_END_NAMES.indexOf('evicted')]!,
      timeJumps: clock.jumpCount,
      stateFailures: safety.failureCount,
      historyProblem: history.client.problem,
      lostRecords: history.client.lost,
      failedNotices: failed + unsent,
      refusesBundle: this.parts.fleetRules?.figures.isRefused === true,
      hasNoLease: this.parts.fleetBreaker?.figures.isValid === false,
      shadowRegistered: shadow.counts?.hits.registeredOrDeregistered ?? 0,
      shadowTrips: shadow.counts?.trips.length ?? 0,
      delays: lag.counts.slice(),
    };
  }
}
