/**
 * The port through which decisions leave the engine. Outputs implement it. Records are valid during the call only, and
 * are made only for methods that exist.
 */
import type { FlowEnd } from '../dataplane/host/flow-end.ts';
import type { FlowRecord } from './flow-record.ts';

/** A registration as events show it. */
export interface ShownRegistration {
  readonly prefix: string;
  readonly holder: string;
  readonly sector: string;
  readonly reference: string;
}

/** A decision in words. Equal decisions are one object while it is kept, and the object never changes. */
export interface DecisionView {
  /** Small number for caches of what is derived from it. Another decision may have it later. */
  readonly number: number;
  readonly action: string;
  /** The action before this one; null for a flow's first decision. */
  readonly previous: string | null;
  /** Name of the rule that decided; null if none matched. */
  readonly rule: string | null;
  readonly reason: string;
  readonly mode: string;
  readonly source: ShownRegistration | null;
  readonly destination: ShownRegistration | null;
}

export interface DecisionSink {
  /** A decision was made, for the first time or again, at a packet. */
  decided?(flow: FlowRecord, decision: DecisionView, timeUs: number, packet: number): void;
  /** A flow has ended; `decision` is its last, null if it never had a finding. */
  ended?(flow: FlowRecord, decision: DecisionView | null, reason: FlowEnd): void;
}
