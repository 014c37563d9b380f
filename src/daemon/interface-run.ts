/**
 * Packets from an interface, captured by a process of this daemon or by `sluice capture`. They do not come again: a
 * restart goes on with the flows of its checkpoint, and what was sent since is not seen.
 */
import type { CaptureRequest, CaptureWith } from '../capture/live/live-backend.ts';
import { chooseBackend, NO_BACKEND } from '../capture/live/live-choice.ts';
import type { OpenCapture } from '../capture/live/live-link.ts';
import { ProcessLink } from '../capture/live/live-process.ts';
import { SocketLink } from '../capture/live/live-socket.ts';
import { LiveSource } from '../capture/live/live-source.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { CodedProblem } from '../core/coded-problem.ts';
import type { Log } from '../output/log/log.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { NO_COUNTS, type RunSource, type SourceCheckpoint, type SourceCounts, type TakeBatch } from './source-run.ts';

export interface InterfaceCapture {
  readonly backend: string;
  readonly device: string;
  readonly isPatient: boolean;
  readonly open: OpenCapture;
}

/** Throws CommandError if no back end is installed. */
export function processCapture(captureWith: CaptureWith, request: CaptureRequest): InterfaceCapture {
  const backend = chooseBackend(captureWith);
  if (backend === null) throw new CommandError(NO_BACKEND, ExitCode.FAILED);
  const open: OpenCapture = () => new ProcessLink(backend, request);
  return { backend: backend.name, device: request.device, isPatient: false, open };
}

/** The service may start later than this daemon, so failed starts are retried. */
export function socketCapture(path: string, device: string): InterfaceCapture {
  return { backend: 'socket', device, isPatient: true, open: () => new SocketLink(path, device) };
}

export class RunInterface implements RunSource, SourceCheckpoint {
  readonly kind = 'interface';
  readonly backend: string;
  readonly checkpoint = this;
  readonly isRepeated = false;
  /** Packets so far, also those before a restart. */
  private packets = 0;
  private readonly live: LiveSource;
  private readonly memory: BatchMemory;
  private readonly files: PacketFiles;

  constructor(memory: BatchMemory, capture: InterfaceCapture, stuckMs: number, files: PacketFiles, log: Log) {
    this.memory = memory;
    const { backend, device, isPatient, open } = capture;
    this.backend = backend;
    this.files = files;
    const { records } = memory;
    this.live = new LiveSource(open, { device, isPatient, stuckMs, memory: records }, (event, detail) => {
      if (event === 'started') log.info({ detail }, 'capture started');
      else log.error({ detail }, event === 'ended' ? 'capture ended' : 'capture stuck');
    });
  }

  get problem(): CodedProblem | null {
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
    this.files.begin(this.live.name, this.packets);
    let batch = await this.memory.nextBatch();
    while (await this.live.read(batch)) {
      this.packets += batch.count;
      await take(batch);
      batch = await this.memory.nextBatch();
    }
    await this.live.close();
    return '';
  }

  get state(): { readonly packets: number } {
    return { packets: this.packets };
  }

  resume(state: unknown, hasFlows: boolean): void {
    if (hasFlows) this.packets = (state as RunInterface['state']).packets;
  }

  async saved(): Promise<void> {
    // Nothing waits for it.
  }

  stop(): void {
    this.live.stop();
  }

  close(): void {
    this.live.stop();
  }
}
