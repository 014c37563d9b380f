/**
 * The obvious twin of the decisions: it evaluates policy and registry at every packet, in words, keeps one object for
 * each flow, and finds out whether a decision was due by going through all boundaries.
 */
import { Protocol, PROTOCOL_NAMES } from '../../src/core/protocol.ts';
import { STAGE_NAMES } from '../../src/dataplane/host/finding.ts';
import { Outcome } from '../../src/dataplane/host/outcome.ts';
import type { FlowRecord } from '../../src/decision/flow-record.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { ACTION_NAMES } from '../../src/policy/action.ts';
import { decidingRule, NO_RULE, REASON_NAMES, reasonOf } from '../../src/policy/decide.ts';
import { DecisionInput } from '../../src/policy/decision-input.ts';
import { NO_REGISTRATION } from '../../src/registry/registration.ts';

/** What the twin asks before a client is hit, in place of the hit admission. */
export interface PlainAdmission {
  generation: number;
  refuses(stage: number): boolean;
  admit(client: string, timeUs: number, stage: number, rule: string, isHarm: boolean): boolean;
}

/** Addresses of a tunnel's registered ends, which cover all of its flows. */
interface PlainTunnel {
  source: Int32Array | null;
  destination: Int32Array | null;
}

/** A flow that was decided; everything as events show it. */
interface PlainFlow {
  readonly slot: number;
  action: string;
  rule: string | null;
  reason: string;
  stage: string;
  protocol: string;
  source: string | null;
  destination: string | null;
  hitKind: string;
  hitOutcome: string;
  admittedBy: number;
  /** Where the decision was made: packet time, and packets and bytes of the flow. */
  madeAt: readonly [timeUs: number, packets: number, bytes: number];
}

type Read = (slot: number) => { readonly record: FlowRecord; readonly tunnel: number; readonly others: number[] };

export class PlainDecisions {
  readonly events: string[] = [];
  readonly hits = new Map<string, number>();
  readonly tally = new Map<string, number>();
  readonly findings = new Map<string, number>();
  readonly ended = new Map<string, number>();
  delaySumUs = 0;
  delayCount = 0;
  private readonly flows = new Map<number, PlainFlow>();
  private readonly tunnels = new Map<number, PlainTunnel>();
  private readonly read: Read;
  private readonly admission: PlainAdmission | null;
  private rules: Rules;
  private readonly untilUs: number;

  constructor(rules: Rules, read: Read, admission: PlainAdmission | null, untilUs: number) {
    this.rules = rules;
    this.read = read;
    this.admission = admission;
    this.untilUs = untilUs;
  }

  isDecided(slot: number): boolean {
    return this.flows.has(slot);
  }

  /** Returns how many flows there were. */
  replaceRules(rules: Rules, timeUs: number, packet: number): number {
    this.rules = rules;
    const slots = [...this.flows.keys()].sort((a, b) => a - b);
    for (const slot of slots) this.decide(slot, timeUs, packet);
    return slots.length;
  }

  packet(slot: number, timeUs: number, packet: number): Outcome {
    const flow = this.flows.get(slot);
    if (flow === undefined) return Outcome.FORWARDED;
    if (this.isDue(flow, timeUs)) this.decide(slot, timeUs, packet);
    else if (this.differs(slot, timeUs)) throw new Error('a decision changed that was not due');
    if (this.rules.mode === 'observe' || flow.action === 'allow') return Outcome.FORWARDED;
    if (flow.action === 'block') return this.mayHit(flow, timeUs) ? Outcome.DROPPED : Outcome.FORWARDED;
    throw new Error('the twin has no buckets');
  }

  /** Returns the last decision of the flow in words; null for none. */
  end(slot: number): object | null {
    const flow = this.flows.get(slot);
    if (flow === undefined) return null;
    const { action, rule, reason, stage, protocol, source, destination } = flow;
    bump(this.ended, `${protocol} ${stage} ${action}`);
    this.flows.delete(slot);
    return { action, rule, reason, source, destination };
  }

