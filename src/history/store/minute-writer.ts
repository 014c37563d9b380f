/**
 * Writes batches of minutes and changes: each minute is added to its minute, its hour and its day. A batch is one
 * transaction, which also stores its number: a batch that comes again, because its answer was lost, is not added again.
 */
import { ClientSketch } from '../client-sketch.ts';
import {
  type Change,
  COVERAGE_COUNTS,
  COVERAGE_LARGEST,
  LEVEL_NAMES,
  type Minute,
  type Place,
  SERIES_COUNTS,
  SERIES_NAMES,
  type SeriesKey,
} from '../roll-up.ts';
import type { Incident } from '../incident/incident.ts';
import { IncidentWatch } from '../incident/incident-watch.ts';
import { DEFAULT_LOSS_BOUND } from '../incident/loss-bound.ts';
import { OutboxTable } from '../ship/outbox-table.ts';
import { type SensorNote, SensorTable } from '../ship/sensor-table.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { type HistoryDatabase, inTransaction, type Statement } from './database.ts';
import { Pruning, type Retention } from './retention.ts';

/** What a daemon writes at once. Numbers of a session ascend from 1. */
export interface Batch {
  /** Names a run of a daemon. */
  readonly session: string;
  readonly number: number;
  readonly minutes: readonly Minute[];
  readonly changes: readonly Change[];
  /** What a hub notes of the sensors that sent these. */
  readonly sensors?: readonly SensorNote[];
  /** What the message of a stream is that has this number. */
  readonly mark?: string;
}

/** Sessions, and files of a spool, whose last number is kept: more than are read between two checkpoints. */
const MOST_SESSIONS = 4096;
const FILES_PER_PRUNE = 256;

export class MinuteWriter {
  /** What waits to be shipped to a fleet; null for no fleet. */
  readonly outbox: OutboxTable | null;
  private readonly database: HistoryDatabase;
  private readonly places = new Map<string, number>();
  private readonly series = new Map<string, number>();
  private readonly addSeries: Statement;
  private readonly addCoverage: Statement;
  private readonly addHarm: Statement;
  private readonly readSketch: Statement;
  private readonly writeSketch: Statement;
  private readonly addChange: Statement;
  private readonly readBatch: Statement;
  private readonly writeBatch: Statement;
  private readonly readMark: Statement;
  private readonly writeMark: Statement;
  /** The sensors whose rows a hub writes. */
  readonly sensors: SensorTable;
  private readonly pruning: Pruning;
  private readonly incidents: IncidentWatch;
  private readonly addPolicy: Statement;
  /** Files of which the first minute was written. */
  private files = 0;

  /** `outboxLength`: characters that may wait to be shipped to a fleet; null for no fleet. */
  constructor(
    database: HistoryDatabase,
    retention: Retention,
    clock: ZoneClock,
    lossBound = DEFAULT_LOSS_BOUND,
    outboxLength: number | null = null,
  ) {
    this.database = database;
    this.outbox = outboxLength === null ? null : new OutboxTable(database, outboxLength);
    this.sensors = new SensorTable(database);
    this.pruning = new Pruning(database, retention);
    this.incidents = new IncidentWatch(database, clock, lossBound);
    const seriesSums = SERIES_COUNTS.map((name) => `${name} = ${name} + excluded.${name}`);
    this.addSeries = database.prepare(
      `INSERT INTO roll_up VALUES (?, ?, ?, ${SERIES_COUNTS.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${seriesSums.join(', ')}`,
    );
    const coverageSums = [
      ...COVERAGE_COUNTS.map((name) => `${name} = ${name} + excluded.${name}`),
      ...COVERAGE_LARGEST.map((name) => `${name} = max(${name}, excluded.${name})`),
    ];
    this.addCoverage = database.prepare(
      `INSERT INTO coverage VALUES (?, ?, ?, ${coverageSums.map(() => '?').join(', ')})
       ON CONFLICT DO UPDATE SET ${coverageSums.join(', ')}`,
    );
    this.addHarm = database.prepare(
      'INSERT INTO harm VALUES (?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET count = count + excluded.count',
    );
    this.readSketch = database.prepare(
      'SELECT sketch FROM clients WHERE level = ? AND time = ? AND place = ? AND action = ?',
    );
    this.readSketch.raw();
    this.writeSketch = database.prepare('INSERT OR REPLACE INTO clients VALUES (?, ?, ?, ?, ?)');
    this.addChange = database.prepare('INSERT INTO change (time_us, place, kind, fields) VALUES (?, ?, ?, ?)');
    this.readBatch = database.prepare('SELECT batch FROM written WHERE session = ?').raw();
    this.writeBatch = database.prepare('INSERT OR REPLACE INTO written VALUES (?, ?, ?)');
    this.readMark = database.prepare('SELECT mark FROM stream_mark WHERE stream = ?').raw();
    this.writeMark = database.prepare('INSERT OR REPLACE INTO stream_mark VALUES (?, ?)');
    this.pruneWritten();
    this.addPolicy = database.prepare('INSERT OR IGNORE INTO policy_text VALUES (?, ?)');
  }

