/**
 * Removes what is older than it is to be kept, a few intervals with each minute that is written. Age is counted in
 * packet time from the minutes that a place has written last, so that an old capture is not removed at once. The
 * earliest of the last nine is taken: damaged times far ahead remove nothing.
 */
import { LEVEL_NAMES, type Level } from '../roll-up.ts';
import { type HistoryDatabase, numberOf, type Statement } from './database.ts';

/** How long each level is kept, seconds; Infinity for ever. */
export type Retention = Readonly<Record<Level, number>>;

export const FOREVER: Retention = { minute: Infinity, hour: Infinity, day: Infinity };

const LAST_MINUTES = 9;
/** Intervals of a level that are removed with one batch. */
const MOST_INTERVALS = 10;
const MOST_CHANGES = 100;
const MICROS_PER_SECOND = 1e6;
/** Free pages go back to the file system once they are a tenth of the file, so many at a time. */
const FREE_SHARE = 0.1;
const FREED_PAGES = 256;

export class Pruning {
  private readonly retention: Retention;
  private readonly recent = new Map<number, number[]>();
  private readonly readTimes: Statement;
  private readonly removals: readonly Statement[];
  private readonly removeChanges: Statement;
  private readonly database: HistoryDatabase;

  constructor(database: HistoryDatabase, retention: Retention) {
    this.database = database;
    this.retention = retention;
    this.readTimes = database
      .prepare(
        `SELECT time FROM coverage WHERE level = ? AND time < ? AND place = ? ORDER BY time LIMIT ${MOST_INTERVALS}`,
      )
      .raw();
    this.removals = [
      'DELETE FROM roll_up WHERE level = ? AND time = ? AND series IN (SELECT id FROM series WHERE place = ?)',
      ...['clients', 'harm', 'coverage'].map(
        (table) => `DELETE FROM ${table} WHERE level = ? AND time = ? AND place = ?`,
      ),
    ].map((sql) => database.prepare(sql));
    this.removeChanges = database.prepare(
      'DELETE FROM change WHERE id IN (SELECT id FROM change WHERE time_us < ? AND place = ? ORDER BY ' +
        `time_us LIMIT ${MOST_CHANGES})`,
    );
  }

  /** A minute of the place is written. */
  note(place: number, minuteS: number): void {
    const minutes = this.recent.get(place) ?? [];
    this.recent.set(place, minutes);
    if (minutes.at(-1) === minuteS) return;
    minutes.push(minuteS);
    if (minutes.length > LAST_MINUTES) minutes.shift();
  }

  /** Removes a bounded number of intervals of the place; within the transaction of a batch. */
  prune(place: number): void {
    const minutes = this.recent.get(place) ?? [];
    if (minutes.length < LAST_MINUTES) return;
    const nowS = Math.min(...minutes);
    for (const [level, name] of LEVEL_NAMES.entries()) {
      const until = nowS - this.retention[name];
      if (!Number.isFinite(until)) continue;
      for (const [time] of this.readTimes.all(level, until, place) as [number][])
        for (const removal of this.removals) removal.run(level, time, place);
    }
    const changesUntil = (nowS - this.retention.hour) * MICROS_PER_SECOND;
    if (Number.isFinite(changesUntil)) this.removeChanges.run(changesUntil, place);
  }

  /** Returns free pages to the file system, if there are many; outside of a transaction. */
  shrink(): void {
    const free = numberOf(this.database, 'PRAGMA freelist_count');
    if (free > FREED_PAGES && free > FREE_SHARE * numberOf(this.database, 'PRAGMA page_count'))
      this.database.prepare(`PRAGMA incremental_vacuum(${FREED_PAGES})`).all();
  }
}
