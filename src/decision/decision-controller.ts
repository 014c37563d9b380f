/**
 * Decides flows by what their own packets say: joins them into tunnels, which may raise their findings, and decides those that have
 * one. Nothing of this goes back to the fingerprints: what they say of a flow depends on its own packets alone, so flows can be
 * followed in other threads than the one that decides them.
 */
import type { Outcome } from '../dataplane/outcome.ts';
import { DETAIL_WORDS, FlowDetail, type FlowTable, FlowWord, ROW_WORDS } from '../dataplane/flow/flow-table.ts';
import type { FlowEnd } from '../dataplane/counters.ts';
import type { Decisions } from './decisions.ts';
import type { Detection } from '../dataplane/detection.ts';
import type { DecisionPort } from './decision-port.ts';
import type { RecentFlows } from './recent-flows.ts';
import type { Tunnels } from './tunnels.ts';

export class DecisionController implements DecisionPort {
  private readonly table: FlowTable;
  private readonly tunnels: Tunnels;
  private readonly decisions: Decisions;
  private readonly recent: RecentFlows | null;

  /** `recent` keeps decided flows when they end, where changes of rules are tried on them. */
  constructor(table: FlowTable, tunnels: Tunnels, decisions: Decisions, recent: RecentFlows | null = null) {
    this.table = table;
    this.tunnels = tunnels;
    this.decisions = decisions;
    this.recent = recent;
  }

  get delayUs(): number {
    return this.decisions.delayUs;
  }

  onDetection(slot: number, detection: Detection): void {
    const { tunnels, decisions } = this;
    const { details } = this.table;
    const findingAt = slot * DETAIL_WORDS + FlowDetail.FINDING;
    const before = details[findingAt]!;
    tunnels.follow(slot, detection);
    if (details[findingAt] === before) return;
    decisions.found(slot, detection.timeUs, detection.packet);
    for (const raised of tunnels.raisedSlots) decisions.found(raised, detection.timeUs, detection.packet);
  }

  noChangeUntil(timeUs: number): number {
    return this.decisions.noChangeUntil(timeUs);
  }

  packet(slot: number, wireLength: number, packet: number): Outcome {
    return this.decisions.packet(slot, wireLength, packet);
  }

  wantsFlowEnd(slot: number): boolean {
    return this.isDecided(slot) || this.decisions.reportsAllFlowEnds;
  }

  ended(slot: number, reason: FlowEnd): void {
    const isDecided = this.isDecided(slot);
    if (isDecided) this.recent?.keep(slot);
    this.decisions.ended(slot, reason);
    if (isDecided) this.tunnels.leave(slot);
  }
  /** A flow in a tunnel has a finding, and with it a decision. */
  private isDecided(slot: number): boolean {
    return this.table.words[slot * ROW_WORDS + FlowWord.DECISION] !== 0;
  }
}
