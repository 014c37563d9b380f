/**
 * Posts notices to a webhook: one JSON object per request, one request at a time, retried with growing pauses. The
 * queue is bounded: if it is full, the oldest notice that is not under way is dropped. Nothing waits for the webhook,
 * and dropped notices are counted.
 */
import type { Log } from '../output/log/log.ts';

export interface NotifierOptions {
  readonly url: URL;
  /** A request that takes longer has failed. */
  readonly timeoutMs: number;
  /** Pauses between attempts; after the last one the notice is given up. */
  readonly pausesMs: readonly number[];
  readonly queueLimit: number;
}

export const NOTIFIER_DEFAULTS = { timeoutMs: 5000, pausesMs: [1000, 5000, 15_000, 60_000], queueLimit: 100 } as const;

export class Notifier {
  readonly counts = { sent: 0, failed: 0, dropped: 0 };
  private readonly options: NotifierOptions;
  private readonly log: Log;
  private readonly queue: string[] = [];
  private working: Promise<void> | null = null;
  /** Ends a pause early. */
  private readonly wake = new AbortController();
  private isClosing = false;

  constructor(options: NotifierOptions, log: Log) {
    this.options = options;
    this.log = log;
  }

  /** Adds a notice to the queue. */
  notify(notice: Readonly<Record<string, unknown>>): void {
    if (this.isClosing) {
      this.counts.dropped++;
      return;
    }
    if (this.queue.length === this.options.queueLimit) {
      this.queue.shift();
      this.counts.dropped++;
    }
    this.queue.push(JSON.stringify(notice));
    this.working ??= this.work().finally(() => (this.working = null));
  }

  /** Sends the queued notices, each with one attempt, for at most `timeoutMs`; the rest is counted as dropped. */
  async close(timeoutMs: number): Promise<void> {
    this.isClosing = true;
    this.wake.abort();
    await Promise.race([this.working, pause(timeoutMs)]);
    this.counts.dropped += this.queue.length;
    this.queue.length = 0;
  }

  private async work(): Promise<void> {
    for (let notice = this.queue.shift(); notice !== undefined; notice = this.queue.shift()) {
      if (await this.send(notice)) this.counts.sent++;
      else this.counts.failed++;
    }
  }

  /** Retries until the notice is accepted or given up. */
  private async send(notice: string): Promise<boolean> {
    const { pausesMs } = this.options;
    for (let attempt = 0; ; attempt++) {
      const problem = await this.post(notice);
      if (problem === null) return true;
      const isLast = attempt === pausesMs.length || this.isClosing;
      // The path of a webhook is often a secret.
      const { host } = this.options.url;
      this.log.warn({ host, problem, attempt: attempt + 1, given_up: isLast }, 'the webhook did not take a notice');
      if (isLast) return false;
      await pause(pausesMs[attempt]!, this.wake.signal);
    }
  }

  /** Null if the webhook accepted it, else the reason. */
  private async post(body: string): Promise<string | null> {
    try {
      const response = await fetch(this.options.url, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body,
        redirect: 'error',
        signal: AbortSignal.timeout(this.options.timeoutMs),
      });
      await response.body?.cancel();
      return response.ok ? null : `it answered ${response.status}`;
    } catch (error) {
      const { message, cause } = error as Error;
      return cause instanceof Error ? cause.message : message;
    }
  }
}

/** Resolves after a time, or immediately when the signal is aborted. */
function pause(milliseconds: number, signal?: AbortSignal): Promise<void> {
  if (signal?.aborted === true) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, milliseconds);
    timer.unref();
    signal?.addEventListener('abort', () => {
      clearTimeout(timer);
      resolve();
    });
  });
}
