/**
 * A clock for idle times, driven by packet times, that never goes back. Small steps back (reordered packets, interfaces
 * with clocks of their own) leave it standing. A large step back is another capture, or a damaged time before it: the clock
 * goes on from where it stands, so that flows of both still expire.
 */

/** Packets are captured out of order by less than this. */
const REORDERING_LIMIT_US = 60_000_000;

export class PacketClock {
  /** Time of the packet at hand, microseconds since 1970; set before `step`. A number passed to it would go to the heap. */
  timeUs = 0;
  /** Microseconds since the clock's first packet; never falls. */
  now = 0;
  private shift = Number.NaN;

  /** Packet times are greater by this from now on, because a clock was set: idle times are what they were. */
  wasSet(byUs: number): void {
    this.shift -= byUs;
  }

  /** Goes on to the packet at hand. */
  step(): void {
    const reading = this.timeUs + this.shift;
    if (reading > this.now) this.now = reading;
    // Also the first packet: the shift is not a number yet.
    else if (!(reading >= this.now - REORDERING_LIMIT_US)) this.shift = this.now - this.timeUs;
  }
}
