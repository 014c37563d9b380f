/**
 * Decides which time was watched.
 *
 * A live source is watched while it has no problem, whether packets come or not. Its time goes on with the wall clock,
 * from the time of its last packet.
 *
 * The packets of files have packet time only. The time between two packets of one capture was watched if it is at most
 * QUIET_LIMIT_S. In a longer one the capture may have been stopped, or the file may have been made of several: it is
 * missing, not zero.
 */
import type { WatchedTime } from './watched-time.ts';

const MICROS_PER_SECOND = 1e6;
export const QUIET_LIMIT_S = 900;
/** A live source is looked at once a second. After a longer pause it is not known what it did: the machine slept. */
const LONGEST_LOOK_US = 60 * MICROS_PER_SECOND;

export interface Watch {
  /** The time until which the source was watched, or can be: µs since 1970; NaN before the beginning. */
  readonly untilUs: number;
  /** A packet of this time came. Returns true if all the time since `untilUs` was watched. */
  reach(timeUs: number): boolean;
  /** Another capture begins. */
  restart(): void;
}

export class FileWatch implements Watch {
  untilUs = NaN;
  private readonly time: WatchedTime;

  constructor(time: WatchedTime) {
    this.time = time;
  }

  reach(timeUs: number): boolean {
    const from = this.untilUs;
    if (timeUs <= from) return true;
    this.untilUs = timeUs;
    if (!(timeUs - from <= QUIET_LIMIT_S * MICROS_PER_SECOND)) return false;
    this.time.add(from, timeUs);
    return true;
  }

  restart(): void {
    this.untilUs = NaN;
  }
}

export class LiveWatch implements Watch {
  untilUs = NaN;
  private readonly time: WatchedTime;
  private isWell = false;

  constructor(time: WatchedTime) {
    this.time = time;
  }

  /** To be called about once a second. `isWell`: the source had no problem since the call before. */
  look(nowUs: number, isWell: boolean): void {
    if (isWell) this.reach(nowUs);
    else if (!(nowUs <= this.untilUs)) this.untilUs = nowUs;
    this.isWell = isWell;
  }

  reach(timeUs: number): boolean {
    const from = this.untilUs;
    if (timeUs <= from) return true;
    this.untilUs = timeUs;
    if (!this.isWell || !(timeUs - from <= LONGEST_LOOK_US)) return false;
    this.time.add(from, timeUs);
    return true;
  }

  restart(): void {
    // A live source is one capture.
  }
}
