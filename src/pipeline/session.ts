/**
 * The front door of the engine: tracks the flows of captures and decides them. A session is opened once and used for
 * one capture after the other. Flow table and decision table are empty at the end of each capture, and are used again
 * for the next.
 */
import { FlowTable } from '../dataplane/flow/flow-table.ts';
import { LocalTracker } from '../dataplane/local-tracker.ts';
import type { Tracker } from '../dataplane/tracker.ts';
import { DEFAULT_LINK_IDENTITY, type LinkIdentity } from '../dataplane/wire/link-identity.ts';
import { DecisionController } from '../decision/decision-controller.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Decisions, Rules } from '../decision/decisions.ts';
import type { SafetyGuard } from '../decision/safety-guard.ts';
import { type PacketSink, Pipeline } from './pipeline.ts';

/** Receivers of a capture's results. */
export interface SessionOutputs {
  /** Receives decisions, and flows at their end. */
  readonly sink: DecisionSink;
  /** Limits how many clients are throttled or blocked; null or left out: no limit. */
  readonly guard?: SafetyGuard | null;
  /** Receives every packet with its outcome; null or left out: none. */
  readonly packetSink?: PacketSink | null;
}

/** One capture: batches go into the pipeline, whose flows are decided. */
export interface CaptureSession {
  readonly decisions: Decisions;
  readonly pipeline: Pipeline;
}

export class Session {
  /** Decides the flows. */
  readonly controller: DecisionController;
  private readonly tracker: Tracker;

  /** `tracker` tracks flows in this thread or in workers. */
  constructor(tracker: Tracker) {
    this.tracker = tracker;
    this.controller = new DecisionController(tracker.table, tracker.evidenceLog);
  }

  /** The flows that are decided. */
  get table(): FlowTable {
    return this.tracker.table;
  }

  /** Begins a capture; the pipeline of the one before must be finished. */
  begin(rules: Rules, { sink, guard = null, packetSink = null }: SessionOutputs): CaptureSession {
    const decisions = this.controller.begin(rules, sink, guard);
    return { decisions, pipeline: new Pipeline(this.tracker, this.controller, packetSink) };
  }
}

/** A session that does everything in the thread that calls it. */
export function openSession(flowCapacity: number, linkIdentity: LinkIdentity = DEFAULT_LINK_IDENTITY): Session {
  return new Session(new LocalTracker(new FlowTable(flowCapacity), linkIdentity));
}
