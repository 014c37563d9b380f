/**
 * What the engine keeps of a flow's decision. Rules and registrations are numbers of the rules in force when it was made.
 */
import { Action } from '../policy/action.ts';
import { NO_RULE } from '../policy/decide.ts';
import { NO_REGISTRATION } from '../registry/registry.ts';

/** One flow's decision, and when to decide anew. */
export interface Standing {
  action: Action;
  rule: number;
  reason: number;
  protocol: number;
  stage: number;
  sourceRegistration: number;
  destinationRegistration: number;
  bucket: number;
  nextTimeUs: number;
  nextPackets: number;
  nextOctets: number;
  /** Generation of the rules that the numbers above belong to. */
  rulesGeneration: number;
  /** Generation of the safety guard that has admitted the client; 0 for none. */
  admittedBy: number;
}

export const NO_BUCKET = -1;

export function newStanding(): Standing {
  return {
    action: Action.ALLOW,
    rule: NO_RULE,
    reason: 0,
    protocol: 0,
    stage: 0,
    sourceRegistration: NO_REGISTRATION,
    destinationRegistration: NO_REGISTRATION,
    bucket: NO_BUCKET,
    nextTimeUs: Infinity,
    nextPackets: Infinity,
    nextOctets: Infinity,
    rulesGeneration: 0,
    admittedBy: 0,
  };
}