  tunnelEnded(tunnel: number): void {
    this.tunnels.delete(tunnel);
  }

  /** True if a boundary lies between the packet at which the flow was decided and this one. */
  private isDue({ slot, madeAt: [madeUs, packets, bytes] }: PlainFlow, timeUs: number): boolean {
    const { instants, packets: minimums, bytes: byteMinimums } = this.rules.policy.boundaries;
    const { input } = this.inputOf(slot, timeUs);
    const isCrossed = (bound: number, from: number, to: number): boolean => bound > from && bound <= to;
    return (
      [...instants, ...this.registryTimes()].some((instant) => isCrossed(instant, madeUs, input.timeUs)) ||
      minimums.some((least) => isCrossed(least, packets, input.packets)) ||
      byteMinimums.some((least) => isCrossed(least, bytes, input.bytes))
    );
  }

  private registryTimes(): number[] {
    const { registry } = this.rules;
    const times: number[] = [];
    for (let at = registry.nextBoundary(0); at !== Infinity; at = registry.nextBoundary(at)) times.push(at);
    return times;
  }

  private inputOf(slot: number, timeUs: number) {
    const { record, tunnel, others } = this.read(slot);
    const input = new DecisionInput();
    record.fillInput(input);
    input.timeUs = Math.min(timeUs, this.untilUs);
    return { input, record, tunnel, others };
  }

  /** The decision for an input in words, and the number of its rule. */
  private evaluate(input: DecisionInput) {
    const { policy } = this.rules;
    const rule = decidingRule(policy, input);
    const words = {
      action: rule === NO_RULE ? 'allow' : ACTION_NAMES[policy.rules[rule]!.action],
      rule: rule === NO_RULE ? null : policy.rules[rule]!.name,
      reason: REASON_NAMES[reasonOf(policy, rule, input)]!,
      stage: STAGE_NAMES[input.stage]!,
      protocol: PROTOCOL_NAMES[input.protocol]!,
      source: this.shown(input.sourceRegistration),
      destination: this.shown(input.destinationRegistration),
    };
    return { rule, words };
  }

  private differs(slot: number, timeUs: number): boolean {
    const { input, tunnel } = this.inputOf(slot, timeUs);
    this.look(input, tunnel);
    return !isEqual(this.flows.get(slot)!, this.evaluate(input).words);
  }

  decide(slot: number, timeUs: number, packet: number): void {
    const { input, record, tunnel, others } = this.inputOf(slot, timeUs);
    const isNews = this.look(input, tunnel);
    const { rule, words: now } = this.evaluate(input);
    const before = this.flows.get(slot);
    const flow = before ?? { ...now, slot, hitKind: 'none', hitOutcome: 'none', admittedBy: 0, madeAt: [0, 0, 0] };
    flow.madeAt = [input.timeUs, input.packets, input.bytes];
    const isNew = before === undefined || !isEqual(before, now);
    if (before?.stage !== now.stage || before.protocol !== now.protocol)
      bump(this.findings, `${now.protocol} ${now.stage}`);
    if (before === undefined) {
      this.delaySumUs += Math.max(0, timeUs - record.firstTimeUs);
      this.delayCount++;
    }
    if (isNew) {
      const { action, source, destination } = now;
      const ends = ['none', 'source', 'destination', 'both'][
        (source === null ? 0 : 1) + (destination === null ? 0 : 2)
      ];
      const mode = this.rules.mode;
      const shown = {
        ...now,
        previous: before?.action ?? null,
        mode,
        client: [...record.source].join(),
        timeUs,
        packet,
      };
      this.events.push(JSON.stringify(shown));
      bump(this.tally, `${now.rule} ${action} ${now.protocol} ${ends}`);
    }
    if (flow.action !== now.action || flow.stage !== now.stage) flow.admittedBy = 0;
    Object.assign(flow, now);
    this.flows.set(slot, flow);
    this.noteHit(flow, input, rule, isNew, timeUs);
    if (isNews) for (const other of others) this.decide(other, timeUs, packet);
  }

