/** Captures through the engine of a daemon with a collector: the minutes that come of them. */
import type { PacketBatch } from '../../src/capture/packet-batch.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { AssemblyTracker } from '../../src/dataplane/host/assembly-tracker.ts';
import type { Outcome } from '../../src/dataplane/host/outcome.ts';
import { RunEngine } from '../../src/daemon/daemon-engine.ts';
import type { DecisionSink } from '../../src/decision/decision-sink.ts';
import type { Rules } from '../../src/decision/rules.ts';
import { MinuteCollector } from '../../src/history/collect/minute-collector.ts';
import { processByMinute } from '../../src/history/collect/minute-batches.ts';
import { WatchedTime } from '../../src/history/collect/watched-time.ts';
import type { Minute } from '../../src/history/roll-up.ts';
import { ZoneClock } from '../../src/history/zone-clock.ts';
import { ClientHash } from '../../src/policy/client-hash.ts';

const KEY = [1, 2, 3, 4];
export const PLACE = { site: 'north', isp: 'example', link: 'uplink' };

/** Receives what the engine does, before the collector. */
export interface Observer extends DecisionSink {
  affected?(slot: number, outcome: Outcome, wireLength: number): void;
  /** After each batch. */
  batchDone?(engine: RunEngine, batch: PacketBatch): void;
}

export class Recorded {
  readonly minutes: Minute[] = [];
  readonly engine: RunEngine;
  readonly collector: MinuteCollector;
  private readonly tracker = new AssemblyTracker(100_000);
  private readonly observer: Observer;

  constructor(rules: Rules, observer: Observer = {}) {
    this.observer = observer;
    const collector = (): MinuteCollector => this.collector;
    this.engine = new RunEngine(
      rules,
      this.tracker,
      {
        decided: (flow, decision, timeUs, packet) => {
          observer.decided?.(flow, decision, timeUs, packet);
          collector().decided(flow, decision);
        },
        ...(observer.ended !== undefined && { ended: observer.ended.bind(observer) }),
      },
      KEY,
      () => undefined,
      {
        affected: (side, slot, outcome, wireLength) => {
          observer.affected?.(slot, outcome, wireLength);
          collector().affected(side, slot, outcome, wireLength);
        },
      },
    );
    const { counters, decisions } = this.engine;
    this.collector = new MinuteCollector({
      place: PLACE,
      clock: new ZoneClock('Asia/Karachi'),
      table: this.engine.table,
      decisionTable: this.engine.decisionTable,
      hash: new ClientHash(KEY),
      totals: () => ({
        packets: counters.packets,
        bytes: counters.bytes,
        lost_packets: 0,
        undecoded_packets: counters.notDecodedPackets,
        lost_lines: 0,
        harm: decisions.counts.hits.toCounts(),
      }),
      mode: () => decisions.mode,
      watched: new WatchedTime(),
      onMinute: (minute) => this.minutes.push(minute),
    });
    this.engine.watchEnds(this.collector);
  }

  /** Runs a capture of its own. */
  async run(path: string): Promise<void> {
    const capture = openCapture(path);
    while (await capture.read(this.tracker.nextBatch())) await this.take(this.tracker.nextBatch());
    await capture.close();
    await this.endCapture();
  }

  async take(batch: PacketBatch): Promise<void> {
    await processByMinute(batch, this.tracker, this.collector, async (part) => {
      await this.engine.process(part);
      this.observer.batchDone?.(this.engine, part);
    });
    this.collector.checkInvariants();
  }

  async endCapture(): Promise<void> {
    await this.engine.nextCapture();
    this.collector.endCapture();
  }

  /** Sums of a count of series, by one of what distinguishes them. */
  sums(count: number, by: (key: Minute['series'][number]['key']) => string): Record<string, number> {
    const sums: Record<string, number> = {};
    for (const { series } of this.minutes)
      for (const { key, counts } of series) {
        const value = counts[count]!;
        if (value !== 0) sums[by(key)] = (sums[by(key)] ?? 0) + value;
      }
    return sums;
  }
}
