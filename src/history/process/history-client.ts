/**
 * The daemon's side of a history: hands minutes and changes to the history process, and asks it questions. Nothing here
 * waits for the disk. A history that fails costs history only: the process is started again, the file is opened again,
 * what waits is kept within a bound, and what is given up is counted.
 */
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import type { CodedProblem } from '../../core/coded-problem.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import { historyProblem } from '../history-problem.ts';
import type { RecentRequest } from '../recent/recent-requests.ts';
import type { Change, Minute } from '../roll-up.ts';
import type { ReceivedBatch, ReceivedCounts } from '../ship/received-rows.ts';
import type { HistoryPlace } from '../store/history-store.ts';
import { IN_MEMORY } from '../store/in-memory.ts';
import type { SetAside } from '../store/set-aside.ts';
import { HistoryChild, HistoryFailure } from './history-child.ts';
import type { HistoryQuestion, Written } from './messages.ts';
import { WriteQueue } from './write-queue.ts';

const PROCESS = fileURLToPath(new URL('./history-process.js', import.meta.url));
/** Time between attempts: it doubles from the first to the last, until one succeeds. */
const FIRST_WAIT_MS = 1000;
const LONGEST_WAIT_MS = 60_000;
/** A write that takes longer is a problem to show; it goes on all the same. */
const STUCK_MS = 20_000;
const QUESTION_MS = 20_000;
const CLOSE_MS = 3000;

export interface HistoryClientOptions extends HistoryPlace {
  /** Called with each new problem, and with null when it is over. */
  readonly onProblem?: (problem: string | null) => void;
  /** Called when a broken history has been set aside and a new one begun. */
  readonly onSetAside?: (aside: SetAside) => void;
  /** The program of the process, where it is not beside this file; the queue's bound; and the first wait. */
  readonly program?: string;
  readonly mostWaitingBytes?: number;
  readonly firstWaitMs?: number;
}

export class HistoryClient {
  /** Minutes and changes that were written; attempts that failed; and processes that ended by themselves. */
  written = 0;
  writtenMinutes = 0;
  failures = 0;
  restarts = 0;
  /** Writes and their time in the history process, seconds; and the bytes of the files after the last. */
  writes = 0;
  writeSeconds = 0;
  fileBytes = 0;
  /** Why the history cannot be written, and since when (ms since 1970); null while it can. */
  reason: CodedProblem | null = null;
  problemSinceMs: number | null = null;
  /** The latest history that was set aside: what it had counted is missing in this one. */
  setAside: SetAside | null = null;
  private readonly options: HistoryClientOptions;
  private readonly session = randomUUID();
  private readonly startedMs = Date.now();
  private readonly queue: WriteQueue;
  private child: HistoryChild | null = null;
  private isOpen = false;
  private hasBeenOpen = false;
  /** The file is none of this version's: it is left alone. */
  private isUnusable = false;
  private work: Promise<void> | null = null;
  private workSinceMs = 0;
  private nextMs = 0;
  private waitMs: number;
  private isClosing = false;

  constructor(options: HistoryClientOptions) {
    this.options = options;
    this.queue = new WriteQueue(options.mostWaitingBytes);
    this.waitMs = options.firstWaitMs ?? FIRST_WAIT_MS;
  }

  /** Starts the process and opens the history. A failure is a problem, and is tried again by `flush`. */
  async start(): Promise<void> {
    await this.flush();
  }

  addMinute(minute: Minute): void {
    if (this.isUnusable || this.isClosing) this.queue.lost.minutes++;
    else this.queue.addMinute(minute);
  }

  addChange(change: Change): void {
    if (this.isUnusable || this.isClosing) this.queue.lost.changes++;
    else this.queue.addChange(change);
  }

  /** Copies the minutes of files that are not known to be written, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    this.queue.snapshot(walk);
  }

  /** The reason in English. */
  get problem(): string | null {
    return this.reason?.problem ?? null;
  }

  /** Minutes and changes that are not known to be written. */
  get waiting(): number {
    return this.queue.count;
  }

  get waitingMinutes(): number {
    return this.queue.minuteCount;
  }

  /** Minutes that were given up. */
  get lost(): number {
    return this.queue.lost.minutes;
  }

  get lostChanges(): number {
    return this.queue.lost.changes;
  }

  /** The number of the history process; undefined without one. */
  get pid(): number | undefined {
    return this.child?.pid;
  }

  /** Writes what waits, and mends what can be mended; to be called about once a second. Never rejects. */
  async flush(): Promise<void> {
    const nowMs = performance.now();
    if (this.work !== null) {
      if (nowMs - this.workSinceMs > STUCK_MS) this.note(historyProblem('history-silent'));
      return;
    }
    if (this.isUnusable || nowMs < this.nextMs || (this.isOpen && this.queue.count === 0)) return;
    await this.attempt();
  }

  /** Waits for the write under way, and writes what came meanwhile. Never rejects. */
  async drain(): Promise<void> {
    await this.work;
    await this.flush();
  }

