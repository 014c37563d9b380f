/** A flow that changes, as an event: the fields of a flow event, and what both sets of rules decided. */
import type { infer as Infer } from 'zod/mini';
import type { DecisionView } from '../../decision/decision-sink.ts';
import type { EventFields } from '../../output/event/event-fields.ts';
import type { changeEvent as schema } from '../../output/event/schema/flow-schema.ts';
import type { FlowChange, SideOfFlow } from './flow-change.ts';

export type ChangeEvent = Infer<typeof schema>;
/** What one set of rules decided for the flow. */
type SideFields = ChangeEvent['before'];

/** `before` and `after`: the names of the two policies. */
export function changeEvent(
  fields: EventFields,
  file: string,
  change: FlowChange,
  before: string,
  after: string,
): ChangeEvent {
  return {
    ...fields.flowFields(file, change.flow, null, change.reason),
    event_type: 'change',
    before: sideFields(fields, change.before, before),
    after: sideFields(fields, change.after, after),
    ...fields.origin,
  };
}

/** How the action of the flow changes; the last action where the strongest is the same before and after. */
export function changeText({ before, after }: Pick<ChangeEvent, 'before' | 'after'>): string {
  if (before.action !== after.action) return `${before.action} → ${after.action}`;
  return `${before.last_action} → ${after.last_action} in the end`;
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
