/**
 * A shadow while it decides: its rules, its breaker on trial, and what it has decided otherwise than the active rules.
 * It is decided as if it was enforced, whatever its `mode` says.
 */
import { TrialAdmission } from '../decision/trial-admission.ts';
import type { Rules } from '../decision/rules.ts';
import type { TripReport } from '../decision/hit-admission.ts';
import type { FlowEvaluation } from '../policy/change-evaluation.ts';
import { type ComparedSides, type RegisteredHit, ShadowComparison } from '../study/shadow/shadow-comparison.ts';
import type { ShadowRules } from './shadow-rules.ts';

/** Receives what a shadow would do that an operator must see at once. */
export interface ShadowAlarms {
  registeredHit(hit: RegisteredHit): void;
  wouldTrip(report: TripReport): void;
}

/** An evaluation on the flows of the last hour, at a packet time. */
export interface LastHour {
  readonly timeUs: number;
  readonly evaluation: FlowEvaluation;
}

export class ShadowSide {
  readonly rules: ShadowRules;
  readonly admission: TrialAdmission;
  /** Packet time at which it began. */
  readonly sinceUs: number;
  private readonly alarms: ShadowAlarms;
  private compared: ShadowComparison | null = null;

  constructor(rules: ShadowRules, sinceUs: number, alarms: ShadowAlarms) {
    this.rules = rules;
    this.sinceUs = sinceUs;
    this.alarms = alarms;
    this.admission = new TrialAdmission(rules.policy.safety, (report) => {
      alarms.wouldTrip(report);
    });
  }

  /** Begins the comparison with the active rules. */
  compare(sides: Omit<ComparedSides, 'shadowPolicy'>): ShadowComparison {
    const { rules, alarms } = this;
    this.compared = new ShadowComparison({ ...sides, shadowPolicy: rules.policy }, (hit) => {
      alarms.registeredHit(hit);
    });
    return this.compared;
  }

  /** What was counted since it began; it must have begun. */
  get comparison(): ShadowComparison {
    return this.compared!;
  }

  /** Its rules beside active ones, whose registry it shares unless it has its own. */
  beside({ registry }: Rules): Rules {
    return { policy: this.rules.policy, registry: this.rules.registry ?? registry, mode: 'enforce' };
  }
}
