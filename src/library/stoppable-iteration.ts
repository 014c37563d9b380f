/** Iterates over a source of the caller, and can be stopped while it waits for the source. */
type Source<Item> = Iterable<Item> | AsyncIterable<Item>;

export class StoppableIteration<Item> {
  private readonly source: Source<Item>;
  private isStopped = false;
  private wake: () => void = () => undefined;

  constructor(source: Source<Item>) {
    this.source = source;
  }

  /** The items until the source ends or `stop`; then the source is closed. Rejects with whatever the source throws. */
  async *items(): AsyncGenerator<Item, void, undefined> {
    const { source } = this;
    const iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    let isOver = false;
    try {
      for (;;) {
        const next = await this.nextOf(iterator);
        // Closing a source that is waited for may not finish before it has an item.
        if (next === null) {
          isOver = true;
          void Promise.resolve(iterator.return?.()).catch(() => undefined);
          return;
        }
        isOver = next.done === true;
        if (next.done === true) return;
        yield next.value;
      }
    } catch (error) {
      // A source that threw is closed by that.
      isOver = true;
      throw error;
    } finally {
      if (!isOver) await iterator.return?.();
    }
  }

  stop(): void {
    this.isStopped = true;
    this.wake();
  }

  /** Null after `stop`. */
  private nextOf(iterator: Iterator<Item> | AsyncIterator<Item>): Promise<IteratorResult<Item> | null> {
    return new Promise((resolve, reject) => {
      this.wake = () => {
        resolve(null);
      };
      if (this.isStopped) this.wake();
      else Promise.resolve(iterator.next()).then(resolve, reject);
    });
  }
}
