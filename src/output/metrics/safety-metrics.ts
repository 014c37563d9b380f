/** Metrics of the safety breaker, registered hits and notices. */
import { HIT_OUTCOME_NAMES, HitKind, type HitOutcome } from '../../decision/registered-hits.ts';
import { GROUP_NAMES, type LimitCounts, windowText } from '../../decision/hit-admission.ts';
import { THEN_NAMES } from '../../policy/then.ts';
import type { MetricsSources } from './metrics-sources.ts';
import { byKey, counter, counters, gauge, gauges, type CatalogueMetric, type Sample } from './metric.ts';

/** A sample for each outcome of registered hits of a kind. */
function hitSamples(
  { decisions }: MetricsSources,
  kind: HitKind,
  labels: Readonly<Record<string, string>>,
): readonly Sample[] {
  return HIT_OUTCOME_NAMES.slice(1).map((outcome, index) => ({
    labels: { outcome, ...labels },
    value: decisions.counts.hits.of(kind, (index + 1) as HitOutcome),
  }));
}

/** Results that exist before there are any. */
const NO_CHECKPOINTS = { saved: 0, failed: 0, 'too-large': 0 };
const MILLISECONDS_PER_SECOND = 1000;

/** Checkpoints of the state of flows. */
const CHECKPOINTS: readonly CatalogueMetric[] = [
  counters('sluice_checkpoints_total', ['result'], 'Checkpoints by result; too-large: beyond --max-state.', (s) =>
    byKey('result', { ...NO_CHECKPOINTS, ...s.checkpoints.counts }),
  ),
  gauge('sluice_checkpoint_bytes', 'Size of the last checkpoint on disk.', (s) => s.checkpoints.bytes),
  gauge(
    'sluice_checkpoint_timestamp_seconds',
    'When the last checkpoint was on disk; 0 before the first.',
    (s) => s.checkpoints.savedMs / MILLISECONDS_PER_SECOND,
  ),
  gauge(
    'sluice_checkpoint_longest_copy_seconds',
    'The longest time for which packets waited while a checkpoint was copied.',
    (s) => s.checkpoints.longestCopySeconds,
  ),
  counter(
    'sluice_changes_unsaved_total',
    'Changes whose events were written before a checkpoint had them: a kill may double these.',
    (s) => s.checkpoints.unsavedChanges,
  ),
  gauge(
    'sluice_restart_lost_flows',
    'Flows of the last run that this start could not take over.',
    (s) => s.checkpoints.lostFlows,
  ),
];

const LIMIT_LABELS = ['limit', 'window', 'stage'];

function limitSamples({ admission }: MetricsSources, read: (counts: LimitCounts) => number): readonly Sample[] {
  return admission.breaker.limitCounts().map((counts, index) => ({
    labels: {
      limit: String(index + 1),
      window: windowText(counts.limit.windowUs),
      stage: GROUP_NAMES[counts.limit.group],
    },
    value: read(counts),
  }));
}

export const SAFETY: readonly CatalogueMetric[] = [
  counters(
    'sluice_registered_hits_total',
    ['outcome', 'on_purpose'],
    'Throttles and blocks decided for flows with a registration in force: would (mode observe), ' +
      'prevented (by the breaker), done. on_purpose is true if the rule has hits_registered. Kept over ' +
      'restarts until an operator clears it.',
    (s) => [
      ...hitSamples(s, HitKind.IN_FORCE, { on_purpose: 'false' }),
      ...hitSamples(s, HitKind.ON_PURPOSE, { on_purpose: 'true' }),
    ],
  ),
  counters(
    'sluice_registered_other_protocol_hits_total',
    ['outcome'],
    'Like sluice_registered_hits_total, for flows with a registration that covers an address but not the protocol.',
    (s) => hitSamples(s, HitKind.OTHER_PROTOCOL, {}),
  ),
  gauges(
    'sluice_breaker_tripped',
    ['then'],
    '1 after the safety breaker has tripped, until an operator resets it. observe: nothing is ' +
      'enforced; ignore-suspected: nothing is enforced on flows that are only suspected.',
    ({ admission }) =>
      THEN_NAMES.map((then) => ({
        labels: { then },
        value: admission.breaker.trips.some((trip) => trip.then === then) ? 1 : 0,
      })),
  ),
  counter('sluice_breaker_trips_total', 'Trips of the safety breaker.', (s) => s.admission.tripCount),
  gauges(
    'sluice_clients_affected',
    LIMIT_LABELS,
    'Distinct clients newly throttled or blocked within the window of a limit, by its number in the ' +
      'policy. Above 49,152 an estimate that is not too low with 95 % confidence.',
    (s) => limitSamples(s, ({ affected }) => affected),
  ),
  gauges(
    'sluice_clients_seen',
    LIMIT_LABELS,
    'Distinct clients with a finding of the stage of a limit within its window. Above 49,152 an ' +
      'estimate that is not too high with 95 % confidence.',
    (s) => limitSamples(s, ({ seen }) => seen),
  ),
  gauges(
    'sluice_clients_allowed',
    LIMIT_LABELS,
    'Clients that a limit currently allows to be newly throttled or blocked within its window.',
    (s) => limitSamples(s, ({ allowed }) => allowed),
  ),
  counter(
    'sluice_state_failures_total',
    'State of the breaker or of flows that could not be saved or, at the start, used.',
    (s) => s.safety.failureCount,
  ),
  counters(
    'sluice_notices_total',
    ['result'],
    'Notices to the webhook (--notify): sent, failed after all attempts, dropped because too many were waiting.',
    (s) => byKey('result', s.notices.counts),
  ),
  gauge('sluice_enforcing', '1 while simulated enforcement affects packets, 0 in mode observe.', (s) =>
    s.decisions.mode === 'enforce' ? 1 : 0,
  ),
  ...CHECKPOINTS,
];
