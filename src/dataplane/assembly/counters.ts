/**
 * What the dataplane counts, as doubles in one region that the host reads. After a capture's end, its packets are
 * `flowPackets` and the sum of `notDecoded`. While it is being read, fragments that wait for their first one are the
 * difference.
 */
import { takeRegion, zeroBytes } from './memory';

/** Why a flow ended. */
export enum FlowEnd {
  TIMEOUT,
  CLOSED,
  EVICTED,
  SHUTDOWN,
}

/** The counters that have one number each. */
// @ts-ignore: decorator
@unmanaged
@final
class Totals {
  flowPackets: f64;
  flowsStarted: f64;
  /**
   * Flows that are one direction of a conversation whose other direction is a flow under another link
   * (flow/split-halves).
   */
  splitFlows: f64;
  fragmentOverlaps: f64;
  /** Connections whose first bytes found no place to be put in order. */
  streamsRefused: f64;
  /** Packets whose link type is not read. */
  unreadLinks: f64;
  /** All packets, and their bytes on the wire. */
  packets: f64;
  bytes: f64;
  /** Packet times of the first and the last packet; NaN before the first. */
  firstTimeUs: f64;
  lastTimeUs: f64;
  free0: f64;
  free1: f64;
}

/** Flows ended, by FlowEnd; then packets without a flow, by DecodeStatus, which is below 128. */
const FLOWS_ENDED_AT: usize = 96;
const NOT_DECODED_AT: usize = FLOWS_ENDED_AT + 4 * 8;
const COUNTERS_LENGTH: usize = NOT_DECODED_AT + 128 * 8;

/**
 * Link types beyond 16 bits, which no registry has, share one number, so a hostile capture can make no more than
 * 65,536.
 */
const LARGEST_LINK_TYPE: u32 = 0xffff;
const UNREAD_LENGTH: usize = 65_536 * 8;

@final
export class Counters {
  readonly at: usize = takeRegion(COUNTERS_LENGTH);
  /** Packets whose link type is not read, by link type. */
  readonly unreadLinksAt: usize = takeRegion(UNREAD_LENGTH);

  /** All begin at 0. */
  clear(): void {
    if (this.totals.unreadLinks != 0) zeroBytes(this.unreadLinksAt, <i32>UNREAD_LENGTH);
    zeroBytes(this.at, <i32>COUNTERS_LENGTH);
    this.totals.firstTimeUs = NaN;
    this.totals.lastTimeUs = NaN;
  }

  get totals(): Totals {
    return changetype<Totals>(this.at);
  }

  flowEnded(reason: FlowEnd): void {
    const at = this.at + ((<usize>reason) << 3);
    store<f64>(at, load<f64>(at, FLOWS_ENDED_AT) + 1, FLOWS_ENDED_AT);
  }

  notDecoded(status: i32, packets: u32 = 1): void {
    const at = this.at + ((<usize>status) << 3);
    store<f64>(at, load<f64>(at, NOT_DECODED_AT) + <f64>packets, NOT_DECODED_AT);
  }

  /** Notes a packet whose link type is not read. */
  unreadLink(linkType: u32): void {
    const at = this.unreadLinksAt + ((<usize>min(linkType, LARGEST_LINK_TYPE)) << 3);
    store<f64>(at, load<f64>(at) + 1);
    this.totals.unreadLinks++;
  }

  /** Flows being tracked. */
  get flowsActive(): f64 {
    let active = this.totals.flowsStarted;
    for (let reason: usize = 0; reason < 4; reason++) active -= load<f64>(this.at + (reason << 3), FLOWS_ENDED_AT);
    return active;
  }
}
