/**
 * Packets from standard input: a capture that another program writes. A long silence means that the program is stuck.
 */
import { CaptureFault } from '../capture/packet-source.ts';
import { type Capture, openCapture } from '../capture/format/open-capture.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { CodedProblem } from '../core/coded-problem.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { NO_COUNTS, type RunSource, type SourceCounts, type TakeBatch } from './source-run.ts';
import type { RunWatchdog } from './watchdog.ts';

export class RunPipe implements RunSource {
  readonly kind = 'pipe';
  readonly backend = 'file';
  readonly checkpoint = null;
  private readonly capture: Capture;
  private readonly memory: BatchMemory;
  private readonly files: PacketFiles;
  private readonly watchdog: RunWatchdog;
  private stopped = false;

  constructor(memory: BatchMemory, files: PacketFiles, watchdog: RunWatchdog) {
    this.memory = memory;
    this.capture = openCapture('-', { memory: memory.records });
    this.files = files;
    this.watchdog = watchdog;
  }

  get problem(): CodedProblem | null {
    return this.watchdog.problem;
  }

  get counts(): SourceCounts {
    return { ...NO_COUNTS, stalls: this.watchdog.stallCount };
  }

  start(): Promise<void> {
    this.watchdog.start();
    return Promise.resolve();
  }

  async run(take: TakeBatch): Promise<string> {
    this.files.begin(this.capture.name, 0);
    let batch = await this.memory.nextBatch();
    this.watchdog.waits();
    while (await this.capture.read(batch)) {
      this.watchdog.moves();
      await take(batch);
      if (this.isStopped()) return '';
      batch = await this.memory.nextBatch();
      this.watchdog.waits();
    }
    this.watchdog.stop();
    const { fault, message } = this.capture.end;
    await this.capture.close();
    return this.isStopped() || fault === CaptureFault.NONE ? '' : `standard input: ${message}`;
  }

  stop(): void {
    this.stopped = true;
    void this.capture.close();
  }

  close(): void {
    this.watchdog.stop();
  }

  private isStopped(): boolean {
    return this.stopped;
  }
}
