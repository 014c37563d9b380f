/** Work that is done one after the other, with a bound on what may wait. */

export class OneAtATime {
  private readonly most: number;
  private waiting = 0;
  private last: Promise<unknown> = Promise.resolve();

  /** `most` may wait or be under way at once. */
  constructor(most: number) {
    this.most = most;
  }

  get isBusy(): boolean {
    return this.waiting > 0;
  }

  /** The result of the work, or of its failure, when its turn has come; null if too much waits already. */
  run<T>(work: () => Promise<T>): Promise<T> | null {
    if (this.waiting >= this.most) return null;
    this.waiting++;
    const done = this.last.then(work).finally(() => {
      this.waiting--;
    });
    this.last = done.catch(() => undefined);
    return done;
  }
}
