/** Measures the delay of the event loop since the last query. */
import { type IntervalHistogram, monitorEventLoopDelay } from 'node:perf_hooks';

const RESOLUTION_MS = 10;
const NANOS_PER_SECOND = 1e9;

/** Delay of timers in seconds. */
export interface LoopLag {
  readonly mean: number;
  readonly p99: number;
  readonly max: number;
}

export class EventLoopLag {
  private histogram: IntervalHistogram | null = null;

  start(): void {
    this.histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
    this.histogram.enable();
  }

  stop(): void {
    this.histogram?.disable();
    this.histogram = null;
  }

  /** The delay since the last call. */
  take(): LoopLag {
    const { histogram } = this;
    if (histogram === null || histogram.count === 0) return { mean: 0, p99: 0, max: 0 };
    const late = (nanos: number): number => Math.max(0, nanos / NANOS_PER_SECOND - RESOLUTION_MS / 1000);
    const lag = { mean: late(histogram.mean), p99: late(histogram.percentile(99)), max: late(histogram.max) };
    histogram.reset();
    return lag;
  }
}
