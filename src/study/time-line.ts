/**
 * Packets and bytes over time, and further counts beside them. Only intervals with packets are kept. They are a second
 * long at first, and twice as long whenever there are too many of them.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';

const FIRST_WIDTH_US = 1_000_000;
/** Intervals that are kept at most. */
const INTERVALS = 240;

/** Columns of all packets; those of the user follow. */
const PACKETS = 0;
const BYTES = 1;
const FIRST_COLUMN = 2;

export interface Interval {
  /** Packet time of its beginning, µs since 1970, and its length in µs. */
  readonly fromUs: number;
  readonly lengthUs: number;
  readonly packets: number;
  readonly bytes: number;
  /** The user's columns. */
  readonly counts: Float64Array;
}

export class TimeLine {
  private widthUs = FIRST_WIDTH_US;
  private readonly columnCount: number;
  /** Counts by interval: packet time divided by the width. */
  private cells = new Map<number, Float64Array>();
  /** The interval that was used last: most packets have the one of the packet before. */
  private lastInterval = Number.NaN;
  private last: Float64Array = new Float64Array(0);

  /** `columnCount`: how many counts the user has beside packets and bytes. */
  constructor(columnCount: number) {
    this.columnCount = columnCount;
  }

  /** Takes all packets of a batch. */
  offered({ timeUs, wireLength, count }: PacketBatch): void {
    for (let row = 0; row < count;) {
      const cells = this.at(timeUs[row]!);
      // Most packets are in the interval of the one before.
      const fromUs = this.lastInterval * this.widthUs;
      const untilUs = fromUs + this.widthUs;
      const first = row;
      let bytes = 0;
      do bytes += wireLength[row++]!;
      while (row < count && timeUs[row]! >= fromUs && timeUs[row]! < untilUs);
      cells[PACKETS]! += row - first;
      cells[BYTES]! += bytes;
    }
  }

  /** Adds to a column of the user. */
  add(timeUs: number, column: number, amount: number): void {
    this.at(timeUs)[FIRST_COLUMN + column]! += amount;
  }

  /** Adds a packet to two columns of the user: one of packets, and the next one of bytes. */
  addPacket(timeUs: number, column: number, wireLength: number): void {
    const cells = this.at(timeUs);
    cells[FIRST_COLUMN + column]!++;
    cells[FIRST_COLUMN + column + 1]! += wireLength;
  }

  /** Packet times of the interval that a packet is in; it is whole in one of the wider intervals that come later. */
  intervalOf(timeUs: number): { readonly fromUs: number; readonly untilUs: number } {
    const fromUs = Math.floor(timeUs / this.widthUs) * this.widthUs;
    return { fromUs, untilUs: fromUs + this.widthUs };
  }

  /** The intervals with packets, in order; at most `most` of them. */
  intervals(most = INTERVALS): Interval[] {
    let { widthUs, cells } = this;
    while (cells.size > most) {
      widthUs *= 2;
      cells = joined(cells);
    }
    return [...cells]
      .sort(([a], [b]) => a - b)
      .map(([interval, counts]) => ({
        fromUs: interval * widthUs,
        lengthUs: widthUs,
        packets: counts[PACKETS]!,
        bytes: counts[BYTES]!,
        counts: counts.subarray(FIRST_COLUMN),
      }));
  }

  /** The counts of a packet time's interval. */
  private at(timeUs: number): Float64Array {
    const interval = Math.floor(timeUs / this.widthUs);
    if (interval === this.lastInterval) return this.last;
    let cells = this.cells.get(interval);
    if (cells === undefined) {
      if (this.cells.size === INTERVALS) {
        this.widthUs *= 2;
        this.cells = joined(this.cells);
        this.lastInterval = Number.NaN;
        return this.at(timeUs);
      }
      cells = new Float64Array(FIRST_COLUMN + this.columnCount);
      this.cells.set(interval, cells);
    }
    this.lastInterval = interval;
    this.last = cells;
    return cells;
  }
}

/** Intervals of twice the length. */
function joined(cells: ReadonlyMap<number, Float64Array>): Map<number, Float64Array> {
  const wider = new Map<number, Float64Array>();
  for (const [interval, counts] of cells) {
    const sums = wider.get(Math.floor(interval / 2));
    if (sums === undefined) wider.set(Math.floor(interval / 2), counts.slice());
    else for (let column = 0; column < counts.length; column++) sums[column]! += counts[column]!;
  }
  return wider;
}
