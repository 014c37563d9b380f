/**
 * An event log of the daemon. Lines are gathered and written asynchronously in large chunks, so a slow disk or a slow
 * reader does not block the caller. If the log cannot keep up, `onFull` decides, and both cases are counted. `drop`:
 * lines beyond a limit are dropped. `wait`: `settle` waits, and its waiting time is counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** A destination for chunks of whole lines. `write` takes a whole chunk or rejects. */
export interface LineTarget {
  readonly name: string;
  write(chunk: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  readonly isDue: boolean;
  /** True if no write can succeed any more, because the reader has closed it. */
  readonly isGone: boolean;
  rotate(): Promise<void>;
  /** Removes what earlier rotations have left and nothing needs any more. */
  removeOld(): Promise<void>;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export const ON_FULL = ['drop', 'wait'] as const;
export type OnFull = (typeof ON_FULL)[number];

/** Bytes that may wait before lines are dropped or `settle` waits. */
export const WAITING_LIMIT = 32 << 20;
/** Approximate size of one write, in bytes. */
const CHUNK_LENGTH = 1 << 20;
const RETRY_MS = 500;
/** Time for the write under way to finish after everything else was dropped. */
const UNDER_WAY_MS = 200;

/** An entry of the queue: a chunk to write, or other work on the file, done in order. */
type Entry = Chunk | Work;

interface Work {
  readonly work: () => Promise<void>;
  readonly done: () => void;
}

/** Lines that wait to be written, encoded: the garbage collector would keep moving them as text. */
interface Chunk {
  readonly bytes: Buffer;
  readonly lineCount: number;
}

export class LineQueue {
  /** Lines and bytes written, lines dropped, failed writes, rotations. */
  lineCount = 0;
  byteCount = 0;
  droppedCount = 0;
  failureCount = 0;
  rotationCount = 0;
  /** Total time that callers waited in `settle`, milliseconds. */
  waitedMs = 0;
  /** Message of the last failed write; empty if none has failed. */
  problem = '';

  private readonly target: LineTarget;
  private readonly onFull: OnFull;
  private waitingLimit: number;
  private gathered: string[] = [];
  private gatheredLength = 0;
  private readonly queue: Entry[] = [];
  /** Approximate bytes gathered or queued: characters, while they are text. */
  private waiting = 0;
  private writer: Promise<void> | null = null;
  private givenUp = false;
  /** What was given up stays, for a checkpoint. */
  private isKept = false;
  /** A rotation or a reopening is in the queue. */
  private isMoving = false;
  private isHeld = false;

  constructor(target: LineTarget, onFull: OnFull, waitingLimit: number = WAITING_LIMIT) {
    this.target = target;
    this.onFull = onFull;
    this.waitingLimit = waitingLimit;
  }

  get name(): string {
    return this.target.name;
  }

  /** What was not written, as text. A write under way may have written some of it. */
  get waitingText(): string {
    return textOf(this.queue) + this.gathered.join('');
  }

  /** Writes no more lines until `release`, but for the write under way. */
  hold(): void {
    this.enqueue();
    this.isHeld = true;
  }

  release(): void {
    this.isHeld = false;
    this.startWriting();
  }

  /** Half of the room for lines that wait is taken. */
  get isFilling(): boolean {
    return this.waiting >= this.waitingLimit / 2;
  }

  get waitingBytes(): number {
    return this.waiting;
  }

  write(line: string): void {
    const isFull = this.waiting >= this.waitingLimit;
    if (this.givenUp || (isFull && this.onFull === 'drop')) {
      this.droppedCount++;
      return;
    }
    this.gathered.push(line);
    this.gatheredLength += line.length;
    this.waiting += line.length;
    if (this.gatheredLength >= CHUNK_LENGTH) this.enqueue();
  }

  /** Lifts the limit for the last lines, which come all at once and may be as many as there are flows. */
  expectLast(): void {
    this.waitingLimit = Infinity;
  }

  /** Counts a line that is not written. */
  leaveOut(): void {
    this.droppedCount++;
  }

  /** Queues the gathered lines for writing. With `wait` it returns when there is room again, else immediately. */
  async settle(): Promise<void> {
    this.enqueue();
    if (this.onFull === 'drop' || this.waiting < this.waitingLimit) return;
    const since = performance.now();
    while (this.waiting >= this.waitingLimit && !this.givenUp) {
      await Promise.race([this.writer, sleep(RETRY_MS, undefined, { ref: false })]);
      const now = performance.now();
      this.waitedMs += now - since - this.countedWait;
      this.countedWait = now - since;
    }
    this.countedWait = 0;
  }

  private countedWait = 0;

  /** Writes everything gathered; returns false if that is not done after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    this.enqueue();
    while (this.writer !== null && performance.now() < until) {
      await Promise.race([this.writer, sleep(Math.max(1, until - performance.now()), undefined, { ref: false })]);
    }
    return this.writer === null;
  }

  /** Rotates the file if that is due. Everything gathered before goes to the old file. */
  async rotateIfDue(): Promise<void> {
    if (!this.target.isDue || this.isMoving) return;
    await this.inTurn(async () => {
      await this.target.rotate();
      this.rotationCount++;
    });
  }

  /** Removes segments that were needed until now. */
  async removeOld(): Promise<void> {
    await this.inTurn(() => this.target.removeOld());
  }

  async reopen(): Promise<void> {
    await this.inTurn(() => this.target.reopen());
  }

  /** Does work between two writes, after everything gathered so far. Returns when it is done, or after RETRY_MS. */
  private async inTurn(work: () => Promise<void>): Promise<void> {
    this.enqueue();
    this.isMoving = true;
    const done = new Promise<void>((resolve) => {
      this.queue.push({
        work,
        done: () => {
          this.isMoving = false;
          resolve();
        },
      });
    });
    this.startWriting();
    await Promise.race([done, sleep(RETRY_MS, undefined, { ref: false })]);
  }

  /** Flushes written data to the disk. */
  async sync(): Promise<void> {
    await this.attempt(() => this.target.sync());
  }

  /**
   * Writes the rest for at most `timeoutMs`; what remains then is counted as dropped, or stays in `waitingText` if a
   * checkpoint `keeps` it.
   */
  async close(timeoutMs: number, keeps = false): Promise<void> {
    this.release();
    if (!(await this.flush(timeoutMs))) await this.giveUp(keeps);
    await this.attempt(() => this.target.close());
  }

  /** Writes no more. The write under way gets a moment more, so that the counts match what is written. */
  private async giveUp(keeps: boolean): Promise<void> {
    this.givenUp = true;
    this.isHeld = keeps;
    this.isKept = keeps;
    if (!keeps) this.leaveOutFrom(1);
    await Promise.race([this.writer, sleep(UNDER_WAY_MS, undefined, { ref: false })]);
    if (!keeps) this.leaveOutFrom(0);
    this.waiting = 0;
  }

  private leaveOutFrom(index: number): void {
    for (const entry of this.queue.splice(index)) if ('bytes' in entry) this.droppedCount += entry.lineCount;
  }

  private enqueue(): void {
    if (this.gathered.length > 0) {
      const bytes = Buffer.from(this.gathered.join(''));
      this.queue.push({ bytes, lineCount: this.gathered.length });
      this.waiting += bytes.length - this.gatheredLength;
      this.gathered = [];
      this.gatheredLength = 0;
    }
    this.startWriting();
  }

  private startWriting(): void {
    if (this.queue.length === 0 || this.writer !== null || this.isHeld) return;
    this.writer = this.writeQueue().finally(() => (this.writer = null));
  }

  private async writeQueue(): Promise<void> {
    for (let entry = this.queue[0]; entry !== undefined && !this.isHeld; entry = this.queue[0]) {
      if ('work' in entry) {
        this.queue.shift();
        await this.attempt(entry.work);
        entry.done();
        continue;
      }
      const { bytes, lineCount } = entry;
      const written = await this.attempt(() => this.target.write(bytes));
      // The chunk was dropped in the meantime.
      if (this.queue[0] !== entry) return;
      if (!written && this.isKept) return;
      if (!written && this.onFull === 'wait' && !this.target.isGone && !this.givenUp) {
        await sleep(RETRY_MS, undefined, { ref: false });
        continue;
      }
      this.queue.shift();
      this.waiting -= bytes.length;
      if (written) {
        this.lineCount += lineCount;
        this.byteCount += bytes.length;
      } else {
        this.droppedCount += lineCount;
      }
    }
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      return true;
    } catch (error) {
      this.failureCount++;
      this.problem = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}

function textOf(entries: readonly Entry[]): string {
  return entries.map((entry) => ('bytes' in entry ? entry.bytes.toString() : '')).join('');
}
