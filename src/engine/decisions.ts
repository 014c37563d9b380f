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
import type { FingerprintSet } from '../fingerprint/fingerprint-set.ts';
import { findingProtocol, findingStage, findingVariant, STAGE_NAMES } from '../fingerprint/finding.ts';
import { type FlowTable, FlowWord, ROW_WORDS } from '../flow/flow-table.ts';
import { Action, ACTION_NAMES, Share } from '../policy/action.ts';
import { actionOf, decidingRule, NO_RULE, REASON_NAMES, reasonOf } from '../policy/decide.ts';
import { DecisionInput } from '../policy/decision-input.ts';
import { type Mode, nextBoundary } from '../policy/policy.ts';
import { NO_REGISTRATION } from '../registry/registry.ts';
import type { FlowEnd } from './counters.ts';
import { DecisionCounts } from './decision-counts.ts';
import type { DecisionSink, ShownDecision } from './decision-sink.ts';
import { DecisionTally } from './decision-tally.ts';
import { DelayHistogram } from './delay-histogram.ts';
import { FlowRecord } from './flow-record.ts';
import type { FlowListener } from './pipeline.ts';
import { isSameRegistration, ruleName, type Rules, shownRegistration } from './rules.ts';
import type { SafetyGuard } from './safety-guard.ts';
import { newStanding, NO_BUCKET, type Standing } from './standing.ts';
import type { Tunnel, Tunnels } from './tunnels.ts';

export { DecisionCounts } from './decision-counts.ts';
export type { Rules } from './rules.ts';

export class Decisions implements FlowListener {
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
  private readonly fingerprints: FingerprintSet;
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
  /** By the number that a flow's row holds; number 0 is no decision. */
  private readonly standings: (Standing | undefined)[] = [undefined];
  private readonly freeNumbers: number[] = [];

  constructor(
    table: FlowTable,
    fingerprints: FingerprintSet,
    tunnels: Tunnels,
    rules: Rules,
    sink: DecisionSink,
    guard: SafetyGuard | null = null,
  ) {
    this.table = table;
    this.tunnels = tunnels;
    this.fingerprints = fingerprints;
    this.rules = rules;
    this.rulesBefore = rules;
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
    for (const standing of this.standings) if (standing !== undefined) standing.bucket = NO_BUCKET;
  }

  found(slot: number, timeUs: number, packet: number): void {
    this.decide(slot, timeUs, packet);
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    const row = slot * ROW_WORDS;
    const { words, numbers } = this.table;
    const timeUs = numbers[(row + FlowWord.LAST_TIME) >> 1]!;
    const standing = this.standings[words[row + FlowWord.DECISION]!]!;
    const packets = (words[row + FlowWord.PACKETS]! >>> 0) + (words[row + FlowWord.PACKETS + 1]! >>> 0);
    const octets = this.table.octets(slot, 0) + this.table.octets(slot, 1);
    if (timeUs >= standing.nextTimeUs || packets >= standing.nextPackets || octets >= standing.nextOctets) {
      this.decide(slot, timeUs, packet);
    }
    if (this.rules.mode === 'observe' || standing.action === Action.ALLOW) return Outcome.FORWARDED;
    return this.outcome(standing, slot, wireLength, timeUs);
  }

  ended(slot: number, reason: FlowEnd): void {
    const number = this.table.words[slot * ROW_WORDS + FlowWord.DECISION]!;
    this.record.read(this.table, slot, this.fingerprints, this.tunnels.of(slot)?.name ?? null);
    const standing = this.standings[number];
    if (standing === undefined) {
      this.sink.ended(this.record, null, reason);
      return;
    }
    this.flows.bump(standing.protocol, standing.stage, standing.action);
    this.sink.ended(this.record, this.shown(standing, null), reason);
    if (standing.bucket !== NO_BUCKET) this.buckets.release(standing.bucket);
    this.standings[number] = undefined;
    this.freeNumbers.push(number);
  }

