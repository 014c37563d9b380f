/**
 * Numbers for the series of decisions, and their counts of the minute under way. The numbers are bounded: rule names
 * come and go with reloads, so series that no flow has any more are left out when there are many.
 */
import { Protocol, PROTOCOL_NAMES } from '../../core/protocol.ts';
import { findingProtocol, findingStage, STAGE_NAMES } from '../../dataplane/host/finding.ts';
import type { DecisionView } from '../../decision/decision-sink.ts';
import { SERIES_COUNTS, type SeriesKey, type SeriesRow } from '../roll-up.ts';
import type { Snapshot } from '../../core/snapshot.ts';

const COUNTS = SERIES_COUNTS.length;
const PACKETS = SERIES_COUNTS.indexOf('packets');
const DELAYED = SERIES_COUNTS.indexOf('delayed_packets');
/** Series beyond which unused ones are left out. */
export const SERIES_LIMIT = 4096;

export class SeriesTable {
  private keys: SeriesKey[] = [];
  private numbers = new Map<string, number>();
  private byView = new WeakMap<DecisionView, Map<number, number>>();
  private counts = new Float64Array(COUNTS);
  private limit = SERIES_LIMIT;

  /** Copies its state, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    this.keys = walk.data(this.keys);
    this.limit = walk.number(this.limit);
    this.counts = walk.column(this.counts);
    if (!walk.isRestoring) return;
    this.numbers = new Map(this.keys.map((key, number) => [textOf(key), number]));
    this.byView = new WeakMap();
  }

  get size(): number {
    return this.keys.length;
  }

  keyOf(series: number): SeriesKey {
    return this.keys[series]!;
  }

  /** Adds to a count, numbered as in SERIES_COUNTS. */
  add(series: number, count: number, value: number): void {
    this.counts[series * COUNTS + count]! += value;
  }

  addVolume(series: number, packets: number, bytes: number): void {
    const at = series * COUNTS + PACKETS;
    this.counts[at]! += packets;
    this.counts[at + 1]! += bytes;
  }

  addAffected(series: number, delayed: number, delayedBytes: number, dropped: number, droppedBytes: number): void {
    const at = series * COUNTS + DELAYED;
    this.counts[at]! += delayed;
    this.counts[at + 1]! += delayedBytes;
    this.counts[at + 2]! += dropped;
    this.counts[at + 3]! += droppedBytes;
  }

  /** The number of the series of a finding and a decision, in a mode. */
  seriesOf(finding: number, decision: DecisionView): number {
    const code = findingProtocol(finding) * STAGE_NAMES.length + findingStage(finding);
    let byCode = this.byView.get(decision);
    if (byCode === undefined) this.byView.set(decision, (byCode = new Map<number, number>()));
    let number = byCode.get(code);
    if (number === undefined) byCode.set(code, (number = this.numberOf(keyOf(finding, decision))));
    return number;
  }

  /** The number of the series that differs in its mode. */
  inMode(series: number, mode: string): number {
    const key = this.keys[series]!;
    return key.mode === mode ? series : this.numberOf({ ...key, mode });
  }

  /** The rows of the minute, without those of zeros. All counts are 0 afterwards. */
  takeRows(): SeriesRow[] {
    const rows: SeriesRow[] = [];
    for (const [number, key] of this.keys.entries()) {
      const counts = this.counts.subarray(number * COUNTS, (number + 1) * COUNTS);
      if (counts.some((count) => count !== 0)) rows.push({ key, counts: [...counts] });
    }
    this.counts.fill(0);
    return rows;
  }

  /**
   * Leaves unused series out if there are many: returns the new numbers of the used ones, or null if nothing changed.
   * To be called after `takeRows`.
   */
  compact(used: () => ReadonlySet<number>): ReadonlyMap<number, number> | null {
    if (this.keys.length <= this.limit) return null;
    const before = this.keys;
    const moved = new Map<number, number>();
    this.keys = [];
    this.numbers = new Map();
    this.byView = new WeakMap();
    this.counts = new Float64Array(COUNTS);
    for (const number of used()) moved.set(number, this.numberOf(before[number]!));
    this.limit = Math.max(SERIES_LIMIT, 2 * this.keys.length);
    return moved;
  }

  private numberOf(key: SeriesKey): number {
    const text = textOf(key);
    let number = this.numbers.get(text);
    if (number !== undefined) return number;
    number = this.keys.push(key) - 1;
    this.numbers.set(text, number);
    if (this.keys.length * COUNTS > this.counts.length) {
      const wider = new Float64Array(this.counts.length * 2);
      wider.set(this.counts);
      this.counts = wider;
    }
    return number;
  }
}

function textOf(key: SeriesKey): string {
  return Object.values(key).join('\0');
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
