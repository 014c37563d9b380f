/**
 * Carries events from a run, which makes them batch by batch, to a consumer that takes them one by one. The run waits
 * after each batch with events until the consumer has taken them.
 */
export class EventQueue<Event> {
  private events: Event[] = [];
  private resume: (() => void) | null = null;
  private wake: () => void = () => undefined;
  /** True once the consumer has left. */
  isClosed = false;
  /** True once no further events will come. */
  isFinished = false;

  put(event: Event): void {
    if (!this.isClosed) this.events.push(event);
  }

  /**
   * Called by the run between batches: waits until the events are taken. Resolves to false if the consumer has left.
   */
  async settle(): Promise<boolean> {
    if (this.events.length > 0 && !this.isClosed) {
      await new Promise<void>((resolve) => {
        this.resume = resolve;
        this.wake();
      });
    }
    return !this.isClosed;
  }

  /** Called at the end of the run. */
  finish(): void {
    this.isFinished = true;
    this.wake();
  }

  /** The events so far, once the run waits in `settle` or has finished. */
  async taken(): Promise<readonly Event[]> {
    if (this.resume === null && !this.isFinished) await new Promise<void>((resolve) => (this.wake = resolve));
    const { events } = this;
    this.events = [];
    return events;
  }

  /** Lets the run go on. */
  release(): void {
    this.resume?.();
    this.resume = null;
  }

  /** Drops all further events. */
  close(): void {
    this.isClosed = true;
    this.events = [];
    this.release();
  }
}
