/**
 * An admission on trial: it notes the trips of its breaker and admits all clients. A replay, a comparison and the
 * daemon's shadow show by it whether a policy would trip its own limits.
 */
import type { Safety } from '../policy/limits.ts';
import type { Breaker } from './breaker/breaker.ts';
import type { Trip } from './breaker/trip.ts';
import type { FlowIdentity } from './flow-record.ts';
import { HitAdmission, type TripReport } from './hit-admission.ts';

/** A trip, and the rule that would have hit one client more. */
export interface TrialTrip {
  readonly trip: Trip;
  readonly rule: string;
}

/** The key of a trial: its counts are the same on every run. */
const TRIAL_KEY = [0x243f6a88, 0x85a308d3 | 0, 0x13198a2e, 0x03707344];

export class TrialAdmission extends HitAdmission {
  override readonly isTrial = true;
  /** The first trip of each kind: of suspected findings only, and of all. */
  readonly trips: TrialTrip[] = [];

  /**
   * `onTrip` receives each of these trips. `beside`: another trial that is always asked first about the same packets.
   */
  constructor(
    safety: Safety,
    onTrip: (report: TripReport) => void = () => undefined,
    beside: TrialAdmission | null = null,
  ) {
    const note = (report: TripReport): void => {
      this.trips.push({ trip: report.trip, rule: report.rule ?? '' });
      // It refuses all from here on, and no other trip follows.
      if (report.trip.then === 'observe') this.breaker.retire();
      onTrip(report);
    };
    super(safety, TRIAL_KEY, note, undefined, beside);
  }

  /** Trials of policies that decide the same packets side by side, in this order. */
  static sideBySide(safeties: readonly Safety[]): TrialAdmission[] {
    const admissions: TrialAdmission[] = [];
    for (const safety of safeties) admissions.push(new TrialAdmission(safety, undefined, admissions[0] ?? null));
    return admissions;
  }

  /**
   * Takes over the clients that a breaker has seen and hit, and its key, but not its trips: the trial then goes on as
   * that breaker would after a change of its policy.
   */
  takeOver(breaker: Breaker): void {
    this.breaker.importState({ ...breaker.exportState(), trips: [], registeredHits: 0 }, Infinity);
    this.breaker.importSeen(breaker.exportSeen());
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
