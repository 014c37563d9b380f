/**
 * Zstandard by fzstd, for Node before 22.15, in a worker thread: fzstd 0.1.1 can be made to loop for ever by 25 octets, and
 * a thread can be ended. One piece is in the worker at a time; every block decompressed comes back at once, so what came
 * before a fault is there whatever happens next.
 *
 * What bounds it: time, by TIME_LIMIT_MS and SLOWEST_RATE; output, by the piece; memory, by the window (checked in
 * zstd-frames.ts) and HEAP_LIMIT_MB. Neither the content checksum is checked, nor that a copy comes from inside the frame:
 * what damage makes of the octets may be delivered.
 */
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type { Decoded, ZstdDecoder } from './zstd-decoder.ts';
import type { ZstdPiece } from './zstd-frames.ts';

/**
 * Wall-clock time that a stream may have the worker busy without output, the start of the thread included; its output buys
 * time back at SLOWEST_RATE, never beyond the limit. Honest pieces take some 10 ms, in the largest windows some 100 ms.
 * This is the control plane: the clock decides about nothing but giving up.
 */
const TIME_LIMIT_MS = 10_000;
/** Octets per millisecond; the slowest seen of an honest stream is 10,000. */
const SLOWEST_RATE = 100;
/** The clock is looked at so often within the limit; a process that was stopped for long loses one such part of it. */
const TICKS_PER_LIMIT = 10;
/** Of JavaScript objects in the worker; windows and blocks are outside of it. */
const HEAP_LIMIT_MB = 64;
/** fzstd 0.1.1 takes some copies from farther back than this for nearer ones (its pull request 22): we stop before. */
const LARGEST_SOUND_DISTANCE = 2 ** 26 + 2 ** 25 - 4;
/** fzstd looks at a frame when so many octets are there; a shorter beginning is filled up with empty blocks of zeros. */
const FIRST_LOOK_LENGTH = 18;
const EMPTY_BLOCKS_LENGTH = 12;

/**
 * JavaScript in a text: the one form that runs beside compiled and uncompiled modules alike on Node 20, which can't start
 * a worker from TypeScript. fzstd comes by its path, as a text has no place of its own to resolve names from. Blocks are
 * copied before they are transferred: fzstd still needs them for its window.
 */
const WORKER_CODE = `
const { parentPort, workerData } = require('node:worker_threads');
const { Decompress } = require(workerData);
let frame;
parentPort.on('message', ({ begins, ends, octets }) => {
  try {
    if (begins) {
      frame = new Decompress((block) => {
        if (block.length === 0) return;
        const chunk = block.slice();
        parentPort.postMessage({ chunk }, [chunk.buffer]);
      });
    }
    frame.push(octets, ends);
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
  /** Decompressed octets of the frame so far. */
  private frameLength = 0;
  private closed = false;
  private settle: (failure: string) => void = () => undefined;

  /** `timeLimitMs` is for tests that wait for it. */
  constructor(timeLimitMs: number = TIME_LIMIT_MS) {
    this.timeLimitMs = timeLimitMs;
    this.timeLeftMs = timeLimitMs;
  }

  async decode(piece: ZstdPiece): Promise<Decoded> {
    if (piece.begins) this.frameLength = 0;
    const reach = Math.min(piece.windowLength, this.frameLength + piece.largestOutputLength);
    if (reach > LARGEST_SOUND_DISTANCE) {
      const failure = `window of ${piece.windowLength} octets, over ${LARGEST_SOUND_DISTANCE} need Node 22.15 or later`;
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

  /** Has the worker decode a piece into `chunks`; resolves to its failure. Only meanwhile it keeps the process alive. */
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
    const octets = begins && !ends ? filledUp(piece.octets) : piece.octets;
    worker.postMessage({ begins, ends, octets }, [octets.buffer]);
    await this.watch(answered);
    // Whoever closes waits for the worker's end, which may be all that keeps the process alive.
    if (!this.isClosed()) worker.unref();
    return answered;
  }

  private isClosed(): boolean {
    return this.closed;
  }

  /**
   * Waits for an answer and takes the time that it took from what is left; where nothing is left, ends the worker. No more is taken
   * than the processor time of the process, which a busy machine gives late.
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

function filledUp(octets: Uint8Array<ArrayBuffer>): Uint8Array<ArrayBuffer> {
  if (octets.length >= FIRST_LOOK_LENGTH) return octets;
  const longer = new Uint8Array(octets.length + EMPTY_BLOCKS_LENGTH);
  longer.set(octets);
  return longer;
}

/** Milliseconds of processor time that all threads of the process took since. */
function processorMs(since: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(since);
  return (user + system) / 1000;
}
