/**
 * Decides flows with a finding: looks both ends up in the registry, asks the policy, and hands each change to the sink. A
 * decision is made anew when the stage changes, at a packet behind a boundary of policy or registry, and when the flow's
 * packets or octets reach a minimum that some rule asks for. In mode enforce it also says what becomes of each packet, as far
 * as the safety guard, where there is one, lets a client be hit.
 *
 * Rules are swapped between two batches: every flow that has a decision is decided anew, and what changed is handed to the
 * sink like any other change.
 */
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { Outcome } from '../enforcement/outcome.ts';
import { NO_ROOM, TokenBuckets } from '../enforcement/token-bucket.ts';
import type { EvidenceLog } from '../fingerprint/evidence.ts';
import { findingProtocol, findingStage, findingVariant, STAGE_NAMES } from '../fingerprint/finding.ts';
import { type FlowTable, FlowWord, ROW_WORDS } from '../flow/flow-table.ts';
import { Action, ACTION_NAMES, Share } from '../policy/action.ts';
import { actionOf, decidingRule, NO_RULE, reasonOf } from '../policy/decide.ts';
import { DecisionInput } from '../policy/decision-input.ts';
import type { Mode } from '../policy/policy.ts';
import { NO_REGISTRATION } from '../registry/registry.ts';
import type { FlowEnd } from './counters.ts';
import { DecisionCounts } from './decision-counts.ts';
import type { DecisionSink, ShownDecision } from './decision-sink.ts';
import { DecisionTally } from './decision-tally.ts';
import { DelayHistogram } from './delay-histogram.ts';
import { DueDecisions } from './due-decisions.ts';
import { FlowRecord } from './flow-record.ts';
import { isSameRegistration, ruleName, type Rules } from './rules.ts';
import type { SafetyGuard } from './safety-guard.ts';
import { NO_ACTION, ShownDecisions } from './shown-decisions.ts';
import { NO_BUCKET, STANDING_WORDS, Standings, StandingWord } from './standing.ts';
import { TunnelEnd } from './tunnel-columns.ts';
import type { Tunnels } from './tunnels.ts';

export { DecisionCounts } from './decision-counts.ts';
export type { Rules } from './rules.ts';

export class Decisions {
  /** Flows that have ended, by their last finding and decision. */
  readonly flows = new DecisionCounts();
  /** Decision events, by action. */
  readonly made = new Float64Array(ACTION_NAMES.length);
  /** The same events by rule, action, protocol and registered ends. */
  readonly tally = new DecisionTally();
  /** Findings made, by protocol * STAGE_NAMES.length + stage: a flow counts once for each that it reaches. */
  readonly findings = new Float64Array(PROTOCOL_NAMES.length * STAGE_NAMES.length);
  /** From a flow's first packet to its first decision, packet time. */
  readonly delays = new DelayHistogram();
  /** Delay of the last packet whose outcome was DELAYED, microseconds. */
  delayUs = 0;

  private readonly table: FlowTable;
  private readonly evidenceLog: EvidenceLog;
  private readonly tunnels: Tunnels;
  private rules: Rules;
  private rulesBefore: Rules;
  private rulesGeneration = 1;
  private readonly sink: DecisionSink;
  private readonly guard: SafetyGuard | null;
  private readonly record = new FlowRecord();
  /** What the last decision rested on. */
  readonly input = new DecisionInput();
  private buckets = new TokenBuckets();
  private readonly standings = new Standings();
  private readonly due: DueDecisions;
  private readonly words: ShownDecisions;
  private readonly keptAddress = new Int32Array(4);

  constructor(
    table: FlowTable,
    evidenceLog: EvidenceLog,
    tunnels: Tunnels,
    rules: Rules,
    sink: DecisionSink,
    guard: SafetyGuard | null = null,
  ) {
    this.table = table;
    this.tunnels = tunnels;
    this.evidenceLog = evidenceLog;
    this.rules = rules;
    this.rulesBefore = rules;
    this.words = new ShownDecisions(rules);
    this.tally.useRules(rules.policy.rules);
    this.due = new DueDecisions(table, this.standings, rules);
    this.sink = sink;
    this.guard = guard;
  }

  /** Packets that throttle and block would affect are affected: the rules say so, and the safety guard has not tripped. */
  get mode(): Mode {
    return this.guard?.hasTripped === true ? 'observe' : this.rules.mode;
  }

