/**
 * When decisions are to be made anew: at a packet time behind a boundary of policy or registry, and when a flow has as many packets or
 * octets as some rule asks for.
 *
 * Every packet asks, and of most the row of their decision stays unread: none is due before the soonest of their times. That is a bound,
 * and may be too early once its flow has ended or been decided anew; it is looked for again after as many packets as there are rows.
 */
import { type FlowTable, FlowWord, ROW_WORDS } from '../dataplane/flow/flow-table.ts';
import type { DecisionInput } from '../policy/decision-input.ts';
import { nextBoundary } from '../policy/policy.ts';
import type { Rules } from './rules.ts';
import { STANDING_WORDS, type Standings, StandingWord } from './standing.ts';

export class DueDecisions {
  private readonly table: FlowTable;
  private readonly standings: Standings;
  private rules: Rules;
  /** Some rule asks for a minimum of packets or octets. */
  private hasMinimums = false;
  /** No decision changes by itself from `quietFromUs` on and before `quietUntilUs`. */
  private quietFromUs = 0;
  private quietUntilUs = 0;
  /** No decision is due before this packet time. */
  private soonestUs = Infinity;
  /** Packets from that time on since it was last looked for. */
  private lateCount = 0;

  constructor(table: FlowTable, standings: Standings, rules: Rules) {
    this.table = table;
    this.standings = standings;
    this.rules = rules;
    this.useRules(rules);
  }

  /** From now on decisions are made by these rules; all are to be scheduled anew. */
  useRules(rules: Rules): void {
    this.rules = rules;
    const { packets, bytes } = rules.policy.boundaries;
    this.hasMinimums = packets.length > 0 || bytes.length > 0;
    this.quietUntilUs = 0;
    this.soonestUs = Infinity;
  }

  /** Sets when the decision that has just been made is to be made anew. */
  schedule(number: number, { timeUs, packets, bytes }: DecisionInput): void {
    const { numbers } = this.standings;
    const { boundaries } = this.rules.policy;
    const row = number * STANDING_WORDS;
    const until = this.quietUntil(timeUs);
    if (until < this.soonestUs) this.soonestUs = until;
    numbers[(row + StandingWord.NEXT_TIME) >> 1] = until;
    numbers[(row + StandingWord.NEXT_PACKETS) >> 1] = firstAbove(boundaries.packets, packets);
    numbers[(row + StandingWord.NEXT_OCTETS) >> 1] = firstAbove(boundaries.bytes, bytes);
  }

  /** The packet time before which no packet from `timeUs` on makes a decision due; `timeUs` itself where any may. */
  quietPeriodEnd(timeUs: number): number {
    return this.hasMinimums ? timeUs : this.quietUntil(timeUs);
  }

  /** True when a packet makes the decision of its flow due. */
  isDue(slot: number, timeUs: number): boolean {
    return (timeUs >= this.soonestUs || this.hasMinimums) && this.isRowDue(slot, timeUs);
  }

  private isRowDue(slot: number, timeUs: number): boolean {
    const { table, standings } = this;
    const { words } = table;
    if (timeUs >= this.soonestUs && ++this.lateCount > standings.used) {
      this.soonestUs = standings.soonest();
      this.lateCount = 0;
    }
    const { numbers } = standings;
    const at = slot * ROW_WORDS;
    const row = words[at + FlowWord.DECISION]! * STANDING_WORDS;
    const packets = (words[at + FlowWord.PACKETS]! >>> 0) + (words[at + FlowWord.PACKETS + 1]! >>> 0);
    const nextOctets = numbers[(row + StandingWord.NEXT_OCTETS) >> 1]!;
    return (
      timeUs >= numbers[(row + StandingWord.NEXT_TIME) >> 1]! ||
      packets >= numbers[(row + StandingWord.NEXT_PACKETS) >> 1]! ||
      (nextOctets !== Infinity && table.octets(slot, 0) + table.octets(slot, 1) >= nextOctets)
    );
  }

  /** The time before which no decision changes by itself. Most are made soon after one another, with no boundary between. */
  private quietUntil(timeUs: number): number {
    if (timeUs < this.quietFromUs || timeUs >= this.quietUntilUs) {
      const { policy, registry } = this.rules;
      this.quietFromUs = timeUs;
      this.quietUntilUs = Math.min(nextBoundary(policy.boundaries, timeUs), registry.nextBoundary(timeUs));
    }
    return this.quietUntilUs;
  }
}

/** The first of ascending numbers that is greater; Infinity where there is none. */
function firstAbove(ascending: readonly number[], value: number): number {
  for (const number of ascending) if (number > value) return number;
  return Infinity;
}
