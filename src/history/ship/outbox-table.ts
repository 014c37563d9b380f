/**
 * Rows of a history that are shipped to a fleet, as lines, in a table of the history itself: a row is in it if and only
 * if the transaction that wrote its minute is. Numbers ascend by the clock, so that a history that is begun again, or
 * restored from a backup, goes on above those that were shipped. Rows stay for some time after that: a stream that has
 * lost them is sent them again, with their numbers, by which a hub knows those that it has.
 */
import type { Change, Minute } from '../roll-up.ts';
import { type HistoryDatabase, numberOf, type Statement } from '../store/database.ts';
import { changeLine, LONGEST_LINE, minuteLines } from './row-line.ts';

/** Lines that are taken at once, and their characters; one longer line is taken alone. */
const MOST_LINES = 256;
const MOST_LENGTH = 256 << 10;

/** Characters of rows that stay after they were shipped. */
const KEPT_LENGTH = 8 << 20;

/** Lines in order, after a number. */
export interface OutboxLines {
  readonly text: string;
  readonly lines: number;
  /** The number of each line; they ascend. */
  readonly numbers: readonly number[];
  /** The number that was given before the first line; null where that is not known, and without any line. */
  readonly before: number | null;
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
  /** Characters of all lines, and of those that are shipped. */
  private length = 0;
  private shippedLength = 0;
  /** The number that was given last, and the last one that the stream has. */
  private last = 0;
  private shipped = 0;
  private lost = 0;

  /** `mostLength`: characters of all lines; the oldest beyond are removed, and counted where they were not shipped. */
  constructor(database: HistoryDatabase, mostLength: number) {
    this.database = database;
    this.mostLength = mostLength;
    this.insert = database.prepare('INSERT INTO outbox VALUES (?, ?, ?)');
    this.readOldest = database.prepare('SELECT number, length(line) FROM outbox ORDER BY number LIMIT 1').raw();
    this.readAfter = database
      .prepare(`SELECT number, line, before FROM outbox WHERE number > ? ORDER BY number LIMIT ${MOST_LINES}`)
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

  /** The lines after a number, which is the last one that the stream has: one lower than before has lost lines. */
  take(after: number): OutboxLines {
    if (after !== this.shipped) this.noteShipped(after);
    const numbers: number[] = [];
    let text = '';
    let before: number | null = null;
    for (const [number, line, one] of this.readAfter.all(after) as [number, string, number | null][]) {
      if (numbers.length > 0 && text.length + line.length > MOST_LENGTH) break;
      if (numbers.length === 0) before = one;
      text += line;
      numbers.push(number);
    }
    const waiting = this.length - this.shippedLength;
    return { text, lines: numbers.length, numbers, before, last: numbers.at(-1) ?? 0, waiting, lost: this.lost };
  }

  /** Reads again what there is: a transaction was undone. */
  recount(): void {
    this.length = this.lengthOf(0, Number.MAX_SAFE_INTEGER);
    this.shippedLength = this.lengthOf(0, this.shipped);
    this.readLast();
  }

  private noteShipped(after: number): void {
    const { shipped } = this;
    this.shippedLength += after > shipped ? this.lengthOf(shipped, after) : -this.lengthOf(after, shipped);
    this.shipped = after;
    this.readLast();
    while (this.shippedLength > KEPT_LENGTH) this.removeOldest();
  }

  /** Characters of the lines after one number and up to another. */
  private lengthOf(after: number, until: number): number {
    const lines = `number > ${after} AND number <= ${until}`;
    return numberOf(this.database, `SELECT coalesce(sum(length(line)), 0) FROM outbox WHERE ${lines}`);
  }

  private readLast(): void {
    const last = "SELECT coalesce(max(seq), 0) FROM sqlite_sequence WHERE name = 'outbox'";
    // A stream that has come further than the clock: what follows must be above it.
    this.last = Math.max(this.shipped, numberOf(this.database, last));
  }

  private addLine(line: string): void {
    if (line.length > LONGEST_LINE) {
      this.lost++;
      return;
    }
    const before = this.last;
    this.last = Math.max(this.last + 1, Date.now());
    this.insert.run(this.last, line, before);
    this.length += line.length;
  }

  private removeOldest(): void {
    const [[number, length]] = this.readOldest.all() as [[number, number]];
    this.removeUntil.run(number);
    this.length -= length;
    if (number <= this.shipped) this.shippedLength -= length;
    else this.lost++;
  }
}
