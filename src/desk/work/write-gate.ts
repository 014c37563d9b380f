/**
 * Closed while another process writes much to the database. What would write waits for it here, where nothing else
 * waits with it: a lock of the database would hold up the whole process.
 */
export class WriteGate {
  private closed: Promise<unknown> | null = null;

  get isClosed(): boolean {
    return this.closed !== null;
  }

  /** Resolves when it is open. */
  async opened(): Promise<void> {
    while (this.closed !== null) await this.closed;
  }

  /** Closes it until the work has ended, after those who closed it before. */
  async whileClosed<T>(work: () => Promise<T>): Promise<T> {
    const working = (this.closed ?? Promise.resolve()).then(work);
    const closed = working.then(
      () => undefined,
      () => undefined,
    );
    this.closed = closed;
    try {
      return await working;
    } finally {
      if (this.closed === closed) this.closed = null;
    }
  }
}
