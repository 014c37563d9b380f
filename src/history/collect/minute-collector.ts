/**
 * Collects the minute under way: decisions as they are made, volumes of flows, distinct clients, harm, and how the
 * source was watched. A minute ends at the first packet of another one, or by the wall clock for a live source.
 */
import { Protocol, PROTOCOL_NAMES } from '../../core/protocol.ts';
import { findingProtocol, findingStage, STAGE_NAMES } from '../../dataplane/fingerprint/finding.ts';
import type { FlowTable } from '../../dataplane/flow/flow-table.ts';
import type { Outcome } from '../../dataplane/outcome.ts';
import type { DecisionSink, DecisionView } from '../../decision/decision-sink.ts';
import type { DecisionTable } from '../../decision/decision-table.ts';
import type { FlowRecord } from '../../decision/flow-record.ts';
import type { HitCounts } from '../../decision/registered-hits.ts';
import type { OutcomeListener } from '../../pipeline/outcome-listener.ts';
import type { ClientHash } from '../../policy/client-hash.ts';
import { ClientSketch } from '../client-sketch.ts';
import {
  type Coverage,
  type HarmRow,
  type Minute,
  type Place,
  SERIES_COUNTS,
  type SeriesKey,
  type SeriesRow,
} from '../roll-up.ts';
import type { ZoneClock } from '../zone-clock.ts';
import { FlowVolumes, type VolumeSink } from './flow-volumes.ts';

const MICROS_PER_SECOND = 1e6;
const SECONDS_PER_MINUTE = 60;
/** Packets may be out of order by less than this; a longer step back begins another capture. */
const REORDERING_S = 60;
const COUNTS = SERIES_COUNTS.length;
const [FLOWS, DECISIONS, PACKETS] = [0, 1, 2];

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
  readonly table: FlowTable;
  readonly decisionTable: DecisionTable;
  /** Hashes clients by the key of the deployment. */
  readonly hash: ClientHash;
  readonly totals: () => Totals;
  readonly onMinute: (minute: Minute) => void;
}

export class MinuteCollector implements DecisionSink, OutcomeListener, VolumeSink {
  private readonly options: CollectorOptions;
  private readonly volumes: FlowVolumes;
  private readonly keys: SeriesKey[] = [];
  private readonly actions: string[] = [];
  private readonly numbers = new Map<string, number>();
  private readonly byView = new WeakMap<DecisionView, Map<number, number>>();
  private counts = new Float64Array(COUNTS);
  private clients = new Map<string, ClientSketch>();
  private before: Totals;
  /** Beginning of the minute under way, seconds; NaN before the first packet. */
  private minuteS = NaN;
  private watchedFromS = NaN;
  private watchedUntilS = NaN;
  private lagUs = 0;
  private activeFlows = 0;

  constructor(options: CollectorOptions) {
    this.options = options;
    this.volumes = new FlowVolumes(options.table, options.decisionTable, this);
    this.before = options.totals();
  }

  decided(flow: FlowRecord, decision: DecisionView, timeUs: number): void {
    this.reach(timeUs);
    const { hash } = this.options;
    const series = this.seriesOf(flow.finding, decision);
    hash.take(flow.source);
    this.counts[series * COUNTS + DECISIONS]!++;
    this.volumes.decided(flow.slot, series, hash.high, hash.low);
    this.active(series, hash.high, hash.low);
  }

  affected(side: number, slot: number, outcome: Outcome, wireLength: number): void {
    this.volumes.affected(side, slot, outcome, wireLength);
  }

  /** A decided flow ends; both tables still have it. */
  ending(slot: number): void {
    const series = this.volumes.ending(slot);
    if (series >= 0) this.counts[series * COUNTS + FLOWS]!++;
  }

  volume(series: number, ...counts: number[]): void {
    for (let i = 0; i < counts.length; i++) this.counts[series * COUNTS + PACKETS + i]! += counts[i]!;
  }

  active(series: number, high: number, low: number): void {
    const action = this.actions[series]!;
    let sketch = this.clients.get(action);
    if (sketch === undefined) this.clients.set(action, (sketch = new ClientSketch()));
    sketch.add(high, low);
  }

