/** A comparison as one JSON object. The names of its keys are an interface for users: never rename them. */
import { formatMicros } from '../../core/units.ts';
import { filesBackJson } from '../../output/capture/files-back.ts';
import { interruptionJson } from '../../output/summary/interruption.ts';
import { trialTripJson } from '../../output/event/trial-trip.ts';
import { type ChangeRow, DIMENSIONS } from './change-table.ts';
import type { ComparedRules, ComparisonTotals } from './comparison-totals.ts';
import type { LargestChanges } from './largest-changes.ts';
import type { PairComparison } from './pair-comparison.ts';
import type { ComparedInterval } from './compared-time-line.ts';

export function comparisonJson(totals: ComparisonTotals): string {
  const { counters, comparison, rules, largest } = totals;
  const object = {
    captures: totals.captureCount,
    incomplete: totals.incomplete,
    interrupted: totals.interruption === null ? null : interruptionJson(totals.interruption),
    files_back_in_time: filesBackJson(totals.filesBack),
    packets: counters.packets,
    bytes: counters.bytes,
    flows: counters.flowsStarted,
    vpn_flows: comparison.flows,
    rules: rules.map(rulesJson),
    changes: comparison.pairs.map((pair, at) => pairJson(pair, comparison.flows, rules, largest[at]!)),
    time_line: comparison.timeLine.intervals().map((interval) => intervalJson(interval, rules)),
    provenance: totals.provenance,
  };
  return `${JSON.stringify(object)}\n`;
}

function rulesJson({ letter, policy, registry, trips, throttles }: ComparedRules): object {
  return { name: letter, policy, registry, breaker: { would_trip: trips.map(trialTripJson) }, throttles };
}

function pairJson(
  pair: PairComparison,
  flows: number,
  rules: readonly ComparedRules[],
  largest: LargestChanges,
): object {
  const { hits } = pair;
  return {
    from: rules[0]!.letter,
    to: rules[pair.side]!.letter,
    registered_users_newly_hit: {
      clients: pair.registeredClients,
      registrations: pair.holders.size,
      still_registered: hits.registeredHit,
      deregistered: hits.deregistered,
    },
    clients: {
      all: hits.count,
      changed: pair.changedClients,
      newly_hit: hits.newlyHit,
      no_longer_hit: hits.noLongerHit,
    },
    newly_hit_by_rule: Object.fromEntries(pair.hitsByRule()),
    flows: { all: flows, changed: pair.changed, decided_otherwise: pair.decidedOtherwise },
    packets_changed: pair.packets,
    bytes_changed: pair.bytes,
    by: Object.fromEntries(DIMENSIONS.map((dimension) => [dimension, pair.table.rows(dimension).map(rowJson)])),
    largest: largest.events,
  };
}

function rowJson({ value, from, to, flows, clients, packets, bytes }: ChangeRow): object {
  return { value, from, to, flows, clients, packets, bytes };
}

function intervalJson(
  { fromUs, lengthUs, packets, bytes, sides }: ComparedInterval,
  rules: readonly ComparedRules[],
): object {
  return {
    start: formatMicros(fromUs),
    seconds: lengthUs / 1e6,
    offered: { packets, bytes },
    ...Object.fromEntries(
      sides.map((side, at) => [
        rules[at]!.letter,
        {
          delayed: { packets: side.delayedPackets, bytes: side.delayedBytes },
          dropped: { packets: side.droppedPackets, bytes: side.droppedBytes },
        },
      ]),
    ),
  };
}
