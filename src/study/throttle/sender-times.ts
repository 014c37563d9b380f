/**
 * The times of each bucket's senders, as columns by row: the time that their packets took, and the time that the same
 * packets need if each waits until the bucket has room for it, the ones after it wait too, and none is lost.
 *
 * Taken: the gaps between one packet and the next, each at most PAUSE_US: a longer one is a pause, in which nothing is
 * sent. Needed: the same, and the waits. A bucket without debt is the simulated one; it refills in pauses too.
 */
const INITIAL_CAPACITY = 64;
/** A gap counts as no more than this. */
export const PAUSE_US = 1_000_000;

export class SenderTimes {
  private lastUs = new Float64Array(INITIAL_CAPACITY);
  private tokens = new Float64Array(INITIAL_CAPACITY);
  private taken = new Float64Array(INITIAL_CAPACITY);
  private waited = new Float64Array(INITIAL_CAPACITY);

  /** A row begins with a full bucket, and without a packet. */
  begin(row: number, burst: number): void {
    if (row >= this.lastUs.length) this.grow(row);
    this.lastUs[row] = NaN;
    this.tokens[row] = burst;
    this.taken[row] = 0;
    this.waited[row] = 0;
  }

  /** Takes a packet of a sender, in bytes and microseconds. Time that steps back is no time. */
  packet(row: number, bytes: number, timeUs: number, bytesPerMicro: number, burst: number): void {
    const lastUs = this.lastUs[row]!;
    const gapUs = timeUs > lastUs ? timeUs - lastUs : 0;
    if (!(timeUs <= lastUs)) this.lastUs[row] = timeUs;
    this.taken[row]! += Math.min(gapUs, PAUSE_US);
    const left = Math.min(burst, this.tokens[row]! + gapUs * bytesPerMicro) - bytes;
    this.tokens[row] = Math.max(0, left);
    if (left < 0) this.waited[row]! -= left / bytesPerMicro;
  }

  hasPacket(row: number): boolean {
    return !Number.isNaN(this.lastUs[row]!);
  }

  takenUs(row: number): number {
    return this.taken[row]!;
  }

  neededUs(row: number): number {
    return this.taken[row]! + this.waited[row]!;
  }

  private grow(row: number): void {
    const size = Math.max(this.lastUs.length * 2, row + 1);
    this.lastUs = widened(this.lastUs, size);
    this.tokens = widened(this.tokens, size);
    this.taken = widened(this.taken, size);
    this.waited = widened(this.waited, size);
  }
}

function widened(column: Float64Array<ArrayBuffer>, size: number): Float64Array<ArrayBuffer> {
  const wide = new Float64Array(size);
  wide.set(column);
  return wide;
}
