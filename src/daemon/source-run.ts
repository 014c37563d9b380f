/**
 * Where a daemon's packets come from: what pipes, spools and interfaces have in common for the loop around them.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';

/** Takes a batch; resolves when the next may come. */
export type TakeBatch = (batch: PacketBatch) => Promise<void>;

/** What a source counts. Zeros where it cannot know. */
export interface SourceCounts {
  /** Packets lost before they reached the engine, by who lost them. */
  readonly dropped: Readonly<Record<string, number>>;
  /** The capturing process began anew, and for how long nothing was captured meanwhile. */
  readonly restarts: number;
  readonly gapSeconds: number;
  /** Times that the watchdog found the source stuck. */
  readonly stalls: number;
  /** Files of a spool: done, waiting, grown after they were done, those of them that cannot be read on, not readable to their end. */
  readonly files: Readonly<Record<string, number>>;
}

/** A series that is not there raises no alert: all states are, also where there is no spool. */
export const NO_FILES = { done: 0, waiting: 0, grown: 0, 'grown-unread': 0, faulty: 0, unlistable: 0 } as const;

export const NO_COUNTS: SourceCounts = { dropped: {}, restarts: 0, gapSeconds: 0, stalls: 0, files: NO_FILES };

export interface RunSource {
  readonly kind: 'pipe' | 'spool' | 'interface';
  /** What reads the packets: `tcpdump`, `cap`, or `file`. */
  readonly backend: string;
  readonly counts: SourceCounts;
  /** Null while packets can come; else why not. */
  readonly problem: string | null;
  /** Rejects with CommandError where there is nothing to read from. */
  start(): Promise<void>;
  /** Reads until the source ends or is stopped. Resolves to what was wrong with its end; empty for nothing. */
  run(take: TakeBatch): Promise<string>;
  /** Asks `run` to end soon, with everything that has been captured. */
  stop(): void;
}
