/** Turns decisions and ends of flows into the library's events. */
import type { DecisionSink } from '../decision/decision-sink.ts';
import { NO_FINDING } from '../dataplane/host/finding.ts';
import type { EventFields } from '../output/event/event-fields.ts';
import { PacketFiles } from '../output/event/packet-files.ts';
import type { EventQueue } from './event-queue.ts';
import type { DecisionEvent, FlowEvent } from './events.ts';
import type { ReadOptions } from './session.ts';

export class EventSink {
  readonly sink: DecisionSink;
  private readonly files = new PacketFiles();

  constructor(queue: EventQueue<DecisionEvent | FlowEvent>, fields: EventFields, flows: ReadOptions['flows']) {
    const { files } = this;
    this.sink = {
      // The names of codes are strings in the fields' type, and one of the listed names here.
      decided: (flow, decision, timeUs, packet) => {
        queue.put(fields.decisionEvent(files.current, flow, decision, timeUs, packet) as DecisionEvent);
      },
      ...(flows !== 'none' && {
        ended: (flow, decision, reason) => {
          if (flows === 'vpn' && flow.finding === NO_FINDING) return;
          queue.put(fields.flowEvent(files.of(flow.firstPacket), flow, decision, reason) as FlowEvent);
        },
      }),
    } satisfies DecisionSink;
  }

  /** The next packets are of this file; `packetsBefore` packets of the capture precede it. */
  beginFile(file: string, packetsBefore: number): void {
    if (packetsBefore === 0) this.files.clear();
    this.files.begin(file, packetsBefore);
  }
}
