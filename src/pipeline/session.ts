/**
 * The front door of the engine: tracks the flows of captures and decides them. A session is opened once and used for
 * one capture after the other. Flow table and decision table are empty at the end of each capture, and are used again
 * for the next.
 */
import type { FlowTable } from '../dataplane/flow/flow-table.ts';
import type { Tracker } from '../dataplane/tracker.ts';
import { DecisionController } from '../decision/decision-controller.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Decisions, Rules } from '../decision/decisions.ts';
import type { SafetyGuard } from '../decision/safety-guard.ts';
import type { ThrottleListener } from '../decision/throttle-listener.ts';
import { type PacketSink, Pipeline } from './pipeline.ts';
import type { OutcomeListener } from './outcome-listener.ts';
import { ShadowedDecisions } from './shadowed-decisions.ts';
import { SideBySide } from './side-by-side.ts';

/** Receivers of a capture's results. */
export interface SessionOutputs {
  /** Receives decisions, and flows at their end. */
  readonly sink: DecisionSink;
  /** Limits how many clients are throttled or blocked; null or left out: no limit. */
  readonly guard?: SafetyGuard | null;
  /** Receives every packet with its outcome; null or left out: none. */
  readonly packetSink?: PacketSink | null;
  /** Receives what throttles do in mode enforce; null or left out: none. */
  readonly throttles?: ThrottleListener | null;
  /** Receives packets that are delayed or dropped; null or left out: none. */
  readonly outcomes?: OutcomeListener | null;
}

/** A set of rules that decides flows beside others, and the receivers of its results. */
export interface Side {
  readonly rules: Rules;
  readonly sink: DecisionSink;
  readonly guard: SafetyGuard | null;
  /** Receives what its throttles do; null or left out: none. */
  readonly throttles?: ThrottleListener | null;
}

/** One capture: batches go into the pipeline, whose flows are decided. */
export interface CaptureSession {
  readonly decisions: Decisions;
  readonly pipeline: Pipeline;
}

/** One capture that a shadow may decide too, from any moment on. */
export interface ShadowedSession extends CaptureSession {
  readonly shadowed: ShadowedDecisions;
}

/** One capture that several sets of rules decide. */
export interface ComparedSession {
  /** By side. */
  readonly decisions: readonly Decisions[];
  readonly pipeline: Pipeline;
}

export class Session {
  /** Decides the flows. */
  readonly controller: DecisionController;
  /** The controllers of sides that decide the same flows; the first is the one above. */
  private readonly controllers: DecisionController[];
  private readonly tracker: Tracker;

  /** `tracker` tracks flows in this thread or in workers. */
  constructor(tracker: Tracker) {
    this.tracker = tracker;
    this.controller = new DecisionController(tracker.table, tracker.evidenceLog);
    this.controllers = [this.controller];
  }

  /** The flows that are decided. */
  get table(): FlowTable {
    return this.tracker.table;
  }

  /** Begins a capture; the pipeline of the one before must be finished. */
  begin(
    rules: Rules,
    { sink, guard = null, packetSink = null, throttles = null, outcomes = null }: SessionOutputs,
  ): CaptureSession {
    const decisions = this.controller.begin(rules, sink, guard, throttles);
    return { decisions, pipeline: new Pipeline(this.tracker, this.controller, packetSink, outcomes) };
  }

  /** Begins a capture beside whose decisions a shadow may decide. */
  beginShadowed(rules: Rules, { sink, guard = null, outcomes = null }: SessionOutputs): ShadowedSession {
    const { tracker, controller } = this;
    const shadowed = new ShadowedDecisions(tracker.table, controller);
    const decisions = controller.begin(rules, shadowed.noting(sink), guard);
    return { decisions, shadowed, pipeline: new Pipeline(tracker, shadowed, null, outcomes) };
  }

  /** Begins a capture that several sets of rules decide side by side. */
  beginSides(sides: readonly Side[], listener: OutcomeListener): ComparedSession {
    const { tracker, controllers } = this;
    while (controllers.length < sides.length)
      controllers.push(new DecisionController(tracker.table, tracker.evidenceLog));
    const decisions = sides.map(({ rules, sink, guard, throttles = null }, side) =>
      controllers[side]!.begin(rules, sink, guard, throttles),
    );
    const port = new SideBySide(tracker.table, controllers.slice(0, sides.length), listener);
    return { decisions, pipeline: new Pipeline(tracker, port) };
  }
}
