/**
 * Decides flows with a finding: looks up both ends in the registry, applies the policy, and hands each change to the
 * sink. A decision is made again when the stage changes, at a packet after a boundary of policy or registry, and when
 * the flow's packets or bytes reach a minimum of a rule. In mode enforce it also gives the outcome of each packet, if
 * hits of the client are admitted.
 *
 * Rules are replaced between two batches. Every flow that has a decision is decided again, and changes go to the sink
 * like any other change.
 */
import { Outcome } from '../dataplane/host/outcome.ts';
import { NO_ROOM } from './token-bucket.ts';
import type { EvidenceRows } from '../dataplane/host/evidence-rows.ts';
import { STAGE_NAMES } from '../dataplane/host/finding.ts';
import { FlowWord, ROW_WORDS } from '../dataplane/host/flow-row.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import { Action } from '../policy/action.ts';
import { actionOf, decidingRule, reasonOf } from '../policy/decide.ts';
import type { DecisionInput } from '../policy/decision-input.ts';
import type { Mode } from '../policy/mode.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import { DecisionBasis } from './decision-basis.ts';
import { DecisionBuckets } from './decision-buckets.ts';
import { DecisionCounts } from './decision-counts.ts';
import type { DecisionSink, DecisionView } from './decision-sink.ts';
import { DueDecisions } from './due-decisions.ts';
import { FlowRecord } from './flow-record.ts';
import { HitControl } from './hit-control.ts';
import { QuietTimes } from './quiet-times.ts';
import type { Rules } from './rules.ts';
import type { HitAdmission } from './hit-admission.ts';
import type { ThrottleListener } from './throttle-listener.ts';
import { DecisionViews, isSameRegistration, NO_ACTION, ruleName } from './decision-views.ts';
import { DECISION_WORDS, type DecisionTable, DecisionWord, VPN_FLOW_WORDS, VpnFlowWord } from './decision-table.ts';
import type { Tunnels } from './tunnels.ts';
import type { Snapshot } from '../core/snapshot.ts';

export class Decisions {
  readonly counts = new DecisionCounts();
  /** Delay of the last packet whose outcome was DELAYED, microseconds. */
  delayUs = 0;
  /** Rules and registrations are evaluated at this packet time at most: a later date has no effect yet. */
  rulesUntilUs = Infinity;

  private readonly table: FlowRows;
  private readonly ownRows: EvidenceRows;
  private readonly tunnels: Tunnels;
  private rules: Rules;
  private rulesBefore: Rules;
  private rulesGeneration = 1;
  private readonly sink: DecisionSink;
  private readonly admission: HitAdmission | null;
  private readonly throttles: ThrottleListener | null;
  private readonly record: FlowRecord;
  private readonly decisionTable: DecisionTable;
  private readonly basis: DecisionBasis;
  private readonly buckets: DecisionBuckets;
  private readonly due: DueDecisions;
  private readonly hitControl: HitControl;
  private readonly quietTimes: QuietTimes;
  private readonly views: DecisionViews;
  /** The decisions that these follow, and those that follow these: by other policies, with the same registry. */
  private readonly lead: Decisions | null;
  private readonly followers: Decisions[] = [];

  constructor(
    table: FlowRows,
    decisionTable: DecisionTable,
    ownRows: EvidenceRows,
    tunnels: Tunnels,
    rules: Rules,
    sink: DecisionSink,
    admission: HitAdmission | null = null,
    throttles: ThrottleListener | null = null,
    lead: Decisions | null = null,
  ) {
    this.table = table;
    this.decisionTable = decisionTable;
    this.buckets = new DecisionBuckets(decisionTable, throttles);
    this.tunnels = tunnels;
    this.ownRows = ownRows;
    this.rules = rules;
    this.rulesBefore = rules;
    this.lead = lead;
    lead?.followers.push(this);
    this.record = lead?.record ?? new FlowRecord();
    this.basis = lead?.basis ?? new DecisionBasis(rules.registry, tunnels);
    this.views = new DecisionViews(rules);
    this.counts.tally.useRules(rules.policy.rules);
    this.due = new DueDecisions(table, decisionTable, rules);
    this.quietTimes = new QuietTimes(decisionTable, this.due, admission);
    this.sink = sink;
    this.admission = admission;
    this.throttles = throttles;
    this.hitControl = new HitControl(table, decisionTable, this.basis, rules, admission, this.counts.hits);
  }

