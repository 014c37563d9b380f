/** Metrics of the history behind the console. Without a history they are 0. */
import { type CatalogueMetric, counter, gauge } from './metric.ts';

export const HISTORY: readonly CatalogueMetric[] = [
  gauge('sluice_history_up', '1 while the history can be written, 0 while it cannot; 1 without a history.', (s) =>
    (s.history?.problem ?? null) === null ? 1 : 0,
  ),
  counter(
    'sluice_history_written_records_total',
    'Records written to the history, each of a minute of counts.',
    (s) => s.history?.writtenMinutes ?? 0,
  ),
  gauge(
    'sluice_history_waiting_records',
    'Records that wait to be written to the history.',
    (s) => s.history?.waitingMinutes ?? 0,
  ),
  counter(
    'sluice_history_lost_records_total',
    'Records that are missing in the history: too many waited, or they were refused.',
    (s) => s.history?.lost ?? 0,
  ),
  counter(
    'sluice_history_failures_total',
    'Failed attempts to start the history process, or to open or write the history.',
    (s) => s.history?.failures ?? 0,
  ),
  counter(
    'sluice_history_restarts_total',
    'Times that the history process ended by itself and was started again.',
    (s) => s.history?.restarts ?? 0,
  ),
  gauge('sluice_history_file_bytes', 'Size of the files of the history.', (s) => s.history?.fileBytes ?? 0),
  counter(
    'sluice_history_writes_total',
    'Transactions written to the history, about one a minute.',
    (s) => s.history?.writes ?? 0,
  ),
  counter(
    'sluice_history_write_seconds_total',
    'Time of the transactions in the history process.',
    (s) => s.history?.writeSeconds ?? 0,
  ),
  counter('sluice_reports_made_total', 'Scheduled reports that were made and kept.', (s) => s.reports?.madeCount ?? 0),
  counter(
    'sluice_report_failures_total',
    'Scheduled reports that could not be made or kept; each is tried again after an hour.',
    (s) => s.reports?.failureCount ?? 0,
  ),
];
