/** Metrics of the packet source and the packet clock. */
import { DECODE_STATUS_NAMES } from '../../dataplane/host/decode-status.ts';
import { byKey, byName, counter, counters, gauge, gauges, seconds, type CatalogueMetric } from './metric.ts';

/** Series that exist before anything is lost, and for sources that cannot count losses. */
const NO_DROPS = { kernel: 0, interface: 0, missed: 0 };
export const SOURCE: readonly CatalogueMetric[] = [
  counter('sluice_packets_total', 'Packets read from the source.', (s) => s.counters.packets),
  counter('sluice_packet_bytes_total', 'Bytes of these packets on the wire.', (s) => s.counters.bytes),
  counter('sluice_flow_packets_total', 'Packets that reached a flow.', (s) => s.counters.flowPackets),
  counters('sluice_packets_not_decoded_total', ['reason'], 'Packets that reached no flow, by the reason.', (s) =>
    byName('reason', DECODE_STATUS_NAMES, s.counters.notDecoded, 1),
  ),
  counters(
    'sluice_capture_dropped_packets_total',
    ['by'],
    'Packets lost before they reached Sluice, by where: kernel and interface from their own counters, ' +
      'missed as an estimate from the interface counters for back ends without counters.',
    (s) => byKey('by', { ...NO_DROPS, ...s.source.counts.dropped }),
  ),
  gauge(
    'sluice_loss_bound_ratio',
    'The share of packets that may be lost before Sluice sees them: --loss-bound.',
    (s) => s.lossBound,
  ),
  counter(
    'sluice_capture_restarts_total',
    'Restarts of the capturing process after it ended or got stuck.',
    (s) => s.source.counts.restarts,
  ),
  counter(
    'sluice_capture_gap_seconds_total',
    'Time without a capturing process, between one and the next.',
    (s) => s.source.counts.gapSeconds,
  ),
  counter(
    'sluice_source_stalls_total',
    'Times that the watchdog found no packets although there should be some.',
    (s) => s.source.counts.stalls,
  ),
  gauge('sluice_source_up', '1 while packets can come from the source, else 0.', (s) =>
    s.source.problem === null ? 1 : 0,
  ),
  gauges('sluice_source_info', ['kind', 'backend'], 'Always 1; the labels show where packets come from.', (s) => [
    { labels: { kind: s.source.kind, backend: s.source.backend }, value: 1 },
  ]),
  gauges('sluice_spool_files', ['state'], 'Files of the spool since the start, by result; waiting: now.', (s) =>
    byKey('state', s.source.counts.files),
  ),
  counter(
    'sluice_time_jumps_total',
    'Packets with a time too far from the previous packet. They get its time, so they move no window, ' +
      'schedule or expiry.',
    (s) => s.clock.jumpCount,
  ),
  counter(
    'sluice_clock_sets_total',
    'Times that packets agreed on another time for long enough, so that the packet clock was set to it.',
    (s) => s.clock.clockSetCount,
  ),
  gauge('sluice_last_packet_timestamp_seconds', 'Packet time of the last packet; 0 before the first.', (s) =>
    seconds(s.counters.lastTimeUs),
  ),
  {
    type: 'histogram',
    name: 'sluice_source_lag_seconds',
    help:
      'Wall-clock time minus the time of the last packet of each batch, when its events were made; live ' +
      'sources only.',
    labels: [],
    read: (s) => s.lag,
  },
];
