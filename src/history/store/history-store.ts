/**
 * A history and its file: opens it, sets a broken one aside and begins a new one, writes batches, answers questions
 * from it, and copies it. Every method is one call of the history process, and none leaves a transaction open.
 */
import { linkSync, rmSync, statSync } from 'node:fs';
import { ZoneClock } from '../zone-clock.ts';
import { closeDatabase, FILE_ENDINGS, type HistoryDatabase, openDatabase } from './database.ts';
import { faultOf } from './database-fault.ts';
import { IN_MEMORY } from './in-memory.ts';
import { type Batch, MinuteWriter } from './minute-writer.ts';
import type { Retention } from './retention.ts';
import { type SetAside, setAside } from './set-aside.ts';

export interface HistoryPlace {
  /** The database's file, or `:memory:`. */
  readonly path: string;
  /** The zone in which its days are cut. */
  readonly zone: string;
  readonly retention: Retention;
  /** The share of packets that may be lost; DEFAULT_LOSS_BOUND where it is left out. */
  readonly lossBound?: number;
  /** Characters of rows that may wait to be shipped to a fleet; left out for no fleet. */
  readonly outboxLength?: number;
}

/** An open history, for questions. */
export interface OpenHistory {
  readonly database: HistoryDatabase;
  readonly clock: ZoneClock;
  readonly writer: MinuteWriter;
}

interface Open extends OpenHistory {
  /** The number of the file, which another file of its name does not have. */
  readonly inode: bigint | null;
}

export class HistoryStore {
  private readonly place: HistoryPlace;
  private open: Open | null = null;

  constructor(place: HistoryPlace) {
    this.place = place;
  }

  /** Opens the history if it is not open. Throws what `faultOf` tells apart. */
  ensureOpen(): OpenHistory {
    if (this.open !== null && this.open.inode !== inodeOf(this.place.path)) this.close();
    if (this.open !== null) return this.open;
    const { path } = this.place;
    try {
      this.open = this.begin();
    } catch (error) {
      if (faultOf(error) !== 'broken') throw error;
      this.beginAnother(path, error);
    }
    return this.open!;
  }

  /** Writes all of a batch, or nothing. Throws; where the file is broken, a new one has been begun. */
  write(batch: Batch): void {
    this.perform(() => {
      this.open!.writer.write(batch);
    });
  }

  /** What `work` reads. Throws; where the file is broken, a new one has been begun. */
  read<T>(work: (history: OpenHistory) => T): T {
    return this.perform(() => work(this.open!));
  }

  /** Copies the history to a new file. Throws an error that says so if there is a file already. */
  backUp(target: string): void {
    const { database } = this.ensureOpen();
    const part = `${target}.part-${process.pid}`;
    try {
      database.prepare('VACUUM INTO ?').run([part]);
      // Unlike a rename, it never replaces a file.
      linkSync(part, target);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EEXIST')
        throw new Error(`${target} exists already, and a backup replaces no file`, { cause: error });
      throw error;
    } finally {
      rmSync(part, { force: true });
    }
  }

  /** Bytes of its files. */
  get byteCount(): number {
    if (this.place.path === IN_MEMORY) return 0;
    return FILE_ENDINGS.reduce(
      (sum, ending) => sum + (statSync(this.place.path + ending, { throwIfNoEntry: false })?.size ?? 0),
      0,
    );
  }

  /** The latest broken history that this one follows; null without any. */
  get setAside(): SetAside | null {
    if (this.open === null) return null;
    const [row] = this.open.database
      .prepare('SELECT at_ms AS atMs, file, problem FROM set_aside ORDER BY at_ms DESC LIMIT 1')
      .raw()
      .all() as [number, string | null, string][];
    return row === undefined ? null : { atMs: row[0], file: row[1], problem: row[2] };
  }

  close(): void {
    if (this.open !== null) closeDatabase(this.open.database);
    this.open = null;
  }

  private begin(): Open {
    const { path, zone, retention, lossBound, outboxLength } = this.place;
    const clock = new ZoneClock(zone);
    const database = openDatabase(path);
    const writer = new MinuteWriter(database, retention, clock, lossBound, outboxLength);
    return { database, clock, writer, inode: inodeOf(path) };
  }

  private beginAnother(path: string, cause: unknown): void {
    this.close();
    const aside = setAside(path, (cause as Error).message, Date.now());
    this.open = this.begin();
    const { atMs, file, problem } = aside;
    this.open.database.prepare('INSERT INTO set_aside VALUES (?, ?, ?)').run(atMs, file, problem);
  }

  private perform<T>(work: () => T): T {
    this.ensureOpen();
    try {
      return work();
    } catch (error) {
      const { path } = this.place;
      if (path !== IN_MEMORY && faultOf(error) === 'broken') this.beginAnother(path, error);
      throw error;
    }
  }
}

/** Null for a database in memory, or a file that has been removed. */
function inodeOf(path: string): bigint | null {
  if (path === IN_MEMORY) return null;
  return statSync(path, { bigint: true, throwIfNoEntry: false })?.ino ?? null;
}
