/**
 * A clock for idle times, driven by packet times, that never goes back. It stops on small steps back (reordered
 * packets, interfaces with clocks of their own). A large step back is another capture, or a damaged time before it: the
 * clock goes on from its reading, so that flows of both still expire.
 */

/** Packets are captured out of order by less than this. */
const REORDERING_LIMIT_US: f64 = 60_000_000;

@final
export class PacketClock {
  /** Microseconds since the clock's first packet; never falls. */
  now: f64 = 0;
  private shift: f64 = NaN;

  /** Begins at 0 with the next packet. */
  reset(): void {
    this.now = 0;
    this.shift = NaN;
  }

  /** Packet times are greater by this from now on, because a clock was set: idle times are what they were. */
  wasSet(byUs: f64): void {
    this.shift -= byUs;
  }

  /** Goes on to a packet's time, microseconds since 1970. */
  step(timeUs: f64): void {
    const reading = timeUs + this.shift;
    if (reading > this.now) this.now = reading;
    // Also the first packet: the shift is not a number yet.
    else if (!(reading >= this.now - REORDERING_LIMIT_US)) this.shift = this.now - timeUs;
  }
}
