/**
 * The alerts of deploy/prometheus, evaluated by the daemon for its page. Prometheus waits up to some minutes before
 * it sends one; here an alert shows as soon as its condition holds.
 */
import { DELAY_BOUNDS_SECONDS } from '../../decision/delay-histogram.ts';
import { isLossBeyond } from '../../history/incident/loss-bound.ts';
import type { AlertName } from '../../web/api/alert-names.ts';

/** What alerts are evaluated by, at one time. Counts are since the start. */
export interface AlertSample {
  readonly atMs: number;
  readonly tripped: readonly string[];
  /** Registered hits that are not on purpose. */
  readonly registeredHits: number;
  readonly registryRows: number;
  readonly sourceProblem: string | null;
  readonly sourceKind: string;
  readonly isHeld: boolean;
  readonly aheadBeyond: number;
  readonly hasRefused: boolean;
  readonly registryAgeMs: number;
  readonly packets: number;
  readonly unreadFiles: number;
  readonly lostPackets: number;
  /** The share of packets that may be lost. */
  readonly lossBound: number;
  readonly failedReloads: number;
  readonly lostLines: number;
  readonly evictedFlows: number;
  readonly timeJumps: number;
  readonly stateFailures: number;
  readonly failedNotices: number;
  /** The bundle of the fleet is not used. */
  readonly refusesBundle: boolean;
  /** The breaker of the fleet lets nothing be enforced. */
  readonly hasNoLease: boolean;
  /** Registered clients that the shadow would newly hit since it began, and trips that its breaker would have had. */
  readonly shadowRegistered: number;
  readonly shadowTrips: number;
  /** Why the history cannot be written; null while it can. */
  readonly historyProblem: string | null;
  readonly lostRecords: number;
  /** Decisions by delay, in the intervals of DELAY_BOUNDS_SECONDS. */
  readonly delays: Float64Array;
}

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const WEEK_MS = 7 * 24 * HOUR_MS;
const WINDOW_MS = 5 * MINUTE_MS;
const INCREASE_MS = 15 * MINUTE_MS;
const SHRUNK = 0.9;
const LATE_SECONDS = 1;
const QUANTILE = 0.99;

/** Samples of the last hour. */
export class AlertHistory {
  private readonly samples: AlertSample[] = [];
  private readonly everyMs: number;

  constructor(everyMs = 15_000) {
    this.everyMs = everyMs;
  }

  /** A sample is due. */
  isDue(nowMs: number): boolean {
    return this.samples.length === 0 || nowMs - this.samples.at(-1)!.atMs >= this.everyMs;
  }

  add(sample: AlertSample): void {
    this.samples.push(sample);
    while (this.samples[0]!.atMs < sample.atMs - HOUR_MS) this.samples.shift();
  }

  /** The last sample that is at least so old; the first one if none is. Null without any. */
  before(now: AlertSample, ageMs: number): AlertSample | null {
    return this.earlier(now, ageMs) ?? this.samples[0] ?? null;
  }

  /** The last sample that is at least so old; null if the daemon is younger. */
  earlier(now: AlertSample, ageMs: number): AlertSample | null {
    return this.samples.findLast(({ atMs }) => atMs <= now.atMs - ageMs) ?? null;
  }

  /** The largest number of registry rows. */
  get mostRows(): number {
    return Math.max(0, ...this.samples.map(({ registryRows }) => registryRows));
  }

  /** The alerts that hold now. */
  firing(now: AlertSample): AlertName[] {
    const conditions = Object.entries(CONDITIONS) as [AlertName, Condition][];
    return conditions.filter(([, holds]) => holds(now, this)).map(([name]) => name);
  }
}

type Condition = (now: AlertSample, history: AlertHistory) => boolean;
type Count = { readonly [Key in keyof AlertSample]: AlertSample[Key] extends number ? Key : never }[keyof AlertSample];

function grew(name: Count, ageMs = INCREASE_MS): Condition {
  return (now, history) => now[name] > (history.before(now, ageMs)?.[name] ?? now[name]);
}

/** SluiceDown is not among them: a daemon that does not run evaluates nothing. */
const CONDITIONS: Readonly<Record<Exclude<AlertName, 'SluiceDown'>, Condition>> = {
  SluiceBreakerTripped: ({ tripped }) => tripped.includes('observe'),
  SluiceRegisteredHit: ({ registeredHits }) => registeredHits > 0,
  SluiceRegistryShrunk: ({ registryRows }, history) => registryRows < SHRUNK * history.mostRows,
  SluiceSourceDown: ({ sourceProblem }) => sourceProblem !== null,
  SluiceDateHeld: ({ isHeld }) => isHeld,
  SluiceSuspectedIgnored: ({ tripped }) => tripped.includes('ignore-suspected'),
  SluiceNoPackets: (now, history) => {
    const before = history.before(now, WINDOW_MS);
    // Captures that have been read bring no more packets.
    if (now.sourceKind === 'captures' || before === null) return false;
    return now.atMs - before.atMs >= WINDOW_MS && now.packets === before.packets;
  },
  SluiceSpoolFileUnread: grew('unreadFiles', HOUR_MS),
  SluiceCaptureDrops: (now, history) => {
    const before = history.before(now, WINDOW_MS);
    if (before === null) return false;
    return isLossBeyond(now.lossBound, now.lostPackets - before.lostPackets, now.packets - before.packets);
  },
  SluiceReloadFailed: grew('failedReloads'),
  SluiceRulesRefused: ({ hasRefused }) => hasRefused,
  SluiceFleetBundleRefused: ({ refusesBundle }) => refusesBundle,
  SluiceFleetNoLease: ({ hasNoLease }) => hasNoLease,
  SluiceDateAhead: ({ aheadBeyond }) => aheadBeyond > 0,
  SluiceRegistryOld: ({ registryAgeMs }) => registryAgeMs > WEEK_MS,
  SluiceEventsLost: grew('lostLines'),
  SluiceFlowsEvicted: grew('evictedFlows'),
  SluiceLate: (now, history) => {
    const before = history.before(now, WINDOW_MS);
    return now.sourceKind !== 'spool' && before !== null && isLate(now.delays, before.delays);
  },
  SluiceTimeJumps: grew('timeJumps'),
  SluiceStateNotKept: (now, history) => now.stateFailures > (history.earlier(now, INCREASE_MS)?.stateFailures ?? 0),
  SluiceNoticesFailed: grew('failedNotices'),
  SluiceShadowRegisteredHit: ({ shadowRegistered }) => shadowRegistered > 0,
  SluiceShadowWouldTrip: ({ shadowTrips }) => shadowTrips > 0,
  SluiceHistoryNotWritten: ({ historyProblem }) => historyProblem !== null,
  SluiceHistoryLost: grew('lostRecords', HOUR_MS),
};

/** More than one decision in a hundred came more than a second after its packet. */
function isLate(now: Float64Array, before: Float64Array): boolean {
  const grown = now.map((count, at) => count - before[at]!);
  const inTime = DELAY_BOUNDS_SECONDS.filter((bound) => bound <= LATE_SECONDS).length;
  const sum = (counts: Float64Array): number => counts.reduce((total, count) => total + count, 0);
  return sum(grown) > 0 && sum(grown.subarray(0, inTime)) < QUANTILE * sum(grown);
}
