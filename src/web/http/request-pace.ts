/**
 * Paces the requests for pages: many at once get the thread that captures for a quarter of its time, in turns of two
 * milliseconds with packets between them. Addresses take turns too, so that a burst from one delays others by little.
 * What comes now and then, like all that one page loads, does not wait.
 */

/** A turn begins no request after this time. */
const TURN_MS = 2;
const MOST_IN_TURN = 16;
/** The part of the time that requests may take for long, and what they may take at once beyond it. */
const LONG_SHARE = 0.25;
const BURST_MS = 20;
/**
 * A browser has six requests under way. More than this wait only where a program sends them without reading answers.
 */
const MOST_OF_ADDRESS = 1000;
const MOST_WAITING = 4000;

export class RequestPace {
  /** By address; the one that is next is first. */
  private readonly waiting = new Map<string, (() => void)[]>();
  private count = 0;
  private isRunning = false;
  /** Time that requests took beyond their share, ms; and when that was so. */
  private owedMs = 0;
  private owedAtMs = 0;
  private readonly now: () => number;

  /** `now`: milliseconds that only ascend. */
  constructor(now: () => number = () => performance.now()) {
    this.now = now;
  }

  /** Serves a request of this address when its turn has come. False if too many wait: it is not served. */
  add(address: string, serve: () => void): boolean {
    const own = this.waiting.get(address);
    if (this.count >= MOST_WAITING || (own?.length ?? 0) >= MOST_OF_ADDRESS) return false;
    if (own === undefined) this.waiting.set(address, [serve]);
    else own.push(serve);
    this.count++;
    if (!this.isRunning) this.begin();
    return true;
  }

  /** Once all that has come together is here. */
  private begin(): void {
    this.isRunning = true;
    setImmediate(() => {
      this.goOn();
    });
  }

  private goOn(): void {
    this.isRunning = this.count > 0;
    if (!this.isRunning) return;
    const now = this.now();
    this.owedMs = Math.max(0, this.owedMs - (now - this.owedAtMs) * LONG_SHARE);
    this.owedAtMs = now;
    const restMs = (this.owedMs - BURST_MS) / LONG_SHARE;
    if (restMs <= 0) this.turn();
    else
      setTimeout(() => {
        this.turn();
      }, restMs);
  }

  /**
   * What a request does before it waits for something is over when the next immediate is called: its promises come
   * first.
   */
  private turn(): void {
    let beganMs = NaN;
    for (let left = Math.min(this.count, MOST_IN_TURN); left > 0; left--)
      setImmediate(() => {
        if (Number.isNaN(beganMs)) beganMs = this.now();
        if (this.now() - beganMs < TURN_MS) this.serveNext();
      });
    setImmediate(() => {
      this.owedMs += this.now() - beganMs;
      this.goOn();
    });
  }

  private serveNext(): void {
    const next = this.waiting.entries().next().value;
    if (next === undefined) return;
    const [address, own] = next;
    const serve = own.shift()!;
    this.count--;
    this.waiting.delete(address);
    if (own.length > 0) this.waiting.set(address, own);
    serve();
  }
}
