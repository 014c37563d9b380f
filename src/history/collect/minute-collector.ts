/**
 * Collects the minute under way: decisions as they are made, volumes of flows, distinct clients, harm, and how the
 * source was watched. A minute ends before the first packet of another one is decided or, on a quiet live source, by
 * its clock. So its counts are those of its own packets.
 */
import type { FlowRows } from '../../dataplane/host/flow-rows.ts';
import type { Outcome } from '../../dataplane/host/outcome.ts';
import type { DecisionSink, DecisionView } from '../../decision/decision-sink.ts';
import type { DecisionTable } from '../../decision/decision-table.ts';
import type { EndingFlows } from '../../decision/decision-controller.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import type { HitCounts } from '../../decision/registered-hits.ts';
import type { OutcomeListener } from '../../pipeline/outcome-listener.ts';
import type { ClientHash } from '../../policy/client-hash.ts';
import { ClientSketch } from '../client-sketch.ts';
import { type Coverage, type HarmRow, type Minute, type Place, SERIES_COUNTS, HIT_CLIENTS } from '../roll-up.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { FlowVolumes, type VolumeSink } from './flow-volumes.ts';
import { SeriesTable } from './series-table.ts';
import { FileWatch, type LiveWatch, type Watch } from './watch.ts';
import type { WatchedTime } from './watched-time.ts';
import type { Snapshot } from '../../core/snapshot.ts';

const MICROS_PER_SECOND = 1e6;
const SECONDS_PER_MINUTE = 60;
const MINUTE_US = SECONDS_PER_MINUTE * MICROS_PER_SECOND;
/**
 * Packets may be out of order by less than this, and count in the minute under way. A longer step back begins another
 * capture.
 */
const REORDERING_US = MINUTE_US;
/** Minutes without a packet that are ended one by one; a longer time is not known, and left out. */
const MOST_QUIET_MINUTES = 240;
const FLOWS = SERIES_COUNTS.indexOf('flows');
const DECISIONS = SERIES_COUNTS.indexOf('decisions');

/** Counts since the daemon's start, of which a minute gets the difference. */
export interface Totals {
  readonly packets: number;
  readonly bytes: number;
  readonly lost_packets: number;
  readonly undecoded_packets: number;
  readonly lost_lines: number;
  readonly harm: HitCounts;
}

export interface CollectorOptions {
  readonly place: Place;
  readonly clock: ZoneClock;
  readonly table: FlowRows;
  readonly decisionTable: DecisionTable;
  /** Hashes clients by the key of the deployment. */
  readonly hash: ClientHash;
  readonly totals: () => Totals;
  /** The mode in effect. */
  readonly mode: () => string;
  readonly watched: WatchedTime;
  readonly onMinute: (minute: Minute) => void;
}

export class MinuteCollector implements DecisionSink, EndingFlows, OutcomeListener, VolumeSink {
  private readonly options: CollectorOptions;
  private readonly volumes: FlowVolumes;
  private readonly series = new SeriesTable();
  private clients = new Map<string, ClientSketch>();
  private clientsBySeries: ClientSketch[] = [];
  private watch: Watch;
  private before: Totals;
  private mode: string;
  /** Beginning of the minute under way, µs; NaN before the first packet. */
  private startUs = NaN;
  private lagUs = 0;
  private activeFlows = 0;

  constructor(options: CollectorOptions) {
    this.options = options;
    this.volumes = new FlowVolumes(options.table, options.decisionTable, this);
    this.before = options.totals();
    this.mode = options.mode();
    this.watch = new FileWatch(options.watched);
  }

  /** The source is live: its minutes also end by its clock. */
  useLive(watch: LiveWatch): void {
    this.watch = watch;
  }

