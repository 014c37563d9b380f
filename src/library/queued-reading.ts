/** A reading whose events come from a run through a queue. */
import type { EventQueue } from './event-queue.ts';
import type { Reading, ReadSummary } from './session.ts';
import { SluiceError } from './sluice-error.ts';

/** A capture that is read. */
export interface EventRun {
  /** Resolves at the end of the capture, with every flow ended. */
  run(): Promise<ReadSummary>;
  /** Ends it as soon as possible. */
  interrupt(): void;
}

/** The owner of readings, which lets one at a time run. */
export interface ReadingOwner {
  /** Throws SluiceError if the reading must not begin. */
  begin(reading: QueuedReading<unknown>): void;
  /** `failed`: the run did not come to its end. */
  end(failed: boolean): void;
}

export class QueuedReading<Event> implements Reading<Event> {
  summary: ReadSummary | null = null;
  private readonly owner: ReadingOwner;
  private readonly queue: EventQueue<Event>;
  private readonly source: EventRun;
  private isUsed = false;
  /** Resolves when the run has ended, in any way. */
  private ended: Promise<void> = Promise.resolve();
  private failure: { readonly error: unknown } | null = null;

  constructor(owner: ReadingOwner, queue: EventQueue<Event>, source: EventRun) {
    this.owner = owner;
    this.queue = queue;
    this.source = source;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Event, void, undefined> {
    if (this.isUsed) throw new SluiceError('wrong-use', 'a reading can be iterated once: begin another one');
    this.owner.begin(this);
    this.isUsed = true;
    this.ended = this.runToEnd();
    try {
      let isLast = false;
      while (!isLast) {
        const events = await this.queue.taken();
        isLast = this.queue.isFinished;
        for (const event of events) {
          if (this.queue.isClosed) return;
          yield event;
        }
        this.queue.release();
      }
    } finally {
      await this.stop();
      this.owner.end(this.failure !== null);
    }
    if (this.failure !== null) throw this.failure.error;
  }

  /** Ends the run; further events are dropped. */
  async stop(): Promise<void> {
    this.queue.close();
    this.source.interrupt();
    await this.ended;
  }

  private async runToEnd(): Promise<void> {
    try {
      this.summary = await this.source.run();
    } catch (error) {
      this.failure = { error };
    }
    this.queue.finish();
  }
}