  /** Swaps the rules and decides every flow anew that has a decision, at a packet time. Returns how many there were. */
  replaceRules(rules: Rules, timeUs: number, packet: number): number {
    this.rulesBefore = this.rules;
    this.rules = rules;
    this.rulesGeneration++;
    this.words.useRules(rules);
    this.tally.useRules(rules.policy.rules);
    this.due.useRules(rules);
    // Keys of buckets name rules by number, and a bucket keeps the rate that it was made with.
    if (rules.policy.sha256 !== this.rulesBefore.policy.sha256) this.forgetBuckets();
    const { table } = this;
    let count = 0;
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (!table.isActive(slot) || table.words[slot * ROW_WORDS + FlowWord.DECISION] === 0) continue;
      this.decide(slot, timeUs, packet);
      count++;
    }
    this.rulesBefore = rules;
    return count;
  }

  private forgetBuckets(): void {
    this.buckets = new TokenBuckets();
    this.standings.forgetBuckets();
  }

  found(slot: number, timeUs: number, packet: number): void {
    this.decide(slot, timeUs, packet);
  }

  /** The packet time before which no packet from `timeUs` on changes a decision or is affected by one; `timeUs` where any may. */
  quietPeriodEnd(timeUs: number): number {
    return this.rules.mode === 'observe' ? this.due.quietPeriodEnd(timeUs) : timeUs;
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const { table } = this;
    const at = slot * ROW_WORDS;
    const timeUs = table.numbers[(at + FlowWord.LAST_TIME) >> 1]!;
    if (this.due.isDue(slot, timeUs)) this.decide(slot, timeUs, packet);
    if (this.rules.mode === 'observe') return Outcome.FORWARDED;
    const row = table.words[at + FlowWord.DECISION]! * STANDING_WORDS;
    if (this.standings.words[row + StandingWord.ACTION] === Action.ALLOW) return Outcome.FORWARDED;
    return this.outcome(row, slot, wireLength, timeUs);
  }

  /** Whether `ended` has something to say of flows without a decision. */
  get tellsAllEnds(): boolean {
    return this.sink.ended !== undefined;
  }

  ended(slot: number, reason: FlowEnd): void {
    const { standings, sink } = this;
    const { words } = standings;
    const number = this.table.words[slot * ROW_WORDS + FlowWord.DECISION]!;
    const row = number * STANDING_WORDS;
    if (sink.ended !== undefined) {
      this.record.read(this.table, slot, this.evidenceLog, this.tunnels.nameOf(slot));
      sink.ended(this.record, number === 0 ? null : this.shown(row, NO_ACTION), reason);
    }
    if (number === 0) return;
    this.flows.bump(
      words[row + StandingWord.PROTOCOL]!,
      words[row + StandingWord.STAGE]!,
      words[row + StandingWord.ACTION]!,
    );
    const bucket = words[row + StandingWord.BUCKET]!;
    if (bucket !== NO_BUCKET) this.buckets.release(bucket);
    standings.end(number);
  }

  /** What a throttle or a block makes of a packet. */
  private outcome(row: number, slot: number, wireLength: number, timeUs: number): Outcome {
    const { guard } = this;
    const { words } = this.standings;
    if (guard !== null) {
      if (guard.hasTripped) return Outcome.FORWARDED;
      if (words[row + StandingWord.ADMITTED_BY] !== guard.generation) {
        if (!guard.admit(this.table, slot, timeUs)) return Outcome.FORWARDED;
        words[row + StandingWord.ADMITTED_BY] = guard.generation;
      }
    }
    if (words[row + StandingWord.ACTION] === Action.BLOCK) return Outcome.DROPPED;
    const delay = this.buckets.take(words[row + StandingWord.BUCKET]!, wireLength, timeUs);
    if (delay === 0) return Outcome.FORWARDED;
    if (delay === NO_ROOM) return Outcome.DROPPED;
    this.delayUs = delay;
    return Outcome.DELAYED;
  }

  /** Decides a flow, for the first time or anew; an event goes out where stage or outcome are not what they were. */
  private decide(slot: number, timeUs: number, packet: number): void {
    const { input, record, rules, standings } = this;
    const tunnel = this.tunnels.of(slot);
    record.read(this.table, slot, this.evidenceLog, null);
    this.fillInput(timeUs);
    const isNews = tunnel !== 0 && this.shareRegistrations(tunnel, timeUs);
    const rule = decidingRule(rules.policy, input);
    const reason = reasonOf(rules.policy, rule, input);
    const decisionAt = slot * ROW_WORDS + FlowWord.DECISION;
    const before = this.table.words[decisionAt]!;
    const number = before === 0 ? standings.begin() : before;
    const row = number * STANDING_WORDS;
    const { words } = standings;
    if (before === 0) {
      this.table.words[decisionAt] = number;
      this.delays.observe(timeUs - record.firstTimeUs);
    }
    if (words[row + StandingWord.STAGE] !== input.stage || words[row + StandingWord.PROTOCOL] !== input.protocol) {
      this.findings[input.protocol * STAGE_NAMES.length + input.stage]!++;
    }
    this.due.schedule(number, input);
    if (before === 0 || !this.isSame(row, rule, reason)) {
      const previous = before === 0 ? NO_ACTION : words[row + StandingWord.ACTION]!;
      this.take(number, rule, reason, timeUs);
      this.announce(slot, row, previous, timeUs, packet);
    } else if (words[row + StandingWord.RULES_GENERATION] !== this.rulesGeneration) {
      this.take(number, rule, reason, timeUs);
    }
    if (!isNews) return;
    const { firstSlot, nextSlot } = this.tunnels.columns;
    for (let other = firstSlot[tunnel]!; other !== 0; other = nextSlot[other]!)
      if (other !== slot) this.decide(other, timeUs, packet);
  }

  /** True when the decision that the input has led to is the one that stands, in its numbers or, after a swap, in its words. */
  private isSame(row: number, rule: number, reason: number): boolean {
    const { input, rules, rulesBefore } = this;
    const { words } = this.standings;
    if (
      words[row + StandingWord.REASON] !== reason ||
      words[row + StandingWord.STAGE] !== input.stage ||
      words[row + StandingWord.PROTOCOL] !== input.protocol
    )
      return false;
    const ruleBefore = words[row + StandingWord.RULE]!;
    const source = words[row + StandingWord.SOURCE_REGISTRATION]!;
    const destination = words[row + StandingWord.DESTINATION_REGISTRATION]!;
    if (words[row + StandingWord.RULES_GENERATION] === this.rulesGeneration) {
      return (
        ruleBefore === rule && source === input.sourceRegistration && destination === input.destinationRegistration
      );
    }
    return (
      words[row + StandingWord.ACTION] === actionOf(rules.policy, rule) &&
      ruleName(rulesBefore, ruleBefore) === ruleName(rules, rule) &&
      isSameRegistration(rulesBefore, source, rules, input.sourceRegistration) &&
      isSameRegistration(rulesBefore, destination, rules, input.destinationRegistration)
    );
  }

  /** Takes the decision that the input has led to. */
  private take(number: number, rule: number, reason: number, timeUs: number): void {
    const { input } = this;
    const { words } = this.standings;
    const row = number * STANDING_WORDS;
    const action = actionOf(this.rules.policy, rule);
    if (words[row + StandingWord.ACTION] !== action) words[row + StandingWord.ADMITTED_BY] = 0;
    words[row + StandingWord.RULE] = rule;
    words[row + StandingWord.ACTION] = action;
    words[row + StandingWord.REASON] = reason;
    words[row + StandingWord.PROTOCOL] = input.protocol;
    words[row + StandingWord.STAGE] = input.stage;
    words[row + StandingWord.SOURCE_REGISTRATION] = input.sourceRegistration;
    words[row + StandingWord.DESTINATION_REGISTRATION] = input.destinationRegistration;
    words[row + StandingWord.RULES_GENERATION] = this.rulesGeneration;
    this.holdBucket(number, timeUs);
  }

  /** Counts a decision and hands it to the sink. */
  private announce(slot: number, row: number, previous: number, timeUs: number, packet: number): void {
    const { sink } = this;
    const { words } = this.standings;
    const action = words[row + StandingWord.ACTION]!;
    const registered =
      (words[row + StandingWord.SOURCE_REGISTRATION] === NO_REGISTRATION ? 0 : 1) +
      (words[row + StandingWord.DESTINATION_REGISTRATION] === NO_REGISTRATION ? 0 : 2);
    this.made[action]!++;
    this.tally.bump(words[row + StandingWord.RULE]!, action, words[row + StandingWord.PROTOCOL]!, registered);
    if (sink.decided === undefined) return;
    this.record.tunnel = this.tunnels.nameOf(slot);
    sink.decided(this.record, this.shown(row, previous), timeUs, packet);
  }

  /**
   * Lets a registered end of a tunnel cover all of its flows: what the flow at hand lacks it takes from the tunnel, what it
   * brings the tunnel keeps. True where it brought something.
   */
  private shareRegistrations(tunnel: number, timeUs: number): boolean {
    const { input } = this;
    const { columns } = this.tunnels;
    const ofSource = this.keptRegistration(tunnel, TunnelEnd.SOURCE, timeUs);
    const ofDestination = this.keptRegistration(tunnel, TunnelEnd.DESTINATION, timeUs);
    let brings = false;
    if (input.sourceRegistration === NO_REGISTRATION) {
      input.sourceRegistration = ofSource;
      input.sourceSector = this.sectorOf(ofSource);
    } else if (ofSource === NO_REGISTRATION) {
      columns.keepRegistered(tunnel, TunnelEnd.SOURCE, input.source);
      brings = true;
    }
    if (input.destinationRegistration === NO_REGISTRATION) {
      input.destinationRegistration = ofDestination;
      input.destinationSector = this.sectorOf(ofDestination);
    } else if (ofDestination === NO_REGISTRATION) {
      columns.keepRegistered(tunnel, TunnelEnd.DESTINATION, input.destination);
      brings = true;
    }
    return brings && columns.flowCount[tunnel]! > 1;
  }

  /** Registration of the address that the tunnel has kept for an end. It may be none by now: time has passed, or the registry is another. */
  private keptRegistration(tunnel: number, end: TunnelEnd, timeUs: number): number {
    const { columns } = this.tunnels;
    if (!columns.readRegistered(tunnel, end, this.keptAddress)) return NO_REGISTRATION;
    const registration = this.registrationOf(this.keptAddress, timeUs);
    if (registration === NO_REGISTRATION) columns.forgetRegistered(tunnel, end);
    return registration;
  }

  private registrationOf(address: Int32Array, timeUs: number): number {
    return this.rules.registry.covers(address[0]!, address[1]!, address[2]!, address[3]!, timeUs, this.input.protocol);
  }

  private sectorOf(registration: number): number {
    return registration === NO_REGISTRATION ? 0 : this.rules.registry.sectorOf(registration);
  }

  private fillInput(timeUs: number): void {
    const { input, record } = this;
    const { source, destination, finding } = record;
    input.protocol = findingProtocol(finding);
    input.stage = findingStage(finding);
    input.variant = findingVariant(finding);
    input.transport = record.transport;
    for (let word = 0; word < 4; word++) {
      input.source[word] = source[word]!;
      input.destination[word] = destination[word]!;
    }
    input.sourcePort = record.sourcePort;
    input.destinationPort = record.destinationPort;
    input.packets = record.packetsToDestination + record.packetsToSource;
    input.octets = record.octetsToDestination + record.octetsToSource;
    input.timeUs = timeUs;
    input.sourceRegistration = this.registrationOf(source, timeUs);
    input.destinationRegistration = this.registrationOf(destination, timeUs);
    input.sourceSector = this.sectorOf(input.sourceRegistration);
    input.destinationSector = this.sectorOf(input.destinationRegistration);
  }

  /** Takes the bucket of a throttle, or gives back the one of a throttle that no longer holds. Nobody is throttled in mode observe. */
  private holdBucket(number: number, timeUs: number): void {
    const { rules } = this;
    const { words } = this.standings;
    const row = number * STANDING_WORDS;
    const held = words[row + StandingWord.BUCKET]!;
    const rule = words[row + StandingWord.RULE]!;
    const throttle = rule === NO_RULE || rules.mode === 'observe' ? null : rules.policy.rules[rule]!.throttle;
    words[row + StandingWord.BUCKET] =
      throttle === null ? NO_BUCKET : this.buckets.hold(this.bucketKey(number, throttle.per), throttle, timeUs);
    if (held !== NO_BUCKET) this.buckets.release(held);
  }

  /** Whose packets share the bucket. A flow without a registration shares with nobody where registrations share. */
  private bucketKey(number: number, per: Share): string {
    const { words } = this.standings;
    const row = number * STANDING_WORDS;
    const rule = words[row + StandingWord.RULE]!;
    switch (per) {
      case Share.FLOW:
        return `${rule} flow ${number}`;
      case Share.CLIENT:
        return `${rule} client ${this.input.source.join()}`;
      case Share.REGISTRATION: {
        const source = words[row + StandingWord.SOURCE_REGISTRATION]!;
        const registration = source === NO_REGISTRATION ? words[row + StandingWord.DESTINATION_REGISTRATION]! : source;
        return registration === NO_REGISTRATION
          ? `${rule} flow ${number}`
          : `${rule} registration ${this.rulesGeneration} ${registration}`;
      }
      case Share.RULE:
        return `${rule}`;
    }
  }

  private shown(row: number, previous: number): ShownDecision {
    const { words } = this.standings;
    return this.words.of(
      words[row + StandingWord.ACTION]!,
      previous,
      words[row + StandingWord.RULE]!,
      words[row + StandingWord.REASON]!,
      this.mode,
      words[row + StandingWord.SOURCE_REGISTRATION]!,
      words[row + StandingWord.DESTINATION_REGISTRATION]!,
    );
  }
}