  /** The input of the last decision. */
  get input(): DecisionInput {
    return this.basis.input;
  }

  /**
   * No registration is in force for the flow of the last decision, but one for another protocol covers an end of it.
   */
  get isRegisteredOtherwise(): boolean {
    return this.basis.isRegisteredOtherwise();
  }

  /** Copies its state and that of its table, or puts a copy back: the rules must be the same. Between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('decisions');
    this.rulesGeneration = walk.number(this.rulesGeneration);
    this.rulesUntilUs = walk.number(this.rulesUntilUs);
    this.decisionTable.snapshot(walk, this.table.lastSlot);
    this.tunnels.snapshot(walk);
    this.buckets.snapshot(walk);
    this.due.snapshot(walk);
    this.counts.snapshot(walk);
  }

  /** The mode in effect: that of the rules, unless the breaker has tripped. */
  get mode(): Mode {
    return this.admission?.hasTripped === true ? 'observe' : this.rules.mode;
  }

  /**
   * Swaps the rules and decides every flow again that has a decision, at a packet time. Returns how many there were.
   */
  replaceRules(rules: Rules, timeUs: number, packet: number): number {
    this.rulesBefore = this.rules;
    this.rules = rules;
    this.rulesGeneration++;
    this.basis.registry = rules.registry;
    this.hitControl.rules = rules;
    this.views.useRules(rules);
    this.counts.tally.useRules(rules.policy.rules);
    this.due.useRules(rules);
    if (rules.policy.sha256 !== this.rulesBefore.policy.sha256) this.buckets.forget();
    const { table } = this;
    let count = 0;
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (!table.isActive(slot) || this.decisionTable.numberOf(slot) === 0) continue;
      this.decide(slot, timeUs, packet);
      count++;
    }
    this.rulesBefore = rules;
    return count;
  }

  /** Another capture begins, with a clock of its own; all flows of the one before have ended. Its buckets are full. */
  nextCapture(): void {
    this.buckets.forget();
  }

  found(slot: number, timeUs: number, packet: number): void {
    this.decide(slot, timeUs, packet);
  }

  /**
   * The packet time before which no packet from `timeUs` on changes a decision, is affected by one, or is shown to the
   * breaker; `timeUs` if any may.
   */
  noChangeUntil(timeUs: number): number {
    return this.rules.mode === 'observe' && this.admission === null ? this.due.noChangeUntil(timeUs) : timeUs;
  }

  /** The packet time before which no packet of a flow does any of this; -Infinity if any may. */
  quietUntil(slot: number): number {
    const number = this.decisionTable.numberOf(slot);
    return number === 0 ? -Infinity : this.quietTimes.quietUntil(number, this.rules.mode);
  }

  /** The same for packets that are dropped like the one before. */
  steadyUntil(slot: number): number {
    const number = this.decisionTable.numberOf(slot);
    return number === 0 ? -Infinity : this.quietTimes.steadyUntil(number, this.rules.mode);
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const number = this.decisionTable.numberOf(slot);
    if (number === 0) return Outcome.FORWARDED;
    const timeUs = this.table.numbers[(slot * ROW_WORDS + FlowWord.LAST_TIME) >> 1]!;
    return this.packetAt(timeUs, number, slot, wireLength, packet);
  }

  /** The same for a packet at a time, of a flow whose decision has this number. */
  packetAt(timeUs: number, number: number, slot: number, wireLength: number, packet: number): Outcome {
    if (this.due.isDue(slot, number, Math.min(timeUs, this.rulesUntilUs))) this.decide(slot, timeUs, packet);
    const { admission } = this;
    if (admission !== null && timeUs >= this.decisionTable.shownUntil[number]!)
      this.hitControl.show(admission, number, slot, timeUs);
    if (this.rules.mode === 'observe') return Outcome.FORWARDED;
    if (this.decisionTable.words[number * DECISION_WORDS + DecisionWord.ACTION] === Action.ALLOW)
      return Outcome.FORWARDED;
    return this.outcome(number, slot, wireLength, timeUs);
  }

  /** The sink receives the ends of all flows, also of those without a decision. */
  get reportsAllFlowEnds(): boolean {
    return this.sink.ended !== undefined;
  }

  ended(slot: number, reason: FlowEnd): void {
    const { decisionTable, sink } = this;
    const { words } = decisionTable;
    const number = decisionTable.numberOf(slot);
    const row = number * DECISION_WORDS;
    if (sink.ended !== undefined) {
      this.record.read(
        this.table,
        decisionTable,
        slot,
        this.tunnels.nameOf(slot),
        this.ownRows,
        this.tunnels.evidenceLog,
      );
      sink.ended(this.record, number === 0 ? null : this.shown(row, NO_ACTION), reason);
    }
    if (number === 0) return;
    this.counts.flows.bump(
      words[row + DecisionWord.PROTOCOL]!,
      words[row + DecisionWord.STAGE]!,
      words[row + DecisionWord.ACTION]!,
    );
    this.buckets.release(row);
    decisionTable.end(number);
  }

  /** Throws if an invariant is broken. To be called between two batches. */
  checkInvariants(): void {
    const slots = this.table.activeSlots();
    this.decisionTable.checkInvariants(slots);
    this.tunnels.checkInvariants(slots);
    this.buckets.checkInvariants(slots);
  }

  /** The outcome of a packet under a throttle or a block. A client is hit once a packet is dropped or delayed. */
  private outcome(number: number, slot: number, wireLength: number, timeUs: number): Outcome {
    const { words } = this.decisionTable;
    const row = number * DECISION_WORDS;
    if (words[row + DecisionWord.ACTION] === Action.BLOCK)
      return this.hitControl.mayHit(number, slot, timeUs) ? Outcome.DROPPED : Outcome.FORWARDED;
    if (this.admission?.refuses(words[row + DecisionWord.STAGE]!) === true) return Outcome.FORWARDED;
    const delay = this.buckets.take(row, wireLength, timeUs);
    let outcome: Outcome = delay === NO_ROOM ? Outcome.DROPPED : Outcome.DELAYED;
    if (delay === 0 || !this.hitControl.mayHit(number, slot, timeUs)) outcome = Outcome.FORWARDED;
    if (outcome === Outcome.DELAYED) this.delayUs = delay;
    const { throttles } = this;
    if (throttles !== null) {
      const delayUs = outcome === Outcome.DELAYED ? delay : 0;
      throttles.packet(this.buckets.of(row), wireLength, timeUs, outcome, delayUs);
    }
    return outcome;
  }

  /** Decides a flow, for the first time or again; those that follow decide it too. */
  private decide(slot: number, timeUs: number, packet: number): void {
    const { basis, record, decisionTable, followers } = this;
    const tunnel = this.tunnels.of(slot);
    const isFirst = decisionTable.numberOf(slot) === 0;
    record.read(this.table, decisionTable, slot, null, this.ownRows, this.tunnels.evidenceLog);
    const sharesRegistration = basis.fill(record, tunnel, Math.min(timeUs, this.rulesUntilUs));
    this.apply(slot, isFirst, timeUs, packet);
    for (const follower of followers) follower.apply(slot, isFirst, timeUs, packet);
    if (!sharesRegistration) return;
    const { firstSlot, nextSlot } = this.tunnels.columns;
    for (let other = firstSlot[tunnel]!; other !== 0; other = nextSlot[other]!)
      if (other !== slot) (this.lead ?? this).decide(other, timeUs, packet);
  }

  /** Decides the flow of the input. The sink receives the decision if it differs from the one before. */
  private apply(slot: number, isFirst: boolean, timeUs: number, packet: number): void {
    const { record, rules, decisionTable } = this;
    const { input } = this.basis;
    const rule = decidingRule(rules.policy, input);
    const reason = reasonOf(rules.policy, rule, input);
    const number = isFirst ? this.beginDecision(slot) : decisionTable.numberOf(slot);
    const row = number * DECISION_WORDS;
    const { words } = decisionTable;
    if (isFirst) this.counts.delays.observe(timeUs - record.firstTimeUs);
    if (words[row + DecisionWord.STAGE] !== input.stage || words[row + DecisionWord.PROTOCOL] !== input.protocol) {
      this.counts.findings[input.protocol * STAGE_NAMES.length + input.stage]!++;
    }
    this.due.schedule(number, input);
    decisionTable.shownUntil[number] = -Infinity;
    decisionTable.shownAt[number] = 0;
    this.table.setQuietUntil(slot, -Infinity);
    const isNew = isFirst || !this.isSame(row, rule, reason);
    if (isNew) {
      const previous = isFirst ? NO_ACTION : words[row + DecisionWord.ACTION]!;
      this.take(number, rule, reason, timeUs);
      this.announce(slot, row, previous, timeUs, packet);
    } else if (words[row + DecisionWord.RULES_GENERATION] !== this.rulesGeneration) {
      this.take(number, rule, reason, timeUs);
    }
    this.hitControl.note(number, slot, isNew, timeUs);
  }

  /** Begins the decision of a flow; the lead gives its number. */
  private beginDecision(slot: number): number {
    const { decisionTable } = this;
    if (this.lead !== null) {
      const number = decisionTable.numberOf(slot);
      decisionTable.beginRow(number);
      return number;
    }
    const number = decisionTable.begin();
    decisionTable.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.DECISION] = number;
    return number;
  }

  /** True if the decision for the input is the one in the row: by its numbers or, after new rules, by its words. */
  private isSame(row: number, rule: number, reason: number): boolean {
    const { input, rules, rulesBefore } = this;
    const { words } = this.decisionTable;
    if (
      words[row + DecisionWord.REASON] !== reason ||
      words[row + DecisionWord.STAGE] !== input.stage ||
      words[row + DecisionWord.PROTOCOL] !== input.protocol
    )
      return false;
    const ruleBefore = words[row + DecisionWord.RULE]!;
    const source = words[row + DecisionWord.SOURCE_REGISTRATION]!;
    const destination = words[row + DecisionWord.DESTINATION_REGISTRATION]!;
    if (words[row + DecisionWord.RULES_GENERATION] === this.rulesGeneration) {
      return (
        ruleBefore === rule && source === input.sourceRegistration && destination === input.destinationRegistration
      );
    }
    return (
      words[row + DecisionWord.ACTION] === actionOf(rules.policy, rule) &&
      ruleName(rulesBefore, ruleBefore) === ruleName(rules, rule) &&
      isSameRegistration(rulesBefore, source, rules, input.sourceRegistration) &&
      isSameRegistration(rulesBefore, destination, rules, input.destinationRegistration)
    );
  }

  /** Writes the decision for the input into its row. */
  private take(number: number, rule: number, reason: number, timeUs: number): void {
    const { input } = this;
    const { words } = this.decisionTable;
    const row = number * DECISION_WORDS;
    const action = actionOf(this.rules.policy, rule);
    // Hits are limited by stage, so a client is admitted again when its stage changes.
    if (words[row + DecisionWord.ACTION] !== action || words[row + DecisionWord.STAGE] !== input.stage)
      words[row + DecisionWord.ADMITTED_BY] = 0;
    words[row + DecisionWord.RULE] = rule;
    words[row + DecisionWord.ACTION] = action;
    words[row + DecisionWord.REASON] = reason;
    words[row + DecisionWord.PROTOCOL] = input.protocol;
    words[row + DecisionWord.STAGE] = input.stage;
    words[row + DecisionWord.SOURCE_REGISTRATION] = input.sourceRegistration;
    words[row + DecisionWord.DESTINATION_REGISTRATION] = input.destinationRegistration;
    words[row + DecisionWord.RULES_GENERATION] = this.rulesGeneration;
    this.buckets.hold(number, this.rules, this.rulesGeneration, input.source, timeUs);
  }

  /** Counts a decision and hands it to the sink. */
  private announce(slot: number, row: number, previous: number, timeUs: number, packet: number): void {
    const { sink } = this;
    const { words } = this.decisionTable;
    const action = words[row + DecisionWord.ACTION]!;
    const registered =
      (words[row + DecisionWord.SOURCE_REGISTRATION] === NO_REGISTRATION ? 0 : 1) +
      (words[row + DecisionWord.DESTINATION_REGISTRATION] === NO_REGISTRATION ? 0 : 2);
    this.counts.made[action]!++;
    this.counts.tally.bump(words[row + DecisionWord.RULE]!, action, words[row + DecisionWord.PROTOCOL]!, registered);
    if (sink.decided === undefined) return;
    this.record.tunnel = this.tunnels.nameOf(slot);
    sink.decided(this.record, this.shown(row, previous), timeUs, packet);
  }

  private shown(row: number, previous: number): DecisionView {
    const { words } = this.decisionTable;
    return this.views.of(
      words[row + DecisionWord.ACTION]!,
      previous,
      words[row + DecisionWord.RULE]!,
      words[row + DecisionWord.REASON]!,
      this.mode,
      words[row + DecisionWord.SOURCE_REGISTRATION]!,
      words[row + DecisionWord.DESTINATION_REGISTRATION]!,
    );
  }
}
