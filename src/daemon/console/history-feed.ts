/**
 * Feeds the history of a daemon: the engine's decisions and flows, the counts of the source, and the daemon's own
 * events as changes. A failing history is logged and counted, and changes nothing else.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { parseInstant } from '../../core/iso-time.ts';
import { HitKind, type HitCounts } from '../../decision/registered-hits.ts';
import type { DecisionSink } from '../../decision/decision-sink.ts';
import type { Tracker } from '../../dataplane/host/tracker.ts';
import { ClientHash } from '../../policy/client-hash.ts';
import type { Log } from '../../output/log/log.ts';
import { changeFields } from '../../history/collect/change-fields.ts';
import { processByMinute } from '../../history/collect/minute-batches.ts';
import { MinuteCollector, type Totals } from '../../history/collect/minute-collector.ts';
import { WatchedTime } from '../../history/collect/watched-time.ts';
import { HistoryClient } from '../../history/process/history-client.ts';
import type { LastRecorded } from '../../history/query/last-recorded.ts';
import type { Place } from '../../history/roll-up.ts';
import type { HistoryPlace } from '../../history/store/history-store.ts';
import { IN_MEMORY } from '../../history/store/in-memory.ts';
import { ZoneClock } from '../../history/zone-clock.ts';
import type { RunEngine } from '../daemon-engine.ts';
import type { RunClock } from '../source-clock.ts';
import type { RunSource } from '../source-run.ts';
import type { RecentOptions } from './decision-feed.ts';
import type { ReportOptions } from './run-reports.ts';
import { SourceWatch } from './source-watch.ts';
import type { Snapshot } from '../../core/snapshot.ts';

export interface HistoryOptions extends HistoryPlace {
  /** Where the packets are seen. */
  readonly place: Place;
  readonly lossBound: number;
  readonly recent: RecentOptions;
  readonly reports: ReportOptions;
}

interface FeedParts {
  readonly engine: RunEngine;
  readonly source: RunSource;
  readonly clock: RunClock;
  readonly tracker: Tracker;
  readonly logs: readonly { readonly lines: { readonly droppedCount: number } }[];
}

/** Events that are counts or what the history has as coverage, and no changes. */
const NO_CHANGES: readonly string[] = ['stats', 'gap'];
/**
 * Events that a packet brings about, by their kind and state: they are of its time. What people do comes between
 * packets: on a live source it is of the time that has gone on since the last one, like a start or a stop.
 */
const OF_PACKETS: Readonly<Record<string, readonly string[]>> = {
  breaker: ['tripped'],
  calendar: ['ahead', 'held', 'passed'],
  shadow: ['would-trip', 'registered-hit'],
};
/** States of a shadow whose events repeat figures. */
const NO_SHADOW_CHANGES: readonly string[] = ['summary'];
const MICROS_PER_MILLISECOND = 1000;
const MICROS_PER_SECOND = 1e6;
/** New registered hits are a change at once, then no more often than this. */
const HIT_PAUSE_MS = 60_000;
/** Captures are read faster than their minutes are written: beyond this they wait. */
const MOST_WAITING = 1000;
/** The next file of a spool waits so long for the minutes of the one before. */
const FILE_WRITE_MS = 500;

export class HistoryFeed {
  readonly client: HistoryClient;
  readonly options: HistoryOptions;
  private readonly log: Log;
  private parts: FeedParts | null = null;
  private collector: MinuteCollector | null = null;
  private watch: SourceWatch | null = null;
  /** The file under way that is read again after a kill, and its minutes so far. */
  private file: { readonly name: string; minutes: number } | null = null;
  /** A file that has begun, before its first packets. */
  private nextFile: string | null = null;
  private hits = 0;
  private hitsMs = -Infinity;

  constructor(options: HistoryOptions, log: Log) {
    this.options = options;
    this.log = log;
    const { path } = options;
    this.client = new HistoryClient({
      ...options,
      onProblem: (problem) => {
        if (problem === null) log.info({ path }, 'the history is written again');
        else log.error({ problem, path }, 'the history cannot be written');
      },
      onSetAside: ({ atMs, file, problem }) => {
        log.error({ file, problem }, 'the history was broken: it is set aside, and a new one is begun');
        this.change('history', { set_aside: file, problem, at: new Date(atMs).toISOString() });
      },
    });
  }

