/**
 * The daemon's side of a history: hands minutes and changes to the history process, and asks it questions. Nothing here
 * waits for the disk, and a history that fails costs history only.
 */
import { type ChildProcess, fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Change, Minute } from '../roll-up.ts';
import type { HistoryAnswer, HistoryRequest } from './messages.ts';

const PROCESS = fileURLToPath(new URL('./history-process.js', import.meta.url));
/** Minutes and changes that wait for a history that cannot write. */
const MOST_WAITING = 1440;
const CLOSE_MS = 3000;

interface Waiting {
  readonly resolve: (text: string) => void;
  readonly reject: (error: Error) => void;
}

export class HistoryClient {
  /** Minutes and changes that were written, and that were given up. */
  written = 0;
  lost = 0;
  failures = 0;
  /** Why the last write failed; null after a success. */
  problem: string | null = null;
  private readonly path: string;
  private readonly onProblem: (problem: string) => void;
  private child: ChildProcess | null = null;
  private nextId = 1;
  private readonly asked = new Map<number, Waiting>();
  private minutes: Minute[] = [];
  private changes: Change[] = [];
  private isWriting = false;
  private isClosing = false;

  /** `path`: the database's file, or `:memory:`. */
  constructor(path: string, onProblem: (problem: string) => void) {
    this.path = path;
    this.onProblem = onProblem;
  }

  /** Starts the process. Rejects if the database cannot be opened. */
  async start(): Promise<void> {
    const child = fork(PROCESS, { serialization: 'advanced', stdio: ['ignore', 'ignore', 'inherit', 'ipc'] });
    this.child = child;
    child.on('message', (answer) => {
      this.take(answer as HistoryAnswer);
    });
    child.on('exit', () => {
      this.child = null;
      for (const { reject } of this.asked.values()) reject(new Error('the history process has ended'));
      this.asked.clear();
    });
    // Only questions under way keep the program alive.
    child.unref();
    await this.request({ what: 'open', path: this.path });
  }

  addMinute(minute: Minute): void {
    this.minutes.push(minute);
  }

  addChange(change: Change): void {
    this.changes.push(change);
  }

  /** Minutes and changes that are not written yet. */
  get waiting(): number {
    return this.minutes.length + this.changes.length;
  }

  /** Writes what has been added, unless a write is under way; to be called about once a second. */
  async flush(): Promise<void> {
    if (this.isWriting || this.waiting === 0) return;
    const { minutes, changes } = this;
    this.minutes = [];
    this.changes = [];
    this.isWriting = true;
    try {
      await this.request({ what: 'write', minutes, changes });
      this.written += minutes.length + changes.length;
      this.problem = null;
    } catch (error) {
      this.failures++;
      this.minutes = [...minutes, ...this.minutes];
      this.changes = [...changes, ...this.changes];
      this.giveUp();
      this.note((error as Error).message);
    } finally {
      this.isWriting = false;
    }
  }

  /** The answer, as JSON. Rejects if the history cannot answer. */
  ask(request: Extract<HistoryRequest, { readonly query: unknown }>): Promise<string> {
    return this.request(request);
  }

  /** Writes the rest and ends the process, which is never ended in the middle of a call. */
  async close(): Promise<void> {
    if (this.child === null || this.isClosing) return;
    this.isClosing = true;
    const { child } = this;
    const ended = new Promise<void>((resolve) =>
      child.once('exit', () => {
        resolve();
      }),
    );
    await this.flush();
    await Promise.race([
      this.request({ what: 'close' })
        .catch(() => undefined)
        .then(() => ended),
      new Promise((resolve) => setTimeout(resolve, CLOSE_MS).unref()),
    ]);
  }

  private request(request: HistoryRequest): Promise<string> {
    const { child } = this;
    if (child === null) return Promise.reject(new Error('the history process does not run'));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      this.asked.set(id, { resolve, reject });
      child.channel?.ref();
      child.send({ id, ...request }, (error) => {
        if (error !== null) this.take({ id, ok: false, problem: error.message });
      });
    });
  }

  private take(answer: HistoryAnswer): void {
    const waiting = this.asked.get(answer.id);
    this.asked.delete(answer.id);
    if (this.asked.size === 0) this.child?.channel?.unref();
    if (answer.ok) waiting?.resolve(answer.text);
    else waiting?.reject(new Error(answer.problem));
  }

  private giveUp(): void {
    const tooMany = Math.max(0, this.minutes.length - MOST_WAITING);
    const tooManyChanges = Math.max(0, this.changes.length - MOST_WAITING);
    this.lost += tooMany + tooManyChanges;
    this.minutes.splice(0, tooMany);
    this.changes.splice(0, tooManyChanges);
  }

  private note(problem: string): void {
    if (problem !== this.problem) this.onProblem(problem);
    this.problem = problem;
  }
}
