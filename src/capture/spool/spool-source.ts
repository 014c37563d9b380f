/**
 * The files of a spool folder, one after the other, each once: waits for the next that is complete, and remembers in the
 * checkpoint which are done. Reading the files is the caller's part.
 *
 * A file that grows on after it was read is read on from where it ended. One that never rests is not waited for: it is read as far
 * as it is there, again and again.
 */
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import {
  type CheckpointedLog,
  type CheckpointStore,
  Known,
  type ReadFile,
  SpoolCheckpoint,
} from './spool-checkpoint.ts';
import { isComplete, listSpool, type SpoolFile } from './spool-folder.ts';
import { systemErrorText } from '../input/system-error.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** A file that has not changed for so long is complete. */
  readonly settleMs: number;
  /** Files are removed once they are done. */
  readonly removesDone: boolean;
}

/** A file to read. */
export interface SpoolWork {
  readonly file: SpoolFile;
  /** Packets at its start that have been processed. */
  readonly processedPackets: number;
}

const POLL_MS = 500;
/** A file that has not rested for so many times `settleMs` is read as far as it is there. */
const PATIENCE = 10;

export class SpoolSource {
  /** Files done since the start, each time that they were read. */
  doneCount = 0;
  /** Files that grew after they were done. */
  grownCount = 0;
  /** Those of them that cannot be read on. */
  leftCount = 0;
  /** Looks and removals that failed. */
  failureCount = 0;
  /** Why the last look at the folder failed; null where it did not. */
  problem: string | null = null;
  /** Files that were there and not done at the last look. */
  waitingCount = 0;
  readonly checkpoint: SpoolCheckpoint;
  private readonly options: SpoolOptions;
  private readonly stop = new AbortController();
  private readonly grown = new Set<string>();
  /** Files that were waited for at the last look, and since when. */
  private restless = new Map<string, number>();
  /** Names at the last look; null before the first. */
  private present: ReadonlySet<string> | null = null;

  constructor(options: SpoolOptions, store: CheckpointStore) {
    this.options = options;
    this.checkpoint = new SpoolCheckpoint(store, options.folder);
  }

  /** Rejects where folder or checkpoint cannot be read. */
  async start(): Promise<void> {
    await listSpool(this.options.folder);
    this.checkpoint.load();
  }

  /** The next file that is complete, waited for; null after `end`. */
  async next(): Promise<SpoolWork | null> {
    while (!this.isStopped) {
      const work = await this.look();
      if (work !== null) return work;
      try {
        await sleep(POLL_MS, undefined, { signal: this.stop.signal });
      } catch {
        return null;
      }
    }
    return null;
  }

  pathOf(file: SpoolFile): string {
    return join(this.options.folder, file.name);
  }

  /** The file has been read, and the logs hold what came of it. It is removed, where that is asked for, if all of it was read. */
  async commit(
    read: ReadFile | null,
    logs: Readonly<Record<string, CheckpointedLog>>,
    wasReadWhole: boolean,
  ): Promise<void> {
    await this.checkpoint.commit(read, this.present, logs);
    if (read === null) return;
    this.doneCount++;
    if (this.options.removesDone && wasReadWhole) await unlink(this.pathOf(read.file)).catch(() => this.failureCount++);
  }

  /** Whether a file is another by now than it was when it was looked at. */
  async hasChanged(file: SpoolFile): Promise<boolean> {
    try {
      const { ino, size, mtimeMs } = await stat(this.pathOf(file));
      return ino !== file.inode || size !== file.size || mtimeMs !== file.modifiedMs;
    } catch {
      return true;
    }
  }

  end(): void {
    this.stop.abort();
  }

  private get isStopped(): boolean {
    return this.stop.signal.aborted;
  }

  private async look(): Promise<SpoolWork | null> {
    let files: SpoolFile[];
    try {
      files = await listSpool(this.options.folder);
      this.problem = null;
    } catch (error) {
      this.failureCount++;
      this.problem = `cannot list the spool: ${systemErrorText(error)}`;
      return null;
    }
    this.present = new Set(files.map((file) => file.name));
    const waiting: SpoolWork[] = [];
    for (const file of files) {
      // One that is empty may stay so for ever, and must not hold up the others.
      const work = file.size > 0 ? await this.workOf(file) : null;
      if (work !== null) waiting.push(work);
    }
    this.waitingCount = waiting.length;
    return this.firstReady(waiting);
  }

  /** What is to be read of a file; null for nothing. */
  private async workOf(file: SpoolFile): Promise<SpoolWork | null> {
    const known = await this.checkpoint.knows(file);
    if (known === Known.NO) return { file, processedPackets: 0 };
    if (known === Known.DONE) return null;
    const processedPackets = this.checkpoint.packetsOf(file);
    if (!this.grown.has(file.name)) {
      this.grown.add(file.name);
      this.grownCount++;
      if (processedPackets === null) this.leftCount++;
    }
    return processedPackets === null ? null : { file, processedPackets };
  }

  /** The first file that is complete, or has been waited for long enough. */
  private firstReady(waiting: readonly SpoolWork[]): SpoolWork | null {
    const now = Date.now();
    const { settleMs } = this.options;
    const restless = new Map(waiting.map(({ file }) => [file.name, this.restless.get(file.name) ?? now]));
    const ready = waiting.find(
      ({ file }) => isComplete(file, now, settleMs) || now - restless.get(file.name)! >= PATIENCE * settleMs,
    );
    if (ready !== undefined) restless.delete(ready.file.name);
    this.restless = restless;
    return ready ?? null;
  }
}
