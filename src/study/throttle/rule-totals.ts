/** What a throttle rule did: packets and bytes by outcome, delays, the time that it took, and its buckets. */
import { Outcome, OUTCOME_NAMES } from '../../dataplane/host/outcome.ts';
import type { Throttle } from '../../policy/action.ts';
import { QuantileHistogram } from './quantile-histogram.ts';
import { SlowdownDistribution } from './slowdown.ts';

const BITS_PER_BYTE = 8;
const MICROS_PER_SECOND = 1_000_000;

export class RuleTotals {
  readonly name: string;
  readonly throttle: Throttle;
  readonly bytesPerMicro: number;
  /** By outcome. */
  readonly packets = new Float64Array(OUTCOME_NAMES.length);
  readonly bytes = new Float64Array(OUTCOME_NAMES.length);
  /** Delays of the delayed packets, microseconds. */
  readonly delays = new QuantileHistogram();
  readonly slowdowns = new SlowdownDistribution();
  /** Buckets that had a packet, and those of them that are of a flow because it has no registration. */
  buckets = 0;
  unregisteredBuckets = 0;
  /** Buckets that were counted before the capture's end, for lack of memory: counted again if they came back. */
  countedEarly = 0;
  /** First packet to last, and first packet to the last that left: summed up over captures. */
  offeredUs = 0;
  deliveredUs = 0;
  private firstUs = Infinity;
  private lastUs = -Infinity;
  private leftUs = -Infinity;

  constructor(name: string, throttle: Throttle) {
    this.name = name;
    this.throttle = throttle;
    this.bytesPerMicro = throttle.rate / BITS_PER_BYTE / MICROS_PER_SECOND;
  }

  packet(wireLength: number, timeUs: number, outcome: Outcome, delayUs: number): void {
    this.packets[outcome]!++;
    this.bytes[outcome]! += wireLength;
    if (timeUs < this.firstUs) this.firstUs = timeUs;
    if (timeUs > this.lastUs) this.lastUs = timeUs;
    if (outcome === Outcome.DROPPED) return;
    if (timeUs + delayUs > this.leftUs) this.leftUs = timeUs + delayUs;
    if (outcome === Outcome.DELAYED) this.delays.add(delayUs);
  }

  /** Adds the times of a capture that is over. */
  endCapture(): void {
    if (this.firstUs === Infinity) return;
    this.offeredUs += this.lastUs - this.firstUs;
    this.deliveredUs += Math.max(0, this.leftUs - this.firstUs);
    this.firstUs = Infinity;
    this.lastUs = -Infinity;
    this.leftUs = -Infinity;
  }
}
