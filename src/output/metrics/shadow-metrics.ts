/** Metrics of the shadow: a second set of rules that decides beside the active one and never acts. */
import { OUTCOME_NAMES } from '../../dataplane/host/outcome.ts';
import { THEN_NAMES } from '../../policy/then.ts';
import { ACTION_NAMES } from '../../policy/action.ts';
import type { MetricsSources, ShadowCounts } from './metrics-sources.ts';
import { byKey, byName, counter, counters, gauge, gauges, type CatalogueMetric, type Sample } from './metric.ts';

/** A sample for each span of time over which clients are counted: since the shadow began, and the last hour. */
function bySpan(
  { shadow }: MetricsSources,
  sinceBegan: (counts: ShadowCounts) => number,
  lastHour: (counts: ShadowCounts) => number,
): readonly Sample[] {
  return byKey('span', {
    since_began: shadow.counts === null ? 0 : sinceBegan(shadow.counts),
    last_hour: shadow.counts === null ? 0 : lastHour(shadow.counts),
  });
}

/** Flows by pair of different actions. */
function changedFlows({ shadow }: MetricsSources): readonly Sample[] {
  return ACTION_NAMES.flatMap((from, row) =>
    ACTION_NAMES.flatMap((to, column) => {
      const value = shadow.counts?.flowsByAction[row * ACTION_NAMES.length + column] ?? 0;
      return row === column ? [] : [{ labels: { from, to }, value }];
    }),
  );
}

const NO_COUNTS = new Float64Array(OUTCOME_NAMES.length);

export const SHADOW: readonly CatalogueMetric[] = [
  gauge(
    'sluice_shadow_active',
    '1 while a second policy decides beside the active one, without acting, else 0.',
    (s) => (s.shadow.counts === null ? 0 : 1),
  ),
  gauges(
    'sluice_shadow_policy_info',
    ['name', 'sha256', 'registry_sha256'],
    'Always 1 while there is a shadow; the labels show its policy, and the registry that it uses.',
    ({ shadow: { counts } }) =>
      counts === null
        ? []
        : [
            {
              labels: { name: counts.name, sha256: counts.sha256, registry_sha256: counts.registrySha256 },
              value: 1,
            },
          ],
  ),
  gauges(
    'sluice_shadow_registered_newly_hit',
    ['span'],
    'Registered clients, or clients who would lose their registration, with a flow that only the ' +
      'shadow throttles or blocks, without rules that have hits_registered.',
    (s) =>
      bySpan(
        s,
        ({ hits }) => hits.registeredOrDeregistered,
        ({ lastHour }) => lastHour.registeredHit + lastHour.deregistered,
      ),
  ),
  gauges(
    'sluice_shadow_clients_newly_hit',
    ['span'],
    'Clients whom the shadow throttles or blocks and the active rules do not.',
    (s) =>
      bySpan(
        s,
        ({ hits }) => hits.newlyHit,
        ({ lastHour }) => lastHour.newlyHit,
      ),
  ),
  gauges(
    'sluice_shadow_clients_no_longer_hit',
    ['span'],
    'Clients whom the active rules throttle or block and the shadow does not.',
    (s) =>
      bySpan(
        s,
        ({ hits }) => hits.noLongerHit,
        ({ lastHour }) => lastHour.noLongerHit,
      ),
  ),
  counter(
    'sluice_shadow_registered_flows_total',
    'Flows of such registered clients that only the shadow throttles or blocks, since it began.',
    (s) => s.shadow.counts?.registeredFlows ?? 0,
  ),
  counter('sluice_shadow_flows_total', 'VPN flows that both sides have decided since the shadow began.', (s) =>
    s.shadow.counts === null ? 0 : s.shadow.counts.flows,
  ),
  counters(
    'sluice_shadow_flows_changed_total',
    ['from', 'to'],
    'VPN flows by the action of the active rules and another one of the shadow, since it began. A flow ' +
      'counts once for each pair that it has in turn.',
    changedFlows,
  ),
  gauge(
    'sluice_shadow_flows_left_out',
    'Hit flows whose clients were not counted because there were too many clients, since the shadow began.',
    (s) => s.shadow.counts?.flowsLeftOut ?? 0,
  ),
  counters(
    'sluice_shadow_packets_total',
    ['outcome'],
    'Packets that the shadow would have delayed or dropped since it began.',
    (s) => byName('outcome', OUTCOME_NAMES, s.shadow.counts?.packets ?? NO_COUNTS, 1),
  ),
  gauges(
    'sluice_shadow_would_trip',
    ['then'],
    "1 after the breaker of the shadow's policy would have tripped, until the shadow ends. " +
      'then: as for sluice_breaker_tripped.',
    (s) =>
      byKey(
        'then',
        Object.fromEntries(
          THEN_NAMES.map((then) => [
            then,
            s.shadow.counts?.trips.some(({ trip }) => trip.then === then) === true ? 1 : 0,
          ]),
        ),
      ),
  ),
  counters(
    'sluice_shadow_reads_total',
    ['result'],
    "Readings of the shadow's files while the daemon ran. After a failure the shadow before goes on.",
    (s) => byKey('result', s.shadow.reads),
  ),
];
