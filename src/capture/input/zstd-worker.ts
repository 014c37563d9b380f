/**
 * Zstandard by fzstd in a worker thread, for Node before 22.15. 25 bytes can make fzstd 0.1.1 loop forever, and a
 * thread can be terminated. The worker has one piece at a time. It returns every decompressed block immediately, so
 * output before a fault is delivered.
 *
 * Limits: TIME_LIMIT_MS and SLOWEST_RATE for time, the piece for output, the window (checked in zstd-frames.ts) and
 * HEAP_LIMIT_MB for memory. Neither the content checksum is verified, nor that copies stay inside the frame: output of
 * damaged data may be delivered.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Decoded, ZstdDecoder } from './zstd-decoder.ts';
import type { ZstdPiece } from './zstd-frames.ts';

/**
 * Wall-clock time that a stream may occupy the worker without output, including the thread's start. Output restores
 * time at SLOWEST_RATE, up to the limit. Valid pieces take about 10 ms, with the largest windows about 100 ms. This is
 * the control plane: the clock only decides when to give up.
 */
const TIME_LIMIT_MS = 10_000;
/** Bytes per millisecond; the slowest rate measured for a valid stream is 10,000. */
const SLOWEST_RATE = 100;
/** Number of clock checks per limit. A process that was suspended loses at most one such interval. */
const TICKS_PER_LIMIT = 10;
/** For JavaScript objects in the worker; windows and blocks are outside the heap. */
const HEAP_LIMIT_MB = 64;
/**
 * fzstd 0.1.1 mistakes some copies from a larger distance for closer ones (its pull request 22), so larger distances
 * are rejected.
 */
const LARGEST_SOUND_DISTANCE = 2 ** 26 + 2 ** 25 - 4;
/** fzstd parses a frame once this many bytes are available; a shorter first piece is padded with empty blocks. */
const FIRST_LOOK_LENGTH = 18;
const EMPTY_BLOCKS_LENGTH = 12;

/**
 * JavaScript as text: the only form that works from compiled and uncompiled modules on Node 20, which cannot start a
 * worker from TypeScript. fzstd is passed as a path, because evaluated text cannot resolve module names. Blocks are
 * copied before they are transferred, as fzstd still needs them for its window.
 */
const WORKER_CODE = `
const { parentPort, workerData } = require('node:worker_threads');
const { Decompress } = require(workerData);
let frame;
parentPort.on('message', ({ begins, ends, bytes }) => {
  try {
    if (begins) {
      frame = new Decompress((block) => {
        if (block.length === 0) return;
        const chunk = block.slice();
        parentPort.postMessage({ chunk }, [chunk.buffer]);
      });
    }
    frame.push(bytes, ends);
    parentPort.postMessage({ failure: '' });
  } catch (error) {
    parentPort.postMessage({ failure: error.message });
  }
});
`;

type Answer = { readonly chunk: Uint8Array } | { readonly failure: string };

export class WorkerDecoder implements ZstdDecoder {
  private readonly timeLimitMs: number;
  private timeLeftMs: number;
  private worker: Worker | undefined;
  private chunks: Uint8Array[] = [];
  /** Decompressed bytes of the frame so far. */
  private frameLength = 0;
  private closed = false;
  private settle: (failure: string) => void = () => undefined;

  /** `timeLimitMs` lets tests shorten it. */
  constructor(timeLimitMs: number = TIME_LIMIT_MS) {
    this.timeLimitMs = timeLimitMs;
    this.timeLeftMs = timeLimitMs;
  }

  async decode(piece: ZstdPiece): Promise<Decoded> {
    if (piece.begins) this.frameLength = 0;
    const reach = Math.min(piece.windowLength, this.frameLength + piece.largestOutputLength);
    if (reach > LARGEST_SOUND_DISTANCE) {
      const failure = `window of ${piece.windowLength} bytes, over ${LARGEST_SOUND_DISTANCE} need Node 22.15 or later`;
      return { chunks: [], failure };
    }
    const failure = await this.ask(piece);
    const { chunks } = this;
    this.chunks = [];
    const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.frameLength += length;
    this.timeLeftMs = Math.min(this.timeLimitMs, this.timeLeftMs + length / SLOWEST_RATE);
    return { chunks, failure: failure === '' && this.timeLeftMs <= 0 ? this.tooSlow : failure };
  }

  async close(): Promise<void> {
    this.closed = true;
    this.settle('closed');
    await this.worker?.terminate();
  }

  /**
   * Makes the worker decode a piece into `chunks`; resolves to its failure. The worker keeps the process alive only
   * meanwhile.
   */
  private async ask(piece: ZstdPiece): Promise<string> {
    if (this.closed) return 'closed';
    try {
      this.worker ??= this.start();
    } catch (error) {
      return `no worker: ${String(error)}`;
    }
    const { worker } = this;
    worker.ref();
    const answered = new Promise<string>((resolve) => (this.settle = resolve));
    const { begins, ends } = piece;
    const bytes = begins && !ends ? padded(piece.bytes) : piece.bytes;
    worker.postMessage({ begins, ends, bytes }, [bytes.buffer]);
    await this.watch(answered);
    // `close` waits for the worker's end, and the worker may be all that keeps the process alive.
    if (!this.isClosed()) worker.unref();
    return answered;
  }

  private isClosed(): boolean {
    return this.closed;
  }

  /**
   * Waits for an answer and subtracts its time from the time left; terminates the worker when none is left. At most the
   * processor time of the process is subtracted, because a busy machine delays answers.
   */
  private async watch(answered: Promise<string>): Promise<void> {
    const tickMs = this.timeLimitMs / TICKS_PER_LIMIT;
    const began = performance.now();
    const usage = process.cpuUsage();
    let ticks = 0;
    const watchdog = setInterval(() => {
      if (Math.min(++ticks * tickMs, processorMs(usage)) < this.timeLeftMs) return;
      this.settle(this.tooSlow);
      void this.close();
    }, tickMs);
    await answered;
    clearInterval(watchdog);
    this.timeLeftMs -= Math.min(performance.now() - began, (ticks + 1) * tickMs, processorMs(usage));
  }

  private get tooSlow(): string {
    return `hardly any output in ${this.timeLimitMs} ms of decompressing`;
  }

  private start(): Worker {
    const worker = new Worker(WORKER_CODE, {
      eval: true,
      execArgv: [],
      workerData: createRequire(import.meta.url).resolve('fzstd'),
      resourceLimits: { maxOldGenerationSizeMb: HEAP_LIMIT_MB },
    });
    worker.on('message', (answer: Answer) => {
      if ('chunk' in answer) this.chunks.push(answer.chunk);
      else this.settle(answer.failure);
    });
    worker.on('error', (error) => {
      this.settle(String(error));
    });
    worker.on('exit', () => {
      this.settle('the worker ended');
    });
    return worker;
  }
}

function padded(bytes: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (bytes.length >= FIRST_LOOK_LENGTH) return bytes;
  const longer = new Uint8Array(bytes.length + EMPTY_BLOCKS_LENGTH);
  longer.set(bytes);
  return longer;
}

/** Milliseconds of processor time that all threads of the process have used since. */
function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
