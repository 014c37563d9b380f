/** What two sets of rules decided for one flow. */
import type { FlowEnd } from '../../dataplane/host/flow-end.ts';
import type { DecisionView } from '../../decision/decision-sink.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import { ACTION_NAMES } from '../../policy/action.ts';

/** Packets and bytes that one side delayed and dropped. */
export interface Affected {
  delayedPackets: number;
  delayedBytes: number;
  droppedPackets: number;
  droppedBytes: number;
}

/** A flow under one set of rules. */
export interface SideOfFlow {
  /** The strongest decision so far: block is stronger than throttle, throttle than allow. The latest among equals. */
  readonly strongest: DecisionView;
  /** The last decision. */
  readonly last: DecisionView;
  readonly affected: Readonly<Affected>;
}

/** A flow at its end. The record is valid during the call. */
export interface FlowChange {
  readonly flow: FlowRecord;
  readonly before: SideOfFlow;
  readonly after: SideOfFlow;
  readonly reason: FlowEnd;
}

export function strengthOf(decision: DecisionView): number {
  return (ACTION_NAMES as readonly string[]).indexOf(decision.action);
}

export function isHit(side: SideOfFlow): boolean {
  return side.strongest.action !== 'allow';
}

/**
 * The decisions by which a flow is counted as changed: the strongest ones, or the last ones where the strongest have
 * the same action. Null where both sides treat it alike.
 */
export function changedDecisions({
  before,
  after,
}: Pick<FlowChange, 'before' | 'after'>): readonly [from: DecisionView, to: DecisionView] | null {
  if (before.strongest.action !== after.strongest.action) return [before.strongest, after.strongest];
  if (before.last.action !== after.last.action) return [before.last, after.last];
  return null;
}

export function isRegistered({ strongest }: SideOfFlow): boolean {
  return strongest.source !== null || strongest.destination !== null;
}
