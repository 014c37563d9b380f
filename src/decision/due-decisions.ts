/**
 * When decisions are made again: at a packet time after a boundary of policy or registry, and when a flow's packets or
 * bytes reach a minimum of a rule.
 *
 * Every packet is checked. For most packets no row is read, because no decision is due before `soonestUs`, a lower
 * bound. The bound may be too low after its flow has ended or was decided again, so it is computed again after as many
 * late packets as there are rows.
 */
import { FlowWord, ROW_WORDS } from '../dataplane/host/flow-row.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import type { DecisionInput } from '../policy/decision-input.ts';
import { nextBoundary } from '../policy/policy.ts';
import type { Rules } from './rules.ts';
import { DECISION_WORDS, type DecisionTable, DecisionWord } from './decision-table.ts';
import type { Snapshot } from '../core/snapshot.ts';

export class DueDecisions {
  private readonly table: FlowRows;
  private readonly decisionTable: DecisionTable;
  private rules: Rules;
  /** A rule has a minimum of packets or bytes. */
  private hasMinimums = false;
  /** No decision changes by itself from `noChangeFromUs` on and before `noChangeUntilUs`. */
  private noChangeFromUs = 0;
  private noChangeUntilUs = 0;
  /** No decision is due before this packet time. */
  private soonestUs = Infinity;
  /** Packets from that time on since it was last computed. */
  private lateCount = 0;

  constructor(table: FlowRows, decisionTable: DecisionTable, rules: Rules) {
    this.table = table;
    this.decisionTable = decisionTable;
    this.rules = rules;
    this.useRules(rules);
  }

  /** Later decisions are made by these rules. All decisions must be scheduled again. */
  useRules(rules: Rules): void {
    this.rules = rules;
    const { packets, bytes } = rules.policy.boundaries;
    this.hasMinimums = packets.length > 0 || bytes.length > 0;
    this.noChangeUntilUs = 0;
    this.soonestUs = Infinity;
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.noChangeFromUs = walk.number(this.noChangeFromUs);
    this.noChangeUntilUs = walk.number(this.noChangeUntilUs);
    this.soonestUs = walk.number(this.soonestUs);
    this.lateCount = walk.number(this.lateCount);
  }

  /** Sets when the decision that was just made is made again. */
  schedule(number: number, { timeUs, packets, bytes }: DecisionInput): void {
    const { numbers } = this.decisionTable;
    const { boundaries } = this.rules.policy;
    const row = number * DECISION_WORDS;
    const until = this.nextBoundaryAfter(timeUs);
    if (until < this.soonestUs) this.soonestUs = until;
    numbers[(row + DecisionWord.NEXT_TIME) >> 1] = until;
    numbers[(row + DecisionWord.NEXT_PACKETS) >> 1] = firstAbove(boundaries.packets, packets);
    numbers[(row + DecisionWord.NEXT_BYTES) >> 1] = firstAbove(boundaries.bytes, bytes);
  }

  /** The packet time before which no packet from `timeUs` on makes a decision due; `timeUs` if any may. */
  noChangeUntil(timeUs: number): number {
    return this.hasMinimums ? timeUs : this.nextBoundaryAfter(timeUs);
  }

  /** The packet time before which no packet of a flow, whose decision has this number, makes it due. */
  quietUntil(number: number): number {
    const { numbers } = this.decisionTable;
    const row = number * DECISION_WORDS;
    const hasNext =
      numbers[(row + DecisionWord.NEXT_PACKETS) >> 1] !== Infinity ||
      numbers[(row + DecisionWord.NEXT_BYTES) >> 1] !== Infinity;
    return hasNext ? -Infinity : numbers[(row + DecisionWord.NEXT_TIME) >> 1]!;
  }

  /** True when a packet makes the decision of its flow, which has this number, due. */
  isDue(slot: number, number: number, timeUs: number): boolean {
    return (timeUs >= this.soonestUs || this.hasMinimums) && this.isRowDue(slot, number, timeUs);
  }

  private isRowDue(slot: number, number: number, timeUs: number): boolean {
    const { table, decisionTable } = this;
    const { words } = table;
    if (timeUs >= this.soonestUs && ++this.lateCount > decisionTable.used) {
      this.soonestUs = decisionTable.soonest();
      this.lateCount = 0;
    }
    const { numbers } = decisionTable;
    const at = slot * ROW_WORDS;
    const row = number * DECISION_WORDS;
    const packets = (words[at + FlowWord.PACKETS]! >>> 0) + (words[at + FlowWord.PACKETS + 1]! >>> 0);
    const nextBytes = numbers[(row + DecisionWord.NEXT_BYTES) >> 1]!;
    return (
      timeUs >= numbers[(row + DecisionWord.NEXT_TIME) >> 1]! ||
      packets >= numbers[(row + DecisionWord.NEXT_PACKETS) >> 1]! ||
      (nextBytes !== Infinity && table.bytes(slot, 0) + table.bytes(slot, 1) >= nextBytes)
    );
  }

  /**
   * The time before which no decision changes by itself. The last result is kept, because most calls have no boundary
   * between them.
   */
  private nextBoundaryAfter(timeUs: number): number {
    if (timeUs < this.noChangeFromUs || timeUs >= this.noChangeUntilUs) {
      const { policy, registry } = this.rules;
      this.noChangeFromUs = timeUs;
      this.noChangeUntilUs = Math.min(nextBoundary(policy.boundaries, timeUs), registry.nextBoundary(timeUs));
    }
    return this.noChangeUntilUs;
  }
}

/** The first of ascending numbers that is greater; Infinity for none. */
function firstAbove(ascending: readonly number[], value: number): number {
  for (const number of ascending) if (number > value) return number;
  return Infinity;
}
