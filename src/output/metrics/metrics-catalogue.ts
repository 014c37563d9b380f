/**
 * Every metric of the daemon: name, meaning, labels, and where its value is read. Names follow Prometheus' conventions: base
 * units, `_total` for what only grows. No label is an address, a port or a holder; rules are named by their author.
 */
import { PROTOCOL_NAMES } from '../../core/protocol.ts';
import { OUTCOME_NAMES } from '../../dataplane/outcome.ts';
import { FLOW_END_NAMES } from '../../dataplane/counters.ts';
import type { DelayHistogram } from '../../decision/delay-histogram.ts';
import { HIT_OUTCOME_NAMES, HitKind, type HitOutcome } from '../../decision/registered-hits.ts';
import { GROUP_NAMES, type LimitCounts, THEN_NAMES, windowText } from '../../decision/safety-guard.ts';
import { STAGE_NAMES } from '../../dataplane/fingerprint/finding.ts';
import { DECODE_STATUS_NAMES } from '../../dataplane/wire/decode-status.ts';
import type { MetricsSources } from './metrics-sources.ts';

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

interface ValueMetric {
  readonly type: 'counter' | 'gauge';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (sources: MetricsSources) => readonly Sample[];
}

interface HistogramMetric {
  readonly type: 'histogram';
  readonly name: string;
  readonly help: string;
  readonly labels: readonly string[];
  readonly read: (sources: MetricsSources) => DelayHistogram;
}

export type CatalogueMetric = ValueMetric | HistogramMetric;

type Read = (sources: MetricsSources) => number;
type ReadRows = (sources: MetricsSources) => readonly Sample[];

const MS_PER_SECOND = 1000;
const MICROS_PER_SECOND = 1e6;

function counter(name: string, help: string, read: Read): ValueMetric {
  return { type: 'counter', name, help, labels: [], read: (sources) => [{ labels: {}, value: read(sources) }] };
}

function gauge(name: string, help: string, read: Read): ValueMetric {
  return { type: 'gauge', name, help, labels: [], read: (sources) => [{ labels: {}, value: read(sources) }] };
}

function counters(name: string, labels: readonly string[], help: string, read: ReadRows): ValueMetric {
  return { type: 'counter', name, help, labels, read };
}

function gauges(name: string, labels: readonly string[], help: string, read: ReadRows): ValueMetric {
  return { type: 'gauge', name, help, labels, read };
}

/** A sample for each name, by its index in the counts; names that stand for nothing are left out. */
function byName(
  label: string,
  names: readonly (string | undefined)[],
  counts: ArrayLike<number>,
  first = 0,
): readonly Sample[] {
  return names.flatMap((name, index) =>
    name === undefined || index < first ? [] : [{ labels: { [label]: name }, value: counts[index]! }],
  );
}

function byKey(label: string, values: Readonly<Record<string, number>>): readonly Sample[] {
  return Object.entries(values).map(([key, value]) => ({ labels: { [label]: key }, value }));
}

function byLog(read: (lines: MetricsSources['logs'][number]['lines']) => number): ReadRows {
  return ({ logs }) => logs.map(({ name, lines }) => ({ labels: { log: name }, value: read(lines) }));
}

const seconds = (micros: number): number => (Number.isNaN(micros) ? 0 : micros / MICROS_PER_SECOND);

/** Series that are there before anything is lost, and for sources that cannot know. */
const NO_DROPS = { kernel: 0, interface: 0, missed: 0 };
const versionText = (version: number | null | undefined): string => String(version ?? '');

