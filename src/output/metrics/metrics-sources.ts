/** The daemon's counters that the metrics read at each scrape. */
import type { Counters } from '../../dataplane/host/counters.ts';
import type { DecisionTallyRow } from '../../decision/decision-tally.ts';
import type { DelayHistogram } from '../../decision/delay-histogram.ts';
import type { LimitCounts } from '../../decision/hit-admission.ts';
import type { HitKind, HitOutcome } from '../../decision/registered-hits.ts';

export interface LogCounts {
  readonly lineCount: number;
  readonly byteCount: number;
  readonly droppedCount: number;
  readonly failureCount: number;
  readonly rotationCount: number;
  readonly waitedMs: number;
  readonly waitingBytes: number;
}

export interface CoverageFigures {
  readonly inForce: number;
  readonly ipv4Addresses: number;
  readonly ipv6Addresses: number;
}

export interface CalendarFigures {
  /** µs since 1970; Infinity for none. */
  readonly nextUs: number;
  readonly isHeld: boolean;
  /** Dates within a day that exceed the limits and are not confirmed. */
  readonly aheadBeyondCount: number;
}

/** What a shadow has counted since it began, and its evaluation of the last hour. */
export interface ShadowCounts {
  /** Name and hash of its policy, and hash of its registry. */
  readonly name: string;
  readonly sha256: string;
  readonly registrySha256: string;
  readonly flows: number;
  /** By active action * 3 + the shadow's action. */
  readonly flowsByAction: Float64Array;
  readonly flowsLeftOut: number;
  readonly registeredFlows: number;
  /** By outcome. */
  readonly packets: Float64Array;
  readonly hits: { readonly newlyHit: number; readonly noLongerHit: number; readonly registeredOrDeregistered: number };
  readonly lastHour: {
    readonly newlyHit: number;
    readonly noLongerHit: number;
    readonly registeredHit: number;
    readonly deregistered: number;
  };
  readonly trips: readonly { readonly trip: { readonly then: string } }[];
}

/** What a history has written, what waits and what was given up. Times in seconds. */
export interface HistoryFigures {
  readonly problem: unknown;
  readonly writtenMinutes: number;
  readonly waitingMinutes: number;
  readonly lost: number;
  readonly failures: number;
  readonly restarts: number;
  readonly fileBytes: number;
  readonly writes: number;
  readonly writeSeconds: number;
}

/** Scheduled reports since the start. */
export interface ReportFigures {
  readonly madeCount: number;
  readonly failureCount: number;
}

/** What is shipped to a fleet. */
export interface FleetFigures {
  readonly isConnected: boolean;
  readonly lineCount: number;
  readonly failureCount: number;
  readonly lostCount: number;
  readonly backlogBytes: number;
  /** Rows of the history that were acknowledged, those that were given up, and bytes of those that wait. */
  readonly rowCount: number;
  readonly lostRows: number;
  readonly waitingRowBytes: number;
}

/** The rules that a sensor has from its fleet. */
export interface FleetRulesFigures {
  /** The version of the bundle in use; 0 for the sensor's own files. */
  readonly version: number;
  /** The bundle of the sensor's ring, or its pointer, is not used. */
  readonly isRefused: boolean;
  readonly refusedCount: number;
}

/** What the fleet lends to a sensor of its limits. */
export interface FleetLeaseFigures {
  readonly isValid: boolean;
  /** Clients that may still newly be hit. */
  readonly left: number;
  readonly refusedCount: number;
  readonly hasTripped: boolean;
}

/** What checkpoints have come to; zeros without any. */
export interface CheckpointFigures {
  /** Checkpoints by result. */
  readonly counts: Readonly<Record<string, number>>;
  readonly bytes: number;
  /** When the last one was on disk, ms since 1970; 0 before the first. */
  readonly savedMs: number;
  /** Longest time for which packets waited for a copy. */
  readonly longestCopySeconds: number;
  /** Flows that this start could not take over. */
  readonly lostFlows: number;
  /** Changes whose events were written before a checkpoint had them. */
  readonly unsavedChanges: number;
}

