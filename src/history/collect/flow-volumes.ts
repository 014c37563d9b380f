/**
 * Packets and bytes of decided flows that no minute has yet, by the number of their decision. A flow's counts are read
 * when a minute ends, when its decision changes and when it ends, so nothing is done for each packet but for those that
 * are delayed or dropped. The flows are kept in a dense list, so that a minute's end costs time for these alone.
 */
import { invariant } from '../../core/invariant.ts';
import { Outcome } from '../../dataplane/host/outcome.ts';
import { FlowWord, ROW_WORDS } from '../../dataplane/host/flow-row.ts';
import type { FlowRows } from '../../dataplane/host/flow-rows.ts';
import type { DecisionTable } from '../../decision/decision-table.ts';
import type { OutcomeListener } from '../../pipeline/outcome-listener.ts';
import type { Snapshot } from '../../core/snapshot.ts';

const INITIAL_CAPACITY = 1024;
/** Counts of a flow: packets and bytes that minutes have; delayed and dropped ones that none has. */
const Count = { PACKETS: 0, BYTES: 1, DELAYED: 2, DELAYED_BYTES: 3, DROPPED: 4, DROPPED_BYTES: 5 } as const;
const COUNTS = 6;
/** Words of a flow: its series, its slot, its place in the list, and the hash of its client. */
const Word = { SERIES: 0, SLOT: 1, PLACE: 2, HIGH: 3, LOW: 4 } as const;
const WORDS = 5;
const NONE = -1;
/** Packets of a direction are counted in 32 bits. */
const WRAP = 2 ** 32;

/** Receives what a flow has carried since it was asked before. */
export interface VolumeSink {
  volume(
    series: number,
    packets: number,
    bytes: number,
    delayed: number,
    delayedBytes: number,
    dropped: number,
    droppedBytes: number,
  ): void;
  /** The client of a flow of the series has sent or received packets. */
  active(series: number, high: number, low: number): void;
  /** Packets of this client were delayed or dropped. */
  hit(high: number, low: number): void;
}

export class FlowVolumes implements OutcomeListener {
  private readonly table: FlowRows;
  private readonly decisionTable: DecisionTable;
  private readonly sink: VolumeSink;
  private capacity = INITIAL_CAPACITY;
  private words = new Int32Array(INITIAL_CAPACITY * WORDS).fill(NONE);
  private counts = new Float64Array(INITIAL_CAPACITY * COUNTS);
  /** Numbers of the decisions of active flows. */
  private list = new Int32Array(INITIAL_CAPACITY);
  private listed = 0;

  constructor(table: FlowRows, decisionTable: DecisionTable, sink: VolumeSink) {
    this.table = table;
    this.decisionTable = decisionTable;
    this.sink = sink;
  }

  /** Copies its state, or puts a copy back. */
  snapshot(walk: Snapshot): void {
    this.capacity = walk.number(this.capacity);
    this.listed = walk.number(this.listed);
    this.words = walk.column(this.words);
    this.counts = walk.column(this.counts);
    this.list = walk.column(this.list);
  }

  /** The flow is decided, or decided again, and belongs to this series from now on. */
  decided(slot: number, series: number, high: number, low: number): void {
    const number = this.decisionTable.numberOf(slot);
    if (number >= this.capacity) this.grow(number);
    const { words } = this;
    const at = number * WORDS;
    if (words[at + Word.SERIES] === NONE) this.begin(number, slot);
    else this.take(number);
    words[at + Word.SERIES] = series;
    words[at + Word.HIGH] = high;
    words[at + Word.LOW] = low;
  }

  affected(_side: number, slot: number, outcome: Outcome, wireLength: number): void {
    const number = this.decisionTable.numberOf(slot);
    if (number >= this.capacity) return;
    const at = number * COUNTS + (outcome === Outcome.DELAYED ? Count.DELAYED : Count.DROPPED);
    this.counts[at]!++;
    this.counts[at + 1]! += wireLength;
  }

  /** The flow ends; both tables still have it. Returns its series; -1 if it was never decided. */
  ending(slot: number): number {
    const number = this.decisionTable.numberOf(slot);
    if (number >= this.capacity) return NONE;
    const { words, list } = this;
    const at = number * WORDS;
    const series = words[at + Word.SERIES]!;
    if (series === NONE) return NONE;
    this.take(number);
    const place = words[at + Word.PLACE]!;
    const last = list[--this.listed]!;
    list[place] = last;
    words[last * WORDS + Word.PLACE] = place;
    words[at + Word.SERIES] = NONE;
    return series;
  }