  /** Writes all of a batch, or nothing; nothing if it has been written before. Throws the database's error. */
  write({ session, number, minutes, changes, sensors = [], mark }: Batch): void {
    try {
      inTransaction(this.database, () => {
        if (this.lastNumber(session) >= number) return;
        const fresh = minutes.filter((minute) => this.takeOrigin(minute));
        for (const minute of fresh) this.writeMinute(minute);
        for (const change of changes) this.writeChange(change);
        this.incidents.observe(fresh, changes, (place) => this.placeId(place));
        for (const place of new Set(fresh.map((minute) => this.placeId(minute.place)))) this.pruning.prune(place);
        this.outbox?.add(fresh, changes);
        for (const note of sensors) this.sensors.note(note);
        if (mark !== undefined) this.writeMark.run(session, mark);
        this.writeBatch.run(session, number, Date.now());
      });
    } catch (error) {
      // Numbers that the transaction had given out are not in the database.
      this.places.clear();
      this.series.clear();
      this.outbox?.recount();
      throw error;
    }
    this.pruning.shrink();
  }

  /** The number of the last batch of a session that is written; 0 before any. */
  lastNumber(session: string): number {
    const [row] = this.readBatch.all(session) as [number][];
    return row?.[0] ?? 0;
  }

  /** What the message of a stream is that was written last; null if it is not known. */
  markOf(stream: string): string | null {
    const [row] = this.readMark.all(stream) as [string][];
    return row?.[0] ?? null;
  }

  /** A stream is read again from its beginning: rows are known by the numbers that its sensors give them. */
  rewind(stream: string): void {
    inTransaction(this.database, () => {
      // Rows of a program that did not note the number were made before they were sent, by the sensor's clock.
      this.database.exec('UPDATE sensor SET shipped = seen_ms + coalesce(offset_ms, 0) WHERE shipped IS NULL');
      this.writeBatch.run(stream, 0, Date.now());
      this.database.prepare('DELETE FROM stream_mark WHERE stream = ?').run(stream);
    });
  }

  /** Writes an incident that a person noted; returns its number. Throws the database's error. */
  addNote(place: Place, incident: Incident): number {
    return inTransaction(this.database, () => this.incidents.note(this.placeId(place), incident));
  }

  /** False if there is no note with this number. */
  removeNote(id: number): boolean {
    return this.incidents.removeNote(id);
  }

  private writeChange({ timeUs, place, kind, fields, policy }: Change): void {
    this.addChange.run(timeUs, this.placeId(place), kind, JSON.stringify(fields));
    if (policy !== undefined) this.addPolicy.run(policy.sha256, JSON.stringify(policy));
  }

  /** False for a minute of a file that was read before a kill, and is read again. */
  private takeOrigin({ origin }: Minute): boolean {
    if (origin === undefined) return true;
    const { file, number } = origin;
    const [before] = this.readBatch.all(file) as [number][];
    if (before !== undefined && before[0] >= number) return false;
    this.writeBatch.run(file, number, Date.now());
    if (number === 1 && ++this.files % FILES_PER_PRUNE === 0) this.pruneWritten();
    return true;
  }

  private pruneWritten(): void {
    this.database.exec(
      'DELETE FROM written WHERE session NOT IN (SELECT session FROM written ORDER BY at_ms DESC LIMIT ' +
        `${MOST_SESSIONS})`,
    );
  }

  private writeMinute(minute: Minute): void {
    const place = this.placeId(minute.place);
    this.pruning.note(place, minute.minuteS);
    const times = [minute.minuteS, minute.hourS, minute.dayS];
    for (const [level] of LEVEL_NAMES.entries()) {
      const time = times[level]!;
      for (const { key, counts } of minute.series)
        this.addSeries.run(level, time, this.seriesId(place, key), ...counts);
      const { coverage } = minute;
      const values = [...COVERAGE_COUNTS, ...COVERAGE_LARGEST].map((name) => Math.round(coverage[name]));
      this.addCoverage.run(level, time, place, ...values);
      for (const { kind, outcome, count } of minute.harm) this.addHarm.run(level, time, place, kind, outcome, count);
      for (const { action, sketch } of minute.clients) this.addClients(level, time, place, action, sketch);
    }
  }

  private addClients(level: number, time: number, place: number, action: string, sketch: Uint8Array): void {
    const merged = ClientSketch.fromBytes(sketch);
    const before = this.storedSketch(level, time, place, action);
    if (before !== null) merged.merge(before);
    this.writeSketch.run(level, time, place, action, Buffer.from(merged.toBytes()));
  }

  /** Null for none, and for one that cannot be read: the minutes that follow must not fail for it. */
  private storedSketch(level: number, time: number, place: number, action: string): ClientSketch | null {
    const [row] = this.readSketch.all(level, time, place, action) as [Uint8Array][];
    if (row === undefined) return null;
    try {
      return ClientSketch.fromBytes(row[0]);
    } catch (error) {
      if (error instanceof TypeError) return null;
      throw error;
    }
  }

  private placeId({ site, isp, link }: Place): number {
    return this.idOf(this.places, 'place', ['site', 'isp', 'link'], [site, isp, link]);
  }

  private seriesId(place: number, key: SeriesKey): number {
    const values = SERIES_NAMES.map((name) => key[name]);
    return this.idOf(this.series, 'series', ['place', ...SERIES_NAMES], [place, ...values]);
  }

  private idOf(known: Map<string, number>, table: string, names: string[], values: (string | number)[]): number {
    const text = values.join('\0');
    let id = known.get(text);
    if (id !== undefined) return id;
    const marks = names.map(() => '?').join(', ');
    this.database.prepare(`INSERT OR IGNORE INTO ${table} (${names.join(', ')}) VALUES (${marks})`).run(...values);
    const where = names.map((name) => `${name} = ?`).join(' AND ');
    ({ id } = this.database.prepare(`SELECT id FROM ${table} WHERE ${where}`).get(...values) as { id: number });
    known.set(text, id);
    return id;
  }
}
