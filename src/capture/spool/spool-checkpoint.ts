/**
 * The files of a spool that have been processed. Files that have left the folder are removed from it, so it stays as
 * small as the folder.
 *
 * Each entry has the position of the event logs after the file. After a kill -9 the logs are truncated to these
 * positions and the unfinished file is read again from its start, so its events are in the logs once.
 */
import { join } from 'node:path';
import { headOf, type SpoolFile } from './spool-folder.ts';

/** Stores a checkpoint atomically. */
export interface CheckpointStore {
  /** The last saved checkpoint; null if there is none. Throws if it cannot be read. */
  load(): Checkpoint | null;
  /** Resolves when it is on disk. */
  save(checkpoint: Checkpoint): Promise<void>;
}

/** Position of a log: its inode and its length in bytes. */
export interface CheckpointedLog {
  readonly inode: number;
  readonly octets: number;
}

export interface DoneFile extends SpoolFile {
  /** Hash of its first bytes. */
  readonly head: string;
  /** Packets read of it. Missing if the rest cannot be read, and in checkpoints of version 0.1. */
  readonly packets?: number;
}

/** A file after it was read. */
export interface ReadFile {
  /** The file as it was when its reading began. */
  readonly file: SpoolFile;
  /** Packets of it that have been processed; null if the rest cannot be read when it grows. */
  readonly packets: number | null;
}

export interface Checkpoint {
  readonly done: readonly DoneFile[];
  readonly logs: Readonly<Record<string, CheckpointedLog>>;
}

/** How a file relates to the processed file of the same name: the same, the same but longer, or another one. */
export const Known = { NO: 0, DONE: 1, GROWN: 2 } as const;
export type Known = (typeof Known)[keyof typeof Known];

export class SpoolCheckpoint {
  private readonly store: CheckpointStore;
  private readonly folder: string;
  private readonly done = new Map<string, DoneFile>();
  private logs: Readonly<Record<string, CheckpointedLog>> = {};

  /** `folder` of the spool. */
  constructor(store: CheckpointStore, folder: string) {
    this.store = store;
    this.folder = folder;
  }

  /** Loads the saved checkpoint. */
  load(): void {
    const checkpoint = this.store.load();
    if (checkpoint === null) return;
    for (const file of checkpoint.done) this.done.set(file.name, file);
    this.logs = checkpoint.logs;
  }

  /** Position of a log after the last processed file; undefined if not known. */
  logAt(path: string): CheckpointedLog | undefined {
    return this.logs[path];
  }

  async knows(file: SpoolFile): Promise<Known> {
    const done = this.done.get(file.name);
    if (done?.inode !== file.inode) return Known.NO;
    if (done.size === file.size && done.modifiedMs === file.modifiedMs) return Known.DONE;
    // Ring buffers reuse name and inode for other packets, which begin at another time.
    const isSame = file.size > done.size && (await headOf(join(this.folder, file.name), done.size)) === done.head;
    return isSame ? Known.GROWN : Known.NO;
  }

  /** Packets read of a file that has grown; null if reading cannot continue there. */
  packetsOf(file: SpoolFile): number | null {
    return this.done.get(file.name)?.packets ?? null;
  }

  /** Records a processed file and the positions of the logs, and removes files that are not `present` in the folder. */
  async commit(
    read: ReadFile | null,
    present: ReadonlySet<string> | null,
    logs: Readonly<Record<string, CheckpointedLog>>,
  ): Promise<void> {
    for (const name of this.done.keys()) if (present?.has(name) === false) this.done.delete(name);
    if (read !== null) {
      const { file, packets } = read;
      const head = await headOf(join(this.folder, file.name), file.size);
      this.done.set(file.name, { ...file, head, ...(packets === null ? {} : { packets }) });
    }
    this.logs = logs;
    await this.store.save({ done: [...this.done.values()], logs });
  }
}
