/**
 * Rows of a history that wait to be shipped to a fleet, as lines, in a table of the history itself: a row is in it if
 * and only if the transaction that wrote its minute is. Numbers ascend by the clock, so that a history that is begun
 * again, or restored from a backup, goes on above those that were shipped.
 */
import type { Change, Minute } from '../roll-up.ts';
import { type HistoryDatabase, numberOf, type Statement } from '../store/database.ts';
import { changeLine, LONGEST_LINE, minuteLines } from './row-line.ts';

/** Lines that are taken at once, and their characters; one longer line is taken alone. */
const MOST_LINES = 256;
const MOST_LENGTH = 256 << 10;

/** Lines in order, after those that need not be kept any more. */
export interface OutboxLines {
  readonly text: string;
  readonly lines: number;
  /** The number of the last line; 0 without any. */
  readonly last: number;
  /** Characters that wait, these included. */
  readonly waiting: number;
  /** Lines since the process began that were removed before they were shipped. */
  readonly lost: number;
}

export class OutboxTable {
  private readonly database: HistoryDatabase;
  private readonly mostLength: number;
  private readonly insert: Statement;
  private readonly readOldest: Statement;
  private readonly readAfter: Statement;
  private readonly removeUntil: Statement;
  private length = 0;
  private last = 0;
  private lost = 0;

  /** `mostLength`: characters that may wait; the oldest lines beyond are removed, and counted. */
  constructor(database: HistoryDatabase, mostLength: number) {
    this.database = database;
    this.mostLength = mostLength;
    this.insert = database.prepare('INSERT INTO outbox VALUES (?, ?)');
    this.readOldest = database.prepare('SELECT number, length(line) FROM outbox ORDER BY number LIMIT 1').raw();
    this.readAfter = database
      .prepare(`SELECT number, line FROM outbox WHERE number > ? ORDER BY number LIMIT ${MOST_LINES}`)
      .raw();
    this.removeUntil = database.prepare('DELETE FROM outbox WHERE number <= ?');
    this.recount();
  }

  /** Adds what is written, within its transaction. */
  add(minutes: readonly Minute[], changes: readonly Change[]): void {
    for (const minute of minutes) for (const line of minuteLines(minute)) this.addLine(line);
    for (const change of changes) this.addLine(changeLine(change));
    while (this.length > this.mostLength) this.removeOldest();
  }

  /** The lines after a number; those up to it are shipped, and removed. */
  take(after: number): OutboxLines {
    if (this.removeUntil.run(after).changes > 0) this.recount();
    // A stream that has come further than the clock: what follows must be above it.
    this.last = Math.max(this.last, after);
    let text = '';
    let lines = 0;
    let last = 0;
    for (const [number, line] of this.readAfter.all(after) as [number, string][]) {
      if (lines > 0 && text.length + line.length > MOST_LENGTH) break;
      text += line;
      lines++;
      last = number;
    }
    return { text, lines, last, waiting: this.length, lost: this.lost };
  }

  /** Reads again what waits: a transaction was undone. */
  recount(): void {
    this.length = numberOf(this.database, 'SELECT coalesce(sum(length(line)), 0) FROM outbox');
    const last = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'";
    this.last = Math.max(this.last, numberOf(this.database, last));
  }

  private addLine(line: string): void {
    if (line.length > LONGEST_LINE) {
      this.lost++;
      return;
    }
    this.last = Math.max(this.last + 1, Date.now());
    this.insert.run(this.last, line);
    this.length += line.length;
  }

  private removeOldest(): void {
    const [[number, length]] = this.readOldest.all() as [[number, number]];
    this.removeUntil.run(number);
    this.length -= length;
    this.lost++;
  }
}
