/** Metrics of a fleet: what is shipped to it, and the rules that come from it. */
import { counter, gauge, type CatalogueMetric } from './metric.ts';

export const FLEET: readonly CatalogueMetric[] = [
  gauge('sluice_fleet_connected', '1 while there is a connection to the fleet; 0 also without one.', ({ fleet }) =>
    fleet?.isConnected === true ? 1 : 0,
  ),
  counter(
    'sluice_fleet_shipped_lines_total',
    'Lines of the log of decisions that the fleet has acknowledged.',
    ({ fleet }) => fleet?.lineCount ?? 0,
  ),
  counter(
    'sluice_fleet_failures_total',
    'Failed attempts to ship lines and rows to the fleet; they are tried again.',
    ({ fleet }) => fleet?.failureCount ?? 0,
  ),
  counter(
    'sluice_fleet_lost_lines_total',
    'Lines that were removed before the fleet acknowledged them, because --fleet-backlog was reached.',
    ({ fleet }) => fleet?.lostCount ?? 0,
  ),
  counter(
    'sluice_fleet_shipped_rows_total',
    'Minutes and changes of the history that the fleet has acknowledged; a minute of many series is several.',
    ({ fleet }) => fleet?.rowCount ?? 0,
  ),
  counter(
    'sluice_fleet_lost_rows_total',
    'Rows of the history that were removed before the fleet acknowledged them, because --fleet-backlog was reached.',
    ({ fleet }) => fleet?.lostRows ?? 0,
  ),
  gauge(
    'sluice_fleet_waiting_row_bytes',
    'Bytes of rows of the history that the fleet has not acknowledged.',
    ({ fleet }) => fleet?.waitingRowBytes ?? 0,
  ),
  gauge(
    'sluice_fleet_backlog_bytes',
    'Bytes of closed parts of the log of decisions that the fleet has not acknowledged.',
    ({ fleet }) => fleet?.backlogBytes ?? 0,
  ),
  gauge(
    'sluice_fleet_bundle_version',
    "Version of the fleet's bundle that is in use; 0 for the sensor's own files.",
    ({ fleetRules }) => fleetRules?.version ?? 0,
  ),
  gauge(
    'sluice_fleet_bundle_refused',
    "1 while the sensor does not use the bundle of its ring, because it refuses that or the ring's pointer.",
    ({ fleetRules }) => (fleetRules?.isRefused === true ? 1 : 0),
  ),
  counter(
    'sluice_fleet_refused_bundles_total',
    'Bundles and pointers of the fleet that were refused.',
    ({ fleetRules }) => fleetRules?.refusedCount ?? 0,
  ),
  gauge(
    'sluice_fleet_lease_missing',
    '1 while --fleet-breaker lets nothing be enforced: no lease is valid, or the breaker of the fleet has tripped.',
    ({ fleetLease }) => (fleetLease?.isValid === false ? 1 : 0),
  ),
  gauge(
    'sluice_fleet_lease_clients',
    'Clients that may still newly be hit under the lease of the fleet.',
    ({ fleetLease }) => fleetLease?.left ?? 0,
  ),
  counter(
    'sluice_fleet_refused_hits_total',
    'Packets that were not throttled or blocked because the lease of the fleet had nothing left for their client.',
    ({ fleetLease }) => fleetLease?.refusedCount ?? 0,
  ),
  gauge(
    'sluice_fleet_breaker_tripped',
    "1 from a trip of the fleet's breaker that has reached the sensor until its reset.",
    ({ fleetLease }) => (fleetLease?.hasTripped === true ? 1 : 0),
  ),
];
