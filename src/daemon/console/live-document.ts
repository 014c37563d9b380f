/** Makes the live document (web/api/live-schema) from the daemon's parts. */
import { basename } from 'node:path';
import { OUTCOME_NAMES } from '../../dataplane/host/outcome.ts';
import { FLOW_END_NAMES } from '../../dataplane/host/flow-end.ts';
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { STAGE_NAMES } from '../../dataplane/host/finding.ts';
import { coarseClients } from '../../core/small-group.ts';
import { rulesSha256 } from '../../decision/rules.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import { coarseExcess } from '../../policy/coarse-excess.ts';
import { limitText } from '../../policy/limits.ts';
import type { SetAside } from '../../history/store/set-aside.ts';
import { NO_PROBLEM } from '../../web/api/coded-problem-schema.ts';
import type { LiveDocument } from '../../web/api/live-schema.ts';
import type { RunEngine } from '../daemon-engine.ts';
import type { RunChanges } from '../rule-changes.ts';
import type { RunClock } from '../source-clock.ts';
import type { RunOutputs } from '../outputs.ts';
import type { RunSafety } from '../safety.ts';
import type { RunShadow } from '../shadow.ts';
import type { RunSource } from '../source-run.ts';
import type { RulesUse } from './rules-use.ts';
import type { HistoryFeed } from './history-feed.ts';

export interface LiveParts {
  readonly version: string;
  readonly startedMs: number;
  readonly engine: RunEngine;
  readonly source: RunSource;
  readonly changes: RunChanges;
  readonly outputs: RunOutputs;
  readonly safety: RunSafety;
  readonly shadow: RunShadow;
  readonly clock: RunClock;
  readonly history: HistoryFeed;
  /** Without accounts pages show addresses truncated, and act on nothing. It may become true while the daemon runs. */
  readonly access: { readonly hasAccounts: boolean };
}

const MICROS_PER_MILLISECOND = 1000;
const MICROS_PER_SECOND = 1e6;

export function liveDocumentOf(parts: LiveParts, use: Pick<RulesUse, 'rulesMs'>): LiveDocument {
  const { engine, source, changes, clock, history, version, startedMs } = parts;
  const { rules, counters, decisions } = engine;
  const { registryChangedMs, loadedMs, counts } = changes.reloads;
  const lagCount = engine.lag.counts.reduce((sum, count) => sum + count, 0);
  return {
    version,
    now_ms: counters.packets === 0 ? null : counters.lastTimeUs / MICROS_PER_MILLISECOND,
    wall_ms: Date.now(),
    started_ms: startedMs,
    zone: history.options.zone,
    place: history.options.place,
    loss_bound: history.options.lossBound,
    source: {
      kind: source.kind,
      backend: source.backend,
      live: clock.isLive,
      ...(source.problem ?? NO_PROBLEM),
      restarts: source.counts.restarts,
      gap_seconds: source.counts.gapSeconds,
      stalls: source.counts.stalls,
      files: { ...source.counts.files },
    },
    mode: decisions.mode,
    rules_mode: rules.mode,
    policy: { name: rules.policy.name, sha256: rules.policy.sha256, rules: rules.policy.rules.length },
    registry: {
      sha256: rules.registry.sha256,
      rows: rules.registry.count,
      in_force: changes.coverage.inForce,
      changed_ms: registryChangedMs,
      loaded_ms: loadedMs,
    },
    rules_sha256: rulesSha256(rules),
    rules_since_ms: use.rulesMs,
    breaker: breakerOf(parts),
    harm: {
      counts: decisions.counts.hits.toCounts(),
      latest:
        decisions.counts.hits.latest === null
          ? null
          : {
              rule: decisions.counts.hits.latest.rule,
              time_ms: decisions.counts.hits.latest.timeUs / MICROS_PER_MILLISECOND,
            },
    },
    counts: countsOf(parts),
    lag: clock.isLive
      ? {
          mean: engine.lag.sumUs / Math.max(1, lagCount) / MICROS_PER_SECOND,
          last: engine.lastLagUs / MICROS_PER_SECOND,
        }
      : null,
    calendar: {
      next_ms: finiteMs(changes.calendar.nextUsOrInfinity),
      ahead_ms: changes.calendar.aheadDates.map((timeUs) => timeUs / MICROS_PER_MILLISECOND),
      held_ms: finiteMs(changes.calendar.held?.date.firstUs ?? Infinity),
    },
    refused: refusedOf(changes),
    reloads: { ...counts },
    shadow: shadowOf(parts.shadow),
    history: historyOf(history),
  };
}

