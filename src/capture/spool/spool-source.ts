/**
 * The files of a spool folder, one at a time, each once: waits for the next complete file, and records processed files.
 * The caller reads the files.
 *
 * A file that grows after it was read is read again from its former end. A file that never stops changing is read up to
 * its current end, repeatedly.
 */
import { stat, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Known, type ReadFile, SpoolCheckpoint } from './spool-checkpoint.ts';
import { isComplete, listSpool, type SpoolFile } from './spool-folder.ts';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { systemErrorText } from '../input/system-error.ts';
import { sourceProblem } from '../source-problem.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** A file that has not changed for this time is complete. */
  readonly settleMs: number;
  /** Files are deleted after they were processed. */
  readonly removesDone: boolean;
}

/** A file to read. */
export interface SpoolWork {
  readonly file: SpoolFile;
  /** Packets at its start that have been processed. */
  readonly processedPackets: number;
}

const POLL_MS = 500;
/** A file that has been changing for this many times `settleMs` is read up to its current end. */
const PATIENCE = 10;

export class SpoolSource {
  /** Files processed since the start, counting each time that a file was read. */
  doneCount = 0;
  /** Files that grew after they were processed. */
  grownCount = 0;
  /** Files that grew and whose rest cannot be read. */
  leftCount = 0;
  /** Listings and deletions that failed. */
  failureCount = 0;
  /** Error of the last listing of the folder; null if it succeeded. */
  problem: CodedProblem | null = null;
  /** Files that were not processed at the last listing. */
  waitingCount = 0;
  readonly checkpoint: SpoolCheckpoint;
  private readonly options: SpoolOptions;
  private readonly stop = new AbortController();
  private readonly grown = new Set<string>();
  /** Files that were waiting at the last listing, and since when. */
  private restless = new Map<string, number>();
  /** Names at the last listing; null before the first. */
  private present: ReadonlySet<string> | null = null;

  constructor(options: SpoolOptions) {
    this.options = options;
    this.checkpoint = new SpoolCheckpoint(options.folder);
  }

  /** Rejects if the folder cannot be read. */
  async start(): Promise<void> {
    await listSpool(this.options.folder);
  }

  /** Waits for the next complete file; null after `end`. */
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

  /** Records that the file has been read. */
  async note(read: ReadFile): Promise<void> {
    await this.checkpoint.note(read, this.present);
    this.doneCount++;
  }

  /**
   * Deletes a file that was read whole, if that is configured and it has not changed since. To be called once a
   * checkpoint says that it was read.
   */
  async remove(file: SpoolFile): Promise<void> {
    if (!this.options.removesDone || (await this.compare(file)) !== 'same') return;
    await unlink(this.pathOf(file)).catch(() => this.failureCount++);
  }

  /** True if the file has changed since it was listed. */
  async hasChanged(file: SpoolFile): Promise<boolean> {
    return (await this.compare(file)) !== 'same';
  }

  end(): void {
    this.stop.abort();
  }

  private async compare(file: SpoolFile): Promise<'same' | 'changed' | 'gone'> {
    try {
      const { ino, size, mtimeMs } = await stat(this.pathOf(file));
      return ino === file.inode && size === file.size && mtimeMs === file.modifiedMs ? 'same' : 'changed';
    } catch {
      return 'gone';
    }
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
      this.problem = sourceProblem('spool-unlistable', systemErrorText(error));
      return null;
    }
    this.present = new Set(files.map((file) => file.name));
    const waiting: SpoolWork[] = [];
    for (const file of files) {
      // An empty file may stay empty forever, and must not delay the others.
      const work = file.size > 0 ? await this.workOf(file) : null;
      if (work !== null) waiting.push(work);
    }
    this.waitingCount = waiting.length;
    return this.firstReady(waiting);
  }

  /** The part of a file to read; null for nothing. */
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

  /** The first file that is complete, or has been waiting for long enough. */
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
