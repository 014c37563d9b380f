/**
 * The event log of a daemon. Lines are gathered and written in large pieces by a writer of its own, so a slow disk or a slow
 * reader does not hold up whoever writes. What happens when it cannot keep up is chosen, and counted either way:
 * drop: lines beyond a limit are left out; wait: `settle` takes as long as it takes, and the time is counted.
 */
import { setTimeout as sleep } from 'node:timers/promises';

/** Where pieces of whole lines go. `write` takes all of a piece or rejects. */
export interface LineTarget {
  readonly name: string;
  write(piece: Uint8Array): Promise<void>;
  sync(): Promise<void>;
  readonly isDue: boolean;
  /** Nothing can be written any more: the reader has gone. */
  readonly isGone: boolean;
  rotate(): Promise<void>;
  reopen(): Promise<void>;
  close(): Promise<void>;
}

export const ON_FULL = ['drop', 'wait'] as const;
export type OnFull = (typeof ON_FULL)[number];

/** Octets that may wait to be written before lines are dropped, or `settle` waits. */
export const WAITING_LIMIT = 32 << 20;
/** Octets of one write, about. */
const PIECE_LENGTH = 1 << 20;
const RETRY_MS = 500;
/** What a piece that is being written may take when all others are given up. */
const IN_HAND_MS = 200;

/** What waits for its turn at the target, one after the other: a piece, or something else to be done with the file. */
type Turn = Piece | Work;

interface Work {
  readonly work: () => Promise<void>;
  readonly done: () => void;
}

/** Lines that wait to be written, as octets: as text they would be moved about by the garbage collector. */
interface Piece {
  readonly octets: Buffer;
  readonly lineCount: number;
}

export class RotatingLines {
  /** Lines and octets that were written, lines left out, writes that failed, files moved aside. */
  lineCount = 0;
  octetCount = 0;
  droppedCount = 0;
  failureCount = 0;
  rotationCount = 0;
  /** Time for which `settle` has held its caller up, milliseconds. */
  waitedMs = 0;
  /** What the last write failed with; empty where it did not. */
  problem = '';

  private readonly target: LineTarget;
  private readonly onFull: OnFull;
  private waitingLimit: number;
  private gathered: string[] = [];
  private gatheredLength = 0;
  private readonly queue: Turn[] = [];
  /** Octets gathered or queued, about: characters, while they are text. */
  private waiting = 0;
  private writer: Promise<void> | null = null;
  private givenUp = false;
  /** A turn that moves the file is in the queue. */
  private isMoving = false;

  constructor(target: LineTarget, onFull: OnFull, waitingLimit: number = WAITING_LIMIT) {
    this.target = target;
    this.onFull = onFull;
    this.waitingLimit = waitingLimit;
  }

  get name(): string {
    return this.target.name;
  }

  get waitingOctets(): number {
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
    if (this.gatheredLength >= PIECE_LENGTH) this.enqueue();
  }

  /** The last lines come, all at once: as many as there are flows, whatever the limit. */
  expectLast(): void {
    this.waitingLimit = Infinity;
  }

  /** Counts a line that is not written. */
  leaveOut(): void {
    this.droppedCount++;
  }

  /** Hands over what was gathered. With `wait` it returns when there is room again, else at once. */
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

  /** Writes all that was gathered; false where it is not out after `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    const until = performance.now() + timeoutMs;
    this.enqueue();
    while (this.writer !== null && performance.now() < until) {
      await Promise.race([this.writer, sleep(Math.max(1, until - performance.now()), undefined, { ref: false })]);
    }
    return this.writer === null;
  }

  /** Moves the file aside if that is due. Everything gathered goes to the old one. */
  async rotateIfDue(): Promise<void> {
    if (!this.target.isDue || this.isMoving) return;
    await this.inTurn(async () => {
      await this.target.rotate();
      this.rotationCount++;
    });
  }

  async reopen(): Promise<void> {
    await this.inTurn(() => this.target.reopen());
  }

  /** Does something between two writes, after all that was gathered; returns when it is done, or when that takes long. */
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

  /** Has what was written reach the disk. */
  async sync(): Promise<void> {
    await this.attempt(() => this.target.sync());
  }

  /** Writes the rest for at most `timeoutMs`; what then remains is counted as dropped. */
  async close(timeoutMs: number): Promise<void> {
    if (!(await this.flush(timeoutMs))) await this.giveUp();
    await this.attempt(() => this.target.close());
  }

  /** Leaves out all that waits; the piece in hand has a moment more, so that what is counted is what is written. */
  private async giveUp(): Promise<void> {
    this.givenUp = true;
    this.leaveOutFrom(1);
    await Promise.race([this.writer, sleep(IN_HAND_MS, undefined, { ref: false })]);
    this.leaveOutFrom(0);
    this.waiting = 0;
  }

  private leaveOutFrom(index: number): void {
    for (const turn of this.queue.splice(index)) if ('octets' in turn) this.droppedCount += turn.lineCount;
  }

  private enqueue(): void {
    if (this.gathered.length > 0) {
      const octets = Buffer.from(this.gathered.join(''));
      this.queue.push({ octets, lineCount: this.gathered.length });
      this.waiting += octets.length - this.gatheredLength;
      this.gathered = [];
      this.gatheredLength = 0;
    }
    this.startWriting();
  }

  private startWriting(): void {
    if (this.queue.length === 0 || this.writer !== null) return;
    this.writer = this.takeTurns().finally(() => (this.writer = null));
  }

  private async takeTurns(): Promise<void> {
    for (let turn = this.queue[0]; turn !== undefined; turn = this.queue[0]) {
      if ('work' in turn) {
        this.queue.shift();
        await this.attempt(turn.work);
        turn.done();
        continue;
      }
      const { octets, lineCount } = turn;
      const written = await this.attempt(() => this.target.write(octets));
      // It has been left out meanwhile.
      if (this.queue[0] !== turn) return;
      if (!written && this.onFull === 'wait' && !this.target.isGone && !this.givenUp) {
        await sleep(RETRY_MS, undefined, { ref: false });
        continue;
      }
      this.queue.shift();
      this.waiting -= octets.length;
      if (written) {
        this.lineCount += lineCount;
        this.octetCount += octets.length;
      } else {
        this.droppedCount += lineCount;
      }
    }
  }

  private async attempt(work: () => Promise<void>): Promise<boolean> {
    try {
      await work();
      this.problem = '';
      return true;
    } catch (error) {
      this.failureCount++;
      this.problem = error instanceof Error ? error.message : String(error);
      return false;
    }
  }
}