export interface MetricsSources {
  readonly version: string;
  /** The share of packets that may be lost. */
  readonly lossBound: number;
  readonly source: {
    readonly kind: string;
    readonly backend: string;
    readonly problem: unknown;
    readonly counts: {
      readonly dropped: Readonly<Record<string, number>>;
      readonly restarts: number;
      readonly gapSeconds: number;
      readonly stalls: number;
      readonly files: Readonly<Record<string, number>>;
    };
  };
  readonly counters: Counters;
  readonly flowCapacity: number;
  readonly tunnels: { readonly count: number };
  readonly decisions: {
    readonly counts: {
      readonly tally: { rows(): DecisionTallyRow[] };
      readonly findings: Float64Array;
      readonly hits: { of(kind: HitKind, outcome: HitOutcome): number };
      readonly delays: DelayHistogram;
    };
    readonly mode: string;
  };
  readonly admission: {
    readonly tripCount: number;
    readonly breaker: {
      readonly trips: readonly { readonly then: string }[];
      limitCounts(): readonly LimitCounts[];
    };
  };
  readonly checkpoints: CheckpointFigures;
  /** State that could not be saved or, at the start, used. */
  readonly safety: { readonly failureCount: number };
  /** Notices to the webhook, by result. */
  readonly notices: { readonly counts: Readonly<Record<string, number>> };
  /** Packets with an implausible time, and times that the packet clock was set. */
  readonly clock: { readonly jumpCount: number; readonly clockSetCount: number };
  readonly lag: DelayHistogram;
  /** Null without a history. */
  readonly history: HistoryFigures | null;
  readonly reports: ReportFigures | null;
  readonly logs: readonly {
    readonly name: string;
    readonly lines: LogCounts;
    /** Null for a log that is no file. */
    readonly file: { readonly held: { readonly overtakenCount: number } } | null;
  }[];
  /** The chain of the log of decisions; null without one. */
  readonly logChain: { readonly entryCount: number; readonly failureCount: number } | null;
  /** Null for no fleet. */
  readonly fleet: FleetFigures | null;
  /** Null for rules that are not the fleet's. */
  readonly fleetRules: FleetRulesFigures | null;
  /** Null for no breaker of a fleet. */
  readonly fleetLease: FleetLeaseFigures | null;
  readonly rules: {
    readonly policy: { readonly name: string; readonly sha256: string; readonly rules: readonly unknown[] };
    readonly registry: { readonly sha256: string; readonly count: number };
    readonly versions?: { readonly policy: number | null; readonly registry: number | null };
  };
  /** Hash of the pair of policy and registry. */
  readonly rulesSha256: string;
  /** Coverage of the registry at the packet time. */
  readonly coverage: CoverageFigures;
  /** The flows on which changes of rules are tried. */
  readonly recent: { readonly endedCount: number; readonly overwrittenCount: number };
  readonly calendar: CalendarFigures;
  /** `counts`: null without a shadow. `reads`: readings of its files, by result. */
  readonly shadow: { readonly counts: ShadowCounts | null; readonly reads: Readonly<Record<string, number>> };
  /** True while refused rules wait for a confirmation. */
  readonly hasRefusedRules: boolean;
  /** Time of the last change of the registry's file and time of the last load of the rules, ms since 1970. */
  readonly registryChangedMs: number;
  readonly rulesLoadedMs: number;
  /** Reloads by result. */
  readonly reloads: Readonly<Record<string, number>>;
  /** HTTP requests by status. */
  readonly requests: ReadonlyMap<number, number>;
  /** Attempts to sign in to the console, and sign-outs, by result. */
  readonly signIns: ReadonlyMap<string, number>;
  readonly takeLoopLag: () => { readonly mean: number; readonly p99: number; readonly max: number };
}
