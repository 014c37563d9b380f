/** Packets and bytes over time: offered in all, and delayed and dropped by each side. */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Outcome } from '../../dataplane/host/outcome.ts';
import { TimeLine } from '../time-line.ts';
import type { Affected } from './flow-change.ts';

export interface ComparedInterval {
  /** Packet time of its beginning, µs since 1970, and its length in µs. */
  readonly fromUs: number;
  readonly lengthUs: number;
  readonly packets: number;
  readonly bytes: number;
  /** By side. */
  readonly sides: readonly Readonly<Affected>[];
}

/** Bytes follow packets. */
const SideColumn = { DELAYED_PACKETS: 0, DELAYED_BYTES: 1, DROPPED_PACKETS: 2, DROPPED_BYTES: 3 } as const;
const SIDE_COLUMNS = 4;

export class ComparedTimeLine {
  private readonly timeLine: TimeLine;
  private readonly sideCount: number;

  constructor(sideCount: number) {
    this.sideCount = sideCount;
    this.timeLine = new TimeLine(sideCount * SIDE_COLUMNS);
  }

  /** Takes all packets of a batch as offered. */
  offered(batch: PacketBatch): void {
    this.timeLine.offered(batch);
  }

  /** Takes a packet that a side delayed or dropped. */
  affected(side: number, outcome: Outcome, wireLength: number, timeUs: number): void {
    const column = outcome === Outcome.DELAYED ? SideColumn.DELAYED_PACKETS : SideColumn.DROPPED_PACKETS;
    this.timeLine.addPacket(timeUs, side * SIDE_COLUMNS + column, wireLength);
  }

  /** Takes packets that a side dropped in an interval, which begins at a packet time. */
  dropped(side: number, packets: number, bytes: number, fromUs: number): void {
    const column = side * SIDE_COLUMNS;
    this.timeLine.add(fromUs, column + SideColumn.DROPPED_PACKETS, packets);
    this.timeLine.add(fromUs, column + SideColumn.DROPPED_BYTES, bytes);
  }

  /** Packet times of the interval that a packet is in; it is whole in one of the wider intervals that come later. */
  intervalOf(timeUs: number): { readonly fromUs: number; readonly untilUs: number } {
    return this.timeLine.intervalOf(timeUs);
  }

  /** The intervals with packets, in order; at most `most` of them, if given. */
  intervals(most?: number): ComparedInterval[] {
    return this.timeLine.intervals(most).map(({ fromUs, lengthUs, packets, bytes, counts }) => ({
      fromUs,
      lengthUs,
      packets,
      bytes,
      sides: Array.from({ length: this.sideCount }, (_, side) => sideOf(counts, side)),
    }));
  }
}

function sideOf(counts: Float64Array, side: number): Readonly<Affected> {
  const first = side * SIDE_COLUMNS;
  return {
    delayedPackets: counts[first + SideColumn.DELAYED_PACKETS]!,
    delayedBytes: counts[first + SideColumn.DELAYED_BYTES]!,
    droppedPackets: counts[first + SideColumn.DROPPED_PACKETS]!,
    droppedBytes: counts[first + SideColumn.DROPPED_BYTES]!,
  };
}
