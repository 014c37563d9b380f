/**
 * A clock for idle times, driven by packet times, that never goes back. Small steps back (reordered packets, interfaces
 * with clocks of their own) leave it standing. A large step back is another capture, or a damaged time before it: the clock
 * goes on from where it stands, so that flows of both still expire.
 */

/** Packets are captured out of order by less than this. */
const REORDERING_LIMIT_US = 60_000_000;

export class PacketClock {
  /** Microseconds since the clock's first packet; never falls. */
  now = 0;
  private shift = Number.NaN;

  /** Takes the time of the next packet; returns the clock's reading. */
  advance(timeUs: number): number {
    if (timeUs + this.shift > this.now) return (this.now = timeUs + this.shift);
    if (timeUs + this.shift >= this.now - REORDERING_LIMIT_US) return this.now;
    // Also the first packet: the shift is not a number yet.
    this.shift = this.now - timeUs;
    return this.now;
  }
}
