/** Writes minutes and changes: each minute is added to its minute, its hour and its day, in one transaction. */
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
import type { HistoryDatabase } from './database.ts';
import { inTransaction } from './database.ts';

type Statement = import('libsql').Statement<unknown[]>;

export class MinuteWriter {
  private readonly database: HistoryDatabase;
  private readonly places = new Map<string, number>();
  private readonly series = new Map<string, number>();
  private readonly addSeries: Statement;
  private readonly addCoverage: Statement;
  private readonly addHarm: Statement;
  private readonly readSketch: Statement;
  private readonly writeSketch: Statement;
  private readonly addChange: Statement;

  constructor(database: HistoryDatabase) {
    this.database = database;
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
    this.writeSketch = database.prepare('INSERT OR REPLACE INTO clients VALUES (?, ?, ?, ?, ?)');
    this.addChange = database.prepare('INSERT INTO change (time_us, place, kind, fields) VALUES (?, ?, ?, ?)');
  }

  /** Writes all of these, or none. Throws the database's error. */
  write(minutes: readonly Minute[], changes: readonly Change[]): void {
    try {
      inTransaction(this.database, () => {
        for (const minute of minutes) this.writeMinute(minute);
        for (const { timeUs, place, kind, fields } of changes)
          this.addChange.run(timeUs, this.placeId(place), kind, JSON.stringify(fields));
      });
    } catch (error) {
      // Numbers that the transaction had given out are not in the database.
      this.places.clear();
      this.series.clear();
      throw error;
    }
  }

  private writeMinute(minute: Minute): void {
    const place = this.placeId(minute.place);
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
    const before = this.readSketch.get(level, time, place, action) as { sketch: Uint8Array } | undefined;
    let bytes = sketch;
    if (before !== undefined) {
      const merged = ClientSketch.fromBytes(before.sketch);
      merged.merge(ClientSketch.fromBytes(sketch));
      bytes = merged.toBytes();
    }
    this.writeSketch.run(level, time, place, action, Buffer.from(bytes));
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
