/** The rows of a history as an outbox: they wait in the history's own database, and are asked for by number. */
import { FleetError } from './fleet-link.ts';
import type { Outbox, OutboxBatch, OutboxPosition } from './outbox.ts';

/** Whole lines, and the number of the last; what waits, in characters, and lines that were removed unshipped. */
export interface RowLines {
  readonly text: string;
  readonly lines: number;
  readonly last: number;
  readonly waiting: number;
  readonly lost: number;
}

export class MinuteOutbox implements Outbox {
  /** Characters that waited when rows were asked for last, and lines that were removed before they were shipped. */
  waiting = 0;
  lostCount = 0;
  private readonly take: (after: number) => Promise<RowLines | null>;

  /** `take`: the rows after a number; those up to it need not be kept. Null if none are kept for a fleet. */
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
    return { bytes: Buffer.from(found.text), lines: found.lines, end, lost: 0 };
  }

  /** Rows are removed when those after them are asked for. */
  acknowledged(): void {
    return;
  }
}