  /** What receives packets that are delayed or dropped, before the collector exists. */
  readonly outcomes = {
    affected: (side: number, slot: number, outcome: Parameters<MinuteCollector['affected']>[2], wireLength: number) => {
      this.collector?.affected(side, slot, outcome, wireLength);
    },
  };

  readonly decided: NonNullable<DecisionSink['decided']> = (flow, decision) => {
    this.collector?.decided(flow, decision);
  };

  /** Begins with an engine that has no packets yet. `key`: the deployment's secret. */
  begin(parts: FeedParts, key: readonly number[]): void {
    const { engine } = parts;
    this.parts = parts;
    const watched = new WatchedTime();
    this.collector = new MinuteCollector({
      place: this.options.place,
      clock: new ZoneClock(this.options.zone),
      table: engine.table,
      decisionTable: engine.decisionTable,
      hash: new ClientHash(key),
      totals: () => this.totals(),
      mode: () => engine.decisions.mode,
      watched,
      onMinute: (minute) => {
        const { file } = this;
        this.client.addMinute(
          file === null ? minute : { ...minute, origin: { file: file.name, number: ++file.minutes } },
        );
      },
    });
    this.watch = new SourceWatch(parts.source, this.collector, watched, (problem) => {
      this.change('source', problem === null ? { state: 'back' } : { state: 'silent', ...problem });
    });
    this.hits = engine.decisions.counts.hits.total(HitKind.IN_FORCE);
    engine.watchEnds(this.collector);
  }

  /**
   * Starts the history process, and notes the start. If its database cannot be opened, the daemon goes on without, and
   * it is tried again. `fields`: what is in force from now on.
   */
  async start(fields: Readonly<Record<string, unknown>>): Promise<void> {
    await this.client.start();
    const last = await this.lastRecorded();
    this.change('start', { ...fields, ...(last !== null && this.unwatchedSince(last)) });
  }

  /** Null if the history cannot answer. */
  private async lastRecorded(): Promise<LastRecorded | null> {
    try {
      return JSON.parse(await this.client.ask({ what: 'last', query: this.options.place })) as LastRecorded;
    } catch {
      return null;
    }
  }

  /**
   * Copies the minute under way, the file that it belongs to, and the minutes of files that the history may not have
   * yet; or puts a copy back, after `begin`.
   */
  snapshot(walk: Snapshot): void {
    const has = walk.data(this.collector !== null);
    this.file = walk.data(this.file);
    this.nextFile = walk.data(this.nextFile);
    this.client.snapshot(walk);
    if (!has || this.collector === null) return;
    this.collector.snapshot(walk);
    // The packets of a live source do not come again, and the history may have the minute already.
    if (walk.isRestoring && this.parts!.source.checkpoint?.isRepeated !== true) this.collector.discard();
    this.hits = this.parts!.engine.decisions.counts.hits.total(HitKind.IN_FORCE);
  }

  /** Decides the packets of a batch by `process`, minute by minute. */
  async process(batch: PacketBatch, process: (part: PacketBatch) => Promise<void>): Promise<void> {
    const { parts, collector, watch } = this;
    if (parts === null || collector === null) return process(batch);
    if (parts.clock.isLive && batch.count > 0) watch?.beginLive(batch.timeUs[0]!);
    if (this.nextFile !== null && batch.count > 0) {
      // Quiet minutes before the file are no part of it.
      collector.advance(batch.timeUs[0]!);
      this.file = { name: this.nextFile, minutes: 0 };
      this.nextFile = null;
    }
    await processByMinute(batch, parts.tracker, collector, process);
    watch?.reach(parts.engine.timeUs);
  }

  /** A file begins that is read again as a whole after a kill: its minutes are then not counted twice. */
  beginFile(name: string): void {
    this.nextFile = name;
  }

  /**
   * The file is over. Waits a moment for its minutes to be written: once its reading is recorded, it is not read again.
   */
  async endFile(): Promise<void> {
    this.collector?.cut();
    this.file = null;
    this.nextFile = null;
    if (this.client.problem !== null) return;
    const limit = new AbortController();
    await Promise.race([
      this.client.drain(),
      sleep(FILE_WRITE_MS, undefined, { signal: limit.signal, ref: false }),
    ]).catch(() => undefined);
    limit.abort();
  }