const SOURCE: readonly CatalogueMetric[] = [
  counter('sluice_packets_total', 'Packets read from the source.', (s) => s.counters.packets),
  counter('sluice_packet_bytes_total', 'Octets of these packets on the wire.', (s) => s.counters.octets),
  counter('sluice_flow_packets_total', 'Packets that reached a flow.', (s) => s.counters.flowPackets),
  counters('sluice_packets_not_decoded_total', ['reason'], 'Packets that reached no flow, by the reason.', (s) =>
    byName('reason', DECODE_STATUS_NAMES, s.counters.notDecoded, 1),
  ),
  counters(
    'sluice_capture_dropped_packets_total',
    ['by'],
    'Packets lost before they reached Sluice, by who lost them: kernel and interface as they count, missed as estimated from the interface where the back end cannot know.',
    (s) => byKey('by', { ...NO_DROPS, ...s.source.counts.dropped }),
  ),
  counter(
    'sluice_capture_restarts_total',
    'Times that the capturing process ended or was stuck and was started anew.',
    (s) => s.source.counts.restarts,
  ),
  counter(
    'sluice_capture_gap_seconds_total',
    'Time without a capturing process, between one and the next.',
    (s) => s.source.counts.gapSeconds,
  ),
  counter(
    'sluice_source_stalls_total',
    'Times that the watchdog found no packets coming where there should be.',
    (s) => s.source.counts.stalls,
  ),
  gauge('sluice_source_up', '1 while packets can come from the source, else 0.', (s) =>
    s.source.problem === null ? 1 : 0,
  ),
  gauges('sluice_source_info', ['kind', 'backend'], 'Always 1; the labels say where packets come from.', (s) => [
    { labels: { kind: s.source.kind, backend: s.source.backend }, value: 1 },
  ]),
  gauges(
    'sluice_spool_files',
    ['state'],
    'Files of the spool since the start, by what became of them; waiting: now.',
    (s) => byKey('state', s.source.counts.files),
  ),
  counter(
    'sluice_time_jumps_total',
    'Packets with a time too far from the one before. They were given its time, so they moved no window, schedule or expiry.',
    (s) => s.clock.jumpCount,
  ),
  counter(
    'sluice_clock_sets_total',
    'Times that packets agreed on another time for long enough to be followed.',
    (s) => s.clock.clockSetCount,
  ),
  gauge('sluice_last_packet_timestamp_seconds', 'Packet time of the last packet; 0 before the first.', (s) =>
    seconds(s.counters.lastTimeUs),
  ),
  {
    type: 'histogram',
    name: 'sluice_source_lag_seconds',
    help: 'How far the last packet of each batch was behind the wall clock when its events were made: for live sources.',
    labels: [],
    read: (s) => s.lag,
  },
];

const FLOWS: readonly CatalogueMetric[] = [
  gauge('sluice_flows_active', 'Flows that are followed now.', (s) => s.table.activeCount),
  gauge('sluice_flows_capacity', 'Flows that can be followed at a time (--max-flows).', (s) => s.table.capacity),
  counter('sluice_flows_started_total', 'Flows begun.', (s) => s.counters.flowsStarted),
  counters('sluice_flows_ended_total', ['reason'], 'Flows ended; evicted ones had to make room for others.', (s) =>
    byName('reason', FLOW_END_NAMES, s.counters.flowsEnded),
  ),
  counter(
    'sluice_flows_split_total',
    'One-way flows whose other direction is a flow under another VLAN, VNI or tunnel: see --link-identity.',
    (s) => s.counters.splitFlows,
  ),
  gauge('sluice_tunnels_active', 'Tunnels that are followed now; one may have several flows.', (s) => s.tunnels.count),
  counter(
    'sluice_fragment_overlaps_total',
    'Fragments that lay over others of their packet.',
    (s) => s.counters.fragmentOverlaps,
  ),
];

const DECISIONS: readonly CatalogueMetric[] = [
  counters('sluice_findings_total', ['protocol', 'stage'], 'Flows in which a VPN was recognised, at each stage.', (s) =>
    PROTOCOL_NAMES.slice(1).flatMap((protocol, index) =>
      STAGE_NAMES.slice(1).map((stage, at) => ({
        labels: { protocol, stage },
        value: s.decisions.findings[(index + 1) * STAGE_NAMES.length + at + 1]!,
      })),
    ),
  ),
  counters(
    'sluice_decisions_total',
    ['action', 'protocol', 'rule', 'registered'],
    'Decision events. The rule is empty where none matched; registered says which ends are.',
    (s) =>
      s.decisions.tally.rows().map(({ action, protocol, rule, registered, count }) => ({
        labels: { action, protocol, rule: rule ?? '', registered },
        value: count,
      })),
  ),
  {
    type: 'histogram',
    name: 'sluice_decision_delay_seconds',
    help: "From a flow's first packet to its first decision, in packet time.",
    labels: [],
    read: (s) => s.decisions.delays,
  },
  counters('sluice_outcome_packets_total', ['outcome'], 'Packets by what simulated enforcement does to them.', (s) =>
    byName('outcome', OUTCOME_NAMES, s.counters.outcomePackets),
  ),
  counters('sluice_outcome_bytes_total', ['outcome'], 'Octets by what simulated enforcement does to them.', (s) =>
    byName('outcome', OUTCOME_NAMES, s.counters.outcomeOctets),
  ),
];

/** A sample for each outcome of registered hits of a kind. */
function hitSamples(
  { decisions }: MetricsSources,
  kind: HitKind,
  labels: Readonly<Record<string, string>>,
): readonly Sample[] {
  return HIT_OUTCOME_NAMES.slice(1).map((outcome, index) => ({
    labels: { outcome, ...labels },
    value: decisions.hits.of(kind, (index + 1) as HitOutcome),
  }));
}

const LIMIT_LABELS = ['limit', 'window', 'stage'];

