/**
 * What a change of rules would do: the rules before and after decide the same recorded flows, and what differs is counted by flow and by client. The
 * change is another policy or registry, or the same ones at a later time. Nothing is affected, so a candidate can be evaluated before it acts.
 *
 * Harm is counted as enforcement would do it. Where the rules after only observe, it is what enforcement would do, on both sides.
 */
import { compareCoverage, type CoverageChange } from '../registry/coverage-change.ts';
import { Action, ACTION_NAMES } from './action.ts';
import { ClientTable } from './client-table.ts';
import { NO_RULE } from './decide.ts';
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
  private readonly bits: number[] = [];
  /** By flow, in the order of visits: the action before, plus REGISTERED_BEFORE. */
  private readonly flowsBefore: number[] = [];
  /** The rule that newly hits the client first. */
  private readonly rules: number[] = [];
  /** By limit and client: 1 for a finding that counts, 2 for a hit that does. */
  private readonly uses: number[][];
  private readonly flowsByAction = new Float64Array(ACTIONS * ACTIONS);
  private readonly bytesByAction = new Float64Array(ACTIONS * ACTIONS);
  private flows = 0;

  constructor(before: RulesAt, after: RulesAt, nowUs: number, limits: readonly HitLimit[]) {
    this.nowUs = nowUs;
    this.before = new TrialRules(before);
    this.after = new TrialRules(after);
    this.isEnforced = after.mode === 'enforce';
    this.limits = limits;
    this.uses = limits.map(() => []);
  }

  run(flows: RecordedFlows, coverage: CoverageChange): ChangeEvaluation {
    const { before, after, limits, bits } = this;
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
    const count = (wanted: number, unwanted = 0): number =>
      bits.filter((value) => (value & wanted) === wanted && (value & unwanted) === 0).length;
    return {
      coverage,
      flows: this.flows,
      flowsLeftOut,
      clients: this.clients.count,
      flowsByAction: this.flowsByAction,
      bytesByAction: this.bytesByAction,
      newlyHit: count(HIT_AFTER, HIT_BEFORE),
      noLongerHit: count(HIT_BEFORE, HIT_AFTER),
      registeredHit: count(REGISTERED_HIT),
      deregistered: count(DEREGISTERED),
      hitsByRule: this.hitsByRule(),
      limits: limits.map((limit, at) => this.useOf(limit, this.uses[at]!)),
      isEnforced: this.isEnforced,
    };
  }

  private take(flow: RecordedFlow): void {
    const { before, after, bits } = this;
    after.decide(flow);
    const flowBefore = this.flowsBefore[this.flows++]!;
    const actionBefore = flowBefore % REGISTERED_BEFORE;
    const cell = actionBefore * ACTIONS + after.action;
    this.flowsByAction[cell]!++;
    this.bytesByAction[cell]! += flow.input.octets;
    const client = this.clients.rowOf(flow.input.source);
    if (client === bits.length) {
      bits.push(0);
      this.rules.push(NO_RULE);
      for (const uses of this.uses) uses.push(0);
    }
    const wasEffective = !this.isEnforced || before.rules.mode === 'enforce';
    const wasHit = wasEffective && actionBefore !== Action.ALLOW;
    const isHit = after.action !== Action.ALLOW;
    if (wasHit) bits[client]! |= HIT_BEFORE;
    if (isHit) bits[client]! |= HIT_AFTER;
    if (isHit && !wasHit) {
      if (this.rules[client] === NO_RULE) this.rules[client] = after.rule;
      if (after.isRegistered) bits[client]! |= after.isMeant ? 0 : REGISTERED_HIT;
      else if (flowBefore >= REGISTERED_BEFORE) bits[client]! |= DEREGISTERED;
    }
    for (const [at, { windowUs, stage }] of this.limits.entries()) {
      if (flow.lastTimeUs < this.nowUs - windowUs) continue;
      if (stage === null || stage === flow.input.stage) this.uses[at]![client]! |= isHit && !wasHit ? 3 : 1;
    }
  }

  private hitsByRule(): Map<string, number> {
    const hits = new Map<string, number>();
    const { rules } = this.after.rules.policy;
    for (const [client, value] of this.bits.entries()) {
      if ((value & HIT_AFTER) === 0 || (value & HIT_BEFORE) !== 0) continue;
      const { name } = rules[this.rules[client]!]!;
      hits.set(name, (hits.get(name) ?? 0) + 1);
    }
    return hits;
  }

  /** A client that was hit before the change, by another of its flows, is not newly hit. */
  private useOf(limit: HitLimit, uses: readonly number[]): LimitUse {
    const seen = uses.filter((use) => use !== 0).length;
    const hit = uses.filter((use, client) => (use & 2) !== 0 && (this.bits[client]! & HIT_BEFORE) === 0).length;
    return { limit, hit, seen, allowed: allowedClients(limit, seen) };
  }
}

/** Clients that a limit allows, of so many with a finding. */
export function allowedClients({ clients, share, floor }: HitLimit, seen: number): number {
  // A share of 29 % of 100 is 29, whatever binary fractions make of it.
  return share === null ? clients : Math.min(clients, Math.max(floor, Math.floor(share * seen + 1e-9)));
}
