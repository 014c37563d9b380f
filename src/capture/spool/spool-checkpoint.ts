/**
 * Which files of a spool have been processed. Files that have left the folder are forgotten, so it stays as small as the folder.
 *
 * With each file goes how far the event logs were written when it was done. After a kill -9 the logs are cut back to there
 * and the file that was in hand is read again from its start: its events are in the logs once.
 */
import { join } from 'node:path';
import { headOf, type SpoolFile } from './spool-folder.ts';

/** Keeps a checkpoint: it is whole at any time. */
export interface CheckpointStore {
  /** What was saved last; null where nothing is known. Throws where that cannot be told. */
  load(): Checkpoint | null;
  /** Resolves when it is on disk. */
  save(checkpoint: Checkpoint): Promise<void>;
}

/** Where a log stood: its inode and octets. */
export interface CheckpointedLog {
  readonly inode: number;
  readonly octets: number;
}

export interface DoneFile extends SpoolFile {
  /** Hash of its first octets. */
  readonly head: string;
  /** Packets that were read of it; missing where more of it cannot be read, and in checkpoints of version 0.1. */
  readonly packets?: number;
}

/** A file after it was read. */
export interface ReadFile {
  /** As it was before. */
  readonly file: SpoolFile;
  /** Packets of it that have been processed; null where more of it cannot be read if it grows. */
  readonly packets: number | null;
}

export interface Checkpoint {
  readonly done: readonly DoneFile[];
  readonly logs: Readonly<Record<string, CheckpointedLog>>;
}

/** A file with the name of one that was done: the same, the same but longer by now, or another one. */
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

  /** Reads what was saved. */
  load(): void {
    const checkpoint = this.store.load();
    if (checkpoint === null) return;
    for (const file of checkpoint.done) this.done.set(file.name, file);
    this.logs = checkpoint.logs;
  }

  /** Where a log stood when the last file was done; undefined where that is not known. */
  logAt(path: string): CheckpointedLog | undefined {
    return this.logs[path];
  }

  async knows(file: SpoolFile): Promise<Known> {
    const done = this.done.get(file.name);
    if (done?.inode !== file.inode) return Known.NO;
    if (done.size === file.size && done.modifiedMs === file.modifiedMs) return Known.DONE;
    // Ring buffers use name and inode again for other packets: those begin at another time.
    const isSame = file.size > done.size && (await headOf(join(this.folder, file.name), done.size)) === done.head;
    return isSame ? Known.GROWN : Known.NO;
  }

  /** Packets that were read of a file that has grown; null where reading cannot go on there. */
  packetsOf(file: SpoolFile): number | null {
    return this.done.get(file.name)?.packets ?? null;
  }

  /** Notes a file as done, together with where the logs stand, and forgets those that are not `present` in the folder. */
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
