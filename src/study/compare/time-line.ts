/**
 * Packets and bytes over time: offered in all, and delayed and dropped by each side. Only intervals with packets are
 * kept. They are a second long at first, and twice as long whenever there are too many of them.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Outcome } from '../../dataplane/outcome.ts';
import type { Affected } from './flow-change.ts';

const FIRST_WIDTH_US = 1_000_000;
/** Intervals that are kept at most. */
const INTERVALS = 240;

export interface Interval {
  /** Packet time of its beginning, µs since 1970, and its length in µs. */
  readonly fromUs: number;
  readonly lengthUs: number;
  readonly packets: number;
  readonly bytes: number;
  /** By side. */
  readonly sides: readonly Readonly<Affected>[];
}

/** Columns of the offered traffic, and of each side after them. */
const Offered = { PACKETS: 0, BYTES: 1 } as const;
const OFFERED_COLUMNS = 2;
const SideColumn = { DELAYED_PACKETS: 0, DELAYED_BYTES: 1, DROPPED_PACKETS: 2, DROPPED_BYTES: 3 } as const;
const SIDE_COLUMNS = 4;

export class TimeLine {
  private widthUs = FIRST_WIDTH_US;
  private readonly sideCount: number;
  /** Counts by interval: packet time divided by the width. */
  private cells = new Map<number, Float64Array>();
  /** The interval that was used last: most packets have the one of the packet before. */
  private lastInterval = Number.NaN;
  private last: Float64Array = new Float64Array(0);

  constructor(sideCount: number) {
    this.sideCount = sideCount;
  }

  /** Takes all packets of a batch as offered. */
  offered({ timeUs, wireLength, count }: PacketBatch): void {
    for (let row = 0; row < count; row++) {
      const cells = this.at(timeUs[row]!);
      cells[Offered.PACKETS]!++;
      cells[Offered.BYTES]! += wireLength[row]!;
    }
  }

  /** Takes a packet that a side delayed or dropped. */
  affected(side: number, outcome: Outcome, wireLength: number, timeUs: number): void {
    const cells = this.at(timeUs);
    const first = OFFERED_COLUMNS + side * SIDE_COLUMNS;
    const isDelayed = outcome === Outcome.DELAYED;
    cells[first + (isDelayed ? SideColumn.DELAYED_PACKETS : SideColumn.DROPPED_PACKETS)]!++;
    cells[first + (isDelayed ? SideColumn.DELAYED_BYTES : SideColumn.DROPPED_BYTES)]! += wireLength;
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
        packets: counts[Offered.PACKETS]!,
        bytes: counts[Offered.BYTES]!,
        sides: Array.from({ length: this.sideCount }, (_, side) => sideOf(counts, side)),
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
      cells = new Float64Array(OFFERED_COLUMNS + this.sideCount * SIDE_COLUMNS);
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

function sideOf(counts: Float64Array, side: number): Readonly<Affected> {
  const first = OFFERED_COLUMNS + side * SIDE_COLUMNS;
  return {
    delayedPackets: counts[first + SideColumn.DELAYED_PACKETS]!,
    delayedBytes: counts[first + SideColumn.DELAYED_BYTES]!,
    droppedPackets: counts[first + SideColumn.DROPPED_PACKETS]!,
    droppedBytes: counts[first + SideColumn.DROPPED_BYTES]!,
  };
}