function historyOf({ client }: HistoryFeed): LiveDocument['history'] {
  const { reason, problemSinceMs, written, waiting, waitingMinutes, lost, lostChanges, restarts, setAside } = client;
  return {
    ...(reason ?? NO_PROBLEM),
    since_ms: problemSinceMs,
    written,
    waiting,
    waiting_minutes: waitingMinutes,
    lost,
    lost_changes: lostChanges,
    restarts,
    set_aside: setAside === null ? null : asideOf(setAside),
  };
}

/** Readers see the name of the file, not its folder. */
function asideOf({ atMs, file, problem }: SetAside): LiveDocument['history']['set_aside'] {
  return { at_ms: atMs, file: file === null ? null : basename(file), problem };
}

function breakerOf({ engine, safety }: LiveParts): LiveDocument['breaker'] {
  const { breaker } = engine.admission;
  return {
    trips: breaker.trips.map(({ then, cause, limit, timeUs, affected, seen, allowed }) => ({
      then,
      cause,
      limit,
      rule: safety.trips.find((shown) => shown.then === then)?.rule ?? null,
      time_ms: timeUs / MICROS_PER_MILLISECOND,
      affected: coarseClients(affected),
      seen: coarseClients(seen),
      allowed,
    })),
    limits: breaker.limitCounts().map(({ limit, affected, seen, allowed }) => ({
      limit: limitText(limit),
      affected: coarseClients(affected),
      seen: coarseClients(seen),
      allowed,
    })),
  };
}

function countsOf({ engine, source, outputs }: LiveParts): LiveDocument['counts'] {
  const { counters, decisions } = engine;
  const findings: Record<string, number> = {};
  for (const [at, count] of decisions.counts.findings.entries()) {
    const protocol = Math.floor(at / STAGE_NAMES.length);
    const stage = at % STAGE_NAMES.length;
    if (protocol > 0 && stage > 0) findings[`${PROTOCOL_NAMES[protocol]!}/${STAGE_NAMES[stage]!}`] = count;
  }
  return {
    packets: counters.packets,
    bytes: counters.bytes,
    lost: Object.values(source.counts.dropped).reduce((sum, count) => sum + count, 0),
    undecoded: counters.notDecodedPackets,
    flows_started: counters.flowsStarted,
    flows_active: counters.flowsActive,
    flows_evicted: counters.flowsEnded[FLOW_END_NAMES.indexOf('evicted')]!,
    decisions: named(ACTION_NAMES, decisions.counts.made),
    findings,
    outcomes: named(OUTCOME_NAMES, counters.outcomePackets),
    lost_lines: outputs.logs.reduce((sum, { lines }) => sum + lines.droppedCount, 0),
  };
}

function refusedOf({ guard }: RunChanges): LiveDocument['refused'] {
  const { refused } = guard;
  return refused === null ? null : { sha256: refused.sha256, reasons: refused.excesses.map(coarseExcess) };
}

function shadowOf({ counts }: RunShadow): LiveDocument['shadow'] {
  if (counts === null) return null;
  const { newlyHit, noLongerHit, registeredOrDeregistered } = counts.hits;
  return {
    policy: counts.name,
    newly_hit: coarseClients(newlyHit),
    no_longer_hit: coarseClients(noLongerHit),
    registered: coarseClients(registeredOrDeregistered),
  };
}

function named(names: readonly string[], counts: ArrayLike<number>): Record<string, number> {
  return Object.fromEntries(names.map((name, at) => [name, counts[at]!]));
}

function finiteMs(timeUs: number): number | null {
  return Number.isFinite(timeUs) ? timeUs / MICROS_PER_MILLISECOND : null;
}
