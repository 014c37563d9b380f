/**
 * Decides flows with a finding: looks both ends up in the registry, asks the policy, and hands each change to the sink. A
 * decision is made anew when the stage changes, at a packet behind a boundary of policy or registry, and when the flow's
 * packets or octets reach a minimum that some rule asks for. In mode enforce it also says what becomes of each packet.
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
import { type Mode, nextBoundary, type Policy } from '../policy/policy.ts';
import { NO_REGISTRATION, type Registry } from '../registry/registry.ts';
import type { FlowEnd } from './counters.ts';
import type { DecisionSink, ShownDecision, ShownRegistration } from './decision-sink.ts';
import { FlowRecord } from './flow-record.ts';
import type { FlowListener } from './pipeline.ts';
import type { Tunnel, Tunnels } from './tunnels.ts';

/** The rules by which flows are decided; swapped as one. */
export interface Rules {
  readonly policy: Policy;
  readonly registry: Registry;
  readonly mode: Mode;
}

/** One flow's decision, and when to decide anew. */
interface Standing {
  action: Action;
  rule: number;
  reason: number;
  protocol: number;
  stage: number;
  sourceRegistration: number;
  destinationRegistration: number;
  bucket: number;
  nextTimeUs: number;
  nextPackets: number;
  nextOctets: number;
}

const NO_BUCKET = -1;

export class Decisions implements FlowListener {
  /** Flows that have ended, by their last finding and decision. */
  readonly flows = new DecisionCounts();
  /** Decision events, by action. */
  readonly made = new Float64Array(ACTION_NAMES.length);
  /** Delay of the last packet whose outcome was DELAYED, microseconds. */
  delayUs = 0;

  private readonly table: FlowTable;
  private readonly fingerprints: FingerprintSet;
  private readonly tunnels: Tunnels;
  private readonly rules: Rules;
  private readonly sink: DecisionSink;
  private readonly record = new FlowRecord();
  /** What the last decision rested on. */
  readonly input = new DecisionInput();
  private readonly buckets = new TokenBuckets();
  /** By the number that a flow's row holds; number 0 is no decision. */
  private readonly standings: (Standing | undefined)[] = [undefined];
  private readonly freeNumbers: number[] = [];

  constructor(table: FlowTable, fingerprints: FingerprintSet, tunnels: Tunnels, rules: Rules, sink: DecisionSink) {
    this.table = table;
    this.tunnels = tunnels;
    this.fingerprints = fingerprints;
    this.rules = rules;
    this.sink = sink;
  }

  found(slot: number, timeUs: number, packet: number): void {
    this.decide(slot, timeUs, packet);
  }

  packet(slot: number, wireLength: number, timeUs: number, packet: number): Outcome {
    const row = slot * ROW_WORDS;
    const { words, numbers } = this.table;
    const standing = this.standings[words[row + FlowWord.DECISION]!]!;
    const packets = (words[row + FlowWord.PACKETS]! >>> 0) + (words[row + FlowWord.PACKETS + 1]! >>> 0);
    const octets = numbers[(row + FlowWord.OCTETS) >> 1]! + numbers[((row + FlowWord.OCTETS) >> 1) + 1]!;
    if (timeUs >= standing.nextTimeUs || packets >= standing.nextPackets || octets >= standing.nextOctets) {
      this.decide(slot, timeUs, packet);
    }
    return this.outcome(standing, wireLength, timeUs);
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

  private outcome(standing: Standing, wireLength: number, timeUs: number): Outcome {
    if (this.rules.mode === 'observe' || standing.action === Action.ALLOW) return Outcome.FORWARDED;
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
    const same =
      before?.rule === rule &&
      before.reason === reason &&
      before.stage === input.stage &&
      before.protocol === input.protocol &&
      before.sourceRegistration === input.sourceRegistration &&
      before.destinationRegistration === input.destinationRegistration;
    const standing = before ?? newStanding();
    const previous = before === undefined ? null : ACTION_NAMES[before.action];
    if (before === undefined) {
      number = this.freeNumbers.pop() ?? this.standings.length;
      this.standings[number] = standing;
      this.table.words[decisionAt] = number;
    }
    this.scheduleNext(standing, timeUs);
    if (!same) this.change(standing, number, rule, reason, previous, timeUs, packet);
    if (!isNews) return;
    for (const other of [...tunnel.slots]) if (other !== slot) this.decide(other, timeUs, packet);
  }

  /** Takes the decision that the input has led to, and hands it to the sink. */
  private change(
    standing: Standing,
    number: number,
    rule: number,
    reason: number,
    previous: string | null,
    timeUs: number,
    packet: number,
  ): void {
    const { input } = this;
    const action = actionOf(this.rules.policy, rule);
    standing.rule = rule;
    standing.action = action;
    standing.reason = reason;
    standing.protocol = input.protocol;
    standing.stage = input.stage;
    standing.sourceRegistration = input.sourceRegistration;
    standing.destinationRegistration = input.destinationRegistration;
    this.holdBucket(standing, number, timeUs);
    this.made[action]!++;
    this.sink.decided(this.record, this.shown(standing, previous), timeUs, packet);
  }

  /**
   * Lets a registered end of a tunnel cover all of its flows: what the flow at hand lacks it takes from the tunnel, what it
   * brings the tunnel keeps. True where it brought something.
   */
  private shareRegistrations(tunnel: Tunnel, timeUs: number): boolean {
    const { input } = this;
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
          : `${standing.rule} registration ${registration}`;
      }
      case Share.RULE:
        return `${standing.rule}`;
    }
  }

  private shown(standing: Standing, previous: string | null): ShownDecision {
    return {
      action: ACTION_NAMES[standing.action],
      previous,
      rule: standing.rule === NO_RULE ? null : this.rules.policy.rules[standing.rule]!.name,
      reason: REASON_NAMES[standing.reason]!,
      mode: this.rules.mode,
      source: this.shownRegistration(standing.sourceRegistration),
      destination: this.shownRegistration(standing.destinationRegistration),
    };
  }

  private shownRegistration(index: number): ShownRegistration | null {
    if (index === NO_REGISTRATION) return null;
    const { prefix, holder, sector, reference } = this.rules.registry.registrationAt(index);
    return { prefix, holder, sector, reference };
  }
}

function newStanding(): Standing {
  return {
    action: Action.ALLOW,
    rule: NO_RULE,
    reason: 0,
    protocol: 0,
    stage: 0,
    sourceRegistration: NO_REGISTRATION,
    destinationRegistration: NO_REGISTRATION,
    bucket: NO_BUCKET,
    nextTimeUs: Infinity,
    nextPackets: Infinity,
    nextOctets: Infinity,
  };
}

/** Flows counted by protocol, stage and action. */
export class DecisionCounts {
  private readonly counts = new Float64Array(PROTOCOL_NAMES.length * STAGE_NAMES.length * ACTION_NAMES.length);

  get(protocol: number, stage: number, action: number): number {
    return this.counts[cell(protocol, stage, action)]!;
  }

  bump(protocol: number, stage: number, action: number): void {
    this.counts[cell(protocol, stage, action)]!++;
  }

  add(other: DecisionCounts): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
  }
}

function cell(protocol: number, stage: number, action: number): number {
  return (protocol * STAGE_NAMES.length + stage) * ACTION_NAMES.length + action;
}
