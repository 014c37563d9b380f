/**
 * Everything the engine counts: plain numbers, read by summaries and metrics at their leisure.
 *
 * The accounting identity, after `Pipeline.finish`: packets = flowPackets + the sum of notDecoded. While a capture is
 * being read, fragments that wait for their first one are the difference.
 */
import { OUTCOME_NAMES } from './outcome.ts';
import { DECODE_STATUS_COUNT, DECODE_STATUS_NAMES } from './decode-status.ts';
import { FLOW_END_NAMES } from './flow-end.ts';
import { UnreadLinks } from './unread-links.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export class Counters {
  packets = 0;
  /** Bytes on the wire, of all packets. */
  bytes = 0;
  flowPackets = 0;
  /** Packets by DecodeStatus; OK stays 0. */
  readonly notDecoded = new Float64Array(DECODE_STATUS_COUNT);
  /** Those of `notDecoded` whose link type is not read, by link type. */
  readonly unreadLinks = new UnreadLinks();
  /** Packets and bytes by Outcome. */
  readonly outcomePackets = new Float64Array(OUTCOME_NAMES.length);
  readonly outcomeBytes = new Float64Array(OUTCOME_NAMES.length);
  flowsStarted = 0;
  /** Flows ended, by FlowEnd. */
  readonly flowsEnded = new Float64Array(FLOW_END_NAMES.length);
  /**
   * Flows that are one direction of a conversation whose other direction is a flow under another link
   * (dataplane/assembly/flow/split-halves).
   */
  splitFlows = 0;
  fragmentOverlaps = 0;
  /** Connections whose first bytes found no place to be put in order. */
  streamsRefused = 0;
  firstTimeUs = Number.NaN;
  lastTimeUs = Number.NaN;

  /** Packets that reached no flow, by name of the reason, without zeros. */
  notDecodedByName(): Record<string, number> {
    const byName: Record<string, number> = {};
    for (let code = 1; code < DECODE_STATUS_COUNT; code++) {
      const name = DECODE_STATUS_NAMES[code];
      if (name !== undefined && this.notDecoded[code]! > 0) byName[name] = this.notDecoded[code]!;
    }
    return byName;
  }

  /** Flows being tracked. */
  get flowsActive(): number {
    return this.flowsStarted - this.flowsEnded.reduce((sum, count) => sum + count, 0);
  }

  get notDecodedPackets(): number {
    return this.notDecoded.reduce((sum, count) => sum + count, 0);
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('counters');
    this.packets = walk.number(this.packets);
    this.bytes = walk.number(this.bytes);
    this.flowPackets = walk.number(this.flowPackets);
    this.flowsStarted = walk.number(this.flowsStarted);
    this.splitFlows = walk.number(this.splitFlows);
    this.fragmentOverlaps = walk.number(this.fragmentOverlaps);
    this.streamsRefused = walk.number(this.streamsRefused);
    this.firstTimeUs = walk.number(this.firstTimeUs);
    this.lastTimeUs = walk.number(this.lastTimeUs);
    walk.fixed(this.notDecoded);
    walk.fixed(this.flowsEnded);
    walk.fixed(this.outcomePackets);
    walk.fixed(this.outcomeBytes);
    this.unreadLinks.snapshot(walk);
  }

  /** Adds another capture's counts. */
  add(other: Counters): void {
    this.packets += other.packets;
    this.bytes += other.bytes;
    this.flowPackets += other.flowPackets;
    this.flowsStarted += other.flowsStarted;
    this.splitFlows += other.splitFlows;
    this.fragmentOverlaps += other.fragmentOverlaps;
    this.streamsRefused += other.streamsRefused;
    addTo(this.notDecoded, other.notDecoded);
    this.unreadLinks.add(other.unreadLinks);
    addTo(this.flowsEnded, other.flowsEnded);
    addTo(this.outcomePackets, other.outcomePackets);
    addTo(this.outcomeBytes, other.outcomeBytes);
    if (other.packets === 0) return;
    this.firstTimeUs = Number.isNaN(this.firstTimeUs)
      ? other.firstTimeUs
      : Math.min(this.firstTimeUs, other.firstTimeUs);
    this.lastTimeUs = Number.isNaN(this.lastTimeUs) ? other.lastTimeUs : Math.max(this.lastTimeUs, other.lastTimeUs);
  }
}

function addTo(sums: Float64Array, counts: Float64Array): void {
  for (let i = 0; i < sums.length; i++) sums[i]! += counts[i]!;
}
