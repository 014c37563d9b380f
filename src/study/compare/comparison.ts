/**
 * Compares what several sets of rules decide for the same flows: each further one with the first. A flow counts by the
 * strongest action that was decided for it, so a client is hit where any flow of it was ever throttled or blocked.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { FlowEnd } from '../../dataplane/host/flow-end.ts';
import type { Outcome } from '../../dataplane/host/outcome.ts';
import type { DecisionSink } from '../../decision/decision-sink.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import type { Policy } from '../../policy/policy.ts';
import type { ComparedOutcomes } from '../../pipeline/compared-outcomes.ts';
import { FlowSides } from './flow-sides.ts';
import { PairComparison } from './pair-comparison.ts';
import { ComparedTimeLine } from './compared-time-line.ts';

export class Comparison implements ComparedOutcomes {
  /** Flows with a finding that have ended. */
  flows = 0;
  readonly timeLine: ComparedTimeLine;
  /** The first set of rules with each of the others, in order. */
  readonly pairs: readonly PairComparison[];
  private readonly sides: FlowSides;

  constructor(policies: readonly Policy[]) {
    this.timeLine = new ComparedTimeLine(policies.length);
    this.sides = new FlowSides(policies.length);
    this.pairs = policies.slice(1).map((policy, at) => new PairComparison(at + 1, policy));
  }

  /** Receives the decisions of a side. A flow ends on the first side last. */
  sinkOf(side: number): DecisionSink {
    return {
      decided: (flow, decision) => {
        this.sides.decided(side, flow.slot, decision);
      },
      ...(side === 0 && {
        ended: (flow, _, reason) => {
          this.end(flow, reason);
        },
      }),
    };
  }

  offered(batch: PacketBatch): void {
    this.timeLine.offered(batch);
  }

  affected(side: number, slot: number, outcome: Outcome, wireLength: number, timeUs: number): void {
    this.timeLine.affected(side, outcome, wireLength, timeUs);
    this.sides.affect(side, slot, outcome, wireLength);
  }

  dropped(side: number, slot: number, packets: number, bytes: number, fromUs: number): void {
    this.timeLine.dropped(side, packets, bytes, fromUs);
    this.sides.drop(side, slot, packets, bytes);
  }

  intervalOf(timeUs: number): { readonly fromUs: number; readonly untilUs: number } {
    return this.timeLine.intervalOf(timeUs);
  }

  private end(flow: FlowRecord, reason: FlowEnd): void {
    const sides = this.sides.end(flow.slot);
    if (sides === null) return;
    this.flows++;
    const [before, ...after] = sides;
    for (const [at, pair] of this.pairs.entries()) pair.take({ flow, before: before!, after: after[at]!, reason });
  }
}
