/** Copies what the compiled dataplane has counted (dataplane/assembly/counters) into the counters of a capture. */
import type { Counters } from './counters.ts';
import { FLOW_END_NAMES } from './flow-end.ts';
import { LARGEST_LINK_TYPE } from './unread-links.ts';
import { DECODE_STATUS_COUNT } from './decode-status.ts';
import { address, type LinearDataplane } from './linear-dataplane.ts';

/** Places of numbers. */
const Place = {
  FLOW_PACKETS: 0,
  FLOWS_STARTED: 1,
  SPLIT_FLOWS: 2,
  FRAGMENT_OVERLAPS: 3,
  STREAMS_REFUSED: 4,
  UNREAD_LINKS: 5,
  FLOWS_ENDED: 12,
  NOT_DECODED: 16,
} as const;

export class LinearCounters {
  private readonly numbers: Float64Array;
  /** Packets by link type that is not read. */
  private readonly unreadLinks: Float64Array;

  /** At the addresses of `Counters` and its unread links in the compiled dataplane. */
  constructor(memory: ArrayBufferLike, countersAt: number, unreadLinksAt: number) {
    this.numbers = new Float64Array(memory, countersAt, Place.NOT_DECODED + DECODE_STATUS_COUNT);
    this.unreadLinks = new Float64Array(memory, unreadLinksAt, LARGEST_LINK_TYPE + 1);
  }

  static of({ memory, exports }: LinearDataplane): LinearCounters {
    return new LinearCounters(memory.buffer, address(exports.countersAt()), address(exports.unreadLinksAt()));
  }

  copyTo(counters: Counters): void {
    const { numbers } = this;
    counters.flowPackets = numbers[Place.FLOW_PACKETS]!;
    counters.flowsStarted = numbers[Place.FLOWS_STARTED]!;
    counters.splitFlows = numbers[Place.SPLIT_FLOWS]!;
    counters.fragmentOverlaps = numbers[Place.FRAGMENT_OVERLAPS]!;
    counters.streamsRefused = numbers[Place.STREAMS_REFUSED]!;
    for (let end = 0; end < FLOW_END_NAMES.length; end++) counters.flowsEnded[end] = numbers[Place.FLOWS_ENDED + end]!;
    for (let status = 0; status < DECODE_STATUS_COUNT; status++)
      counters.notDecoded[status] = numbers[Place.NOT_DECODED + status]!;
    if (numbers[Place.UNREAD_LINKS] !== counters.unreadLinks.total) this.copyUnreadLinks(counters);
  }

  private copyUnreadLinks({ unreadLinks }: Counters): void {
    for (let linkType = 0; linkType <= LARGEST_LINK_TYPE; linkType++) {
      const added = this.unreadLinks[linkType]! - unreadLinks.packetsOf(linkType);
      if (added > 0) unreadLinks.note(linkType, added);
    }
  }
}
