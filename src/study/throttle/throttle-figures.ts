/** The figures of a throttle rule, as reports and programs show them. Null where there is nothing to divide by. */
import { Outcome } from '../../dataplane/host/outcome.ts';
import { BUCKET_SCOPE_NAMES } from '../../policy/action.ts';
import type { QuantileHistogram } from './quantile-histogram.ts';
import type { RuleTotals } from './rule-totals.ts';
import { SLOWDOWN_BOUNDS } from './slowdown.ts';

const BITS_PER_BYTE = 8;
const MICROS_PER_SECOND = 1_000_000;

export interface Amount {
  readonly packets: number;
  readonly bytes: number;
}

/** `rateBps`: bits per second over `seconds`. */
export interface Traffic extends Amount {
  readonly seconds: number;
  readonly rateBps: number | null;
}

export interface Quantiles {
  readonly median: number | null;
  readonly p95: number | null;
  readonly p99: number | null;
  readonly max: number | null;
}

export interface SlowdownFigures extends Quantiles {
  /** Seconds that a bucket's packets need more than they took. */
  readonly addedSeconds: Quantiles;
  /** Sums over all buckets: the time that their packets took, and the time that they need at the allowed rate. */
  readonly takenSeconds: number;
  readonly neededSeconds: number;
  /** Buckets whose packets all have one time and had to wait: they have no slowdown. */
  readonly atOnce: number;
  /** Buckets by slowdown, up to and with each bound; the last, of null, has those above. */
  readonly histogram: readonly { readonly upTo: number | null; readonly buckets: number }[];
}

export interface ThrottleFigures {
  readonly rule: string;
  /** flow, client, registration or rule. */
  readonly per: string;
  readonly rateBps: number;
  readonly burstBytes: number;
  /** Buckets that had a packet. */
  readonly buckets: number;
  /** Those of them that are of one flow, because it has no registration. */
  readonly unregisteredFlows: number;
  /** Buckets that may have been counted twice, for lack of memory. */
  readonly countedEarly: number;
  /** From the first packet to the last. */
  readonly offered: Traffic;
  /** From the first packet to the time at which the last one leaves. */
  readonly delivered: Traffic;
  readonly forwarded: Amount;
  readonly delayed: Amount;
  readonly dropped: Amount;
  /** Shares of what was offered, 0 to 1. */
  readonly lossPackets: number | null;
  readonly lossBytes: number | null;
  /** Delays of all delivered packets, where one that is forwarded at once has 0; and of the delayed packets alone. */
  readonly delayUs: Quantiles;
  readonly delayedUs: Quantiles;
  readonly slowdown: SlowdownFigures;
}

export function throttleFigures(totals: RuleTotals): ThrottleFigures {
  const { name, throttle, packets, bytes, delays } = totals;
  const [forwarded, delayed, dropped] = [Outcome.FORWARDED, Outcome.DELAYED, Outcome.DROPPED].map((outcome) => ({
    packets: packets[outcome]!,
    bytes: bytes[outcome]!,
  })) as [Amount, Amount, Amount];
  const delivered = sum(forwarded, delayed);
  const offered = sum(delivered, dropped);
  return {
    rule: name,
    per: BUCKET_SCOPE_NAMES[throttle.per],
    rateBps: throttle.rate,
    burstBytes: throttle.burst,
    buckets: totals.buckets,
    unregisteredFlows: totals.unregisteredBuckets,
    countedEarly: totals.countedEarly,
    offered: traffic(offered, totals.offeredUs),
    delivered: traffic(delivered, totals.deliveredUs),
    forwarded,
    delayed,
    dropped,
    lossPackets: ratio(dropped.packets, offered.packets),
    lossBytes: ratio(dropped.bytes, offered.bytes),
    delayUs: quantiles(delays, forwarded.packets),
    delayedUs: quantiles(delays, 0),
    slowdown: slowdownFigures(totals),
  };
}

function slowdownFigures({ slowdowns }: RuleTotals): SlowdownFigures {
  const { counts, takenUs, neededUs, atOnce, added, unslowed } = slowdowns;
  return {
    ...quantiles(slowdowns.quantiles, 0),
    addedSeconds: quantiles(added, unslowed, MICROS_PER_SECOND),
    takenSeconds: takenUs / MICROS_PER_SECOND,
    neededSeconds: neededUs / MICROS_PER_SECOND,
    atOnce,
    histogram: [...counts].map((buckets, interval) => ({ upTo: SLOWDOWN_BOUNDS[interval] ?? null, buckets })),
  };
}

/** Quantiles of a histogram's numbers and `zeros` more, each divided by `unit`. */
function quantiles(histogram: QuantileHistogram, zeros: number, unit = 1): Quantiles {
  const quantile = (share: number): number | null => {
    const value = histogram.quantile(share, zeros);
    return value === null ? null : value / unit;
  };
  return { median: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: quantile(1) };
}

function traffic(amount: Amount, us: number): Traffic {
  const seconds = us / MICROS_PER_SECOND;
  return { ...amount, seconds, rateBps: ratio(amount.bytes * BITS_PER_BYTE, seconds) };
}

function sum(one: Amount, other: Amount): Amount {
  return { packets: one.packets + other.packets, bytes: one.bytes + other.bytes };
}

function ratio(part: number, whole: number): number | null {
  return whole === 0 ? null : part / whole;
}
