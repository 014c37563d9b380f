/** A decision of the engine as the desk shows and keeps it: the fields that say what was decided, and why. */
import { decisionEvent } from '../../output/event/schema/flow-schema.ts';

export interface LoggedDecision {
  readonly time: string;
  readonly flow: string;
  readonly source: string;
  readonly destination: string;
  readonly protocol: string;
  readonly action: string;
  readonly mode: string;
  readonly rule: string;
  readonly reason: string;
  /** The references of the registrations that matched. */
  readonly references: readonly string[];
}

/** The decision of a line of an event log, or of what an applicant was given; null for anything else. */
export function loggedDecision(line: string): LoggedDecision | null {
  const parsed = decisionEvent.safeParse(parsedJson(line));
  if (!parsed.success) return null;
  const { timestamp, flow_id: flow, src_ip: source, dest_ip: destination, vpn, decision, registration } = parsed.data;
  const { action, mode, rule, reason } = decision;
  const matched = [registration.source, registration.destination];
  const references = matched.flatMap((one) => (one == null ? [] : [one.reference]));
  const { protocol } = vpn;
  return { time: timestamp, flow, source, destination, protocol, action, mode, rule: rule ?? '', reason, references };
}

function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
