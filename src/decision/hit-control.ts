/**
 * Whether a flow's client may be hit by throttles and blocks now, which the admission says, and the registered hits
 * among the decisions.
 */
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import { Action } from '../policy/action.ts';
import { actionOf } from '../policy/decide.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import { Sector } from '../registry/sector.ts';
import type { DecisionBasis } from './decision-basis.ts';
import { DECISION_WORDS, type DecisionTable, DecisionWord } from './decision-table.ts';
import { ruleName } from './decision-views.ts';
import { FlowIdentity } from './flow-record.ts';
import { HitKind, HitOutcome, type RegisteredHits } from './registered-hits.ts';
import type { Rules } from './rules.ts';
import type { HitAdmission } from './hit-admission.ts';

export class HitControl {
  /** The rules in use; set when they are swapped. */
  rules: Rules;
  private readonly table: FlowRows;
  private readonly decisionTable: DecisionTable;
  private readonly basis: DecisionBasis;
  private readonly admission: HitAdmission | null;
  private readonly hits: RegisteredHits;
  private readonly client = new FlowIdentity();

  /** `basis` has the input of the last decision. Without an admission every client may be hit. */
  constructor(
    table: FlowRows,
    decisionTable: DecisionTable,
    basis: DecisionBasis,
    rules: Rules,
    admission: HitAdmission | null,
    hits: RegisteredHits,
  ) {
    this.table = table;
    this.decisionTable = decisionTable;
    this.basis = basis;
    this.rules = rules;
    this.admission = admission;
    this.hits = hits;
  }

  /** True when the flow's packets may be hit now: there is no admission, or it lets the client be hit. */
  mayHit(number: number, slot: number, timeUs: number): boolean {
    const { admission, decisionTable, rules } = this;
    if (admission === null) return true;
    const { words } = decisionTable;
    const row = number * DECISION_WORDS;
    const stage = words[row + DecisionWord.STAGE]!;
    if (admission.refuses(stage)) return false;
    if (words[row + DecisionWord.ADMITTED_BY] === admission.generation) return true;
    const rule = ruleName(rules, words[row + DecisionWord.RULE]!) ?? '';
    const isHarm = decisionTable.hitKinds[number] === HitKind.IN_FORCE;
    const isAdmitted = admission.admit(this.clientOf(slot), timeUs, stage, rule, isHarm);
    if (isAdmitted) words[row + DecisionWord.ADMITTED_BY] = admission.generation;
    this.countHit(number, isAdmitted ? HitOutcome.DONE : HitOutcome.PREVENTED, timeUs);
    return isAdmitted;
  }

  /** Shows the client of a flow with a finding to the admission, and whether it is still being hit. */
  show(admission: HitAdmission, number: number, slot: number, timeUs: number): void {
    const { words, shownUntil, shownAt, clientHashes } = this.decisionTable;
    const { breaker } = admission;
    const row = number * DECISION_WORDS;
    const stage = words[row + DecisionWord.STAGE]!;
    const since = shownAt[number]!;
    const hash = 2 * number;
    if (breaker.isBeside) {
      // The other breaker has recorded the client.
      shownUntil[number] = breaker.seeAgain(timeUs, 0, 0, stage, 0);
    } else if (since === 0) {
      shownUntil[number] = breaker.see(timeUs, this.clientOf(slot).source, stage);
      clientHashes[hash] = breaker.lastHash.high;
      clientHashes[hash + 1] = breaker.lastHash.low;
    } else {
      shownUntil[number] = breaker.seeAgain(timeUs, clientHashes[hash]!, clientHashes[hash + 1]!, stage, since);
    }
    shownAt[number] = breaker.seenMoves;
    const isHit = words[row + DecisionWord.ADMITTED_BY] === admission.generation && !admission.refuses(stage);
    if (isHit) admission.touch(this.clientOf(slot), timeUs, stage);
  }

  /** Identity of a flow, whose source is the client. */
  private clientOf(slot: number): FlowIdentity {
    this.client.readIdentity(this.table, slot, this.decisionTable.findingOf(slot));
    return this.client;
  }

  /**
   * Notes whether the decision just made is a registered hit, and counts it. `isNew`: the decision differs from the one
   * before.
   */
  note(number: number, slot: number, isNew: boolean, timeUs: number): void {
    const { decisionTable, rules } = this;
    const rule = decisionTable.words[number * DECISION_WORDS + DecisionWord.RULE]!;
    const kind = actionOf(rules.policy, rule) === Action.ALLOW ? HitKind.NONE : this.hitKind(rule);
    if (isNew || decisionTable.hitKinds[number] !== kind) decisionTable.hitOutcomes[number] = HitOutcome.NONE;
    // A flow that is being hit may become a registered one: it must be admitted again.
    if (decisionTable.hitKinds[number] !== kind)
      decisionTable.words[number * DECISION_WORDS + DecisionWord.ADMITTED_BY] = 0;
    decisionTable.hitKinds[number] = kind;
    if (kind === HitKind.NONE) return;
    if (rules.mode === 'observe') this.countHit(number, HitOutcome.WOULD, timeUs);
    else this.countHit(number, this.mayHit(number, slot, timeUs) ? HitOutcome.DONE : HitOutcome.PREVENTED, timeUs);
  }

  /** Kind of hit of a throttle or block of the flow at hand. */
  private hitKind(rule: number): HitKind {
    const { basis, rules } = this;
    if (basis.isRegistered) return rules.policy.rules[rule]!.hitsRegistered ? HitKind.ON_PURPOSE : HitKind.IN_FORCE;
    return basis.isRegisteredOtherwise() ? HitKind.OTHER_PROTOCOL : HitKind.NONE;
  }

  /** Counts the outcome of a registered hit, once for each outcome that the decision has in turn. */
  private countHit(number: number, outcome: HitOutcome, timeUs: number): void {
    const { decisionTable, rules } = this;
    const kind = decisionTable.hitKinds[number] as HitKind;
    if (kind === HitKind.NONE || decisionTable.hitOutcomes[number] === outcome) return;
    decisionTable.hitOutcomes[number] = outcome;
    const { words } = decisionTable;
    const row = number * DECISION_WORDS;
    const source = words[row + DecisionWord.SOURCE_REGISTRATION]!;
    const registration = source === NO_REGISTRATION ? words[row + DecisionWord.DESTINATION_REGISTRATION]! : source;
    const subject = {
      rule: ruleName(rules, words[row + DecisionWord.RULE]!) ?? '',
      protocol: words[row + DecisionWord.PROTOCOL]!,
      sector: registration === NO_REGISTRATION ? Sector.NONE : rules.registry.sectorOf(registration),
    };
    this.hits.count(kind, outcome, subject, timeUs);
  }
}