function limitSamples({ guard }: MetricsSources, read: (counts: LimitCounts) => number): readonly Sample[] {
  return guard.breaker.limitCounts().map((counts, index) => ({
    labels: {
      limit: String(index + 1),
      window: windowText(counts.limit.windowUs),
      stage: GROUP_NAMES[counts.limit.group],
    },
    value: read(counts),
  }));
}

const SAFETY: readonly CatalogueMetric[] = [
  counters(
    'sluice_registered_hits_total',
    ['outcome', 'on_purpose'],
    'Throttles and blocks decided for flows with a registration in force: would (mode observe), prevented (by the breaker), done. on_purpose is true where the rule says hits_registered. Kept over restarts until an operator clears it.',
    (s) => [
      ...hitSamples(s, HitKind.IN_FORCE, { on_purpose: 'false' }),
      ...hitSamples(s, HitKind.ON_PURPOSE, { on_purpose: 'true' }),
    ],
  ),
  counters(
    'sluice_registered_other_protocol_hits_total',
    ['outcome'],
    'The same for flows with a registration that covers an address but not the protocol.',
    (s) => hitSamples(s, HitKind.OTHER_PROTOCOL, {}),
  ),
  gauges(
    'sluice_breaker_tripped',
    ['then'],
    '1 after the safety breaker has tripped, until an operator resets it: observe, nothing is enforced; ignore-suspected, flows that are only suspected are left alone.',
    ({ guard }) =>
      THEN_NAMES.map((then) => ({
        labels: { then },
        value: guard.breaker.trips.some((trip) => trip.then === then) ? 1 : 0,
      })),
  ),
  counter('sluice_breaker_trips_total', 'Times that the safety breaker has tripped.', (s) => s.guard.tripCount),
  gauges(
    'sluice_clients_affected',
    LIMIT_LABELS,
    'Distinct clients newly throttled or blocked within the window of a limit, by its number in the policy. Beyond 49,152 a bound that 95 % of estimates stay below.',
    (s) => limitSamples(s, ({ affected }) => affected),
  ),
  gauges(
    'sluice_clients_seen',
    LIMIT_LABELS,
    'Distinct clients with a finding of the stage of a limit within its window. Beyond 49,152 a bound that 95 % of estimates stay above.',
    (s) => limitSamples(s, ({ seen }) => seen),
  ),
  gauges(
    'sluice_clients_allowed',
    LIMIT_LABELS,
    'Clients that a limit allows to be newly throttled or blocked within its window, as things are.',
    (s) => limitSamples(s, ({ allowed }) => allowed),
  ),
  counter(
    'sluice_state_failures_total',
    'Times that the state of the safety breaker could not be kept.',
    (s) => s.safety.failureCount,
  ),
  counters(
    'sluice_notices_total',
    ['result'],
    'Notices to the webhook (--notify): sent, failed after all attempts, dropped because too many waited.',
    (s) => byKey('result', s.notices.counts),
  ),
  gauge('sluice_enforcing', '1 while simulated enforcement affects packets, 0 in mode observe.', (s) =>
    s.decisions.mode === 'enforce' ? 1 : 0,
  ),
];

const CALENDAR: readonly CatalogueMetric[] = [
  gauge(
    'sluice_calendar_next_date_timestamp_seconds',
    'When decisions may next change by a date of policy or registry, in packet time; 0 for never.',
    (s) => (s.calendar.nextUs === Infinity ? 0 : seconds(s.calendar.nextUs)),
  ),
  gauge(
    'sluice_calendar_held',
    '1 while a date beyond the limits of the guard has no effect and waits for a confirmation, else 0.',
    (s) => (s.calendar.isHeld ? 1 : 0),
  ),
  gauge(
    'sluice_calendar_ahead_beyond_limits',
    'Dates within a day that are beyond the limits of the guard and not confirmed.',
    (s) => s.calendar.aheadBeyondCount,
  ),
  gauge(
    'sluice_guard_flows_ended',
    'Ended VPN flows that are kept, besides the active ones, to try changes of rules on.',
    (s) => s.recent.endedCount,
  ),
  counter(
    'sluice_guard_flows_forgotten_total',
    'Ended VPN flows that were forgotten within an hour because there were too many.',
    (s) => s.recent.overwrittenCount,
  ),
];

