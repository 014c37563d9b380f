/**
 * The seconds of each minute in which a source was watched, in the source's own time. A row of coverage is written for
 * a watched minute, also if no packet came: a minute without a row differs from one with zeros.
 */
import type { Snapshot } from '../../core/snapshot.ts';

const MICROS_PER_SECOND = 1e6;
const SECONDS_PER_MINUTE = 60;
/** Minutes with seconds that no row has yet; the oldest are given up beyond it. */
const MOST_MINUTES = 240;

export class WatchedTime {
  private readonly seconds = new Map<number, number>();

  /** The time between these two was watched, µs since 1970. Nothing happens where it is not after the first. */
  add(fromUs: number, toUs: number): void {
    const to = toUs / MICROS_PER_SECOND;
    for (let from = fromUs / MICROS_PER_SECOND; from < to;) {
      const minuteS = Math.floor(from / SECONDS_PER_MINUTE) * SECONDS_PER_MINUTE;
      const end = Math.min(minuteS + SECONDS_PER_MINUTE, to);
      this.seconds.set(minuteS, (this.seconds.get(minuteS) ?? 0) + end - from);
      from = end;
    }
    for (const minuteS of this.seconds.keys()) {
      if (this.seconds.size <= MOST_MINUTES) break;
      this.seconds.delete(minuteS);
    }
  }

  /** Copies its state, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    const rows = walk.data([...this.seconds]);
    if (!walk.isRestoring) return;
    this.seconds.clear();
    for (const [minuteS, seconds] of rows) this.seconds.set(minuteS, seconds);
  }

  /** The seconds of a minute that were added since they were taken before: whole ones, 0 to 60. */
  take(minuteS: number): number {
    const seconds = this.seconds.get(minuteS) ?? 0;
    this.seconds.delete(minuteS);
    return Math.min(SECONDS_PER_MINUTE, Math.round(seconds));
  }
}