  /** Notes an event of the daemon as a change. */
  notice(line: string): void {
    const event = JSON.parse(line) as Record<string, unknown> & { event_type: string; timestamp: string };
    const { event_type: kind, timestamp } = event;
    if (NO_CHANGES.includes(kind)) return;
    if (kind === 'shadow' && NO_SHADOW_CHANGES.includes((event.shadow as { state: string }).state)) return;
    const timeUs = parseInstant(timestamp);
    const { state = '' } = (event[kind] ?? {}) as { readonly state?: string };
    const isOfPacket = OF_PACKETS[kind]?.includes(state) === true;
    this.change(kind, event, isOfPacket ? timeUs : Math.max(timeUs, this.watch?.nowUs ?? timeUs));
  }

  /** Notes a change, by default at the source's present time, µs. It is written at once. */
  change(kind: string, fields: Readonly<Record<string, unknown>>, timeUs = this.nowUs): void {
    const { place } = this.options;
    this.client.addChange({ timeUs: Math.round(timeUs), place, kind, fields: changeFields(fields) });
    void this.client.flush();
  }

  /** To be called about once a second. */
  tick(): void {
    const { parts, collector, watch } = this;
    if (parts === null || collector === null) return;
    collector.sample(parts.engine.lastLagUs, parts.engine.counters.flowsActive);
    watch?.look(Date.now() * MICROS_PER_MILLISECOND);
    this.noteHits(parts.engine, performance.now());
    void this.client.flush();
  }

  /** A capture is over: its minute ends. Waits while too many minutes are not written. */
  async endCapture(): Promise<void> {
    this.collector?.endCapture();
    if (this.client.waiting > MOST_WAITING) await this.client.drain();
  }

  /**
   * Ends the minute under way, notes the stop, writes the rest within a time and ends the process. A history in memory
   * ends with the daemon: its process leaves by itself. `beforeEnd`: what is to be done while the
   * history still answers.
   */
  async stop(
    fields: Readonly<Record<string, unknown>>,
    limitMs: number,
    beforeEnd: () => Promise<void> | undefined = () => undefined,
  ): Promise<void> {
    if (this.options.path === IN_MEMORY) return;
    this.watch?.look(Date.now() * MICROS_PER_MILLISECOND);
    // What is left of a file is read again by the next start.
    if (this.file === null) this.collector?.finish();
    this.change('stop', fields);
    const lost = this.client.lost;
    if (this.options.outboxLength !== undefined) {
      await Promise.race([this.client.drain(), sleep(FILE_WRITE_MS, undefined, { ref: false })]);
      await beforeEnd();
    }
    await this.client.close(limitMs);
    const minutes = this.client.lost - lost;
    if (minutes > 0) this.log.error({ minutes }, 'minutes of the history could not be written before the stop');
  }

  /** Present time of a live source; the time of the last packet of any other one. */
  private get nowUs(): number {
    return this.watch?.nowUs ?? this.parts?.engine.timeUs ?? Date.now() * MICROS_PER_MILLISECOND;
  }

  /** A spool is read again after a kill, and captures are read once: nothing of them is missed. */
  private unwatchedSince({ untilS, kind }: LastRecorded): Readonly<Record<string, unknown>> {
    const sourceKind = this.parts?.source.kind;
    if (kind === null || untilS === null || sourceKind === 'spool' || sourceKind === 'captures') return {};
    const seconds = Math.max(0, Math.round(this.nowUs / MICROS_PER_SECOND - untilS));
    return { after: kind === 'stop' ? 'stop' : 'kill', unwatched_from_s: untilS, unwatched_seconds: seconds };
  }

  private noteHits({ decisions: { counts } }: RunEngine, nowMs: number): void {
    const total = counts.hits.total(HitKind.IN_FORCE);
    if (total < this.hits) this.hits = total;
    if (total === this.hits || nowMs - this.hitsMs < HIT_PAUSE_MS) return;
    const { rule = '', timeUs = this.nowUs } = counts.hits.latest ?? {};
    this.change('hit', { rule, ...counts.hits.takeScope(), new: total - this.hits, total }, timeUs);
    this.hits = total;
    this.hitsMs = nowMs;
  }

  private totals(): Totals {
    const { engine, source, logs } = this.parts!;
    const { counters, decisions } = engine;
    const sum = (values: Iterable<number>): number => [...values].reduce((total, value) => total + value, 0);
    const harm: HitCounts = decisions.counts.hits.toCounts();
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
