/** Packets from standard input: a capture that another program writes. */
import { CaptureFault } from '../capture/packet-source.ts';
import { type Capture, openCapture } from '../capture/open-capture.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import type { RecentFiles } from './recent-files.ts';
import { NO_COUNTS, type RunSource, type TakeBatch } from './run-source.ts';

export class RunPipe implements RunSource {
  readonly kind = 'pipe';
  readonly backend = 'file';
  readonly counts = NO_COUNTS;
  problem: string | null = null;
  private readonly capture: Capture = openCapture('-');
  private readonly files: RecentFiles;
  private stopped = false;

  constructor(files: RecentFiles) {
    this.files = files;
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async run(take: TakeBatch): Promise<string> {
    this.files.begin(this.capture.name, 0);
    const batch = new PacketBatch();
    while (await this.capture.read(batch)) {
      await take(batch);
      if (this.isStopped()) return '';
    }
    const { fault, message } = this.capture.end;
    await this.capture.close();
    return this.isStopped() || fault === CaptureFault.NONE ? '' : `standard input: ${message}`;
  }

  stop(): void {
    this.stopped = true;
    void this.capture.close();
  }

  private isStopped(): boolean {
    return this.stopped;
  }
}
