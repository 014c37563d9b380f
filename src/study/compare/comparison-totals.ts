/** Everything that a comparison shows, as text or as JSON. */
import type { TrialTrip } from '../../decision/trial-admission.ts';
import type { Counters } from '../../dataplane/host/counters.ts';
import type { Incomplete } from '../../pipeline/capture-run.ts';
import type { Provenance } from '../../output/provenance/provenance.ts';
import type { Interruption } from '../../output/summary/interruption.ts';
import type { FilesBack } from '../../pipeline/file-order.ts';
import type { ThrottleFields } from '../throttle/throttle-json.ts';
import type { Comparison } from './comparison.ts';
import type { LargestChanges } from './largest-changes.ts';

/** A set of rules, and what it would have done by itself. */
export interface ComparedRules {
  /** `A`, `B`, …: the place among all. */
  readonly letter: string;
  readonly policy: { readonly file: string; readonly name: string; readonly sha256: string; readonly rules: number };
  readonly registry: { readonly file: string; readonly sha256: string; readonly entries: number };
  /** Trips that its breaker would have had: the first of each kind. */
  readonly trips: readonly TrialTrip[];
  /** What its throttle rules would have done; null if that was not collected. */
  readonly throttles: readonly ThrottleFields[] | null;
}

export interface ComparisonTotals {
  readonly captureCount: number;
  readonly incomplete: readonly Incomplete[];
  /** Null if the captures were read to their end. */
  readonly interruption: Interruption | null;
  readonly filesBack: FilesBack;
  readonly counters: Counters;
  readonly rules: readonly ComparedRules[];
  readonly comparison: Comparison;
  /** By pair: the flows that change most. */
  readonly largest: readonly LargestChanges[];
  /** Registrations show their holders. */
  readonly showsHolders: boolean;
  readonly provenance: Provenance;
}
