/**
 * What a shadow decides otherwise than the active rules, counted while flows live: flows by both actions, clients newly
 * hit, and the registered users among them. Actions count as if both sets of rules were enforced.
 *
 * Memory is bounded: clients are kept where a side hits them, up to a limit; suspected findings fill half of it at
 * most, so a flood of spoofed handshakes leaves room for confirmed ones. Flows of further clients are counted as left
 * out.
 */
import type { Outcome } from '../../dataplane/host/outcome.ts';
import { OUTCOME_NAMES } from '../../dataplane/host/outcome.ts';
import { findingStage, Stage } from '../../dataplane/host/finding.ts';
import type { FlowRows } from '../../dataplane/host/flow-rows.ts';
import { DECISION_WORDS, type DecisionTable, DecisionWord } from '../../decision/decision-table.ts';
import { FlowIdentity } from '../../decision/flow-record.ts';
import type { ShadowListener } from '../../pipeline/shadowed-decisions.ts';
import { Action, ACTION_NAMES } from '../../policy/action.ts';
import { ClientHits, HitUser, hitUserOf } from '../../policy/client-hits.ts';
import { NO_RULE } from '../../policy/decide.ts';
import type { Policy } from '../../policy/policy.ts';
import { NO_REGISTRATION } from '../../registry/registration.ts';

const ACTIONS = ACTION_NAMES.length;
/** Clients that are kept: at most 12 MB. */
const CLIENT_LIMIT = 1 << 18;

/** Flags of a flow above a bit for each pair of actions that it has had. */
const LEFT_OUT = 1 << (ACTIONS * ACTIONS);
const REGISTERED_HIT = LEFT_OUT << 1;

/** A flow of a registered user that the shadow newly hits: the numbers of both decisions. */
export interface RegisteredHit {
  readonly slot: number;
  /** The shadow's registry no longer has its registration. */
  readonly isDeregistered: boolean;
  /** Rows of the two decisions in their tables. */
  readonly activeRow: number;
  readonly shadowRow: number;
}

/** What a comparison reads. */
export interface ComparedSides {
  readonly table: FlowRows;
  readonly active: DecisionTable;
  readonly shadow: DecisionTable;
  readonly shadowPolicy: Policy;
}

export class ShadowComparison implements ShadowListener {
  /** Flows that both sides have decided. */
  flows = 0;
  /** Flows by active action * 3 + the shadow's action. A flow counts once for each pair that it has in turn. */
  readonly flowsByAction = new Float64Array(ACTIONS * ACTIONS);
  /** Flows whose client was not counted because there were too many clients. */
  flowsLeftOut = 0;
  /** Newly hit flows of users who are registered, or were before. */
  registeredFlows = 0;
  /** Packets and bytes that the shadow would not simply forward, by outcome. */
  readonly packets = new Float64Array(OUTCOME_NAMES.length);
  readonly bytes = new Float64Array(OUTCOME_NAMES.length);
  hits = new ClientHits();
  readonly sides: ComparedSides;
  private readonly clientLimit: number;
  private readonly onRegistered: (hit: RegisteredHit) => void;
  /** By slot: the pairs of actions that a flow has had, and its flags. Memory is used once a flow is decided. */
  private readonly flags: Uint16Array;
  private readonly client = new FlowIdentity();

  /** `onRegistered` receives each newly hit flow of a registered user, once. */
  constructor(sides: ComparedSides, onRegistered: (hit: RegisteredHit) => void, clientLimit = CLIENT_LIMIT) {
    this.sides = sides;
    this.onRegistered = onRegistered;
    this.clientLimit = clientLimit;
    this.flags = new Uint16Array(sides.table.largestSlot + 1);
  }

  decided(slot: number): void {
    const { active, shadow } = this.sides;
    const activeRow = active.numberOf(slot) * DECISION_WORDS;
    const shadowRow = shadow.numberOf(slot) * DECISION_WORDS;
    const from = active.words[activeRow + DecisionWord.ACTION]!;
    const to = shadow.words[shadowRow + DecisionWord.ACTION]!;
    const cell = from * ACTIONS + to;
    const flags = this.flags[slot]!;
    if (flags === 0) this.flows++;
    if ((flags & (1 << cell)) === 0) this.flowsByAction[cell]!++;
    this.flags[slot] = flags | (1 << cell);
    if (from !== Action.ALLOW || to !== Action.ALLOW) this.takeHit(slot, activeRow, shadowRow);
  }

  affected(outcome: Outcome, wireLength: number): void {
    this.packets[outcome]!++;
    this.bytes[outcome]! += wireLength;
  }

  ended(slot: number): void {
    this.flags[slot] = 0;
  }

  /** Forgets the clients, and with them which were newly hit; returns how many there were. */
  forgetClients(): number {
    const { count } = this.hits;
    this.hits = new ClientHits();
    return count;
  }

  private takeHit(slot: number, activeRow: number, shadowRow: number): void {
    const { table, active, shadow, shadowPolicy } = this.sides;
    const wasHit = active.words[activeRow + DecisionWord.ACTION] !== Action.ALLOW;
    const isHit = shadow.words[shadowRow + DecisionWord.ACTION] !== Action.ALLOW;
    const rule = shadow.words[shadowRow + DecisionWord.RULE]!;
    const isOnPurpose = rule !== NO_RULE && shadowPolicy.rules[rule]!.hitsRegistered;
    const user = hitUserOf(isRegistered(active, activeRow), isRegistered(shadow, shadowRow), isOnPurpose);
    if (isHit && !wasHit && user !== HitUser.OTHER && (this.flags[slot]! & REGISTERED_HIT) === 0) {
      this.flags[slot]! |= REGISTERED_HIT;
      this.registeredFlows++;
      this.onRegistered({ slot, isDeregistered: user === HitUser.DEREGISTERED, activeRow, shadowRow });
    }
    const finding = active.findingOf(slot);
    this.client.readIdentity(table, slot, finding);
    const limit = findingStage(finding) === Stage.CONFIRMED ? this.clientLimit : this.clientLimit >> 1;
    if (this.hits.hasRoom(this.client.source, limit)) {
      this.hits.take(this.client.source, wasHit, isHit, rule, user);
      // A flow that was suspected has found no room, and finds some once it is confirmed.
      if ((this.flags[slot]! & LEFT_OUT) !== 0) this.flowsLeftOut--;
      this.flags[slot]! &= ~LEFT_OUT;
    } else if ((this.flags[slot]! & LEFT_OUT) === 0) {
      this.flags[slot]! |= LEFT_OUT;
      this.flowsLeftOut++;
    }
  }
}

function isRegistered({ words }: DecisionTable, row: number): boolean {
  return (
    words[row + DecisionWord.SOURCE_REGISTRATION] !== NO_REGISTRATION ||
    words[row + DecisionWord.DESTINATION_REGISTRATION] !== NO_REGISTRATION
  );
}
