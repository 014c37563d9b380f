/** Logs refused requests. Many at once are counted instead, so that a flood of them does not fill the log. */
import type { Log } from '../../output/log/log.ts';

const WINDOW_MS = 10_000;
const MOST_IN_WINDOW = 20;
const LONGEST_PATH = 200;

export interface RefusedRequest {
  readonly path: string;
  readonly from: string | undefined;
  readonly refusal: string;
  readonly account?: string;
}

export class RefusalLog {
  private readonly log: Log;
  private readonly now: () => number;
  private windowStart = -Infinity;
  private logged = 0;
  private leftOut = 0;

  constructor(log: Log, now: () => number = () => performance.now()) {
    this.log = log;
    this.now = now;
  }

  add(refused: RefusedRequest): void {
    const now = this.now();
    if (now - this.windowStart >= WINDOW_MS) {
      if (this.leftOut > 0) this.log.warn({ requests: this.leftOut }, 'more requests were refused');
      this.windowStart = now;
      this.logged = 0;
      this.leftOut = 0;
    }
    if (this.logged >= MOST_IN_WINDOW) {
      this.leftOut++;
      return;
    }
    this.logged++;
    this.log.warn({ ...refused, path: refused.path.slice(0, LONGEST_PATH) }, 'a request was refused');
  }
}
