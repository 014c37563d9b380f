/** The figures of a shadow, for its events and the daemon's status. */
import { formatMicros } from '../core/units.ts';
import { OUTCOME_NAMES } from '../dataplane/host/outcome.ts';
import type { Rules } from '../decision/rules.ts';
import type { ShadowFigures, ShadowName } from '../output/event/shadow-event-line.ts';
import { trialTripJson } from '../output/event/trial-trip.ts';
import { actionFigures } from '../policy/change-verdict.ts';
import type { LastHour, ShadowSide } from './shadow-side.ts';

export function shadowName({ rules }: ShadowSide, active: Rules): ShadowName {
  const { policy, registry } = rules;
  return {
    policy: { name: policy.name, sha256: policy.sha256 },
    registry: { sha256: (registry ?? active.registry).sha256, own: registry !== null },
  };
}

export function shadowFigures(side: ShadowSide, active: Rules, { timeUs, evaluation }: LastHour): ShadowFigures {
  const { comparison, admission, sinceUs } = side;
  const { hits } = comparison;
  return {
    ...shadowName(side, active),
    since: formatMicros(sinceUs),
    since_began: {
      registered_hit: hits.registeredHit,
      deregistered: hits.deregistered,
      newly_hit: hits.newlyHit,
      no_longer_hit: hits.noLongerHit,
      actions: actionFigures(comparison.flowsByAction),
      flows: comparison.flows,
      flows_left_out: comparison.flowsLeftOut,
      registered_flows: comparison.registeredFlows,
      packets: affected(comparison.packets),
      bytes: affected(comparison.bytes),
    },
    last_hour: {
      at: formatMicros(timeUs),
      registered_hit: evaluation.registeredHit,
      deregistered: evaluation.deregistered,
      newly_hit: evaluation.newlyHit,
      no_longer_hit: evaluation.noLongerHit,
      actions: actionFigures(evaluation.flowsByAction),
      flows: evaluation.flows,
      flows_left_out: evaluation.flowsLeftOut,
      clients: evaluation.clients,
      hits_by_rule: Object.fromEntries(evaluation.hitsByRule),
    },
    would_trip: admission.trips.map(trialTripJson),
  };
}

/** Counts by outcome, without what is forwarded: that is not counted. */
function affected(counts: Float64Array): Record<string, number> {
  return Object.fromEntries(OUTCOME_NAMES.flatMap((name, at) => (at === 0 ? [] : [[name, counts[at]!]])));
}
