/** A progress bar on stderr, shown on a terminal if the work takes over a second. */
import { stat } from 'node:fs/promises';
import type { SingleBar } from 'cli-progress';

const SHOWN_AFTER_SECONDS = 1;

export class Progress {
  private readonly bar: SingleBar | null;
  private readonly begun = process.uptime();
  private readonly total: number;
  private done = 0;

  private constructor(total: number, bar: SingleBar | null) {
    this.total = total;
    this.bar = bar;
  }

  /** For work that reads these files; `skipsPackets` disables the bar. */
  static async open(files: readonly string[], skipsPackets: boolean): Promise<Progress> {
    if (!process.stderr.isTTY || skipsPackets) return new Progress(0, null);
    const total = await totalSize(files);
    if (total === 0) return new Progress(0, null);
    const { default: cliProgress } = await import('cli-progress');
    const bar = new cliProgress.SingleBar({
      stream: process.stderr,
      format: '{bar} {percentage}% of {total} MB, {eta} s left',
      clearOnComplete: true,
    });
    return new Progress(total, bar);
  }

  /** Adds bytes that were read. */
  add(bytes: number): void {
    this.done += bytes;
    if (this.bar === null) return;
    if (this.bar.isActive) this.bar.update(megabytes(Math.min(this.done, this.total)));
    else if (process.uptime() - this.begun > SHOWN_AFTER_SECONDS)
      this.bar.start(megabytes(this.total), megabytes(this.done));
  }

  stop(): void {
    this.bar?.stop();
  }
}

function megabytes(bytes: number): number {
  return Math.round(bytes / 1e6);
}

/** Total bytes of the files; files without a size count as 0. */
async function totalSize(files: readonly string[]): Promise<number> {
  let total = 0;
  for (const file of files) {
    try {
      total += (await stat(file)).size;
    } catch {
      // Missing files are reported when they are opened. Standard input has no size.
    }
  }
  return total;
}
