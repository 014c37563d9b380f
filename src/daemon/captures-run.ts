/**
 * Packets from captures that are read once, each as a capture of its own, at full speed. Then the daemon stays, so that
 * what came of them can be looked at.
 *
 * They are read in the order of their first packets, so that a history grows with time. Between batches the rest of the
 * daemon has its turn, so that pages are served meanwhile.
 */
import { CaptureFault } from '../capture/packet-source.ts';
import { type Capture, openCapture } from '../capture/format/open-capture.ts';
import type { BatchMemory } from '../capture/batch-memory.ts';
import type { PacketFiles } from '../output/event/packet-files.ts';
import { byFirstPacket } from './captures-order.ts';
import { NO_COUNTS, NO_FILES, type RunSource, type SourceCounts, type TakeBatch } from './source-run.ts';

/** A capture that could not be read to its end. */
export interface UnfinishedCapture {
  readonly path: string;
  readonly problem: string;
}

export interface CapturesListener {
  /** Bytes of a capture were read. */
  readonly onBytes: (bytes: number) => void;
  /** All captures were read. */
  readonly onRead: (captures: number, unfinished: readonly UnfinishedCapture[]) => void;
}

/** The longest time for which packets keep the rest of the daemon waiting, apart from one batch. */
const TURN_MS = 10;

export class RunCaptures implements RunSource {
  readonly kind = 'captures';
  readonly backend = 'file';
  readonly checkpoint = null;
  readonly problem = null;
  private readonly paths: readonly string[];
  private readonly memory: BatchMemory;
  private readonly files: PacketFiles;
  private readonly listener: CapturesListener;
  private packets = 0;
  private done = 0;
  private readonly unfinished: UnfinishedCapture[] = [];
  private current: Capture | null = null;
  private stopped = false;
  private turnMs = -Infinity;
  private release: () => void = () => undefined;
  /** Resolves on a request to stop, so that an input that gives nothing is not waited for. */
  private readonly asked = new Promise<void>((resolve) => {
    this.release = resolve;
  });

  constructor(paths: readonly string[], memory: BatchMemory, files: PacketFiles, listener: CapturesListener) {
    this.paths = paths;
    this.memory = memory;
    this.files = files;
    this.listener = listener;
  }

  get counts(): SourceCounts {
    const faulty = this.unfinished.length;
    const waiting = this.paths.length - this.done - faulty;
    return { ...NO_COUNTS, files: { ...NO_FILES, done: this.done, faulty, waiting } };
  }

  start(): Promise<void> {
    return Promise.resolve();
  }

  async run(take: TakeBatch, endCapture: () => Promise<void>): Promise<string> {
    for (const path of await byFirstPacket(this.paths)) {
      if (this.isStopped()) return '';
      await this.read(path, take);
      await endCapture();
    }
    if (!this.isStopped()) this.listener.onRead(this.done, this.unfinished);
    await this.asked;
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
    const capture = openCapture(path, { memory: this.memory.records });
    this.current = capture;
    this.files.begin(capture.name, this.packets);
    let bytesBefore = 0;
    for (;;) {
      const batch = await this.memory.nextBatch();
      const isRead = await Promise.race([capture.read(batch), this.asked.then(() => false)]);
      if (!isRead || this.isStopped()) break;
      this.packets += batch.count;
      this.listener.onBytes(capture.bytesRead - bytesBefore);
      bytesBefore = capture.bytesRead;
      await take(batch);
      await this.giveTurn();
    }
    this.current = null;
    if (this.isStopped()) return void capture.close();
    const { fault, message } = capture.end;
    await capture.close();
    if (fault === CaptureFault.NONE) this.done++;
    else this.unfinished.push({ path, problem: message });
    await this.giveTurn();
  }

  private async giveTurn(): Promise<void> {
    if (performance.now() - this.turnMs < TURN_MS) return;
    await new Promise(setImmediate);
    this.turnMs = performance.now();
  }

  private isStopped(): boolean {
    return this.stopped;
  }
}
