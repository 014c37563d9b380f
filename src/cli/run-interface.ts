/** Packets from an interface, by a capturing process. */
import type { CaptureWith } from '../capture/live-backend.ts';
import { chooseBackend, NO_BACKEND } from '../capture/live-choice.ts';
import { type LiveOptions, LiveSource } from '../capture/live-source.ts';
import { PacketBatch } from '../capture/packet-batch.ts';
import type { Log } from '../server/log.ts';
import { CommandError, ExitCode } from './exit-code.ts';
import type { RecentFiles } from './recent-files.ts';
import { NO_COUNTS, type RunSource, type SourceCounts, type TakeBatch } from './run-source.ts';

export class RunInterface implements RunSource {
  readonly kind = 'interface';
  readonly backend: string;
  private readonly live: LiveSource;
  private readonly files: RecentFiles;

  /** Throws CommandError where nothing can capture. */
  constructor(captureWith: CaptureWith, options: LiveOptions, files: RecentFiles, log: Log) {
    const backend = chooseBackend(captureWith);
    if (backend === null) throw new CommandError(NO_BACKEND, ExitCode.FAILED);
    this.backend = backend.name;
    this.files = files;
    this.live = new LiveSource(backend, options, (event, detail) => {
      if (event === 'started') log.info({ detail }, 'capture started');
      else log.error({ detail }, event === 'ended' ? 'capture ended' : 'capture stuck');
    });
  }

  get problem(): string | null {
    return this.live.problem;
  }

  get counts(): SourceCounts {
    const { dropped, restartCount, gapMs, stallCount } = this.live;
    return { ...NO_COUNTS, dropped, restarts: restartCount, gapSeconds: gapMs / 1000, stalls: stallCount };
  }

  async start(): Promise<void> {
    try {
      await this.live.start();
    } catch (error) {
      throw new CommandError(error instanceof Error ? error.message : String(error), ExitCode.FAILED);
    }
  }

  async run(take: TakeBatch): Promise<string> {
    this.files.begin(this.live.name, 0);
    const batch = new PacketBatch();
    while (await this.live.read(batch)) await take(batch);
    await this.live.close();
    return '';
  }

  stop(): void {
    this.live.stop();
  }
}
