/** A running history process and its requests. It is never ended from here: it ends when its channel closes. */
import { type ChildProcess, fork } from 'node:child_process';
import type { CodedProblem } from '../../core/coded-problem.ts';
import { historyProblem } from '../history-problem.ts';
import type { Fault } from '../store/database-fault.ts';
import type { HistoryAnswer, HistoryRequest } from './messages.ts';

/** A request that was not performed, or that may have been when the process ended. */
export class HistoryFailure extends Error {
  /** Over HTTP: unavailable. */
  readonly statusCode = 503;
  readonly reason: CodedProblem;
  readonly fault: Fault;

  constructor(reason: CodedProblem, fault: Fault = 'passing') {
    super(reason.problem);
    this.reason = reason;
    this.fault = fault;
  }
}

/** Requests without an answer. A process that does not go on must not fill the daemon's memory. */
const MOST_ASKED = 64;

interface Asked {
  readonly resolve: (text: string) => void;
  readonly reject: (error: HistoryFailure) => void;
  readonly timer: NodeJS.Timeout | undefined;
}

export class HistoryChild {
  /** Resolves when the process has ended, with how it did. */
  readonly ended: Promise<CodedProblem>;
  private readonly child: ChildProcess;
  private readonly asked = new Map<number, Asked>();
  private nextId = 1;
  private end: CodedProblem | null = null;

  constructor(program: string) {
    this.child = fork(program, {
      serialization: 'advanced',
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
      execArgv: [],
    });
    this.child.on('message', (answer) => {
      this.take(answer as HistoryAnswer);
    });
    this.ended = new Promise((resolve) => {
      const finish = (how: CodedProblem): void => {
        this.end ??= how;
        for (const { reject, timer } of this.asked.values()) {
          clearTimeout(timer);
          reject(new HistoryFailure(this.end));
        }
        this.asked.clear();
        resolve(this.end);
      };
      this.child.on('exit', (code, signal) => {
        finish(
          signal === null ? historyProblem('history-exited', String(code)) : historyProblem('history-killed', signal),
        );
      });
      this.child.on('error', ({ message }) => {
        finish(historyProblem('history-not-started', message));
      });
    });
    // Only requests under way keep the program alive.
    this.child.unref();
    this.child.channel?.unref();
  }

  get pid(): number | undefined {
    return this.child.pid;
  }

  /** The text of the answer. Rejects with HistoryFailure; after `limitMs` the request may still be performed. */
  request(request: HistoryRequest, limitMs = Infinity): Promise<string> {
    if (this.end !== null) return Promise.reject(new HistoryFailure(this.end));
    // What the daemon records waits in a queue of its own, which is bounded.
    const isQuestion = request.what !== 'write' && request.what !== 'open' && request.what !== 'decided';
    if (isQuestion && this.asked.size >= MOST_ASKED)
      return Promise.reject(new HistoryFailure(historyProblem('history-busy')));
    const id = this.nextId++;
    return new Promise((resolve, reject) => {
      const tooLate = (): void => {
        reject(new HistoryFailure(historyProblem('history-busy')));
      };
      const timer = limitMs === Infinity ? undefined : setTimeout(tooLate, limitMs).unref();
      this.asked.set(id, { resolve, reject, timer });
      this.child.channel?.ref();
      this.child.send({ id, ...request }, (error) => {
        if (error !== null)
          this.take({ id, ok: false, reason: historyProblem('history-fault', error.message), fault: 'passing' });
      });
    });
  }

  /** Closes the channel: the process ends after the request it is working on. */
  disconnect(): void {
    if (this.child.connected) this.child.disconnect();
  }

  private take(answer: HistoryAnswer): void {
    const waiting = this.asked.get(answer.id);
    clearTimeout(waiting?.timer);
    this.asked.delete(answer.id);
    if (this.asked.size === 0) this.child.channel?.unref();
    if (answer.ok) waiting?.resolve(answer.text);
    else waiting?.reject(new HistoryFailure(answer.reason, answer.fault));
  }
}
