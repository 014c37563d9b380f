/**
 * The VPN flows and their decisions. Four words for each flow, by its slot in the flow table, and a row of one cache
 * line for each decision, by its number. The flow table has no word that decisions write. Rules and registrations are
 * numbers of the rules in force when a decision was made. Number 0 is no decision; numbers are used again after a
 * flow's end.
 */
import { invariant } from '../core/invariant.ts';
import type { Finding } from '../dataplane/host/finding.ts';
import { NO_RULE } from '../policy/decide.ts';
import { NO_REGISTRATION } from '../registry/registration.ts';
import type { Snapshot } from '../core/snapshot.ts';

export const NO_BUCKET = -1;

/**
 * Words of a row. The last three are doubles: a decision is made again from this packet time, or these packets and
 * bytes, on.
 */
export const DecisionWord = {
  ACTION: 0,
  REASON: 1,
  PROTOCOL: 2,
  STAGE: 3,
  RULE: 4,
  SOURCE_REGISTRATION: 5,
  DESTINATION_REGISTRATION: 6,
  BUCKET: 7,
  /** Generation of the rules that the numbers above belong to. */
  RULES_GENERATION: 8,
  /** Generation of the admission that has admitted the client; 0 for none. */
  ADMITTED_BY: 9,
  NEXT_TIME: 10,
  NEXT_PACKETS: 12,
  NEXT_BYTES: 14,
} as const;
export const DECISION_WORDS = 16;

const INITIAL_CAPACITY = 1024;

/** Words of a VPN flow, by its slot in the flow table; all 0 while no finding was made. */
export const VpnFlowWord = {
  /** Number of its decision. */
  DECISION: 0,
  /** The finding that counts: the flow's own, or as raised by its tunnel; and the evidence for raising it. */
  FINDING: 1,
  TUNNEL_EVIDENCE: 2,
  /** Number of its tunnel. */
  TUNNEL: 3,
} as const;
export const VPN_FLOW_WORDS = 4;

export class DecisionTable {
  /** By slot of the flow table: VPN_FLOW_WORDS for each. Memory is used once a flow has a finding. */
  readonly flowWords: Int32Array;
  words = new Int32Array(INITIAL_CAPACITY * DECISION_WORDS);
  /** The same as doubles. */
  numbers = new Float64Array(this.words.buffer);

  /** By number: the kind of registered hit that the decision is, and its outcome so far (registered-hits). */
  hitKinds = new Uint8Array(INITIAL_CAPACITY);
  hitOutcomes = new Uint8Array(INITIAL_CAPACITY);

  /** By number: the packet time from which the flow's client is shown to the breaker again. */
  shownUntil = new Float64Array(INITIAL_CAPACITY);
  /** By number: how often the breaker's windows had moved when it was shown last; 0 for never. */
  shownAt = new Float64Array(INITIAL_CAPACITY);
  /** By number: two words, the hash of the client that was shown then. */
  clientHashes = new Int32Array(2 * INITIAL_CAPACITY);

  /** Numbers given out. */
  count = 0;
  /** Rows that have been used: numbers are smaller. */
  used = 1;
  /** The numbers given back, chained through the rule; 0 for none. */
  private free = 0;
  /** The table that gives the numbers. */
  private readonly lead: DecisionTable | null;

  /**
   * `lead`: a table of the same flows under other rules, which gives the numbers of both, and has their findings and
   * tunnels for both.
   */
  constructor(largestSlot: number, lead: DecisionTable | null = null) {
    this.lead = lead;
    this.flowWords = lead?.flowWords ?? new Int32Array((largestSlot + 1) * VPN_FLOW_WORDS);
  }

  /** Copies its state, or puts a copy back, of flows with slots up to `lastSlot`. */
  snapshot(walk: Snapshot, lastSlot: number): void {
    walk.part('decision table');
    this.count = walk.number(this.count);
    this.used = walk.number(this.used);
    this.free = walk.number(this.free);
    walk.fixed(this.flowWords, (lastSlot + 1) * VPN_FLOW_WORDS);
    this.words = walk.column(this.words, this.used * DECISION_WORDS);
    this.numbers = new Float64Array(this.words.buffer);
    this.hitKinds = walk.column(this.hitKinds, this.used);
    this.hitOutcomes = walk.column(this.hitOutcomes, this.used);
    this.shownUntil = walk.column(this.shownUntil, this.used);
    this.shownAt = walk.column(this.shownAt, this.used);
    this.clientHashes = walk.column(this.clientHashes, 2 * this.used);
  }

