/**
 * The figures of a throttle rule as a JSON object. The names of its keys are an interface for users: never rename them.
 */
import { throttleFigures } from './throttle-figures.ts';
import type { ThrottleStudy } from './throttle-study.ts';
import type { Amount, Traffic, Quantiles, SlowdownFigures, ThrottleFigures } from './throttle-figures.ts';

/** A throttle rule as JSON. */
export type ThrottleFields = ReturnType<typeof throttleJson>;

/** The throttle rules of a study, in the order of the policy. */
export function throttlesJson({ totals }: ThrottleStudy): ThrottleFields[] {
  return totals.map((rule) => throttleJson(throttleFigures(rule)));
}

function throttleJson(figures: ThrottleFigures) {
  const { offered, delivered, forwarded, delayed, dropped } = figures;
  return {
    rule: figures.rule,
    per: figures.per,
    rate_bps: figures.rateBps,
    burst_bytes: figures.burstBytes,
    buckets: figures.buckets,
    unregistered_flows: figures.unregisteredFlows,
    counted_early: figures.countedEarly,
    offered: trafficJson(offered),
    delivered: trafficJson(delivered),
    forwarded: amountJson(forwarded),
    delayed: amountJson(delayed),
    dropped: amountJson(dropped),
    loss: { packets: figures.lossPackets, bytes: figures.lossBytes },
    delay_us: quantilesJson(figures.delayUs),
    delayed_us: quantilesJson(figures.delayedUs),
    slowdown: slowdownJson(figures.slowdown),
  };
}

function slowdownJson(slowdown: SlowdownFigures) {
  return {
    ...quantilesJson(slowdown),
    added_seconds: quantilesJson(slowdown.addedSeconds),
    taken_seconds: slowdown.takenSeconds,
    needed_seconds: slowdown.neededSeconds,
    at_once: slowdown.atOnce,
    histogram: slowdown.histogram.map(({ upTo, buckets }) => ({ up_to: upTo, buckets })),
  };
}

function amountJson({ packets, bytes }: Amount): Amount {
  return { packets, bytes };
}

function trafficJson({ packets, bytes, seconds, rateBps }: Traffic) {
  return { packets, bytes, seconds, rate_bps: rateBps };
}

function quantilesJson({ median, p95, p99, max }: Quantiles): Quantiles {
  return { median, p95, p99, max };
}
