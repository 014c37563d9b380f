/** Metrics of the event logs. */
import type { MetricsSources } from './metrics-sources.ts';
import { counter, counters, gauges, MS_PER_SECOND, type CatalogueMetric, type ReadRows } from './metric.ts';

function byLog(read: (lines: MetricsSources['logs'][number]['lines']) => number): ReadRows {
  return ({ logs }) => logs.map(({ name, lines }) => ({ labels: { log: name }, value: read(lines) }));
}

export const LOGS: readonly CatalogueMetric[] = [
  counters(
    'sluice_event_log_lines_total',
    ['log'],
    'Lines written to the event logs.',
    byLog((l) => l.lineCount),
  ),
  counters(
    'sluice_event_log_bytes_total',
    ['log'],
    'Bytes written to the event logs.',
    byLog((l) => l.byteCount),
  ),
  counters(
    'sluice_event_log_dropped_lines_total',
    ['log'],
    'Lines dropped because the log could not keep up.',
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
    'Rotations of the event logs.',
    byLog((l) => l.rotationCount),
  ),
  counters(
    'sluice_event_log_wait_seconds_total',
    ['log'],
    'Time for which the engine waited for the event logs (--on-full wait).',
    byLog((l) => l.waitedMs / MS_PER_SECOND),
  ),
  counters(
    'sluice_event_log_overtaken_segments_total',
    ['log'],
    'Closed segments that were removed although a restart may need them: --rotate-keep is too small.',
    ({ logs }) => logs.map(({ name, file }) => ({ labels: { log: name }, value: file?.held.overtakenCount ?? 0 })),
  ),
  gauges(
    'sluice_event_log_waiting_bytes',
    ['log'],
    'Bytes of events that wait to be written.',
    byLog((l) => l.waitingBytes),
  ),
  counter(
    'sluice_log_chain_entries_total',
    'Entries written to the signed chain of the log of decisions (--log-key).',
    ({ logChain }) => logChain?.entryCount ?? 0,
  ),
  counter(
    'sluice_log_chain_failures_total',
    'Failed attempts to write the chain of the log of decisions.',
    ({ logChain }) => logChain?.failureCount ?? 0,
  ),
];
