/** Counts the registrations that begin and expire in each of several spans of time, in steps. */
import type { Registry } from '../registry.ts';

/** Packet times, µs since 1970, both included. */
export interface TimeSpan {
  readonly firstUs: number;
  readonly lastUs: number;
}

export class DateCounts {
  readonly begin: Float64Array;
  readonly expire: Float64Array;
  private readonly registry: Registry;
  private readonly spans: readonly TimeSpan[];
  private next = 0;

  /** `spans` do not overlap, and ascend. */
  constructor(registry: Registry, spans: readonly TimeSpan[]) {
    this.registry = registry;
    this.spans = spans;
    this.begin = new Float64Array(spans.length);
    this.expire = new Float64Array(spans.length);
  }

  /** Takes up to so many more rows. True when all are taken. */
  step(rows: number): boolean {
    const { registry } = this;
    const until = Math.min(this.next + rows, registry.count);
    for (; this.next < until; this.next++) {
      const [fromUs, untilUs] = [registry.validFromUs(this.next), registry.validUntilUs(this.next)];
      const begin = this.spanOf(fromUs);
      const expire = this.spanOf(untilUs);
      // A row that begins and expires within one span changes nothing from its beginning to its end.
      if (begin === expire) continue;
      if (begin !== -1) this.begin[begin]!++;
      if (expire !== -1) this.expire[expire]!++;
    }
    return this.next === registry.count;
  }

  /** The number of the span that has a time; -1 for none. */
  private spanOf(timeUs: number): number {
    const { spans } = this;
    let low = 0;
    let high = spans.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (spans[middle]!.lastUs < timeUs) low = middle + 1;
      else high = middle;
    }
    return low < spans.length && spans[low]!.firstUs <= timeUs ? low : -1;
  }
}
