/**
 * Evaluates a change of rules on recorded flows. The rules before and after the change decide the same flows, and the
 * differences are counted by flow and by client. A change is another policy or registry, or the same ones at a later
 * time. Evaluation has no side effects, so a candidate is evaluated before it is used.
 *
 * A client is hit where a flow of it is throttled or blocked. Where the rules after the change are enforced, the rules
 * before hit only if they were enforced too. Where the rules after only observe, both sides count what enforcement
 * would do.
 */
import { compareCoverage, type CoverageChange } from '../registry/coverage-change.ts';
import { NO_REGISTRATION, type Registration } from '../registry/registration.ts';
import { Action, ACTION_NAMES } from './action.ts';
import { ClientHits, HitUser, hitUserOf } from './client-hits.ts';
import { allowedBy, MAX_LIMITS } from './limits.ts';
import type { RecordedFlow, RecordedFlows } from './recorded-flow.ts';
import { type RulesAt, TrialRules } from './trial-rules.ts';

/** A limit on clients that a change newly hits. */
export interface HitLimit {
  /** Only flows with a packet within this time before now count. */
  readonly windowUs: number;
  /** Only flows at this stage count; null for any. */
  readonly stage: number | null;
  readonly clients: number;
  /**
   * Fraction, 0 to 1, of the clients with a finding of the stage; null for no such limit. It always allows `floor`
   * clients.
   */
  readonly share: number | null;
  readonly floor: number;
}

/** How much of a limit the change uses. */
export interface LimitUse {
  readonly limit: HitLimit;
  /** Clients newly hit; clients with a finding; clients that may newly be hit. */
  readonly hit: number;
  readonly seen: number;
  readonly allowed: number;
}

/** A registration whose user a rule newly hits. */
export interface RegisteredUser {
  readonly rule: string;
  readonly registration: Registration;
  /** The change takes the registration away. */
  readonly deregistered: boolean;
}

/** The effect of a change on flows and clients. */
export interface FlowEvaluation {
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
  /** Newly hit clients with a registration in force after the change, unless the rule has `hits_registered: true`. */
  readonly registeredHit: number;
  /** Newly hit clients whose registration the change takes away. */
  readonly deregistered: number;
  /** Newly hit clients by the name of the rule; rules without any are left out. */
  readonly hitsByRule: ReadonlyMap<string, number>;
  /** The first registrations of such clients, each with the rule that hits it. */
  readonly registeredUsers: readonly RegisteredUser[];
  readonly limits: readonly LimitUse[];
  /** The rules after the change are enforced: hits are real. */
  readonly isEnforced: boolean;
}

export interface ChangeEvaluation extends FlowEvaluation {
  readonly coverage: CoverageChange;
}

const ACTIONS = ACTION_NAMES.length;

/**
 * Flags of a client for each limit: it has a flow that counts; such a flow is newly hit. MAX_LIMITS of them fill a
 * word.
 */
const LIMIT_BITS = 2;
const LIMIT_SEEN = 1;
const LIMIT_HIT = 2;
const FIRST_CLIENTS = 1024;
/**
 * A flow before the change is its action plus this many times the number of its registration, from 1 on; 0 for none.
 */
const REGISTERED_BEFORE = 4;
const SHOWN_USERS = 20;

/**
 * `nowUs` is the packet time from which the windows of limits reach back; it differs from the time of the rules where a
 * change lies ahead. `coverage` is the comparison of both registries, where the caller has it already.
 */
export function evaluateChange(
  before: RulesAt,
  after: RulesAt,
  flows: RecordedFlows,
  nowUs: number,
  limits: readonly HitLimit[] = [],
  coverage: CoverageChange = compareCoverage(before, after),
): ChangeEvaluation {
  return { coverage, ...evaluateFlows(before, after, flows, nowUs, limits) };
}

/** The same without a comparison of the registries. */
export function evaluateFlows(
  before: RulesAt,
  after: RulesAt,
  flows: RecordedFlows,
  nowUs: number,
  limits: readonly HitLimit[] = [],
): FlowEvaluation {
  return new Evaluation(before, after, nowUs, limits).run(flows);
}

class Evaluation {
  private readonly before: TrialRules;
  private readonly after: TrialRules;
  private readonly isEnforced: boolean;
  private readonly nowUs: number;
  private readonly limits: readonly HitLimit[];
  private readonly hits = new ClientHits();
  /** By client: its flags for each limit. */
  private uses = new Uint32Array(FIRST_CLIENTS);
  /** By flow, in the order of visits: see REGISTERED_BEFORE. */
  private readonly flowsBefore: number[] = [];
  private readonly flowsByAction = new Float64Array(ACTIONS * ACTIONS);
  private readonly bytesByAction = new Float64Array(ACTIONS * ACTIONS);
  private flows = 0;
  /** The first registered users, by rule and registration. */
  private readonly users = new Map<string, RegisteredUser>();