const RULES: readonly CatalogueMetric[] = [
  gauges(
    'sluice_rules_info',
    ['sha256', 'policy_version', 'registry_version'],
    'Always 1; the labels say which pair of policy and registry decides: its hash, and the versions of manifests where there are any.',
    (s) => [
      {
        labels: {
          sha256: s.rulesSha256,
          policy_version: versionText(s.rules.versions?.policy),
          registry_version: versionText(s.rules.versions?.registry),
        },
        value: 1,
      },
    ],
  ),
  gauge('sluice_rules_refused', '1 while rules that the guard has refused wait for a confirmation, else 0.', (s) =>
    s.hasRefusedRules ? 1 : 0,
  ),
  gauges('sluice_policy_info', ['name', 'sha256', 'mode'], 'Always 1; the labels say which policy decides.', (s) => [
    { labels: { name: s.rules.policy.name, sha256: s.rules.policy.sha256, mode: s.decisions.mode }, value: 1 },
  ]),
  gauge('sluice_policy_rules', 'Rules of the policy.', (s) => s.rules.policy.rules.length),
  gauges('sluice_registry_info', ['sha256'], 'Always 1; the label says which registry is in use.', (s) => [
    { labels: { sha256: s.rules.registry.sha256 }, value: 1 },
  ]),
  gauge('sluice_registry_entries', 'Registrations in the registry.', (s) => s.rules.registry.count),
  gauge(
    'sluice_registrations_in_force',
    'Registrations in force at the packet time, as decisions see them.',
    (s) => s.coverage.inForce,
  ),
  gauges(
    'sluice_registered_addresses',
    ['family'],
    'Addresses that registrations in force cover for at least one protocol.',
    (s) => byKey('family', { ipv4: s.coverage.ipv4Addresses, ipv6: s.coverage.ipv6Addresses }),
  ),
  gauge(
    'sluice_registry_age_seconds',
    "Time since the registry's file was last changed.",
    (s) => Math.max(0, Date.now() - s.registryChangedMs) / MS_PER_SECOND,
  ),
  gauge('sluice_rules_loaded_timestamp_seconds', 'When policy and registry were last loaded.', (s) =>
    Math.floor(s.rulesLoadedMs / MS_PER_SECOND),
  ),
  counters(
    'sluice_reloads_total',
    ['result'],
    'Reloads of policy and registry as a pair. A failure (a file that cannot be used) and a refusal (by the guard) leave the old pair.',
    (s) => byKey('result', s.reloads),
  ),
  ...CALENDAR,
];

const LOGS: readonly CatalogueMetric[] = [
  counters(
    'sluice_event_log_lines_total',
    ['log'],
    'Lines written to the event logs.',
    byLog((l) => l.lineCount),
  ),
  counters(
    'sluice_event_log_bytes_total',
    ['log'],
    'Octets written to the event logs.',
    byLog((l) => l.octetCount),
  ),
  counters(
    'sluice_event_log_dropped_lines_total',
    ['log'],
    'Lines left out because the log could not take them.',
    byLog((l) => l.droppedCount),
  ),
  counters(
    'sluice_event_log_failures_total',
    ['log'],
    'Writes to the event logs that failed.',
    byLog((l) => l.failureCount),
  ),
  counters(
    'sluice_event_log_rotations_total',
    ['log'],
    'Times that the event logs were moved aside.',
    byLog((l) => l.rotationCount),
  ),
  counters(
    'sluice_event_log_wait_seconds_total',
    ['log'],
    'Time for which the engine waited for the event logs (--on-full wait).',
    byLog((l) => l.waitedMs / MS_PER_SECOND),
  ),
  gauges(
    'sluice_event_log_waiting_bytes',
    ['log'],
    'Octets of events that are not written yet.',
    byLog((l) => l.waitingOctets),
  ),
];

const PROCESS: readonly CatalogueMetric[] = [
  gauges('sluice_build_info', ['version'], 'Always 1; the label says which version runs.', (s) => [
    { labels: { version: s.version }, value: 1 },
  ]),
  gauges(
    'sluice_event_loop_lag_seconds',
    ['statistic'],
    'How late the event loop ran since it was last asked: mean, p99 and max.',
    (s) => byKey('statistic', { ...s.takeLoopLag() }),
  ),
  gauge('sluice_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss()),
  counter('sluice_cpu_seconds_total', 'Processor time of the process.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROS_PER_SECOND;
  }),
  gauge('sluice_start_timestamp_seconds', 'When the process was started.', () =>
    Math.floor(Date.now() / MS_PER_SECOND - process.uptime()),
  ),
  counters('sluice_http_requests_total', ['status'], 'HTTP requests answered.', (s) =>
    [...s.requests].map(([status, value]) => ({ labels: { status: String(status) }, value })),
  ),
];

/** The catalogue in the parts under which its table shows it. */
export const CATALOGUE: readonly { readonly part: string; readonly metrics: readonly CatalogueMetric[] }[] = [
  { part: 'Source', metrics: SOURCE },
  { part: 'Flows', metrics: FLOWS },
  { part: 'Decisions', metrics: DECISIONS },
  { part: 'Safety', metrics: SAFETY },
  { part: 'Rules', metrics: RULES },
  { part: 'Event logs', metrics: LOGS },
  { part: 'Process', metrics: PROCESS },
];