  /** The answer, as text. Rejects with HistoryFailure if the history cannot answer. */
  async ask(question: HistoryQuestion): Promise<string> {
    return this.opened().request(question, QUESTION_MS);
  }

  /**
   * The answer on recent decisions, which are in the process's memory. Rejects with HistoryFailure if it does not run.
   */
  async askRecent(request: RecentRequest): Promise<string> {
    if (this.child === null) throw new HistoryFailure(historyProblem('history-not-running'));
    return this.child.request(request, QUESTION_MS);
  }

  /** Writes messages of a fleet's stream. Rejects with HistoryFailure if they are not known to be written. */
  async receive(batch: ReceivedBatch): Promise<ReceivedCounts> {
    return JSON.parse(await this.opened().request({ what: 'receive', ...batch })) as ReceivedCounts;
  }

  /** Copies the history to a new file. Rejects with HistoryFailure. */
  async backUp(file: string): Promise<void> {
    await this.opened().request({ what: 'backup', file });
  }

  /** Writes the rest within a time and lets the process end, which is never ended in the middle of a call. */
  async close(limitMs = CLOSE_MS): Promise<void> {
    if (this.isClosing) return;
    this.isClosing = true;
    let timer: NodeJS.Timeout | undefined;
    const limit = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, limitMs);
    });
    await Promise.race([limit, this.finish()]);
    clearTimeout(timer);
    this.queue.giveUp();
    this.child?.disconnect();
  }

  private async finish(): Promise<void> {
    await this.work;
    if (this.queue.count > 0 && !this.isUnusable) await this.attempt();
    const { child } = this;
    if (child === null) return;
    child.disconnect();
    await child.ended;
  }

  private opened(): HistoryChild {
    if (this.child === null || !this.isOpen)
      throw new HistoryFailure(this.reason ?? historyProblem('history-not-open'));
    return this.child;
  }

  private async attempt(): Promise<void> {
    this.workSinceMs = performance.now();
    this.work = this.writeAll().then(
      () => {
        this.waitMs = this.options.firstWaitMs ?? FIRST_WAIT_MS;
        this.note(null);
      },
      (error: unknown) => {
        this.fail(error as HistoryFailure);
      },
    );
    await this.work;
    this.work = null;
  }

  private async writeAll(): Promise<void> {
    const child = (this.child ??= this.startChild());
    if (!this.isOpen) await this.open(child);
    const { queue, session } = this;
    for (let batch = queue.batch(); batch !== null; batch = queue.batch()) {
      const { number, rows, minutes } = batch;
      try {
        this.take(await child.request({ what: 'write', session, number, rows }));
      } catch (error) {
        if ((error as HistoryFailure).fault !== 'content') throw error;
        this.failures++;
        this.note((error as HistoryFailure).reason);
        queue.refused();
        continue;
      }
      queue.done();
      this.writes++;
      this.written += rows.length;
      this.writtenMinutes += minutes;
      this.workSinceMs = performance.now();
    }
  }

  private startChild(): HistoryChild {
    const child = new HistoryChild(this.options.program ?? PROCESS);
    void child.ended.then((how) => {
      this.child = null;
      this.isOpen = false;
      if (this.isClosing) return;
      this.restarts++;
      if (this.work === null) this.fail(new HistoryFailure(how));
    });
    return child;
  }

  private async open(child: HistoryChild): Promise<void> {
    const { path, zone, retention, lossBound, outboxLength } = this.options;
    const place = {
      path,
      zone,
      retention,
      ...(lossBound !== undefined && { lossBound }),
      ...(outboxLength !== undefined && { outboxLength }),
    };
    this.take(await child.request({ what: 'open', ...place }));
    this.isOpen = true;
    if (this.hasBeenOpen && path === IN_MEMORY)
      this.noteSetAside({ atMs: Date.now(), file: null, problem: 'it was in memory, and its process ended' });
    this.hasBeenOpen = true;
  }

  private take(text: string): void {
    const { bytes, seconds, setAside } = JSON.parse(text) as Written;
    this.fileBytes = bytes;
    this.writeSeconds += seconds;
    if (setAside !== null && setAside.atMs !== this.setAside?.atMs) this.noteSetAside(setAside);
  }

  private noteSetAside(aside: SetAside): void {
    this.setAside = aside;
    // An earlier run has reported its own.
    if (aside.atMs >= this.startedMs) this.options.onSetAside?.(aside);
  }

  private fail({ reason, fault }: HistoryFailure): void {
    this.failures++;
    if (fault === 'unusable') {
      this.isUnusable = true;
      this.queue.giveUp();
    }
    this.nextMs = performance.now() + this.waitMs;
    this.waitMs = Math.min(2 * this.waitMs, LONGEST_WAIT_MS);
    this.note(reason);
  }

  private note(reason: CodedProblem | null): void {
    if (reason?.problem === this.reason?.problem) return;
    this.problemSinceMs = reason === null ? null : (this.problemSinceMs ?? Date.now());
    this.reason = reason;
    this.options.onProblem?.(this.problem);
  }
}
