/**
 * Events as objects, for code that inspects single events: what EventLines (event-line.ts) writes, which names the
 * fields and their order.
 */
import type { infer as Infer } from 'zod/mini';
import type { FlowEnd } from '../../dataplane/host/flow-end.ts';
import { Transport } from '../../dataplane/host/packet-codes.ts';
import type { DecisionView, ShownRegistration } from '../../decision/decision-sink.ts';
import type { FlowIdentity, FlowRecord } from '../../decision/flow-record.ts';
import { communityId } from './community-id.ts';
import type { EventContext } from './event-context.ts';
import { EventLines } from './event-line.ts';
import { type EventOrigin, NO_ORIGIN, originFields } from './event-origin.ts';
import { flowId } from './flow-id.ts';
import type { decisionEvent, flowEvent } from './schema/flow-schema.ts';
import type { ShowAddress } from './shown-address.ts';
import type { EventRegistration } from './shown-registration.ts';

export type DecisionEvent = Infer<typeof decisionEvent>;
/** The event of a flow that has ended. */
export type FlowEvent = Infer<typeof flowEvent>;

/** The fields that identify the flow of an event. */
export type TupleFields = Pick<
  DecisionEvent,
  | 'flow_id'
  | 'tunnel_id'
  | 'vlan'
  | 'encapsulation'
  | 'src_ip'
  | 'src_port'
  | 'dest_ip'
  | 'dest_port'
  | 'proto'
  | 'community_id'
>;

export class EventFields {
  private readonly show: ShowAddress;
  readonly origin: EventOrigin;
  private readonly lines: EventLines;
  private readonly source = new Int32Array(4);
  private readonly destination = new Int32Array(4);

  constructor(show: ShowAddress, context: EventContext, origin: EventOrigin = NO_ORIGIN) {
    this.show = show;
    this.origin = originFields(origin);
    this.lines = new EventLines(show, context);
  }

  decisionEvent(file: string, flow: FlowRecord, decision: DecisionView, timeUs: number, packet: number): DecisionEvent {
    const fields = JSON.parse(this.lines.decision(file, flow, decision, timeUs, packet)) as DecisionEvent;
    return { ...fields, ...this.origin };
  }

  flowEvent(file: string, flow: FlowRecord, decision: DecisionView | null, reason: FlowEnd): FlowEvent {
    return { ...this.flowFields(file, flow, decision, reason), ...this.origin };
  }

  /** The fields of a flow event without the origin, which ends every event. */
  flowFields(
    file: string,
    flow: FlowRecord,
    decision: DecisionView | null,
    reason: FlowEnd,
  ): Omit<FlowEvent, keyof EventOrigin> {
    return JSON.parse(this.lines.flow(file, flow, decision, reason)) as Omit<FlowEvent, keyof EventOrigin>;
  }

  tuple(flow: FlowRecord): TupleFields {
    return JSON.parse(this.lines.tuple(flow)) as TupleFields;
  }

  /** Identifies a flow in events: a hash of its shown tuple and first packet, the same in every run. */
  flowId(flow: FlowIdentity): string {
    this.showEnds(flow);
    return flowId(flow, this.source, this.destination);
  }

  communityId(flow: FlowIdentity): string {
    this.showEnds(flow);
    const { transport, sourcePort, destinationPort } = flow;
    const hasPorts = transport === Transport.UDP || transport === Transport.TCP;
    const ports = hasPorts ? { source: sourcePort, destination: destinationPort } : null;
    return communityId(transport, this.source, this.destination, ports);
  }

  registration(registration: ShownRegistration | null): EventRegistration | null {
    return registration === null ? null : this.show.registration(registration);
  }

  private showEnds(flow: FlowIdentity): void {
    this.show(flow.source, this.source);
    this.show(flow.destination, this.destination);
  }
}