  /** Hands over what all active flows have carried since they were asked before. */
  takeAll(): void {
    for (let place = 0; place < this.listed; place++) this.take(this.list[place]!);
  }

  /** The flows belong to other series from now on: what they have carried is handed over first. */
  remap(seriesOf: (series: number) => number): void {
    this.takeAll();
    const { words, list } = this;
    for (let place = 0; place < this.listed; place++) {
      const at = list[place]! * WORDS + Word.SERIES;
      words[at] = seriesOf(words[at]!);
    }
  }

  /** The series to which active flows belong. */
  usedSeries(): Set<number> {
    const used = new Set<number>();
    for (let place = 0; place < this.listed; place++) used.add(this.words[this.list[place]! * WORDS + Word.SERIES]!);
    return used;
  }

  /** Throws if an invariant is broken. To be called between two batches. */
  checkInvariants(): void {
    const { table, decisionTable, words, list, listed, counts } = this;
    for (let place = 0; place < listed; place++) {
      const number = list[place]!;
      const slot = words[number * WORDS + Word.SLOT]!;
      invariant(words[number * WORDS + Word.PLACE] === place, 'a listed flow has its place');
      invariant(words[number * WORDS + Word.SERIES] !== NONE, 'a listed flow has a series');
      invariant(table.isActive(slot) && decisionTable.numberOf(slot) === number, 'a listed flow is active and decided');
      const row = slot * ROW_WORDS + FlowWord.PACKETS;
      const packets = (table.words[row]! >>> 0) + (table.words[row + 1]! >>> 0);
      invariant(counts[number * COUNTS + Count.PACKETS]! <= packets, 'no more is handed over than was carried');
    }
    let begun = 0;
    for (let number = 0; number < this.capacity; number++) if (words[number * WORDS + Word.SERIES] !== NONE) begun++;
    invariant(begun === listed, 'every flow with a series is listed');
  }

  /** The flows that are active and decided. */
  get activeCount(): number {
    return this.listed;
  }

  private begin(number: number, slot: number): void {
    const { words, counts, list } = this;
    counts.fill(0, number * COUNTS, (number + 1) * COUNTS);
    words[number * WORDS + Word.SLOT] = slot;
    words[number * WORDS + Word.PLACE] = this.listed;
    list[this.listed++] = number;
  }

  private take(number: number): void {
    const { table, words, counts, sink } = this;
    const slot = words[number * WORDS + Word.SLOT]!;
    const series = words[number * WORDS + Word.SERIES]!;
    const row = slot * ROW_WORDS + FlowWord.PACKETS;
    const packets = (table.words[row]! >>> 0) + (table.words[row + 1]! >>> 0);
    const at = number * COUNTS;
    const more = packets - counts[at + Count.PACKETS]!;
    if (more === 0 && counts[at + Count.DELAYED] === 0 && counts[at + Count.DROPPED] === 0) return;
    const bytes = table.bytes(slot, 0) + table.bytes(slot, 1);
    sink.volume(
      series,
      more < 0 ? more + WRAP : more,
      bytes - counts[at + Count.BYTES]!,
      counts[at + Count.DELAYED]!,
      counts[at + Count.DELAYED_BYTES]!,
      counts[at + Count.DROPPED]!,
      counts[at + Count.DROPPED_BYTES]!,
    );
    const [high, low] = [words[number * WORDS + Word.HIGH]!, words[number * WORDS + Word.LOW]!];
    sink.active(series, high, low);
    if (counts[at + Count.DELAYED]! + counts[at + Count.DROPPED]! > 0) sink.hit(high, low);
    counts[at + Count.PACKETS] = packets;
    counts[at + Count.BYTES] = bytes;
    counts.fill(0, at + Count.DELAYED, at + COUNTS);
  }

  private grow(number: number): void {
    let { capacity } = this;
    while (capacity <= number) capacity *= 2;
    this.capacity = capacity;
    const words = new Int32Array(capacity * WORDS).fill(NONE);
    words.set(this.words);
    const counts = new Float64Array(capacity * COUNTS);
    counts.set(this.counts);
    const list = new Int32Array(capacity);
    list.set(this.list);
    this.words = words;
    this.counts = counts;
    this.list = list;
  }
}
