/**
 * The comments of annotated packets, as Wireshark shows them: what a packet proves of its flow, and what was decided
 * for it.
 */
import { CHECKS } from '../../dataplane/host/checks.ts';
import type { EvidenceEntry } from '../../dataplane/host/evidence-rows.ts';
import type { DecisionEvent } from '../../output/event/event-fields.ts';

const MEANINGS = new Map(Object.values(CHECKS).map((check) => [check.name, check.about]));

/** What one entry of evidence says, without the stage, which changes while the flow goes on. */
export function evidenceText(event: DecisionEvent, entry: EvidenceEntry): string {
  const { check, offset, expected, seen } = entry;
  const values = expected === seen ? seen : `${seen}, expected ${expected}`;
  return `${MEANINGS.get(check) ?? check} (offset ${offset}: ${values}); flow_id ${event.flow_id}`;
}

export function evidenceComment({ vpn }: DecisionEvent, text: string): string {
  return `${vpn.protocol} ${vpn.stage}: ${text}`;
}

export function decisionComment({ vpn, decision, flow_id }: DecisionEvent): string {
  const rule = decision.rule === null ? 'no rule matches' : `rule ${decision.rule}`;
  const { action, previous } = decision;
  const what =
    previous === null ? action : previous === action ? `still ${action}` : `${action}, before that ${previous}`;
  const finding = `${vpn.protocol}, ${vpn.variant}, ${vpn.stage}`;
  return `decision: ${what} (${decision.reason}; ${rule}; mode ${decision.mode}) for ${finding}; flow_id ${flow_id}`;
}
