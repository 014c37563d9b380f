/**
 * What a change of rules would do: the rules before and after decide the same recorded flows, and what differs is counted by flow and by client. The
 * change is another policy or registry, or the same ones at a later time. Nothing is affected, so a candidate can be evaluated before it acts.
 *
 * Harm is counted as enforcement would do it. Where the rules after only observe, it is what enforcement would do, on both sides.
 */
import { compareCoverage, type CoverageChange } from '../registry/coverage-change.ts';
import { Action, ACTION_NAMES } from './action.ts';
import { ClientTable } from './client-table.ts';
import type { RecordedFlow, RecordedFlows } from './recorded-flow.ts';
import { type RulesAt, TrialRules } from './trial-rules.ts';

/** A limit on clients that are newly hit. */
export interface HitLimit {
  /** Only clients with a packet of a VPN flow this long before count. */
  readonly windowUs: number;
  /** Only flows at this stage count; null for any. */
  readonly stage: number | null;
  readonly clients: number;
  /** Share, 0 to 1, of the clients with a finding of the stage; null for none. The share always allows `floor` clients. */
  readonly share: number | null;
  readonly floor: number;
}

/** What the change takes of a limit. */
export interface LimitUse {
  readonly limit: HitLimit;
  /** Clients newly hit, clients with a finding, clients that the limit allows to be hit. */
  readonly hit: number;
  readonly seen: number;
  readonly allowed: number;
}

export interface ChangeEvaluation {
  readonly coverage: CoverageChange;
  /** Flows compared; flows left out because there were too many; distinct clients of the flows compared. */
  readonly flows: number;
  readonly flowsLeftOut: number;
  readonly clients: number;
  /** Flows and their bytes by action before * 3 + action after. */
  readonly flowsByAction: Float64Array;
  readonly bytesByAction: Float64Array;
  /** Clients hit after and not before, and the reverse. A client is hit where any of its flows is. */
  readonly newlyHit: number;
  readonly noLongerHit: number;
  /** Of those newly hit: with a registration in force after the change, hit not on purpose. */
  readonly registeredHit: number;
  /** Of those newly hit: with a registration before the change that the change takes away. */
  readonly deregistered: number;
  /** Clients newly hit by each rule that hits any, by its name. */
  readonly hitsByRule: ReadonlyMap<string, number>;
  readonly limits: readonly LimitUse[];
  /** The rules after the change are enforced: hits are real. */
  readonly isEnforced: boolean;
}

const ACTIONS = ACTION_NAMES.length;

/** Bits of a client. */
const HIT_BEFORE = 1;
const HIT_AFTER = 2;
const REGISTERED_HIT = 4;
const DEREGISTERED = 8;
const HAS_RULE = 16;
/** Bits of a client for each limit: it has a finding that counts; a hit that does. Sixteen limits fill a word. */
const LIMIT_BITS = 2;
const LIMIT_SEEN = 1;
const LIMIT_HIT = 2;
const MOST_LIMITS = 16;
const FIRST_CLIENTS = 1024;
/** Bit of a flow. */
const REGISTERED_BEFORE = 4;

/**
 * `nowUs` is the packet time from which windows of limits reach back. It is not that of the rules where a change lies ahead. `coverage` compares the
 * registries of both sides, where that is done already.
 */
export function evaluateChange(
  before: RulesAt,
  after: RulesAt,
  flows: RecordedFlows,
  nowUs: number,
  limits: readonly HitLimit[] = [],
  coverage: CoverageChange = compareCoverage(before, after),
): ChangeEvaluation {
  return new Evaluation(before, after, nowUs, limits).run(flows, coverage);
}

class Evaluation {
  private readonly before: TrialRules;
  private readonly after: TrialRules;
  private readonly isEnforced: boolean;
  private readonly nowUs: number;
  private readonly limits: readonly HitLimit[];
  private readonly clients = new ClientTable();
  /** By client: its bits, two bits for each limit (LIMIT_SEEN, LIMIT_HIT), and the rule that newly hits it first. They grow together. */
  private bits = new Uint8Array(FIRST_CLIENTS);
  private uses = new Uint32Array(FIRST_CLIENTS);
  private hitRules = new Int32Array(FIRST_CLIENTS);
  /** By flow, in the order of visits: the action before, plus REGISTERED_BEFORE. */
  private readonly flowsBefore: number[] = [];
  private readonly flowsByAction = new Float64Array(ACTIONS * ACTIONS);
  private readonly bytesByAction = new Float64Array(ACTIONS * ACTIONS);
  private flows = 0;

  constructor(before: RulesAt, after: RulesAt, nowUs: number, limits: readonly HitLimit[]) {
    this.nowUs = nowUs;
    this.before = new TrialRules(before);
    this.after = new TrialRules(after);
    this.isEnforced = after.mode === 'enforce';
    if (limits.length > MOST_LIMITS) throw new RangeError(`there may be ${MOST_LIMITS} limits`);
    this.limits = limits;
  }