  /** What a throttle or a block makes of a packet. */
  private outcome(standing: Standing, slot: number, wireLength: number, timeUs: number): Outcome {
    const { guard } = this;
    if (guard !== null) {
      if (guard.hasTripped) return Outcome.FORWARDED;
      if (standing.admittedBy !== guard.generation) {
        if (!guard.admit(this.table, slot, timeUs)) return Outcome.FORWARDED;
        standing.admittedBy = guard.generation;
      }
    }
    if (standing.action === Action.BLOCK) return Outcome.DROPPED;
    const delay = this.buckets.take(standing.bucket, wireLength, timeUs);
    if (delay === 0) return Outcome.FORWARDED;
    if (delay === NO_ROOM) return Outcome.DROPPED;
    this.delayUs = delay;
    return Outcome.DELAYED;
  }

  /** Decides a flow, for the first time or anew; an event goes out where stage or outcome are not what they were. */
  private decide(slot: number, timeUs: number, packet: number): void {
    const { input, record, rules } = this;
    const tunnel = this.tunnels.of(slot);
    record.read(this.table, slot, this.fingerprints, tunnel?.name ?? null);
    this.fillInput(timeUs);
    const isNews = tunnel !== undefined && this.shareRegistrations(tunnel, timeUs);
    const rule = decidingRule(rules.policy, input);
    const reason = reasonOf(rules.policy, rule, input);
    const decisionAt = slot * ROW_WORDS + FlowWord.DECISION;
    let number = this.table.words[decisionAt]!;
    const before = this.standings[number];
    const same = before !== undefined && this.isSame(before, rule, reason);
    const standing = before ?? newStanding();
    if (before?.stage !== input.stage || before.protocol !== input.protocol) {
      this.findings[input.protocol * STAGE_NAMES.length + input.stage]!++;
    }
    const previous = before === undefined ? null : ACTION_NAMES[before.action];
    if (before === undefined) {
      number = this.freeNumbers.pop() ?? this.standings.length;
      this.standings[number] = standing;
      this.table.words[decisionAt] = number;
      this.delays.observe(timeUs - record.firstTimeUs);
    }
    this.scheduleNext(standing, timeUs);
    if (!same) {
      this.take(standing, number, rule, reason, timeUs);
      this.announce(standing, previous, timeUs, packet);
    } else if (standing.rulesGeneration !== this.rulesGeneration) {
      this.take(standing, number, rule, reason, timeUs);
    }
    if (!isNews) return;
    for (const other of [...tunnel.slots]) if (other !== slot) this.decide(other, timeUs, packet);
  }

  /** True when the decision that the input has led to is the one that stands, in its numbers or, after a swap, in its words. */
  private isSame(standing: Standing, rule: number, reason: number): boolean {
    const { input, rules, rulesBefore } = this;
    if (standing.reason !== reason || standing.stage !== input.stage || standing.protocol !== input.protocol)
      return false;
    if (standing.rulesGeneration === this.rulesGeneration) {
      return (
        standing.rule === rule &&
        standing.sourceRegistration === input.sourceRegistration &&
        standing.destinationRegistration === input.destinationRegistration
      );
    }
    return (
      standing.action === actionOf(rules.policy, rule) &&
      ruleName(rulesBefore, standing.rule) === ruleName(rules, rule) &&
      isSameRegistration(rulesBefore, standing.sourceRegistration, rules, input.sourceRegistration) &&
      isSameRegistration(rulesBefore, standing.destinationRegistration, rules, input.destinationRegistration)
    );
  }

  /** Takes the decision that the input has led to. */
  private take(standing: Standing, number: number, rule: number, reason: number, timeUs: number): void {
    const { input } = this;
    const action = actionOf(this.rules.policy, rule);
    if (standing.action !== action) standing.admittedBy = 0;
    standing.rule = rule;
    standing.action = action;
    standing.reason = reason;
    standing.protocol = input.protocol;
    standing.stage = input.stage;
    standing.sourceRegistration = input.sourceRegistration;
    standing.destinationRegistration = input.destinationRegistration;
    standing.rulesGeneration = this.rulesGeneration;
    this.holdBucket(standing, number, timeUs);
  }

  /** Counts a decision and hands it to the sink. */
  private announce(standing: Standing, previous: string | null, timeUs: number, packet: number): void {
    const { action, protocol, sourceRegistration, destinationRegistration } = standing;
    const registered =
      (sourceRegistration === NO_REGISTRATION ? 0 : 1) + (destinationRegistration === NO_REGISTRATION ? 0 : 2);
    this.made[action]!++;
    this.tally.bump(ruleName(this.rules, standing.rule), action, protocol, registered);
    this.sink.decided(this.record, this.shown(standing, previous), timeUs, packet);
  }

