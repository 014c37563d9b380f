/** What is counted of the decisions of a capture. */
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import { STAGE_NAMES } from '../dataplane/host/finding.ts';
import { ACTION_NAMES } from '../policy/action.ts';
import { DecisionTally } from './decision-tally.ts';
import { DelayHistogram } from './delay-histogram.ts';
import { RegisteredHits } from './registered-hits.ts';
import type { Snapshot } from '../core/snapshot.ts';

export class DecisionCounts {
  /** Flows that have ended, by their last finding and decision. */
  readonly flows = new FlowCounts();
  /** Decision events, by action. */
  readonly made = new Float64Array(ACTION_NAMES.length);
  /** The same events by rule, action, protocol and registered ends. */
  readonly tally = new DecisionTally();
  /** Findings made, by protocol * STAGE_NAMES.length + stage: a flow counts once for each that it reaches. */
  readonly findings = new Float64Array(PROTOCOL_NAMES.length * STAGE_NAMES.length);
  /** Throttles and blocks decided for flows with a registration. */
  readonly hits = new RegisteredHits();
  /** From a flow's first packet to its first decision, packet time. */
  readonly delays = new DelayHistogram();

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    walk.part('decision counts');
    this.flows.snapshot(walk);
    walk.fixed(this.made);
    walk.fixed(this.findings);
    this.tally.snapshot(walk);
    this.hits.snapshot(walk);
    this.delays.snapshot(walk);
  }

  /** Adds the flows, decisions and registered hits of another capture. */
  add(other: DecisionCounts): void {
    this.flows.add(other.flows);
    this.hits.add(other.hits);
    for (let action = 0; action < this.made.length; action++) this.made[action]! += other.made[action]!;
  }
}

/** Flows counted by protocol, stage and action. */
export class FlowCounts {
  private readonly counts = new Float64Array(PROTOCOL_NAMES.length * STAGE_NAMES.length * ACTION_NAMES.length);

  get(protocol: number, stage: number, action: number): number {
    return this.counts[cell(protocol, stage, action)]!;
  }

  bump(protocol: number, stage: number, action: number): void {
    this.counts[cell(protocol, stage, action)]!++;
  }

  snapshot(walk: Snapshot): void {
    walk.fixed(this.counts);
  }

  add(other: FlowCounts): void {
    for (let i = 0; i < this.counts.length; i++) this.counts[i]! += other.counts[i]!;
  }
}

function cell(protocol: number, stage: number, action: number): number {
  return (protocol * STAGE_NAMES.length + stage) * ACTION_NAMES.length + action;
}
