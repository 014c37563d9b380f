/**
 * The VPN flows on which a change of rules is tried before it acts: those that are active, and those that ended within
 * the last hour of packet time.
 *
 * Ended flows are kept in two rings, one for confirmed findings and one for suspected ones, so that a flood of spoofed
 * handshakes cannot push real tunnels out. A ring grows to its limit and then overwrites its oldest flow, which is
 * counted.
 */
import { Stage } from '../dataplane/host/finding.ts';
import type { FlowRows } from '../dataplane/host/flow-rows.ts';
import { RecordedFlow, type RecordedFlows } from '../policy/recorded-flow.ts';
import type { DecisionTable } from './decision-table.ts';
import type { EndingFlows } from './decision-controller.ts';
import { FlowRecord } from './flow-record.ts';
import { FlowRing } from './flow-ring.ts';
import { TunnelEnd } from './tunnel-columns.ts';
import type { Tunnels } from './tunnels.ts';
import type { Snapshot } from '../core/snapshot.ts';

export const RECENT_US = 3_600_000_000;
/** Ended flows that are kept of each kind. */
const RING_LIMIT = 1 << 16;
/** Flows that are handed over at one time; the active ones come first. */
const VISIT_LIMIT = 1 << 17;

export class RecentFlows implements RecordedFlows, EndingFlows {
  private readonly table: FlowRows;
  private readonly decisionTable: DecisionTable;
  private readonly tunnels: Tunnels;
  private readonly now: () => number;
  private readonly confirmed: FlowRing;
  private readonly suspected: FlowRing;
  private readonly visitLimit: number;
  private readonly flow = new RecordedFlow();
  private readonly record = new FlowRecord();

  /** `now` is the packet time, µs since 1970. */
  constructor(
    table: FlowRows,
    decisionTable: DecisionTable,
    tunnels: Tunnels,
    now: () => number,
    { ringLimit = RING_LIMIT, visitLimit = VISIT_LIMIT }: { ringLimit?: number; visitLimit?: number } = {},
  ) {
    this.table = table;
    this.decisionTable = decisionTable;
    this.tunnels = tunnels;
    this.now = now;
    this.confirmed = new FlowRing(ringLimit);
    this.suspected = new FlowRing(ringLimit);
    this.visitLimit = visitLimit;
  }

  /** Ended flows that are kept, also those that are an hour old by now. */
  get endedCount(): number {
    return this.confirmed.count + this.suspected.count;
  }

  /** Ended flows that were overwritten within the hour. */
  get overwrittenCount(): number {
    return this.confirmed.overwrittenCount + this.suspected.overwrittenCount;
  }

  /** Keeps a decided flow that is about to end. */
  ending(slot: number): void {
    this.read(slot);
    const ring = this.flow.input.stage === Stage.CONFIRMED ? this.confirmed : this.suspected;
    ring.push(this.flow, this.now() - RECENT_US);
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('recent flows');
    this.confirmed.snapshot(walk);
    this.suspected.snapshot(walk);
  }

  /** Forgets the ended flows; returns how many there were. */
  forget(): number {
    const count = this.endedCount;
    this.confirmed.clear();
    this.suspected.clear();
    return count;
  }

  visit(take: (flow: RecordedFlow) => void): number {
    const { table, decisionTable, flow, visitLimit } = this;
    let visited = 0;
    let leftOut = 0;
    for (let slot = 1; slot <= table.lastSlot; slot++) {
      if (!table.isActive(slot) || decisionTable.numberOf(slot) === 0) continue;
      if (visited === visitLimit) {
        leftOut++;
        continue;
      }
      this.read(slot);
      take(flow);
      visited++;
    }
    const since = this.now() - RECENT_US;
    for (const ring of [this.confirmed, this.suspected]) {
      for (let at = 0; at < ring.count; at++) {
        ring.read(at, flow);
        if (flow.lastTimeUs < since) continue;
        if (visited === visitLimit) {
          leftOut++;
          continue;
        }
        take(flow);
        visited++;
      }
    }
    return leftOut;
  }

  /** Reads an active flow from the table. */
  private read(slot: number): void {
    const { tunnels, flow, record } = this;
    record.read(this.table, this.decisionTable, slot, null);
    record.fillInput(flow.input);
    flow.lastTimeUs = record.lastTimeUs;
    flow.tunnel = tunnels.of(slot);
    const { columns } = tunnels;
    const isInTunnel = flow.tunnel !== 0;
    flow.hasKeptSource = isInTunnel && columns.readRegistered(flow.tunnel, TunnelEnd.SOURCE, flow.keptSource);
    flow.hasKeptDestination =
      isInTunnel && columns.readRegistered(flow.tunnel, TunnelEnd.DESTINATION, flow.keptDestination);
  }
}
