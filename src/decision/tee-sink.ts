/** A sink whose decisions a second receiver also gets. */
import type { DecisionSink } from './decision-sink.ts';

export function teeDecisions(sink: DecisionSink, decided: NonNullable<DecisionSink['decided']>): DecisionSink {
  return {
    decided: (flow, decision, timeUs, packet) => {
      sink.decided?.(flow, decision, timeUs, packet);
      decided(flow, decision, timeUs, packet);
    },
    ...(sink.ended !== undefined && { ended: sink.ended.bind(sink) }),
  };
}
