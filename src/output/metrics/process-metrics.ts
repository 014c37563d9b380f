/** Metrics of the process. */
import {
  byKey,
  counter,
  counters,
  gauge,
  gauges,
  MICROS_PER_SECOND,
  MS_PER_SECOND,
  type CatalogueMetric,
} from './metric.ts';

export const PROCESS: readonly CatalogueMetric[] = [
  gauges('sluice_build_info', ['version'], 'Always 1; the label shows the running version.', (s) => [
    { labels: { version: s.version }, value: 1 },
  ]),
  gauges(
    'sluice_event_loop_lag_seconds',
    ['statistic'],
    'Delay of the event loop since the last scrape: mean, p99 and max.',
    (s) => byKey('statistic', { ...s.takeLoopLag() }),
  ),
  gauge('sluice_resident_memory_bytes', 'Memory of the process.', () => process.memoryUsage.rss()),
  counter('sluice_cpu_seconds_total', 'Processor time of the process.', () => {
    const { user, system } = process.cpuUsage();
    return (user + system) / MICROS_PER_SECOND;
  }),
  gauge('sluice_start_timestamp_seconds', 'Start time of the process.', () =>
    Math.floor(Date.now() / MS_PER_SECOND - process.uptime()),
  ),
  counters('sluice_http_requests_total', ['status'], 'HTTP requests answered.', (s) =>
    [...s.requests].map(([status, value]) => ({ labels: { status: String(status) }, value })),
  ),
  counters('sluice_http_sign_ins_total', ['result'], 'Attempts to sign in to the console, and sign-outs.', (s) =>
    [...s.signIns].map(([result, value]) => ({ labels: { result }, value })),
  ),
];
