/** What a sensor has to ship, on its disk, in order. */

/** A place in an outbox. It stays the same when a segment is moved aside. */
export interface OutboxPosition {
  /** Names the segment: `seq` of its first line. */
  readonly segment: number;
  /** Bytes of it that are shipped. */
  readonly offset: number;
  /** `seq` of the last line that is shipped. */
  readonly lastSeq: number;
}

/** Whole lines. */
export interface OutboxBatch {
  readonly bytes: Uint8Array;
  readonly lines: number;
  /** The place after them. */
  readonly end: OutboxPosition;
  /** The number of each line, where each has one of its own, and the one that was given before them if it is known. */
  readonly rows?: { readonly numbers: readonly number[]; readonly before: number | null };
  /** Lines before them that are no longer there: the disk's bound was reached before they were acknowledged. */
  readonly lost: number;
}

export interface Outbox {
  /** The lines after a position, from the beginning for null; null if there are none yet. */
  next(after: OutboxPosition | null): Promise<OutboxBatch | null>;
  /** All up to a position is acknowledged, and need not be kept. */
  acknowledged(position: OutboxPosition): void;
}
