/**
 * Packets from captures that are read once, each as a capture of its own, at full speed. Then the daemon stays, so that
 * what came of them can be looked at.
 */
import { CaptureFault } from '../capture/packet-source.ts';
import { type Capture, openCapture } from '../capture/format/open-capture.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { Log } from '../output/log/log.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { NO_COUNTS, NO_FILES, type RunSource, type SourceCounts, type TakeBatch } from './source-run.ts';

export class RunCaptures implements RunSource {
  readonly kind = 'captures';
  readonly backend = 'file';
  readonly checkpoint = null;
  readonly problem = null;
  private readonly paths: readonly string[];
  private readonly memory: BatchMemory;
  private readonly files: PacketFiles;
  private readonly log: Log;
  private readonly onRead: (captures: number) => void;
  private packets = 0;
  private done = 0;
  private faulty = 0;
  private current: Capture | null = null;
  private stopped = false;
  private release: () => void = () => undefined;

  /** `onRead`: all captures have been read. */
  constructor(
    paths: readonly string[],
    memory: BatchMemory,
    files: PacketFiles,
    log: Log,
    onRead: (captures: number) => void,
  ) {
    this.paths = paths;
    this.memory = memory;
    this.files = files;
    this.log = log;
    this.onRead = onRead;
  }

  get counts(): SourceCounts {
    const waiting = this.paths.length - this.done - this.faulty;
    return { ...NO_COUNTS, files: { ...NO_FILES, done: this.done, faulty: this.faulty, waiting } };
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async run(take: TakeBatch, endCapture: () => Promise<void>): Promise<string> {
    for (const path of this.paths) {
      await this.read(path, take);
      if (this.isStopped()) return '';
      await endCapture();
    }
    this.onRead(this.done);
    await new Promise<void>((resolve) => {
      this.release = resolve;
    });
    return '';
  }

  stop(): void {
    this.stopped = true;
    void this.current?.close();
    this.release();
  }

  close(): void {
    void this.current?.close();
  }

  private async read(path: string, take: TakeBatch): Promise<void> {
    const capture = openCapture(path, { lender: this.memory.lender });
    this.current = capture;
    this.files.begin(capture.name, this.packets);
    for (;;) {
      const batch = await this.memory.nextBatch();
      if (!(await capture.read(batch))) break;
      this.packets += batch.count;
      await take(batch);
      if (this.isStopped()) return;
    }
    const { fault, message } = capture.end;
    this.current = null;
    await capture.close();
    if (fault === CaptureFault.NONE) this.done++;
    else {
      this.faulty++;
      this.log.error({ path, problem: message }, 'a capture could not be read to its end');
    }
  }

  private isStopped(): boolean {
    return this.stopped;
  }
}
