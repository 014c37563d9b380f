/**
 * The files of a spool that have been processed, as part of the daemon's checkpoints. Files that have left the folder
 * are removed from it, so it stays as small as the folder.
 */
import { join } from 'node:path';
import { headOf, type SpoolFile } from './spool-folder.ts';

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

/** How a file relates to the processed file of the same name: the same, the same but longer, or another one. */
export const Known = { NO: 0, DONE: 1, GROWN: 2 } as const;
export type Known = (typeof Known)[keyof typeof Known];

export class SpoolCheckpoint {
  private readonly folder: string;
  private readonly done = new Map<string, DoneFile>();

  /** `folder` of the spool. */
  constructor(folder: string) {
    this.folder = folder;
  }

  /** The processed files. */
  get files(): readonly DoneFile[] {
    return [...this.done.values()];
  }

  /** Begins with the processed files of an earlier run. */
  load(files: readonly DoneFile[]): void {
    this.done.clear();
    for (const file of files) this.done.set(file.name, file);
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

  /** Records a processed file, and removes files that are not `present` in the folder. */
  async note({ file, packets }: ReadFile, present: ReadonlySet<string> | null): Promise<void> {
    for (const name of this.done.keys()) if (present?.has(name) === false) this.done.delete(name);
    const head = await headOf(join(this.folder, file.name), file.size);
    this.done.set(file.name, { ...file, head, ...(packets === null ? {} : { packets }) });
  }
}
