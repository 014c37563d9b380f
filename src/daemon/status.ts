/**
 * The status that `sluice ctl status` shows: rules in use, pending confirmations, breaker, registered hits, and
 * packets.
 */
import { formatMicros } from '../core/units.ts';
import { rulesSha256 } from '../decision/rules.ts';
import type { RunChanges } from './rule-changes.ts';
import type { RunEngine } from './daemon-engine.ts';
import type { RunShadow } from './shadow.ts';
import type { RunSource } from './source-run.ts';

export function daemonStatus(
  version: string,
  engine: RunEngine,
  source: RunSource,
  changes: RunChanges,
  shadow: RunShadow,
): object {
  const { rules, decisions, admission, counters } = engine;
  const { calendar } = changes;
  const { refused } = changes.guard;
  const { held, nextUsOrInfinity: nextUs, aheadDates } = calendar;
  return {
    version,
    pid: process.pid,
    running_seconds: Math.floor(process.uptime()),
    source: { kind: source.kind, backend: source.backend, problem: source.problem?.problem ?? null },
    packet_time: counters.packets === 0 ? null : formatMicros(counters.lastTimeUs),
    packets: counters.packets,
    flows: counters.flowsActive,
    mode: { of_policy: rules.mode, in_effect: decisions.mode },
    rules: {
      sha256: rulesSha256(rules),
      policy: { name: rules.policy.name, sha256: rules.policy.sha256, version: rules.versions?.policy ?? null },
      registry: {
        sha256: rules.registry.sha256,
        version: rules.versions?.registry ?? null,
        registrations: rules.registry.count,
        in_force: changes.coverage.inForce,
      },
    },
    waiting: {
      rules: refused === null ? null : { sha256: refused.sha256, reasons: refused.excesses.map(({ text }) => text) },
      date:
        held === null
          ? null
          : { date: formatMicros(held.date.firstUs), reasons: held.excesses.map(({ text }) => text) },
      dates_ahead: aheadDates.map(formatMicros),
    },
    next_date: nextUs === Infinity ? null : formatMicros(nextUs),
    breaker: {
      tripped: admission.hasTripped,
      causes: admission.breaker.trips.map(({ cause }) => cause),
      trips: admission.tripCount,
      // Null where a sensor hits within its own limits alone.
      lease_valid: admission.lease?.isValid ?? null,
    },
    registered_hits: decisions.counts.hits.toCounts(),
    shadow: shadow.status(false),
  };
}
