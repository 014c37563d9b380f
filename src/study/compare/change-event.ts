/** A flow that changes, as an event: the fields of a flow event, and what both sets of rules decided. */
import type { DecisionView } from '../../decision/decision-sink.ts';
import type { EventFields, FlowEvent } from '../../output/event/event-fields.ts';
import type { EventRegistration } from '../../output/event/shown-registration.ts';
import type { FlowChange, SideOfFlow } from './flow-change.ts';

/** What one set of rules decided for the flow. */
export interface SideFields {
  readonly policy: string;
  /** The strongest action that was decided, and the last. */
  readonly action: string;
  readonly last_action: string;
  readonly rule: string | null;
  readonly reason: string;
  readonly registration: { readonly source: EventRegistration | null; readonly destination: EventRegistration | null };
  readonly pkts_delayed: number;
  readonly bytes_delayed: number;
  readonly pkts_dropped: number;
  readonly bytes_dropped: number;
}

export interface ChangeEvent extends FlowEvent {
  readonly before: SideFields;
  readonly after: SideFields;
}

/** `before` and `after`: the names of the two policies. */
export function changeEvent(
  fields: EventFields,
  file: string,
  change: FlowChange,
  before: string,
  after: string,
): ChangeEvent {
  return {
    ...fields.flowEvent(file, change.flow, null, change.reason),
    event_type: 'change',
    before: sideFields(fields, change.before, before),
    after: sideFields(fields, change.after, after),
  };
}

function sideFields(fields: EventFields, { strongest, last, affected }: SideOfFlow, policy: string): SideFields {
  return {
    policy,
    action: strongest.action,
    last_action: last.action,
    rule: strongest.rule,
    reason: strongest.reason,
    registration: registrationsOf(fields, strongest),
    pkts_delayed: affected.delayedPackets,
    bytes_delayed: affected.delayedBytes,
    pkts_dropped: affected.droppedPackets,
    bytes_dropped: affected.droppedBytes,
  };
}

function registrationsOf(fields: EventFields, { source, destination }: DecisionView): SideFields['registration'] {
  return { source: fields.registration(source), destination: fields.registration(destination) };
}
