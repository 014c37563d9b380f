/**
 * The engine of a daemon: one long-running session, whose rules are replaced while it runs, and the safety breaker.
 * Each batch is decided before the next one is taken, also with workers. Changes are made between batches.
 */
import type { PacketBatch } from '../capture/packet-batch.ts';
import type { Counters } from '../dataplane/host/counters.ts';
import type { DecisionController, EndingFlows } from '../decision/decision-controller.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Decisions } from '../decision/decisions.ts';
import { DelayHistogram } from '../decision/delay-histogram.ts';
import type { OutcomeListener } from '../pipeline/outcome-listener.ts';
import { Session } from '../pipeline/session.ts';
import { RecentFlows } from '../decision/recent-flows.ts';
import type { Rules } from '../decision/rules.ts';
import { HitAdmission, type TripReport } from '../decision/hit-admission.ts';
import type { Tunnels } from '../decision/tunnels.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import type { Tracker } from '../dataplane/host/tracker.ts';
import {
  type ChangeEvaluation,
  evaluateChange,
  evaluateFlows,
  type FlowEvaluation,
} from '../policy/change-evaluation.ts';
import { hitLimitsOf } from '../policy/change-verdict.ts';
import type { RulesAt } from '../policy/trial-rules.ts';
import type { DecisionTable } from '../decision/decision-table.ts';
import type { ShadowedDecisions } from '../pipeline/shadowed-decisions.ts';
import type { ShadowComparison } from '../study/shadow/shadow-comparison.ts';
import type { ShadowSide } from './shadow-side.ts';
import { compareCoverage, type CoverageChange } from '../registry/coverage-change.ts';
import type { Snapshot } from '../core/snapshot.ts';

const MICROS_PER_MILLISECOND = 1000;

export class RunEngine {
  readonly table: FlowRows;
  readonly tunnels: Tunnels;
  readonly decisions: Decisions;
  readonly decisionTable: DecisionTable;
  readonly admission: HitAdmission;
  /** The flows on which changes of rules are tried. */
  readonly recent: RecentFlows;
  /** Wall-clock time minus the time of the last packet of each batch, after its decisions; for live sources. */
  readonly lag = new DelayHistogram();
  /** The last of these. */
  lastLagUs = 0;
  private readonly controller: DecisionController;
  private readonly session: Session;
  private readonly shadowed: ShadowedDecisions;
  private rulesNow: Rules;
  private shadowNow: ShadowSide | null = null;

  /** `key`: four words, the deployment's secret (policy/client-hash). */
  constructor(
    rules: Rules,
    tracker: Tracker,
    sink: DecisionSink,
    key: ArrayLike<number>,
    onTrip: (report: TripReport) => void,
    outcomes: OutcomeListener | null = null,
  ) {
    this.rulesNow = rules;
    const session = new Session(tracker);
    const { controller, table } = session;
    this.table = table;
    this.tunnels = controller.tunnels;
    this.admission = new HitAdmission(rules.policy.safety, key, onTrip);
    const { decisions, shadowed } = session.beginShadowed(rules, { sink, admission: this.admission, outcomes });
    this.decisions = decisions;
    this.session = session;
    this.shadowed = shadowed;
    this.decisionTable = controller.decisionTable;
    this.recent = new RecentFlows(table, controller.decisionTable, this.tunnels, () => this.timeUs);
    controller.watchEnds(this.recent);
    this.controller = controller;
  }

  get counters(): Counters {
    return this.session.counters;
  }

  get rules(): Rules {
    return this.rulesNow;
  }

  /** Packet time of the last packet; the wall-clock time before the first packet. */
  get timeUs(): number {
    const { lastTimeUs } = this.counters;
    return Number.isNaN(lastTimeUs) ? Date.now() * MICROS_PER_MILLISECOND : lastTimeUs;
  }

  /** The rules in use, at the packet time at which they are currently evaluated. */
  get rulesNowAt(): RulesAt {
    return { ...this.rulesNow, timeUs: Math.min(this.timeUs, this.decisions.rulesUntilUs) };
  }

  /**
   * The effect of other rules on the flows of the last hour, compared with the rules in use. `coverage` is the
   * comparison of the registries.
   */
  evaluate(rules: Rules, coverage: CoverageChange): ChangeEvaluation {
    return this.evaluateBetween(this.rulesNowAt, { ...rules, timeUs: this.timeUs }, coverage);
  }

  /**
   * The effect on these flows when packet time advances under the rules in use. `coverage` is the comparison of the
   * registry at both times, where the caller has it already.
   */
  evaluateDates(fromUs: number, toUs: number, coverage?: CoverageChange): ChangeEvaluation {
    const [before, after] = [
      { ...this.rulesNow, timeUs: fromUs },
      { ...this.rulesNow, timeUs: toUs },
    ];
    return this.evaluateBetween(before, after, coverage ?? compareCoverage(before, after));
  }