  /** Copies the minute under way, or puts a copy back; a source that is not live also goes on where it was watched. */
  snapshot(walk: Snapshot): void {
    walk.part('history');
    this.series.snapshot(walk);
    this.volumes.snapshot(walk);
    this.before = walk.data(this.before);
    this.mode = walk.data(this.mode);
    this.startUs = walk.number(this.startUs);
    this.lagUs = walk.number(this.lagUs);
    this.activeFlows = walk.number(this.activeFlows);
    const clients = walk.data([...this.clients].map(([name, sketch]) => ({ name, bytes: [...sketch.toBytes()] })));
    const untilUs = walk.number(this.watch.untilUs);
    this.options.watched.snapshot(walk);
    if (!walk.isRestoring) return;
    if (this.watch instanceof FileWatch) this.watch.untilUs = untilUs;
    this.clients = new Map();
    this.clientsBySeries = [];
    for (const { name, bytes } of clients) this.clientsNamed(name).mergeBytes(Uint8Array.from(bytes));
  }

  /** Forgets the minute under way, which a restart has interrupted: what its flows carried before is in no minute. */
  discard(): void {
    this.volumes.takeAll();
    this.series.takeRows();
    this.clients = new Map();
    this.clientsBySeries = [];
    this.before = this.options.totals();
    this.startUs = NaN;
    this.lagUs = 0;
    this.activeFlows = 0;
  }

  decided(flow: FlowRecord, decision: DecisionView): void {
    const { hash } = this.options;
    const series = this.series.seriesOf(flow.finding, decision);
    hash.take(flow.source);
    this.series.add(series, DECISIONS, 1);
    this.volumes.decided(flow.slot, series, hash.high, hash.low);
    this.active(series, hash.high, hash.low);
  }

  affected(side: number, slot: number, outcome: Outcome, wireLength: number): void {
    this.volumes.affected(side, slot, outcome, wireLength);
  }

  /** A decided flow ends; both tables still have it. */
  ending(slot: number): void {
    const series = this.volumes.ending(slot);
    if (series >= 0) this.series.add(series, FLOWS, 1);
  }

  volume(
    series: number,
    packets: number,
    bytes: number,
    delayed: number,
    delayedBytes: number,
    dropped: number,
    droppedBytes: number,
  ): void {
    this.series.addVolume(series, packets, bytes);
    if (delayed + dropped > 0) this.series.addAffected(series, delayed, delayedBytes, dropped, droppedBytes);
  }

  active(series: number, high: number, low: number): void {
    (this.clientsBySeries[series] ?? this.clientsOf(series)).add(high, low);
  }

  hit(high: number, low: number): void {
    this.clientsNamed(HIT_CLIENTS).add(high, low);
  }

  /**
   * To be called before packets of this time are decided: ends the minute under way if they belong to another one.
   * Returns the packet time, µs, from which on packets belong to a later minute.
   */
  advance(timeUs: number): number {
    this.useMode();
    const startUs = Math.floor(timeUs / MINUTE_US) * MINUTE_US;
    const isEarlier = timeUs < this.startUs;
    if (isEarlier && timeUs <= this.startUs - REORDERING_US) {
      this.endCapture();
      this.startUs = startUs;
    }
    const isWatched = this.watch.reach(timeUs);
    if (startUs > this.startUs && isWatched) this.endUntil(startUs);
    else if (!isEarlier && startUs !== this.startUs) {
      this.finish();
      this.startUs = startUs;
    }
    return this.startUs + MINUTE_US;
  }

  /** Packets up to this time were decided. */
  reach(timeUs: number): void {
    this.watch.reach(timeUs);
  }

  /** The clock of a live source has come to this: ends the minutes before it, with zeros where no packet came. */
  endBefore(timeUs: number): void {
    const startUs = Math.floor(timeUs / MINUTE_US) * MINUTE_US;
    if (Number.isNaN(this.startUs)) this.startUs = startUs;
    if (startUs > this.startUs) this.endUntil(startUs);
  }

  /** Notes the state of the daemon, about once a second: the lag of a live source, and active flows. */
  sample(lagUs: number, activeFlows: number): void {
    this.lagUs = Math.max(this.lagUs, lagUs);
    this.activeFlows = Math.max(this.activeFlows, activeFlows);
  }

