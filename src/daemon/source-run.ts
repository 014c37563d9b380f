/**
 * Where a daemon's packets come from: what pipes, spools and interfaces have in common for the loop around them.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { LogPosition } from '../output/log/rotating-file.ts';

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

/**
 * The checkpoint of a source that can be read again after a kill. It has the positions of the event logs after the last
 * file, so the source rotates and reopens the logs itself, between files. It locks the state folder.
 */
export interface SourceCheckpoint {
  /** The last file was left unfinished by a stop. Its events must not be kept: the next start reads it again. */
  readonly isFileUnfinished: boolean;
  /** Position of a log at the last checkpoint; undefined if not known. */
  logPosition(path: string): LogPosition | undefined;
  /** Saves the current positions of the logs. */
  save(): Promise<void>;
  /** Asks for the logs to be reopened after the current file. */
  requestReopen(): void;
}

export interface RunSource {
  readonly kind: 'pipe' | 'spool' | 'interface';
  /** What reads the packets: `tcpdump`, `cap`, or `file`. */
  readonly backend: string;
  readonly counts: SourceCounts;
  /** Null while packets can come; else why not. */
  readonly problem: string | null;
  /** Null for a source that cannot be read again. */
  readonly checkpoint: SourceCheckpoint | null;
  /** Rejects with CommandError where there is nothing to read from. */
  start(): Promise<void>;
  /** Reads until the source ends or is stopped. Resolves to what was wrong with its end; empty for nothing. */
  run(take: TakeBatch): Promise<string>;
  /** Asks `run` to end soon, with everything that has been captured. */
  stop(): void;
  /** Releases what `start` has taken; may be called at any time, more than once. */
  close(): void;
}
