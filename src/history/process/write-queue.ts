/**
 * Minutes and changes that wait to be written, in order, as bytes, and within a bound: the oldest are given up first,
 * and counted. What is handed over as a batch stays one until its fate is known, so that it can be sent again as it
 * was.
 */
import { deserialize, serialize } from 'node:v8';
import type { Snapshot } from '../../core/snapshot.ts';
import type { Change, Minute } from '../roll-up.ts';

/** More than a day of minutes with 200 series each. */
export const MOST_WAITING_BYTES = 48 << 20;
const MOST_BATCH_BYTES = 4 << 20;
const MOST_BATCH_ROWS = 120;
/** Bytes of rows that a checkpoint has; more wait only while the history fails. */
const MOST_COPIED_BYTES = 4 << 20;

type Row = { readonly minute: Minute } | { readonly change: Change };

interface Waiting {
  readonly isMinute: boolean;
  /** The history identifies a row by its origin, so another run may send it again. */
  readonly hasOrigin: boolean;
  readonly bytes: Uint8Array;
}

/** Rows that are sent together under one number. */
export interface RowBatch {
  readonly number: number;
  readonly rows: readonly Uint8Array[];
  readonly minutes: number;
}

/** Minutes and changes that were given up. */
export interface Losses {
  minutes: number;
  changes: number;
}

export class WriteQueue {
  readonly lost: Losses = { minutes: 0, changes: 0 };
  private readonly mostBytes: number;
  private waiting: Waiting[] = [];
  private sent: Waiting[] = [];
  private batchNumber = 0;
  private byteCount = 0;
  /** After a refusal rows are sent one by one for as long, to find the one that is refused. */
  private singles = 0;

  constructor(mostBytes = MOST_WAITING_BYTES) {
    this.mostBytes = mostBytes;
  }

  addMinute(minute: Minute): void {
    this.add({ minute }, true);
  }

  addChange(change: Change): void {
    this.add({ change }, false);
  }

  /** Minutes and changes that are not known to be written. */
  get count(): number {
    return this.waiting.length + this.sent.length;
  }

  get minuteCount(): number {
    return minutesIn(this.waiting) + minutesIn(this.sent);
  }

  /** Copies the minutes of files that are not known to be written, the oldest first, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    let left = MOST_COPIED_BYTES;
    const rows = [...this.sent, ...this.waiting].filter(({ hasOrigin, bytes }) => {
      if (hasOrigin) left -= bytes.length;
      return hasOrigin && left >= 0;
    });
    const copied = walk.data(rows.map(({ bytes }) => Buffer.from(bytes).toString('base64')));
    if (!walk.isRestoring) return;
    for (const row of copied) this.push({ isMinute: true, hasOrigin: true, bytes: Buffer.from(row, 'base64') });
  }

  /** The batch under way, or the next one; null if nothing waits. */
  batch(): RowBatch | null {
    if (this.sent.length === 0) this.sent = this.takeNext();
    if (this.sent.length === 0) return null;
    return { number: this.batchNumber, rows: this.sent.map(({ bytes }) => bytes), minutes: minutesIn(this.sent) };
  }

  /** The batch under way is written. */
  done(): void {
    this.release(this.sent);
    this.sent = [];
  }

  /** The batch under way is refused for what is in it: the rows are tried one by one, and one that is alone is lost. */
  refused(): void {
    const { sent } = this;
    this.sent = [];
    if (sent.length === 1) {
      this.lose(sent);
      return;
    }
    this.singles = sent.length;
    this.waiting.unshift(...sent);
  }

  /** Gives up all that waits. */
  giveUp(): void {
    this.lose([...this.sent, ...this.waiting]);
    this.sent = [];
    this.waiting = [];
  }

  private add(row: Row, isMinute: boolean): void {
    const bytes = serialize(row);
    this.push({ isMinute, hasOrigin: 'minute' in row && row.minute.origin !== undefined, bytes });
  }

  private push(row: Waiting): void {
    this.waiting.push(row);
    this.byteCount += row.bytes.length;
    let tooMany = 0;
    for (let over = this.byteCount - this.mostBytes; over > 0 && tooMany < this.waiting.length; tooMany++)
      over -= this.waiting[tooMany]!.bytes.length;
    if (tooMany > 0) this.lose(this.waiting.splice(0, tooMany));
  }

  private takeNext(): Waiting[] {
    let count = 0;
    const most = this.singles > 0 ? 1 : MOST_BATCH_ROWS;
    for (let bytes = 0; count < Math.min(most, this.waiting.length) && bytes < MOST_BATCH_BYTES; count++)
      bytes += this.waiting[count]!.bytes.length;
    this.singles = Math.max(0, this.singles - 1);
    if (count > 0) this.batchNumber++;
    return this.waiting.splice(0, count);
  }

  private lose(rows: readonly Waiting[]): void {
    const minutes = minutesIn(rows);
    this.lost.minutes += minutes;
    this.lost.changes += rows.length - minutes;
    this.release(rows);
  }

  private release(rows: readonly Waiting[]): void {
    for (const { bytes } of rows) this.byteCount -= bytes.length;
  }
}

function minutesIn(rows: readonly Waiting[]): number {
  let count = 0;
  for (const { isMinute } of rows) if (isMinute) count++;
  return count;
}

/** The minutes and the changes among the rows of a batch. */
export function decodeRows(rows: readonly Uint8Array[]): {
  readonly minutes: readonly Minute[];
  readonly changes: readonly Change[];
} {
  const minutes: Minute[] = [];
  const changes: Change[] = [];
  for (const bytes of rows) {
    const row = deserialize(bytes) as Row;
    if ('minute' in row) minutes.push(row.minute);
    else changes.push(row.change);
  }
  return { minutes, changes };
}
