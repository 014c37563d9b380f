/** Replays captures through the engine under one set of rules, and sums up what came of it. */
import { DecisionCounts } from '../decision/decision-counts.ts';
import type { Decisions } from '../decision/decisions.ts';
import type { Rules } from '../decision/rules.ts';
import type { DecisionSink } from '../decision/decision-sink.ts';
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { ThrottleListener } from '../decision/throttle-listener.ts';
import { TrialAdmission, type TrialTrip } from '../decision/trial-admission.ts';
import { CaptureRun, type CaptureRunOptions, type CaptureUnderWay } from './capture-run.ts';
import type { OutcomeListener } from './outcome-listener.ts';
import { type PacketSink, Session } from './session.ts';

export type { Incomplete, Reached } from './capture-run.ts';

export interface ReplayOptions extends CaptureRunOptions {
  readonly rules: Rules;
  /** Tracks the flows, in this thread or in workers. */
  readonly tracker: Tracker;
  readonly packetSink: PacketSink | null;
  /** Receives what throttles do in mode enforce; null or left out: none. */
  readonly throttles?: ThrottleListener | null;
  /** Receives packets that are delayed or dropped; null or left out: none. */
  readonly outcomes?: OutcomeListener | null;
}

export class Replay extends CaptureRun {
  /** Flows, decisions and registered hits of all captures. */
  readonly counts = new DecisionCounts();
  /** Trips that the breaker would have had in mode enforce: the first of each kind. */
  readonly trips: TrialTrip[] = [];
  private readonly rules: Rules;
  private readonly packetSink: PacketSink | null;
  private readonly throttles: ThrottleListener | null;
  private readonly outcomes: OutcomeListener | null;
  /** Reused for each capture: it is empty at the end of one. */
  private readonly session: Session;
  private readonly makeSink: (decisions: () => Decisions) => DecisionSink;

  /** `makeSink` receives a function that returns the decisions of the current capture. */
  constructor(options: ReplayOptions, makeSink: (decisions: () => Decisions) => DecisionSink) {
    super(options);
    this.rules = options.rules;
    this.packetSink = options.packetSink;
    this.throttles = options.throttles ?? null;
    this.outcomes = options.outcomes ?? null;
    this.session = new Session(options.tracker);
    this.makeSink = makeSink;
  }

  /** Runs all files; resolves to false if it was stopped. */
  replay(files: readonly string[]): Promise<boolean> {
    return this.run(files, () => this.begin());
  }

  private begin(): CaptureUnderWay {
    const sink = this.makeSink(() => decisions);
    const { rules, packetSink, session, throttles, outcomes } = this;
    const admission = rules.mode === 'enforce' ? new TrialAdmission(rules.policy.safety) : null;
    const decisions = session.begin(rules, { sink, admission, packetSink, throttles, outcomes });
    return {
      session,
      finished: () => {
        throttles?.forgottenAll();
        this.counts.add(decisions.counts);
        addTrips(this.trips, admission?.trips ?? []);
      },
    };
  }
}

/** Adds trips of kinds that are not there yet. */
export function addTrips(trips: TrialTrip[], more: readonly TrialTrip[]): void {
  for (const one of more) if (!trips.some(({ trip }) => trip.then === one.trip.then)) trips.push(one);
}