  /** Sets the registrations of both ends. True if the flow brings its tunnel one, and there are other flows. */
  private look(input: DecisionInput, number: number): boolean {
    input.sourceRegistration = this.covers(input.source, input, input.protocol);
    input.destinationRegistration = this.covers(input.destination, input, input.protocol);
    let brings = false;
    if (number !== 0) {
      const tunnel = this.tunnels.get(number) ?? { source: null, destination: null };
      this.tunnels.set(number, tunnel);
      for (const end of ['source', 'destination'] as const) {
        const kept = tunnel[end] === null ? NO_REGISTRATION : this.covers(tunnel[end], input, input.protocol);
        if (kept === NO_REGISTRATION) tunnel[end] = null;
        if (input[`${end}Registration`] === NO_REGISTRATION) {
          input[`${end}Registration`] = kept;
        } else if (kept === NO_REGISTRATION) {
          tunnel[end] = input[end].slice();
          brings = true;
        }
      }
    }
    for (const end of ['source', 'destination'] as const) {
      const registration = input[`${end}Registration`];
      input[`${end}Sector`] = registration === NO_REGISTRATION ? 0 : this.rules.registry.sectorOf(registration);
    }
    return brings;
  }

  private covers(address: Int32Array, { timeUs }: DecisionInput, protocol: number): number {
    const [a, b, c, d] = address as unknown as [number, number, number, number];
    return this.rules.registry.covers(a, b, c, d, timeUs, protocol);
  }

  private shown(registration: number): string | null {
    if (registration === NO_REGISTRATION) return null;
    const { prefix, holder, sector, reference } = this.rules.registry.registrationAt(registration);
    return [prefix, holder, sector, reference].join();
  }

  private noteHit(flow: PlainFlow, input: DecisionInput, rule: number, isNew: boolean, timeUs: number): void {
    const kind = flow.action === 'allow' ? 'none' : this.hitKind(flow, input, rule);
    if (isNew || kind !== flow.hitKind) flow.hitOutcome = 'none';
    if (kind !== flow.hitKind) flow.admittedBy = 0;
    flow.hitKind = kind;
    if (kind === 'none') return;
    if (this.rules.mode === 'observe') this.countHit(flow, 'would');
    else this.countHit(flow, this.mayHit(flow, timeUs) ? 'done' : 'prevented');
  }

  private hitKind(flow: PlainFlow, input: DecisionInput, rule: number): string {
    if (flow.source !== null || flow.destination !== null)
      return this.rules.policy.rules[rule]!.hitsRegistered ? 'on_purpose' : 'in_force';
    const ends = [input.source, input.destination];
    return ends.some((end) => this.covers(end, input, Protocol.NONE) !== NO_REGISTRATION) ? 'other_protocol' : 'none';
  }

  private countHit(flow: PlainFlow, outcome: string): void {
    if (flow.hitKind === 'none' || flow.hitOutcome === outcome) return;
    flow.hitOutcome = outcome;
    bump(this.hits, `${flow.hitKind} ${outcome}`);
  }

  private mayHit(flow: PlainFlow, timeUs: number): boolean {
    const { admission } = this;
    if (admission === null) return true;
    const stage = (STAGE_NAMES as readonly string[]).indexOf(flow.stage);
    if (admission.refuses(stage)) return false;
    if (flow.admittedBy === admission.generation) return true;
    const client = [...this.read(flow.slot).record.source].join();
    const isAdmitted = admission.admit(client, timeUs, stage, flow.rule!, flow.hitKind === 'in_force');
    if (isAdmitted) flow.admittedBy = admission.generation;
    this.countHit(flow, isAdmitted ? 'done' : 'prevented');
    return isAdmitted;
  }
}

/** True if the decision of a flow is shown with these words. */
function isEqual(flow: PlainFlow, words: object): boolean {
  return Object.entries(words).every(([name, value]) => flow[name as keyof PlainFlow] === value);
}

function bump(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1);
}
