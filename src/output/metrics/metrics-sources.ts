/** What the metrics are read from: plain counters of the parts of a daemon, looked at when somebody asks. */
import type { Counters } from '../../dataplane/counters.ts';
import type { DecisionTallyRow } from '../../decision/decision-tally.ts';
import type { DelayHistogram } from '../../decision/delay-histogram.ts';
import type { LimitCounts } from '../../decision/safety-guard.ts';
import type { HitKind, HitOutcome } from '../../decision/registered-hits.ts';

export interface LogCounts {
  readonly lineCount: number;
  readonly octetCount: number;
  readonly droppedCount: number;
  readonly failureCount: number;
  readonly rotationCount: number;
  readonly waitedMs: number;
  readonly waitingOctets: number;
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
  /** Dates within a day that are beyond the limits and not confirmed. */
  readonly aheadBeyondCount: number;
}

export interface MetricsSources {
  readonly version: string;
  readonly source: {
    readonly kind: string;
    readonly backend: string;
    readonly problem: string | null;
    readonly counts: {
      readonly dropped: Readonly<Record<string, number>>;
      readonly restarts: number;
      readonly gapSeconds: number;
      readonly stalls: number;
      readonly files: Readonly<Record<string, number>>;
    };
  };
  readonly counters: Counters;
  readonly table: { readonly activeCount: number; readonly capacity: number };
  readonly tunnels: { readonly count: number };
  readonly decisions: {
    readonly tally: { rows(): DecisionTallyRow[] };
    readonly findings: Float64Array;
    readonly hits: { of(kind: HitKind, outcome: HitOutcome): number };
    readonly delays: DelayHistogram;
    readonly mode: string;
  };
  readonly guard: {
    readonly tripCount: number;
    readonly breaker: {
      readonly trips: readonly { readonly then: string }[];
      limitCounts(): readonly LimitCounts[];
    };
  };
  /** Times that the state of the safety breaker could not be kept. */
  readonly safety: { readonly failureCount: number };
  /** Notices to the webhook, by what became of them. */
  readonly notices: { readonly counts: Readonly<Record<string, number>> };
  /** Packets with a time that was off, and times that a clock was set. */
  readonly clock: { readonly jumpCount: number; readonly clockSetCount: number };
  readonly lag: DelayHistogram;
  readonly logs: readonly { readonly name: string; readonly lines: LogCounts }[];
  readonly rules: {
    readonly policy: { readonly name: string; readonly sha256: string; readonly rules: readonly unknown[] };
    readonly registry: { readonly sha256: string; readonly count: number };
    readonly versions?: { readonly policy: number | null; readonly registry: number | null };
  };
  /** Hash of the pair of policy and registry. */
  readonly rulesSha256: string;
  /** What the registry covers now. */
  readonly coverage: CoverageFigures;
  /** The flows on which changes of rules are tried. */
  readonly recent: { readonly endedCount: number; readonly overwrittenCount: number };
  readonly calendar: CalendarFigures;
  /** Rules that were refused wait for a confirmation. */
  readonly hasRefusedRules: boolean;
  /** When the registry's file was last changed, and when the rules were last loaded: ms since 1970. */
  readonly registryChangedMs: number;
  readonly rulesLoadedMs: number;
  /** Reloads by result. */
  readonly reloads: Readonly<Record<string, number>>;
  /** HTTP requests by status. */
  readonly requests: ReadonlyMap<number, number>;
  readonly takeLoopLag: () => { readonly mean: number; readonly p99: number; readonly max: number };
}