  constructor(before: RulesAt, after: RulesAt, nowUs: number, limits: readonly HitLimit[]) {
    this.nowUs = nowUs;
    this.before = new TrialRules(before);
    this.after = new TrialRules(after);
    this.isEnforced = after.mode === 'enforce';
    if (limits.length > MAX_LIMITS) throw new RangeError(`at most ${MAX_LIMITS} limits are supported`);
    this.limits = limits;
  }

  run(flows: RecordedFlows): FlowEvaluation {
    const { before, after, limits } = this;
    flows.visit((flow) => {
      before.recordTunnelEnds(flow);
      after.recordTunnelEnds(flow);
    });
    // One side after the other: a schedule caches its answer for one span of time, and alternating between two times
    // would miss always.
    flows.visit((flow) => {
      before.decide(flow);
      this.flowsBefore.push(before.action + REGISTERED_BEFORE * (before.registration - NO_REGISTRATION));
    });
    const flowsLeftOut = flows.visit((flow) => {
      this.compare(flow);
    });
    return {
      flows: this.flows,
      flowsLeftOut,
      clients: this.hits.count,
      flowsByAction: this.flowsByAction,
      bytesByAction: this.bytesByAction,
      newlyHit: this.hits.newlyHit,
      noLongerHit: this.hits.noLongerHit,
      registeredHit: this.hits.registeredHit,
      deregistered: this.hits.deregistered,
      hitsByRule: this.hitsByRule(),
      registeredUsers: [...this.users.values()],
      limits: limits.map((limit, at) => this.useOf(limit, at)),
      isEnforced: this.isEnforced,
    };
  }

  private compare(flow: RecordedFlow): void {
    const { before, after, limits } = this;
    after.decide(flow);
    const flowBefore = this.flowsBefore[this.flows++]!;
    const actionBefore = flowBefore % REGISTERED_BEFORE;
    const cell = actionBefore * ACTIONS + after.action;
    this.flowsByAction[cell]!++;
    this.bytesByAction[cell]! += flow.input.bytes;
    const wasEffective = !this.isEnforced || before.rules.mode === 'enforce';
    const wasHit = wasEffective && actionBefore !== Action.ALLOW;
    const isHit = after.action !== Action.ALLOW;
    const user = hitUserOf(flowBefore >= REGISTERED_BEFORE, after.isRegistered, after.hitsRegistered);
    if (isHit && !wasHit && user !== HitUser.OTHER) this.noteUser(user, flowBefore);
    const client = this.hits.take(flow.input.source, wasHit, isHit, after.rule, user);
    if (client >= this.uses.length) this.grow();
    const { uses } = this;
    const agoUs = this.nowUs - flow.lastTimeUs;
    for (let at = 0; at < limits.length; at++) {
      const { windowUs, stage } = limits[at]!;
      if (agoUs > windowUs || (stage !== null && stage !== flow.input.stage)) continue;
      uses[client]! |= (isHit && !wasHit ? LIMIT_SEEN | LIMIT_HIT : LIMIT_SEEN) << (at * LIMIT_BITS);
    }
  }

  private noteUser(user: HitUser, flowBefore: number): void {
    const { before, after, users } = this;
    if (users.size >= SHOWN_USERS) return;
    const deregistered = user === HitUser.DEREGISTERED;
    const row = deregistered ? Math.floor(flowBefore / REGISTERED_BEFORE) + NO_REGISTRATION : after.registration;
    const key = `${after.rule} ${row} ${deregistered}`;
    if (users.has(key)) return;
    const { registry } = deregistered ? before.rules : after.rules;
    const rule = after.rules.policy.rules[after.rule]!.name;
    users.set(key, { rule, registration: registry.registrationAt(row), deregistered });
  }

  private grow(): void {
    const { uses } = this;
    this.uses = new Uint32Array(uses.length * 2);
    this.uses.set(uses);
  }

  private hitsByRule(): Map<string, number> {
    const { rules } = this.after.rules.policy;
    return new Map([...this.hits.byRule()].map(([rule, count]) => [rules[rule]!.name, count]));
  }

  /** Counts a limit's clients. A client with a flow that was hit before the change is not newly hit. */
  private useOf(limit: HitLimit, at: number): LimitUse {
    let [seen, hit] = [0, 0];
    for (let client = 0; client < this.hits.count; client++) {
      const use = this.uses[client]! >>> (at * LIMIT_BITS);
      if ((use & LIMIT_SEEN) !== 0) seen++;
      if ((use & LIMIT_HIT) !== 0 && !this.hits.wasHit(client)) hit++;
    }
    return { limit, hit, seen, allowed: allowedBy(limit, seen) };
  }
}