  /** Packet time has come to this: ends the minute under way if it is another one. */
  reach(timeUs: number): void {
    const timeS = timeUs / MICROS_PER_SECOND;
    const minuteS = Math.floor(timeS / SECONDS_PER_MINUTE) * SECONDS_PER_MINUTE;
    if (minuteS === this.minuteS) {
      if (timeS > this.watchedUntilS) this.watchedUntilS = timeS;
      return;
    }
    if (minuteS < this.minuteS && timeS > this.minuteS - REORDERING_S) return;
    this.finish();
    this.minuteS = minuteS;
    this.watchedFromS = timeS;
    this.watchedUntilS = timeS;
  }

  /** Notes the state of the daemon, about once a second: the lag of a live source, and active flows. */
  sample(lagUs: number, activeFlows: number): void {
    this.lagUs = Math.max(this.lagUs, lagUs);
    this.activeFlows = Math.max(this.activeFlows, activeFlows);
  }

  /** Ends the minute under way: at the end of a capture, or of the daemon. */
  finish(): void {
    if (Number.isNaN(this.minuteS)) return;
    this.volumes.takeAll();
    const { place, clock, onMinute } = this.options;
    const { minuteS } = this;
    onMinute({
      place,
      minuteS,
      hourS: clock.hourStart(minuteS),
      dayS: clock.dayStart(minuteS),
      series: this.takeSeries(),
      ...this.takeTotals(),
      clients: [...this.clients].map(([action, sketch]) => ({ action, sketch: sketch.toBytes() })),
    });
    this.clients = new Map();
    this.lagUs = 0;
    this.activeFlows = 0;
    this.minuteS = NaN;
  }

  private takeSeries(): SeriesRow[] {
    const rows: SeriesRow[] = [];
    for (const [number, key] of this.keys.entries()) {
      const counts = this.counts.slice(number * COUNTS, (number + 1) * COUNTS);
      if (counts.some((count) => count !== 0)) rows.push({ key, counts: [...counts] });
    }
    this.counts.fill(0);
    return rows;
  }

  private takeTotals(): { coverage: Coverage; harm: HarmRow[] } {
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
    const coverage: Coverage = {
      seconds: Math.min(SECONDS_PER_MINUTE, Math.max(1, Math.ceil(this.watchedUntilS - this.watchedFromS))),
      packets: now.packets - before.packets,
      bytes: now.bytes - before.bytes,
      lost_packets: now.lost_packets - before.lost_packets,
      undecoded_packets: now.undecoded_packets - before.undecoded_packets,
      lost_lines: now.lost_lines - before.lost_lines,
      lag_us: this.lagUs,
      active_flows: Math.max(this.activeFlows, this.volumes.activeCount),
    };
    return { coverage, harm };
  }

  /** The number of the series of a finding and a decision. */
  private seriesOf(finding: number, decision: DecisionView): number {
    const code = findingProtocol(finding) * STAGE_NAMES.length + findingStage(finding);
    let byCode = this.byView.get(decision);
    if (byCode === undefined) this.byView.set(decision, (byCode = new Map<number, number>()));
    let number = byCode.get(code);
    if (number === undefined) byCode.set(code, (number = this.numberOf(keyOf(finding, decision))));
    return number;
  }

  private numberOf(key: SeriesKey): number {
    const text = Object.values(key).join('\0');
    let number = this.numbers.get(text);
    if (number !== undefined) return number;
    number = this.keys.push(key) - 1;
    this.numbers.set(text, number);
    this.actions.push(key.action);
    if (this.keys.length * COUNTS > this.counts.length) {
      const wider = new Float64Array(this.counts.length * 2);
      wider.set(this.counts);
      this.counts = wider;
    }
    return number;
  }
}

function keyOf(finding: number, { action, rule, mode, source, destination }: DecisionView): SeriesKey {
  const protocol = findingProtocol(finding);
  const ends = [source === null ? '' : 'source', destination === null ? '' : 'destination'].filter((end) => end !== '');
  return {
    protocol: PROTOCOL_NAMES[protocol === Protocol.NONE ? 0 : protocol],
    stage: STAGE_NAMES[findingStage(finding)],
    action,
    rule: rule ?? '',
    registered: ends.length === 2 ? 'both' : (ends[0] ?? 'none'),
    sector: (source ?? destination)?.sector ?? '',
    mode,
  };
}