  /**
   * Lets a registered end of a tunnel cover all of its flows: what the flow at hand lacks it takes from the tunnel, what it
   * brings the tunnel keeps. True where it brought something.
   */
  private shareRegistrations(tunnel: Tunnel, timeUs: number): boolean {
    const { input } = this;
    // What the tunnel has kept may no longer be registered: time has passed, or the registry is another.
    if (!this.isRegistered(tunnel.registeredSource, timeUs)) tunnel.registeredSource = null;
    if (!this.isRegistered(tunnel.registeredDestination, timeUs)) tunnel.registeredDestination = null;
    const brings =
      (input.sourceRegistration !== NO_REGISTRATION && tunnel.registeredSource === null) ||
      (input.destinationRegistration !== NO_REGISTRATION && tunnel.registeredDestination === null);
    if (input.sourceRegistration !== NO_REGISTRATION) tunnel.registeredSource ??= input.source.slice();
    else if (tunnel.registeredSource !== null) {
      input.sourceRegistration = this.registrationOf(tunnel.registeredSource, timeUs);
      input.sourceSector = this.sectorOf(input.sourceRegistration);
    }
    if (input.destinationRegistration !== NO_REGISTRATION) tunnel.registeredDestination ??= input.destination.slice();
    else if (tunnel.registeredDestination !== null) {
      input.destinationRegistration = this.registrationOf(tunnel.registeredDestination, timeUs);
      input.destinationSector = this.sectorOf(input.destinationRegistration);
    }
    return brings && tunnel.slots.length > 1;
  }

  private isRegistered(address: Int32Array | null, timeUs: number): boolean {
    return address !== null && this.registrationOf(address, timeUs) !== NO_REGISTRATION;
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
    input.source.set(source);
    input.destination.set(destination);
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

  private scheduleNext(standing: Standing, timeUs: number): void {
    const { policy, registry } = this.rules;
    const { packets, octets } = policy.boundaries;
    standing.nextTimeUs = Math.min(nextBoundary(policy.boundaries, timeUs), registry.nextBoundary(timeUs));
    standing.nextPackets = packets.find((least) => least > this.input.packets) ?? Infinity;
    standing.nextOctets = octets.find((least) => least > this.input.octets) ?? Infinity;
  }

  /** Takes the bucket of a throttle, or gives back the one of a throttle that no longer holds. */
  private holdBucket(standing: Standing, number: number, timeUs: number): void {
    const held = standing.bucket;
    const throttle = standing.rule === NO_RULE ? null : this.rules.policy.rules[standing.rule]!.throttle;
    standing.bucket =
      throttle === null
        ? NO_BUCKET
        : this.buckets.hold(this.bucketKey(standing, throttle.per, number), throttle, timeUs);
    if (held !== NO_BUCKET) this.buckets.release(held);
  }

  /** Whose packets share the bucket. A flow without a registration shares with nobody where registrations share. */
  private bucketKey(standing: Standing, per: Share, number: number): string {
    switch (per) {
      case Share.FLOW:
        return `${standing.rule} flow ${number}`;
      case Share.CLIENT:
        return `${standing.rule} client ${this.input.source.join()}`;
      case Share.REGISTRATION: {
        const { sourceRegistration, destinationRegistration } = standing;
        const registration = sourceRegistration === NO_REGISTRATION ? destinationRegistration : sourceRegistration;
        return registration === NO_REGISTRATION
          ? `${standing.rule} flow ${number}`
          : `${standing.rule} registration ${this.rulesGeneration} ${registration}`;
      }
      case Share.RULE:
        return `${standing.rule}`;
    }
  }

  private shown(standing: Standing, previous: string | null): ShownDecision {
    return {
      action: ACTION_NAMES[standing.action],
      previous,
      rule: ruleName(this.rules, standing.rule),
      reason: REASON_NAMES[standing.reason]!,
      mode: this.mode,
      source: shownRegistration(this.rules, standing.sourceRegistration),
      destination: shownRegistration(this.rules, standing.destinationRegistration),
    };
  }
}