  private evaluateBetween(before: RulesAt, after: RulesAt, coverage: CoverageChange): ChangeEvaluation {
    // The limits of the policy in use: new rules cannot raise their own limits.
    const limits = hitLimitsOf(this.rulesNow.policy.safety);
    return evaluateChange(before, after, this.recent, this.timeUs, limits, coverage);
  }

  /** The effect of the rules in use on the flows of the last hour, compared with the rules before them. */
  evaluateSince(rules: Rules): FlowEvaluation {
    return evaluateFlows({ ...rules, timeUs: this.timeUs }, this.rulesNowAt, this.recent, this.timeUs);
  }

  /** Resolves when all packets of the batch are decided. */
  async process(batch: PacketBatch): Promise<void> {
    this.session.process(batch);
    await this.session.settle();
  }

  /** Notes how long ago the last packet was captured, by the wall clock. */
  noteLag(): void {
    this.lastLagUs = Math.max(0, Date.now() * MICROS_PER_MILLISECOND - this.counters.lastTimeUs);
    this.lag.observe(this.lastLagUs);
  }

  /** Replaces the rules; returns how many flows were decided again, and how many decisions changed. */
  replaceRules(rules: Rules): { readonly flows: number; readonly changed: number } {
    const { made } = this.decisions.counts;
    const before = made.reduce((sum, count) => sum + count, 0);
    this.rulesNow = rules;
    this.admission.breaker.useLimits(rules.policy.safety);
    const flows = this.decisions.replaceRules(rules, this.timeUs, this.counters.packets);
    this.decideShadowAgain(this.timeUs);
    return { flows, changed: made.reduce((sum, count) => sum + count, 0) - before };
  }

  /**
   * Adjusts to packet times that are greater by this from now on: windows and idle times are shifted, and flows are
   * decided again for the new time.
   */
  clockWasSet(byUs: number): void {
    this.admission.breaker.clockWasSet(byUs);
    this.shadowNow?.admission.breaker.clockWasSet(byUs);
    this.session.clockWasSet(byUs);
    if (this.counters.packets === 0) return;
    this.decisions.replaceRules(this.rulesNow, this.timeUs + byUs, this.counters.packets);
    this.decideShadowAgain(this.timeUs + byUs);
  }

  /** The rules that decide beside those in use; null for none. */
  get shadow(): ShadowSide | null {
    return this.shadowNow;
  }

  /** Begins a shadow in place of an earlier one: it decides the active flows now. Between two batches only. */
  beginShadow(side: ShadowSide): void {
    side.admission.takeOver(this.admission.breaker);
    this.shadowNow = side;
    const { table, timeUs, counters } = this;
    const makeListener = (active: DecisionTable, shadow: DecisionTable): ShadowComparison =>
      side.compare({ table, active, shadow });
    this.shadowed.begin(side.beside(this.rulesNow), side.admission, makeListener, timeUs, counters.packets);
  }

  endShadow(): void {
    this.shadowNow = null;
    this.shadowed.end();
  }

  /** What a shadow does to the flows of the last hour, compared with the rules in use. Both count as enforced. */
  evaluateShadow(side: ShadowSide): FlowEvaluation {
    const before: RulesAt = { ...this.rulesNowAt, mode: 'enforce' };
    return evaluateFlows(before, { ...side.beside(this.rulesNow), timeUs: this.timeUs }, this.recent, this.timeUs);
  }

  /** Throws if an invariant of the shadow's side is broken. To be called between two batches. */
  checkShadowInvariants(): void {
    this.shadowed.checkInvariants();
  }

  private decideShadowAgain(timeUs: number): void {
    if (this.shadowNow !== null)
      this.shadowed.replaceRules(this.shadowNow.beside(this.rulesNow), timeUs, this.counters.packets);
  }

  /** Copies its state, or puts a copy back: rules, limits and sizes must be the same. Between two batches, settled. */
  snapshot(walk: Snapshot): void {
    this.session.snapshot(walk, this.decisions);
    this.admission.snapshot(walk);
    this.recent.snapshot(walk);
    this.lag.snapshot(walk);
  }

  /** Resolves when no batch is being decided: the time for a change. */
  async settled(): Promise<void> {
    await this.session.settle();
  }

  /** Hands decided flows to it when they end. */
  watchEnds(receiver: EndingFlows): void {
    this.controller.watchEnds(receiver);
  }

  /**
   * Ends all flows and goes on with another capture, which has a clock of its own. Its packets are counted with those
   * before.
   */
  async nextCapture(): Promise<void> {
    await this.session.nextCapture();
    this.decisions.nextCapture();
    this.admission.breaker.nextCapture();
    this.shadowed.nextCapture();
    this.shadowNow?.admission.breaker.nextCapture();
  }

  async finish(): Promise<void> {
    await this.session.finish();
  }
}
