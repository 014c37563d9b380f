/**
 * The port through which decisions leave the engine, owned by it: outputs implement it, the engine knows none of them.
 * Records are valid during the call only. What nobody listens to is not made.
 */
import type { FlowEnd } from '../dataplane/counters.ts';
import type { FlowRecord } from './flow-record.ts';

/** A registration as events show it. */
export interface ShownRegistration {
  readonly prefix: string;
  readonly holder: string;
  readonly sector: string;
  readonly reference: string;
}

/** A decision in words. Equal ones are one object, which never changes, as long as it is kept. */
export interface DecisionView {
  /** Under which it is kept, small: for what is made of it. Later another may have the same. */
  readonly number: number;
  readonly action: string;
  /** The action before this one; null for a flow's first decision. */
  readonly previous: string | null;
  /** Name of the rule that decided; null where none matched. */
  readonly rule: string | null;
  readonly reason: string;
  readonly mode: string;
  readonly source: ShownRegistration | null;
  readonly destination: ShownRegistration | null;
}

export interface DecisionSink {
  /** A decision was made, for the first time or again, at a packet. */
  decided?(flow: FlowRecord, decision: DecisionView, timeUs: number, packet: number): void;
  /** A flow has ended; `decision` is its last, null where it never had a finding. */
  ended?(flow: FlowRecord, decision: DecisionView | null, reason: FlowEnd): void;
}