  /** Number of a flow's decision; 0 for none. */
  numberOf(slot: number): number {
    return this.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.DECISION]!;
  }

  /** The finding that counts. */
  findingOf(slot: number): Finding {
    return this.flowWords[slot * VPN_FLOW_WORDS + VpnFlowWord.FINDING]!;
  }

  /** A VPN flow has ended: its slot is free for another flow. */
  forgetFlow(slot: number): void {
    this.flowWords.fill(0, slot * VPN_FLOW_WORDS, (slot + 1) * VPN_FLOW_WORDS);
  }

  /** A number for a flow that has not been decided yet. */
  begin(): number {
    const number = this.nextNumber();
    this.beginRow(number);
    return number;
  }

  /** Begins the decision to which the lead has just given a number. */
  beginRow(number: number): void {
    while (number * DECISION_WORDS >= this.words.length) this.grow();
    this.used = Math.max(this.used, number + 1);
    this.count++;
    const { words } = this;
    const row = number * DECISION_WORDS;
    words[row + DecisionWord.ACTION] = 0;
    words[row + DecisionWord.REASON] = 0;
    words[row + DecisionWord.PROTOCOL] = 0;
    words[row + DecisionWord.STAGE] = 0;
    words[row + DecisionWord.RULE] = NO_RULE;
    words[row + DecisionWord.SOURCE_REGISTRATION] = NO_REGISTRATION;
    words[row + DecisionWord.DESTINATION_REGISTRATION] = NO_REGISTRATION;
    words[row + DecisionWord.BUCKET] = NO_BUCKET;
    words[row + DecisionWord.RULES_GENERATION] = 0;
    words[row + DecisionWord.ADMITTED_BY] = 0;
    this.hitKinds[number] = 0;
    this.hitOutcomes[number] = 0;
  }

  /** Ends a decision, and gives its number back. */
  end(number: number): void {
    const row = number * DECISION_WORDS;
    this.numbers[(row + DecisionWord.NEXT_TIME) >> 1] = Infinity;
    this.count--;
    if (this.lead !== null) return;
    this.words[row + DecisionWord.RULE] = this.free;
    this.free = number;
  }

  private nextNumber(): number {
    const number = this.free;
    if (number === 0) return this.used;
    this.free = this.words[number * DECISION_WORDS + DecisionWord.RULE]!;
    return number;
  }

  /**
   * The first packet time from which one of the decisions is to be made again; Infinity for none. Looks at every row.
   */
  soonest(): number {
    const { numbers } = this;
    let soonest = Infinity;
    for (let number = 1; number < this.used; number++) {
      soonest = Math.min(soonest, numbers[(number * DECISION_WORDS + DecisionWord.NEXT_TIME) >> 1]!);
    }
    return soonest;
  }

  /** Throws if an invariant is broken. `slots`: all flows of the flow table. */
  checkInvariants(slots: readonly number[]): void {
    const numbers = slots.map((slot) => this.numberOf(slot)).filter((number) => number !== 0);
    invariant(new Set(numbers).size === numbers.length, 'a decision is of one flow');
    invariant(numbers.length === this.count, 'a number that is given out is of a flow');
    if (this.lead !== null) return;
    const free = new Set<number>();
    for (let number = this.free; number !== 0; number = this.words[number * DECISION_WORDS + DecisionWord.RULE]!) {
      invariant(number < this.used && !free.has(number), 'the chain of free numbers ends');
      free.add(number);
    }
    invariant(this.count + free.size === this.used - 1, 'a used number is given out or free');
    invariant(!numbers.some((number) => free.has(number)), 'a decision of a flow is not free');
  }

  /** All buckets were forgotten: no decision holds one. */
  forgetBuckets(): void {
    for (let number = 1; number < this.used; number++)
      this.words[number * DECISION_WORDS + DecisionWord.BUCKET] = NO_BUCKET;
  }

  private grow(): void {
    const wider = new Int32Array(this.words.length * 2);
    wider.set(this.words);
    this.words = wider;
    this.numbers = new Float64Array(wider.buffer);
    this.hitKinds = grown(this.hitKinds, new Uint8Array(this.hitKinds.length * 2));
    this.hitOutcomes = grown(this.hitOutcomes, new Uint8Array(this.hitOutcomes.length * 2));
    this.shownUntil = grown(this.shownUntil, new Float64Array(this.shownUntil.length * 2));
    this.shownAt = grown(this.shownAt, new Float64Array(this.shownAt.length * 2));
    this.clientHashes = grown(this.clientHashes, new Int32Array(this.clientHashes.length * 2));
  }
}

function grown<Column extends Uint8Array | Int32Array | Float64Array>(column: Column, wider: Column): Column {
  wider.set(column);
  return wider;
}