  /** Ends the minute under way: at the end of a capture, or of the daemon. */
  finish(): void {
    if (Number.isNaN(this.startUs)) return;
    this.volumes.takeAll();
    this.write(this.startUs / MICROS_PER_SECOND);
    this.clients = new Map();
    this.clientsBySeries = [];
    this.lagUs = 0;
    this.activeFlows = 0;
    this.startUs = NaN;
    const moved = this.series.compact(() => this.volumes.usedSeries());
    if (moved !== null) this.volumes.remap((series) => moved.get(series)!);
  }

  /** Ends a part of the minute under way, which goes on. */
  cut(): void {
    const { startUs } = this;
    this.finish();
    this.startUs = startUs;
  }

  /** The clients of a series: those of its action. They are looked up once a minute. */
  private clientsOf(series: number): ClientSketch {
    const sketch = this.clientsNamed(this.series.keyOf(series).action);
    this.clientsBySeries[series] = sketch;
    return sketch;
  }

  private clientsNamed(name: string): ClientSketch {
    let sketch = this.clients.get(name);
    if (sketch === undefined) this.clients.set(name, (sketch = new ClientSketch()));
    return sketch;
  }

  /** A capture is over, and all its flows have ended. */
  endCapture(): void {
    this.finish();
    this.watch.restart();
  }

  /** Throws if an invariant is broken. To be called between two batches. */
  checkInvariants(): void {
    this.volumes.checkInvariants();
  }

  /** Ends the minute under way and those after it, which had no packet, up to one that begins at this time. */
  private endUntil(startUs: number): void {
    const isLong = startUs - this.startUs > MOST_QUIET_MINUTES * MINUTE_US;
    for (let next = this.startUs + MINUTE_US; !Number.isNaN(this.startUs); next += MINUTE_US) {
      this.finish();
      if (next < startUs && !isLong) this.startUs = next;
    }
    this.startUs = startUs;
  }

  /** Flows that are decided already go on in the series of another mode: a decision that stays is not made again. */
  private useMode(): void {
    const mode = this.options.mode();
    if (mode === this.mode) return;
    this.mode = mode;
    this.volumes.remap((series) => this.series.inMode(series, mode));
  }

  private write(minuteS: number): void {
    const { place, clock, watched, onMinute } = this.options;
    const series = this.series.takeRows();
    const { counts, harm } = this.takeTotals();
    const hasPackets = counts.packets > 0 || series.length > 0;
    const seconds = Math.max(watched.take(minuteS), hasPackets ? 1 : 0);
    // Nothing is known of a minute that was not watched.
    if (seconds === 0 && harm.length === 0 && counts.lost_packets === 0 && counts.lost_lines === 0) return;
    onMinute({
      place,
      minuteS,
      hourS: clock.hourStart(minuteS),
      dayS: clock.dayStart(minuteS),
      series,
      coverage: {
        seconds,
        ...counts,
        lag_us: this.lagUs,
        active_flows: Math.max(this.activeFlows, this.volumes.activeCount),
      },
      harm,
      clients: [...this.clients].map(([action, sketch]) => ({ action, sketch: sketch.toBytes() })),
    });
  }

  private takeTotals(): { counts: Omit<Coverage, 'seconds' | 'lag_us' | 'active_flows'>; harm: HarmRow[] } {
    const { before } = this;
    const now = this.options.totals();
    this.before = now;
    const harm: HarmRow[] = [];
    for (const [kind, outcomes] of Object.entries(now.harm))
      for (const [outcome, total] of Object.entries(outcomes)) {
        // An operator may have set the counts to 0.
        const was = before.harm[kind]?.[outcome] ?? 0;
        const count = total >= was ? total - was : total;
        if (count > 0) harm.push({ kind, outcome, count });
      }
    const counts = {
      packets: now.packets - before.packets,
      bytes: now.bytes - before.bytes,
      lost_packets: now.lost_packets - before.lost_packets,
      undecoded_packets: now.undecoded_packets - before.undecoded_packets,
      lost_lines: now.lost_lines - before.lost_lines,
    };
    return { counts, harm };
  }
}
