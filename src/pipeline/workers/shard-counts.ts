/**
 * The counts of a worker's capture so far, in shared memory: the worker stores them before it ends a batch, and the
 * deciding thread adds to its own what is new.
 */
import { type Counters, FLOW_END_NAMES } from '../../dataplane/counters.ts';
import { DecodeStatus } from '../../dataplane/wire/decode-status.ts';

const Count = {
  FLOW_PACKETS: 0,
  FLOWS_STARTED: 1,
  WITHOUT_FIRST: 2,
  STREAMS_REFUSED: 3,
  SPLIT_FLOWS: 4,
  FLOWS_ENDED: 5,
} as const;
const COUNTS = Count.FLOWS_ENDED + FLOW_END_NAMES.length;

export class ShardCounts {
  static readonly byteLength = COUNTS * Float64Array.BYTES_PER_ELEMENT;

  private readonly counts: Float64Array;
  /** What was added of them so far. */
  private readonly added = new Float64Array(COUNTS);

  constructor(memory: SharedArrayBuffer) {
    this.counts = new Float64Array(memory);
  }

  /** Worker: stores the counts of its capture. */
  store(counters: Counters): void {
    const { counts } = this;
    counts[Count.FLOW_PACKETS] = counters.flowPackets;
    counts[Count.FLOWS_STARTED] = counters.flowsStarted;
    counts[Count.WITHOUT_FIRST] = counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]!;
    counts[Count.STREAMS_REFUSED] = counters.streamsRefused;
    counts[Count.SPLIT_FLOWS] = counters.splitFlows;
    counts.set(counters.flowsEnded, Count.FLOWS_ENDED);
  }

  /** Deciding thread: adds what is new. Exact while the worker waits for a batch, else possibly ahead. */
  addTo(counters: Counters): void {
    counters.flowPackets += this.take(Count.FLOW_PACKETS);
    counters.flowsStarted += this.take(Count.FLOWS_STARTED);
    counters.notDecoded[DecodeStatus.FRAGMENT_WITHOUT_FIRST]! += this.take(Count.WITHOUT_FIRST);
    counters.streamsRefused += this.take(Count.STREAMS_REFUSED);
    counters.splitFlows += this.take(Count.SPLIT_FLOWS);
    for (let reason = 0; reason < FLOW_END_NAMES.length; reason++)
      counters.flowsEnded[reason]! += this.take(Count.FLOWS_ENDED + reason);
  }

  /** Deciding thread: the capture is over, and the next one counts from 0. */
  endCapture(): void {
    this.added.fill(0);
  }

  private take(count: number): number {
    const now = this.counts[count]!;
    const news = now - this.added[count]!;
    this.added[count] = now;
    return news;
  }
}
