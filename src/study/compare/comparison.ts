/**
 * Compares what several sets of rules decide for the same flows: each further one with the first. A flow counts by the
 * strongest action that was decided for it, so a client is hit where any flow of it was ever throttled or blocked.
 */
import type { PacketBatch } from '../../capture/packet-batch.ts';
import type { FlowEnd } from '../../dataplane/host/flow-end.ts';
import { Outcome } from '../../dataplane/host/outcome.ts';
import type { DecisionSink, DecisionView } from '../../decision/decision-sink.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import type { Policy } from '../../policy/policy.ts';
import type { OutcomeListener } from '../../pipeline/outcome-listener.ts';
import { type Affected, NONE_AFFECTED, type SideOfFlow, strengthOf } from './flow-change.ts';
import { PairComparison } from './pair-comparison.ts';
import { ComparedTimeLine } from './compared-time-line.ts';

export class Comparison implements OutcomeListener {
  /** Flows with a finding that have ended. */
  flows = 0;
  readonly timeLine: ComparedTimeLine;
  /** The first set of rules with each of the others, in order. */
  readonly pairs: readonly PairComparison[];
  /**
   * The flows that are decided, by slot: slots are used again, so this is about as long as there are flows at a time.
   */
  private readonly decided: ((SideOfFlow | undefined)[] | undefined)[] = [];

  constructor(policies: readonly Policy[]) {
    this.timeLine = new ComparedTimeLine(policies.length);
    this.pairs = policies.slice(1).map((policy, at) => new PairComparison(at + 1, policy));
  }

  /** Receives the decisions of a side. A flow ends on the first side last. */
  sinkOf(side: number): DecisionSink {
    return {
      decided: (flow, decision) => {
        this.note(side, flow.slot, decision);
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
    const flow = this.decided[slot]![side]!;
    // Most flows are not affected.
    if (flow.affected === NONE_AFFECTED) flow.affected = { ...NONE_AFFECTED };
    const affected = flow.affected as Affected;
    if (outcome === Outcome.DELAYED) {
      affected.delayedPackets++;
      affected.delayedBytes += wireLength;
    } else {
      affected.droppedPackets++;
      affected.droppedBytes += wireLength;
    }
  }

  private note(side: number, slot: number, decision: DecisionView): void {
    while (this.decided.length <= slot) this.decided.push(undefined);
    const sides = (this.decided[slot] ??= []);
    const known = sides[side];
    if (known === undefined) {
      sides[side] = { strongest: decision, last: decision, affected: NONE_AFFECTED };
      return;
    }
    known.last = decision;
    if (strengthOf(decision) >= strengthOf(known.strongest)) known.strongest = decision;
  }

  private end(flow: FlowRecord, reason: FlowEnd): void {
    const sides = this.decided[flow.slot];
    if (sides === undefined) return;
    this.decided[flow.slot] = undefined;
    this.flows++;
    const [before, ...after] = sides as SideOfFlow[];
    for (const [at, pair] of this.pairs.entries()) pair.take({ flow, before: before!, after: after[at]!, reason });
  }
}