  run(flows: RecordedFlows, coverage: CoverageChange): ChangeEvaluation {
    const { before, after, limits } = this;
    flows.visit((flow) => {
      before.note(flow);
      after.note(flow);
    });
    // One side after the other: a schedule keeps the answer for one span of time, and to ask for two in turn costs far more.
    flows.visit((flow) => {
      before.decide(flow);
      this.flowsBefore.push(before.action + (before.isRegistered ? REGISTERED_BEFORE : 0));
    });
    const flowsLeftOut = flows.visit((flow) => {
      this.take(flow);
    });
    return {
      coverage,
      flows: this.flows,
      flowsLeftOut,
      clients: this.clients.count,
      flowsByAction: this.flowsByAction,
      bytesByAction: this.bytesByAction,
      newlyHit: this.count(HIT_AFTER, HIT_BEFORE),
      noLongerHit: this.count(HIT_BEFORE, HIT_AFTER),
      registeredHit: this.count(REGISTERED_HIT),
      deregistered: this.count(DEREGISTERED),
      hitsByRule: this.hitsByRule(),
      limits: limits.map((limit, at) => this.useOf(limit, at)),
      isEnforced: this.isEnforced,
    };
  }

  private take(flow: RecordedFlow): void {
    const { before, after, limits } = this;
    after.decide(flow);
    const flowBefore = this.flowsBefore[this.flows++]!;
    const actionBefore = flowBefore % REGISTERED_BEFORE;
    const cell = actionBefore * ACTIONS + after.action;
    this.flowsByAction[cell]!++;
    this.bytesByAction[cell]! += flow.input.octets;
    const client = this.clients.rowOf(flow.input.source);
    if (client === this.bits.length) this.grow();
    const { bits, uses, hitRules } = this;
    const wasEffective = !this.isEnforced || before.rules.mode === 'enforce';
    const wasHit = wasEffective && actionBefore !== Action.ALLOW;
    const isHit = after.action !== Action.ALLOW;
    const isNewlyHit = isHit && !wasHit;
    if (wasHit) bits[client]! |= HIT_BEFORE;
    if (isHit) bits[client]! |= HIT_AFTER;
    if (isNewlyHit) {
      if ((bits[client]! & HAS_RULE) === 0) hitRules[client] = after.rule;
      bits[client]! |= HAS_RULE;
      if (after.isRegistered) bits[client]! |= after.isMeant ? 0 : REGISTERED_HIT;
      else if (flowBefore >= REGISTERED_BEFORE) bits[client]! |= DEREGISTERED;
    }
    const agoUs = this.nowUs - flow.lastTimeUs;
    for (let at = 0; at < limits.length; at++) {
      const { windowUs, stage } = limits[at]!;
      if (agoUs > windowUs || (stage !== null && stage !== flow.input.stage)) continue;
      uses[client]! |= (isNewlyHit ? LIMIT_SEEN | LIMIT_HIT : LIMIT_SEEN) << (at * LIMIT_BITS);
    }
  }

  private grow(): void {
    const { bits, uses, hitRules } = this;
    this.bits = new Uint8Array(bits.length * 2);
    this.bits.set(bits);
    this.uses = new Uint32Array(bits.length * 2);
    this.uses.set(uses);
    this.hitRules = new Int32Array(bits.length * 2);
    this.hitRules.set(hitRules);
  }

  /** Clients that have all the wanted bits, and none of the unwanted ones. */
  private count(wanted: number, unwanted = 0): number {
    let count = 0;
    for (let client = 0; client < this.clients.count; client++) {
      const value = this.bits[client]!;
      if ((value & wanted) === wanted && (value & unwanted) === 0) count++;
    }
    return count;
  }

  private hitsByRule(): Map<string, number> {
    const hits = new Map<string, number>();
    const { rules } = this.after.rules.policy;
    for (let client = 0; client < this.clients.count; client++) {
      const value = this.bits[client]!;
      if ((value & HIT_AFTER) === 0 || (value & HIT_BEFORE) !== 0) continue;
      const { name } = rules[this.hitRules[client]!]!;
      hits.set(name, (hits.get(name) ?? 0) + 1);
    }
    return hits;
  }

  /** A client that was hit before the change, by another of its flows, is not newly hit. */
  private useOf(limit: HitLimit, at: number): LimitUse {
    let [seen, hit] = [0, 0];
    for (let client = 0; client < this.clients.count; client++) {
      const use = this.uses[client]! >>> (at * LIMIT_BITS);
      if ((use & LIMIT_SEEN) !== 0) seen++;
      if ((use & LIMIT_HIT) !== 0 && (this.bits[client]! & HIT_BEFORE) === 0) hit++;
    }
    return { limit, hit, seen, allowed: allowedClients(limit, seen) };
  }
}

/** Clients that a limit allows, of so many with a finding. */
export function allowedClients({ clients, share, floor }: HitLimit, seen: number): number {
  // A share of 29 % of 100 is 29, whatever binary fractions make of it.
  return share === null ? clients : Math.min(clients, Math.max(floor, Math.floor(share * seen + 1e-9)));
}
