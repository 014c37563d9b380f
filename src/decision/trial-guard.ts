/**
 * The safety breaker on trial: it notes its trips but stops nothing. A replay shows by it whether a policy would trip
 * its own limits.
 */
import type { Safety } from '../policy/limits.ts';
import type { Trip } from './breaker/trip.ts';
import type { FlowIdentity } from './flow-record.ts';
import { SafetyGuard } from './safety-guard.ts';

/** A trip, and the rule that would have hit one client more. */
export interface TrialTrip {
  readonly trip: Trip;
  readonly rule: string;
}

/** The key of a trial: its counts are the same on every run. */
const TRIAL_KEY = [0x243f6a88, 0x85a308d3 | 0, 0x13198a2e, 0x03707344];

export class TrialGuard extends SafetyGuard {
  /** The first trip of each kind: of suspected findings only, and of all. */
  readonly trips: TrialTrip[] = [];

  constructor(safety: Safety) {
    super(safety, TRIAL_KEY, ({ trip, rule }) => {
      this.trips.push({ trip, rule: rule ?? '' });
    });
  }

  override get hasTripped(): boolean {
    return false;
  }

  override refuses(): boolean {
    return false;
  }

  override admit(flow: FlowIdentity, timeUs: number, stage: number, rule: string, isHarm: boolean): boolean {
    super.admit(flow, timeUs, stage, rule, isHarm);
    return true;
  }
}
