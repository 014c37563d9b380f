/** The rows of a history as an outbox: they wait in the history's own database, and are asked for by number. */
import { FleetError } from './fleet-link.ts';
import type { Outbox, OutboxBatch, OutboxPosition } from './outbox.ts';

/** Whole lines, their numbers, and the one before; what waits, in characters, and lines that were removed unshipped. */
export interface RowLines {
  readonly text: string;
  readonly lines: number;
  readonly numbers: readonly number[];
  readonly before: number | null;
  readonly last: number;
  readonly waiting: number;
  readonly lost: number;
}

export class MinuteOutbox implements Outbox {
  /** Characters that waited when rows were asked for last, and lines that were removed before they were shipped. */
  waiting = 0;
  lostCount = 0;
  private readonly take: (after: number) => Promise<RowLines | null>;

  /** `take`: the rows after a number, which is the last that the stream has. Null if none are kept for a fleet. */
  constructor(take: (after: number) => Promise<RowLines | null>) {
    this.take = take;
  }

  async next(after: OutboxPosition | null): Promise<OutboxBatch | null> {
    const found = await this.take(after?.lastSeq ?? 0);
    if (found === null) throw new FleetError('the history keeps no rows for a fleet');
    this.waiting = found.waiting;
    this.lostCount = found.lost;
    if (found.lines === 0) return null;
    const end = { segment: 0, offset: 0, lastSeq: found.last };
    const { text, lines, numbers, before } = found;
    return { bytes: Buffer.from(text), lines, end, rows: { numbers, before }, lost: 0 };
  }

  /** The history knows it when the rows after are asked for. */
  acknowledged(): void {
    return;
  }
}
