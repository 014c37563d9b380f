/**
 * Feeds the history of a daemon: the engine's decisions and flows, the counts of the source, and the daemon's own events
 * as changes. A failing history is logged and counted, and changes nothing else.
 */
import type { HitCounts } from '../../decision/registered-hits.ts';
import type { DecisionSink } from '../../decision/decision-sink.ts';
import { ClientHash } from '../../policy/client-hash.ts';
import type { Log } from '../../output/log/log.ts';
import { MinuteCollector, type Totals } from '../../history/collect/minute-collector.ts';
import { HistoryClient } from '../../history/process/history-client.ts';
import type { Place } from '../../history/roll-up.ts';
import { ZoneClock } from '../../history/zone-clock.ts';
import type { RunEngine } from '../daemon-engine.ts';
import type { RunSource } from '../source-run.ts';

export interface HistoryOptions {
  /** The database's file, or `:memory:`. */
  readonly path: string;
  readonly zone: string;
  readonly place: Place;
}

interface FeedParts {
  readonly engine: RunEngine;
  readonly source: RunSource;
  readonly logs: readonly { readonly lines: { readonly droppedCount: number } }[];
}

/** Events that are counts, not changes. */
const NO_CHANGES: readonly string[] = ['stats'];
const MICROS_PER_MILLISECOND = 1000;

export class HistoryFeed {
  readonly client: HistoryClient;
  readonly options: HistoryOptions;
  private readonly log: Log;
  private parts: FeedParts | null = null;
  private collector: MinuteCollector | null = null;

  constructor(options: HistoryOptions, log: Log) {
    this.options = options;
    this.log = log;
    this.client = new HistoryClient(options.path, (problem) => {
      log.error({ problem, path: options.path }, 'the history cannot be written');
    });
  }

  /** What receives packets that are delayed or dropped, before the collector exists. */
  readonly outcomes = {
    affected: (side: number, slot: number, outcome: Parameters<MinuteCollector['affected']>[2], wireLength: number) => {
      this.collector?.affected(side, slot, outcome, wireLength);
    },
  };

  readonly decided: NonNullable<DecisionSink['decided']> = (flow, decision, timeUs) => {
    this.collector?.decided(flow, decision, timeUs);
  };

  /** Begins with an engine that has no packets yet. `key`: the deployment's secret. */
  begin(parts: FeedParts, key: readonly number[]): void {
    const { engine } = parts;
    this.parts = parts;
    this.collector = new MinuteCollector({
      place: this.options.place,
      clock: new ZoneClock(this.options.zone),
      table: engine.table,
      decisionTable: engine.decisionTable,
      hash: new ClientHash(key),
      totals: () => this.totals(),
      onMinute: (minute) => {
        this.client.addMinute(minute);
      },
    });
    engine.watchEnds(this.collector);
  }

  /** Starts the history process. If its database cannot be opened, the daemon goes on without. */
  async start(): Promise<void> {
    try {
      await this.client.start();
    } catch (error) {
      const { path } = this.options;
      this.log.error({ problem: (error as Error).message, path }, 'the history cannot be opened');
    }
  }

  /** Packet time has come to this. */
  reach(timeUs: number): void {
    this.collector?.reach(timeUs);
  }

  /** Notes an event of the daemon as a change. */
  notice(line: string): void {
    const { event_type: kind, ...fields } = JSON.parse(line) as Record<string, unknown> & { event_type: string };
    if (!NO_CHANGES.includes(kind)) this.change(kind, fields);
  }

  change(kind: string, fields: Readonly<Record<string, unknown>>): void {
    const timeUs = this.parts?.engine.timeUs ?? Date.now() * MICROS_PER_MILLISECOND;
    this.client.addChange({ timeUs: Math.round(timeUs), place: this.options.place, kind, fields });
  }

  /** To be called about once a second. */
  tick(): void {
    const { parts, collector } = this;
    if (parts === null || collector === null) return;
    collector.sample(parts.engine.lastLagUs, parts.engine.counters.flowsActive);
    void this.client.flush();
  }

  /** A capture is over: its minute ends. */
  endCapture(): void {
    this.collector?.finish();
  }

  async stop(): Promise<void> {
    this.collector?.finish();
    await this.client.close();
  }

  private totals(): Totals {
    const { engine, source, logs } = this.parts!;
    const { counters, decisions } = engine;
    const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
    const harm: HitCounts = decisions.hits.toCounts();
    return {
      packets: counters.packets,
      bytes: counters.bytes,
      lost_packets: sum(Object.values(source.counts.dropped)),
      undecoded_packets: counters.notDecodedPackets,
      lost_lines: sum(logs.map(({ lines }) => lines.droppedCount)),
      harm,
    };
  }
}
