/** Reads the files of one capture; its events go into a queue. */
import type { Tracker } from '../dataplane/host/tracker.ts';
import type { Rules } from '../decision/rules.ts';
import { Replay } from '../pipeline/replay.ts';
import type { EventSink } from './event-sink.ts';
import type { EventRun } from './queued-reading.ts';
import { readSummary } from './read-summary.ts';
import type { ReadSummary } from './session.ts';

export class CaptureEvents implements EventRun {
  private readonly files: readonly string[];
  private readonly rules: Rules;
  private readonly makeTracker: () => Tracker;
  private readonly sink: EventSink;
  private readonly settle: () => Promise<boolean>;
  private replay: Replay | null = null;

  /** `settle` is called between batches, and resolves to false to stop. */
  constructor(
    files: readonly string[],
    rules: Rules,
    makeTracker: () => Tracker,
    sink: EventSink,
    settle: () => Promise<boolean>,
  ) {
    this.files = files;
    this.rules = rules;
    this.makeTracker = makeTracker;
    this.sink = sink;
    this.settle = settle;
  }

  async run(): Promise<ReadSummary> {
    const { rules, sink } = this;
    const replay = new Replay(
      {
        rules,
        each: false,
        tracker: this.makeTracker(),
        packetSink: null,
        onFile: (file, packetsBefore) => {
          sink.beginFile(file, packetsBefore);
        },
        onBatch: this.settle,
        onRemark: () => undefined,
      },
      () => sink.sink,
    );
    this.replay = replay;
    const isWhole = await replay.replay(this.files);
    return readSummary(replay.counters, replay.counts.flows, replay.incomplete, isWhole);
  }

  interrupt(): void {
    this.replay?.interrupt();
  }
}
