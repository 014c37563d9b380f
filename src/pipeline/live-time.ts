/**
 * Corrects implausible times of packets from a live source, so that one of them moves neither the breaker's windows nor
 * schedules nor expiry. A packet whose time is further from the last good one than a bound gets the time of that one,
 * and is counted. If 1,000 packets in a row over 5 s agree on another time, a clock was set: that time is the new base
 * from the next batch on, and windows continue where they were.
 *
 * A base with fewer packets is replaced once more packets in a row agree on another. Packets with a bad time between
 * good ones never become the base.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { Snapshot } from '../core/snapshot.ts';

/** A new base needs so many packets, over so long. */
const NEEDED_PACKETS = 1000;
const NEEDED_US = 5_000_000;
/** Most of this many packets follow the first base. */
const FIRST_LOOK = 63;

export interface LiveTimeEvents {
  /** A packet's time is wrong by this; called for the first of several in a row. */
  readonly onJump: (byUs: number) => void;
  /** Packet times are greater by this from now on. */
  readonly onClockSet: (byUs: number) => void;
}

export class LiveTime {
  /** Packets with an implausible time, and the number of clock changes. */
  jumpCount = 0;
  clockSetCount = 0;
  private readonly boundUs: number;
  private readonly events: LiveTimeEvents;
  private lastUs = NaN;
  /** Packets that agree with the base. */
  private supporters = 0;
  /** Packets in a row that agree on another base: how many, and the first and last of their times. */
  private others = 0;
  private otherFirstUs = NaN;
  private otherLastUs = NaN;
  private isFresh = true;

  /** `boundUs`: how far apart the times of two consecutive packets may be. */
  constructor(boundUs: number, events: LiveTimeEvents) {
    this.boundUs = boundUs;
    this.events = events;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.jumpCount = walk.number(this.jumpCount);
    this.clockSetCount = walk.number(this.clockSetCount);
    this.lastUs = walk.number(this.lastUs);
    this.supporters = walk.number(this.supporters);
    this.others = walk.number(this.others);
    this.otherFirstUs = walk.number(this.otherFirstUs);
    this.otherLastUs = walk.number(this.otherLastUs);
    this.isFresh = walk.data(this.isFresh);
  }

  /** Another file begins: its first packets are the base. */
  begin(): void {
    this.isFresh = true;
  }

  /**
   * Corrects implausible times in a batch. `elapsedUs`: the wait for the source, by which times may be greater.
   */
  settle(batch: PacketBatch, elapsedUs: number): void {
    if (batch.count === 0) return;
    if (this.isFresh) this.takeFirst(batch);
    else if (this.isNewBase()) this.takeOther();
    const { timeUs } = batch;
    // The wait is allowed once, over all packets of the batch: a source may have held back several of a quiet link.
    const latestUs = this.lastUs + this.boundUs + elapsedUs;
    for (let row = 0; row < batch.count; row++) {
      const time = timeUs[row]!;
      const step = time - this.lastUs;
      if (step >= -this.boundUs && (step <= this.boundUs || time <= latestUs)) {
        this.lastUs = time;
        this.supporters++;
        this.others = 0;
      } else {
        this.noteOther(time);
        timeUs[row] = this.lastUs;
      }
    }
  }

  private takeFirst(batch: PacketBatch): void {
    const base = this.firstBase(batch.timeUs.subarray(0, Math.min(batch.count, FIRST_LOOK)));
    const before = this.lastUs;
    this.isFresh = false;
    this.lastUs = base;
    this.supporters = 0;
    this.others = 0;
    // The file is older than the one before it. A newer one needs no correction.
    if (base < before - this.boundUs) this.setClock(base - before);
  }

  /** The first of these times that most of them follow, so that a bad one among the first is not the base. */
  private firstBase(times: Float64Array): number {
    for (const [first, base] of times.entries()) {
      let last = base;
      let followers = 0;
      for (const time of times.subarray(first)) {
        if (Math.abs(time - last) > this.boundUs) continue;
        last = time;
        followers++;
      }
      if (followers * 2 > times.length) return base;
    }
    return times[0]!;
  }

  private noteOther(time: number): void {
    this.jumpCount++;
    if (this.others === 0) this.events.onJump(time - this.lastUs);
    if (this.others === 0 || Math.abs(time - this.otherLastUs) > this.boundUs) {
      this.others = 0;
      this.otherFirstUs = time;
    }
    this.others++;
    this.otherLastUs = time;
  }

  private isNewBase(): boolean {
    if (this.supporters < NEEDED_PACKETS) return this.others > this.supporters;
    return this.others >= NEEDED_PACKETS && this.otherLastUs - this.otherFirstUs >= NEEDED_US;
  }

  private takeOther(): void {
    const byUs = this.otherFirstUs - this.lastUs;
    this.lastUs = this.otherLastUs;
    this.supporters = this.others;
    this.others = 0;
    this.setClock(byUs);
  }

  private setClock(byUs: number): void {
    this.clockSetCount++;
    this.events.onClockSet(byUs);
  }
}
