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

/** The keys of a comparison as JSON. */
export type ComparisonFields = ReturnType<typeof comparisonObject>;
export type PairFields = ReturnType<typeof pairJson>;

/** One JSON object on one line; `more`: keys that a flag asks for. */
export function comparisonJson(totals: ComparisonTotals, more: object = {}): string {
  return `${JSON.stringify({ ...comparisonObject(totals), ...more })}\n`;
}

/** The comparison as data: the type of the result has the keys. */
export function comparisonObject(totals: ComparisonTotals) {
  const { counters, comparison, rules, largest } = totals;
  return {
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
}

function rulesJson({ letter, policy, registry, trips, throttles }: ComparedRules) {
  return { name: letter, policy, registry, breaker: { would_trip: trips.map(trialTripJson) }, throttles };
}

function pairJson(pair: PairComparison, flows: number, rules: readonly ComparedRules[], largest: LargestChanges) {
  const { hits } = pair;
  return {
    from: rules[0]!.letter,
    to: rules[pair.side]!.letter,
    registered_users_newly_hit: {
      clients: pair.registeredClients,
      registrations: pair.holders.size,
      still_registered: hits.registeredHit,
      deregistered: hits.deregistered,
      already_hit: hits.registeredAlreadyHit,
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

function rowJson({ value, from, to, flows, clients, packets, bytes }: ChangeRow): Omit<ChangeRow, 'dimension'> {
  return { value, from, to, flows, clients, packets, bytes };
}

/** An interval, with a key for each side beside those of the interval itself. */
export function intervalJson(interval: ComparedInterval, rules: readonly ComparedRules[]) {
  const { fromUs, lengthUs, packets, bytes, sides } = interval;
  const sideFields = sides.map((side, at) => [rules[at]!.letter, sideJson(side)] as const);
  return {
    start: formatMicros(fromUs),
    seconds: lengthUs / 1e6,
    offered: { packets, bytes },
    ...(Object.fromEntries(sideFields) as Readonly<Record<'A' | 'B', ReturnType<typeof sideJson>>>),
  };
}

function sideJson(side: ComparedInterval['sides'][number]) {
  return {
    delayed: { packets: side.delayedPackets, bytes: side.delayedBytes },
    dropped: { packets: side.droppedPackets, bytes: side.droppedBytes },
  };
}
