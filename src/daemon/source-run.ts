/** The sources of a daemon's packets: the interface that pipes, spools and network interfaces share. */
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { CodedProblem } from '../core/coded-problem.ts';

/** Takes a batch; resolves when the next one may come. */
export type TakeBatch = (batch: PacketBatch) => Promise<void>;

/** Counts of a source. 0 if a source cannot count it. */
export interface SourceCounts {
  /** Packets lost before they reached the engine, by where they were lost. */
  readonly dropped: Readonly<Record<string, number>>;
  /** Restarts of the capturing process, and the time without capture meanwhile. */
  readonly restarts: number;
  readonly gapSeconds: number;
  /** Times that the watchdog found the source stuck. */
  readonly stalls: number;
  /**
   * Files of a spool: done, waiting, grown after they were done, grown but not readable further, not readable to their
   * end.
   */
  readonly files: Readonly<Record<string, number>>;
}

/** All states exist from the start, even without a spool, because a missing series raises no alert. */
export const NO_FILES = { done: 0, waiting: 0, grown: 0, 'grown-unread': 0, faulty: 0, unlistable: 0 } as const;

export const NO_COUNTS: SourceCounts = { dropped: {}, restarts: 0, gapSeconds: 0, stalls: 0, files: NO_FILES };

/** The part of a checkpoint that a source adds, so that a restart goes on from it. */
export interface SourceCheckpoint {
  /** The packets after a checkpoint come again after a restart. */
  readonly isRepeated: boolean;
  /** Where it is after the batch that was taken last, as data for JSON. */
  readonly state: unknown;
  /** Goes on from an earlier `state`, before `run`. `hasFlows`: the flows of then are there too. */
  resume(state: unknown, hasFlows: boolean): void;
  /** A checkpoint with this state is on disk. Resolves once what it needs no more is removed. */
  saved(state: unknown): Promise<void>;
}

/**
 * What hears of the files of a source that are read again as a whole after a kill, unless their reading was recorded.
 */
export interface FileListener {
  /** Its first packets follow. `name`: the same for the same packets. */
  begin(name: string): void;
  /** All of it was read, and that is about to be recorded. */
  end(): Promise<void>;
}

export interface RunSource {
  readonly kind: 'pipe' | 'spool' | 'interface' | 'captures';
  /** The reader of the packets: `tcpdump`, `cap`, `socket` or `file`. */
  readonly backend: string;
  readonly counts: SourceCounts;
  /** Null while packets can come; else why not. */
  readonly problem: CodedProblem | null;
  /** Null for a source that a restart cannot go on with. */
  readonly checkpoint: SourceCheckpoint | null;
  /** Rejects with CommandError if there is nothing to read from. */
  start(): Promise<void>;
  /**
   * Reads until the source ends or is stopped. Resolves to the fault of its end; empty for none. `endCapture` ends all
   * flows, between captures that have nothing to do with each other. `files` hears of files that are read again after a
   * kill.
   */
  run(take: TakeBatch, endCapture: () => Promise<void>, files: FileListener): Promise<string>;
  /** Asks `run` to end soon, after everything captured so far. */
  stop(): void;
  /** Releases what `start` has acquired. May be called at any time, more than once. */
  close(): void;
}
