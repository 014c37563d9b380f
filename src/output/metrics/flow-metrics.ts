/** Metrics of flows and tunnels. */
import { FLOW_END_NAMES } from '../../dataplane/host/flow-end.ts';
import { byName, counter, counters, gauge, type CatalogueMetric } from './metric.ts';

export const FLOWS: readonly CatalogueMetric[] = [
  gauge('sluice_flows_active', 'Flows in the flow table.', (s) => s.counters.flowsActive),
  gauge('sluice_flows_capacity', 'Capacity of the flow table (--max-flows).', (s) => s.flowCapacity),
  counter('sluice_flows_started_total', 'Flows started.', (s) => s.counters.flowsStarted),
  counters(
    'sluice_flows_ended_total',
    ['reason'],
    'Flows ended, by reason; evicted: to make room for another flow.',
    (s) => byName('reason', FLOW_END_NAMES, s.counters.flowsEnded),
  ),
  counter(
    'sluice_flows_split_total',
    'One-way flows whose other direction is a flow under another VLAN, VNI or tunnel: see --link-identity.',
    (s) => s.counters.splitFlows,
  ),
  gauge('sluice_tunnels_active', 'Tunnels being tracked; one may have several flows.', (s) => s.tunnels.count),
  counter(
    'sluice_fragment_overlaps_total',
    'Fragments that overlapped others of their packet.',
    (s) => s.counters.fragmentOverlaps,
  ),
];
