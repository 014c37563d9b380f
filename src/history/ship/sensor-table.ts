/** The sensors of which a hub has received rows: when, by which version, and how far their clocks are off. */
import type { HistoryDatabase, Statement } from '../store/database.ts';

/** What a batch of received messages says of a sensor. */
export interface SensorNote {
  readonly isp: string;
  readonly site: string;
  readonly version: string;
  /** Time of its last message by the stream's clock, ms since 1970. */
  readonly seenMs: number;
  /** The sensor's clock minus the stream's when it was sent, ms; null where it does not say. */
  readonly offsetMs: number | null;
  /** The beginning of the latest minute, seconds since 1970; null for none. */
  readonly minuteS: number | null;
  readonly rows: number;
  /** Rows that were refused. */
  readonly refused: number;
  /** The sensor's number of the last row; null where it gives none. */
  readonly shipped: number | null;
}

export class SensorTable {
  private readonly add: Statement;
  private readonly readShipped: Statement;

  constructor(database: HistoryDatabase) {
    this.add = database.prepare(
      `INSERT INTO sensor VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET
       version = CASE WHEN excluded.seen_ms < seen_ms THEN version ELSE excluded.version END,
       offset_ms = CASE WHEN excluded.seen_ms < seen_ms THEN offset_ms ELSE excluded.offset_ms END,
       seen_ms = max(seen_ms, excluded.seen_ms),
       minute = coalesce(max(minute, excluded.minute), minute, excluded.minute),
       row_count = row_count + excluded.row_count, refused = refused + excluded.refused,
       shipped = coalesce(max(shipped, excluded.shipped), shipped, excluded.shipped)`,
    );
    this.readShipped = database.prepare('SELECT shipped FROM sensor WHERE isp = ? AND site = ?').raw();
  }

  /** Within the transaction of the rows. */
  note({ isp, site, version, seenMs, offsetMs, minuteS, rows, refused, shipped }: SensorNote): void {
    this.add.run(isp, site, version, seenMs, offsetMs, minuteS, rows, refused, shipped);
  }

  /** The sensor's number of its last row that is written; null if it is not known. */
  shippedBy(isp: string, site: string): number | null {
    const [row] = this.readShipped.all(isp, site) as [number | null][];
    return row?.[0] ?? null;
  }
}

/** A sensor as a hub shows it. Times are ms since 1970. */
export interface SensorHealth {
  readonly isp: string;
  readonly site: string;
  readonly version: string;
  readonly seen_ms: number;
  readonly clock_offset_ms: number | null;
  /** The beginning of its latest minute, in packet time; null before any. */
  readonly minute_ms: number | null;
  readonly rows: number;
  readonly refused_rows: number;
  /** In its latest hour: packets, those that were lost before it, the largest lag in µs. */
  readonly packets: number;
  readonly lost_packets: number;
  readonly lag_us: number;
}

const HOUR_LEVEL = 1;

export function readSensors(database: HistoryDatabase): SensorHealth[] {
  const rows = database
    .prepare(
      `SELECT isp, site, version, seen_ms, offset_ms, minute * 1000, row_count, refused,
       (SELECT max(time) FROM coverage JOIN place ON place.id = place WHERE level = ${HOUR_LEVEL}
        AND place.isp = sensor.isp AND place.site = sensor.site AND time <= minute) FROM sensor ORDER BY isp, site`,
    )
    .raw()
    .all() as [string, string, string, number, number | null, number | null, number, number, number | null][];
  const hour = database
    .prepare(
      `SELECT coalesce(sum(packets), 0), coalesce(sum(lost_packets), 0), coalesce(max(lag_us), 0) FROM coverage
       JOIN place ON place.id = place WHERE level = ${HOUR_LEVEL} AND time = ? AND isp = ? AND site = ?`,
    )
    .raw();
  return rows.map(([isp, site, version, seen, offset, minute, count, refused, time]) => {
    const [[packets, lost, lag]] = hour.all(time ?? -1, isp, site) as [[number, number, number]];
    return {
      isp,
      site,
      version,
      seen_ms: seen,
      clock_offset_ms: offset,
      minute_ms: minute,
      rows: count,
      refused_rows: refused,
      packets,
      lost_packets: lost,
      lag_us: lag,
    };
  });
}
