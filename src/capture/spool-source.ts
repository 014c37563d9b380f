/**
 * The files of a spool folder, one after the other, each once: waits for the next that is complete, and remembers in the
 * checkpoint which are done. Reading the files is the caller's part.
 */
import { mkdir, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckpointedLog, Known, SpoolCheckpoint } from './spool-checkpoint.ts';
import { isComplete, listSpool, type SpoolFile } from './spool-folder.ts';
import { systemErrorText } from './system-error.ts';

export interface SpoolOptions {
  readonly folder: string;
  /** Where the checkpoint is kept. */
  readonly stateFolder: string;
  /** A file that has not changed for so long is complete. */
  readonly settleMs: number;
  /** Files are removed once they are done. */
  readonly removesDone: boolean;
}

const POLL_MS = 500;

export class SpoolSource {
  /** Files done since the start; files that grew after they were done, whose rest is not read; looks and removals that failed. */
  doneCount = 0;
  grownCount = 0;
  failureCount = 0;
  /** Why the last look at the folder failed; null where it did not. */
  problem: string | null = null;
  /** Files that were there and not done at the last look. */
  waitingCount = 0;
  readonly checkpoint: SpoolCheckpoint;
  private readonly options: SpoolOptions;
  private readonly stop = new AbortController();
  private readonly grown = new Set<string>();
  /** Names at the last look; null before the first. */
  private present: ReadonlySet<string> | null = null;

  constructor(options: SpoolOptions) {
    this.options = options;
    this.checkpoint = new SpoolCheckpoint(join(options.stateFolder, 'spool.json'), options.folder);
  }

  /** Rejects where folder or checkpoint cannot be read. */
  async start(): Promise<void> {
    await listSpool(this.options.folder);
    await mkdir(this.options.stateFolder, { recursive: true, mode: 0o700 });
    await this.checkpoint.load();
  }

  /** The next file that is complete, waited for; null after `end`. */
  async next(): Promise<SpoolFile | null> {
    while (!this.isStopped) {
      const file = await this.look();
      if (file !== null) return file;
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

  /** The file is done, and the logs hold what came of it. */
  async commit(file: SpoolFile | null, logs: Readonly<Record<string, CheckpointedLog>>): Promise<void> {
    await this.checkpoint.commit(file, this.present, logs);
    if (file === null) return;
    this.doneCount++;
    if (this.options.removesDone) await unlink(this.pathOf(file)).catch(() => this.failureCount++);
  }

  end(): void {
    this.stop.abort();
  }

  private get isStopped(): boolean {
    return this.stop.signal.aborted;
  }

  private async look(): Promise<SpoolFile | null> {
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
    const waiting: SpoolFile[] = [];
    // One that is empty may stay so for ever, and must not hold up the others.
    for (const file of files) if (file.size > 0 && (await this.isNew(file))) waiting.push(file);
    this.waitingCount = waiting.length;
    const first = waiting[0];
    return first !== undefined && isComplete(first, Date.now(), this.options.settleMs) ? first : null;
  }

  private async isNew(file: SpoolFile): Promise<boolean> {
    const known = await this.checkpoint.knows(file);
    if (known === Known.GROWN && !this.grown.has(file.name)) {
      this.grown.add(file.name);
      this.grownCount++;
    }
    return known === Known.NO;
  }
}
