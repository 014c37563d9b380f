/**
 * Watches a daemon's source once a second: which seconds of a live source count as watched, when its minutes end
 * without a packet, and when it falls silent or comes back.
 *
 * The time of a live source is that of its last packet, and goes on with the wall clock. So a source that lags, or
 * whose clock differs, has whole minutes too.
 */
import type { CodedProblem } from '../../core/coded-problem.ts';
import type { MinuteCollector } from '../../history/collect/minute-collector.ts';
import { LiveWatch } from '../../history/collect/watch.ts';
import type { WatchedTime } from '../../history/collect/watched-time.ts';
import type { RunSource } from '../source-run.ts';

/** A quiet minute of a live source ends so long after its last second, for packets that are on their way. */
const GRACE_US = 3e6;
const MICROS_PER_MILLISECOND = 1000;

export class SourceWatch {
  private readonly source: RunSource;
  private readonly collector: MinuteCollector;
  private readonly watched: WatchedTime;
  private readonly onProblem: (problem: CodedProblem | null) => void;
  private live: LiveWatch | null = null;
  /** Source time minus wall-clock time, µs, at the last packet. */
  private offsetUs = 0;
  private problem: CodedProblem | null = null;
  private breaks = 0;

  /** `onProblem`: the source fell silent, with the reason; null: it is back. */
  constructor(
    source: RunSource,
    collector: MinuteCollector,
    watched: WatchedTime,
    onProblem: (problem: CodedProblem | null) => void,
  ) {
    this.source = source;
    this.collector = collector;
    this.watched = watched;
    this.onProblem = onProblem;
    this.breaks = this.breakCount;
    if (source.kind === 'interface') this.beginLive(Date.now() * MICROS_PER_MILLISECOND);
  }

  /** The source is live: its time goes on without packets, from this one (µs). */
  beginLive(timeUs: number): void {
    if (this.live !== null) return;
    this.reach(timeUs);
    this.live = new LiveWatch(this.watched);
    this.collector.useLive(this.live);
    this.live.look(timeUs, this.source.problem === null);
  }

  /** Packets up to this time came just now. */
  reach(timeUs: number): void {
    this.offsetUs = timeUs - Date.now() * MICROS_PER_MILLISECOND;
  }

  /** Present time of a live source, µs; null for any other one. */
  get nowUs(): number | null {
    return this.live === null ? null : Date.now() * MICROS_PER_MILLISECOND + this.offsetUs;
  }

  look(wallUs: number): void {
    const { live, source, collector } = this;
    const { problem } = source;
    const { breakCount } = this;
    if (live !== null) {
      const nowUs = wallUs + this.offsetUs;
      // A capture that ended and began again between two looks was not watched either.
      live.look(nowUs, problem === null && this.problem === null && breakCount === this.breaks);
      collector.endBefore(nowUs - GRACE_US);
    }
    this.breaks = breakCount;
    if (problem !== null && this.problem === null) this.onProblem(problem);
    else if (problem === null && this.problem !== null) this.onProblem(null);
    this.problem = problem;
  }

  private get breakCount(): number {
    const { restarts, stalls, gapSeconds } = this.source.counts;
    return restarts + stalls + gapSeconds;
  }
}
