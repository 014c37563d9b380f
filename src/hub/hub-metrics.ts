/** The metrics of a hub: its stream, its history, and the health of each sensor. */
import { Counter, Gauge, Registry } from 'prom-client';
import type { BreakerState } from '../fleet/breaker/lease-message.ts';
import type { HubSensor } from '../web/api/hub-schema.ts';
import { DRIFTS } from './sensor-drift.ts';

const MS_PER_SECOND = 1000;
const MICROS_PER_SECOND = 1e6;

export interface HubFigures {
  readonly isConnected: boolean;
  readonly messageCount: number;
  readonly rowCount: number;
  readonly refusedCount: number;
  readonly repeatedCount: number;
  readonly missingCount: number;
  readonly lossCount: number;
  readonly failureCount: number;
  readonly pending: number;
  readonly fileBytes: number;
  readonly hasProblem: boolean;
  readonly sensors: readonly HubSensor[];
  /** Null for a hub that lends nothing, or not now. */
  readonly breaker: BreakerState | null;
}

type Value = (figures: HubFigures) => number;

const COUNTERS: readonly [string, string, Value][] = [
  ['sluice_hub_messages_total', 'Messages of the stream that were written.', (hub) => hub.messageCount],
  ['sluice_hub_rows_total', 'Minutes and changes that were written.', (hub) => hub.rowCount],
  [
    'sluice_hub_refused_rows_total',
    'Lines that are no rows, or of another sensor than their sender.',
    (hub) => hub.refusedCount,
  ],
  [
    'sluice_hub_stream_losses_total',
    'Times that the stream had lost messages that were read; it was read again.',
    (hub) => hub.lossCount,
  ],
  [
    'sluice_hub_missing_rows_total',
    'Gaps in the numbers of the rows of a sensor: the stream has lost minutes that the hub has not read.',
    (hub) => hub.missingCount,
  ],
  [
    'sluice_hub_repeated_rows_total',
    'Rows that came again from a stream that had lost them, and were left out.',
    (hub) => hub.repeatedCount,
  ],
  [
    'sluice_hub_failures_total',
    'Failed attempts to read the stream or to write; they are repeated.',
    (hub) => hub.failureCount,
  ],
];
const GAUGES: readonly [string, string, Value][] = [
  ['sluice_hub_connected', '1 while there is a connection to the fleet.', (hub) => Number(hub.isConnected)],
  ['sluice_hub_up', '1 while the stream is read and written.', (hub) => Number(!hub.hasProblem)],
  ['sluice_hub_pending_messages', 'Messages of the stream that are not read yet.', (hub) => hub.pending],
  ['sluice_hub_history_bytes', 'Bytes of the files of the history.', (hub) => hub.fileBytes],
  [
    'sluice_hub_breaker_tripped',
    '1 from a trip of the breaker of the fleet until its reset.',
    (hub) => (hub.breaker?.trip ? 1 : 0),
  ],
  [
    'sluice_hub_breaker_sensors',
    'Sensors with a lease of the limits of the fleet.',
    (hub) => hub.breaker?.sensors.length ?? 0,
  ],
];
type Limit = BreakerState['limits'][number];
const OF_LIMITS: readonly [string, string, (limit: Limit) => number][] = [
  [
    'sluice_hub_breaker_limit_clients',
    'Clients that the sensors together may newly hit within the window.',
    (limit) => limit.clients,
  ],
  ['sluice_hub_breaker_used_clients', 'Clients that sensors have newly hit within the window.', (limit) => limit.used],
  ['sluice_hub_breaker_lent_clients', 'The same with those that sensors may still hit.', (limit) => limit.lent],
];
const OF_SENSORS: readonly [string, string, (sensor: HubSensor) => number | null][] = [
  [
    'sluice_hub_sensor_seen_timestamp_seconds',
    "When the stream took the sensor's last message, seconds since 1970.",
    (sensor) => sensor.seen_ms / MS_PER_SECOND,
  ],
  [
    'sluice_hub_sensor_clock_offset_seconds',
    "The sensor's clock minus the stream's when its last message was sent, with the time it took.",
    (sensor) => (sensor.clock_offset_ms === null ? null : sensor.clock_offset_ms / MS_PER_SECOND),
  ],
  ['sluice_hub_sensor_packets', "Packets of the sensor's latest hour.", (sensor) => sensor.packets],
  [
    'sluice_hub_sensor_lost_packets',
    'Packets of that hour that were lost before the sensor.',
    (sensor) => sensor.lost_packets,
  ],
  ['sluice_hub_sensor_lag_seconds', 'The largest lag of that hour.', (sensor) => sensor.lag_us / MICROS_PER_SECOND],
];

export class HubMetrics {
  private readonly registry = new Registry();
  private readonly read: () => Promise<HubFigures>;
  private figures: HubFigures | null = null;

  /** `read`: the figures at a scrape. */
  constructor(read: () => Promise<HubFigures>) {
    this.read = read;
    const value = (of: Value): number => of(this.figures!);
    for (const [name, help, of] of COUNTERS)
      new Counter({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.reset();
          this.inc(value(of));
        },
      });
    for (const [name, help, of] of GAUGES)
      new Gauge({
        name,
        help,
        registers: [this.registry],
        collect() {
          this.set(value(of));
        },
      });
    const sensors = (): readonly HubSensor[] => this.figures!.sensors;
    for (const [name, help, of] of OF_SENSORS)
      new Gauge({
        name,
        help,
        labelNames: ['isp', 'site'],
        registers: [this.registry],
        collect() {
          this.reset();
          for (const sensor of sensors()) {
            const { isp, site } = sensor;
            const found = of(sensor);
            if (found !== null) this.set({ isp, site }, found);
          }
        },
      });
    const limits = (): readonly Limit[] => this.figures!.breaker?.limits ?? [];
    for (const [name, help, of] of OF_LIMITS)
      new Gauge({
        name,
        help,
        labelNames: ['limit'],
        registers: [this.registry],
        collect() {
          this.reset();
          for (const limit of limits()) this.set({ limit: limit.limit }, of(limit));
        },
      });
    this.addVersions();
    this.addDrift();
  }

  get contentType(): string {
    return this.registry.contentType;
  }

  async text(): Promise<string> {
    this.figures = await this.read();
    return this.registry.metrics();
  }

  private addDrift(): void {
    const sensors = (): readonly HubSensor[] => this.figures!.sensors;
    new Gauge({
      name: 'sluice_hub_sensor_drift',
      help: '1 while the sensor has drifted from its fleet in this way, else 0.',
      labelNames: ['isp', 'site', 'drift'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { isp, site, drift: found } of sensors())
          for (const drift of DRIFTS) this.set({ isp, site, drift }, Number(found.includes(drift)));
      },
    });
  }

  private addVersions(): void {
    const sensors = (): readonly HubSensor[] => this.figures!.sensors;
    new Gauge({
      name: 'sluice_hub_sensor_info',
      help: 'Always 1: the version that the sensor runs.',
      labelNames: ['isp', 'site', 'version'],
      registers: [this.registry],
      collect() {
        this.reset();
        for (const { isp, site, version } of sensors()) this.set({ isp, site, version }, 1);
      },
    });
  }
}
