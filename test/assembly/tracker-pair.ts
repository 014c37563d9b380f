/**
 * Two compiled trackers, fed the same batches: one of the release build whole ones, and one of either build pieces of them, under
 * another seed of its hashes. Every event and counter is compared.
 */
import { BATCH_CAPACITY, PacketBatch } from '../../src/capture/packet-batch.ts';
import { FLOW_END_NAMES } from '../../src/dataplane/host/flow-end.ts';
import { DECODE_STATUS_COUNT } from '../../src/dataplane/host/decode-status.ts';
import { LARGEST_LINK_TYPE } from '../../src/dataplane/host/unread-links.ts';
import type { SeededRandom } from '../kit/random.mjs';
import { type Build, type Compiled, compiled } from './compiled.ts';
import { type FlowEvent, type Places, readEvent, sameEvents } from './flow-events.ts';

type Name =
  | 'begin'
  | 'brokenGuard'
  | 'checkInvariants'
  | 'clockWasSet'
  | 'countersAt'
  | 'detailsAt'
  | 'eventsAt'
  | 'evidenceRowAt'
  | 'finish'
  | 'reportAllFlowEnds'
  | 'resume'
  | 'rowsAt'
  | 'setQuiet'
  | 'settle'
  | 'start'
  | 'stopAtEvents'
  | 'takeBatch'
  | 'takeRegion'
  | 'track'
  | 'unreadLinksAt'
  | 'upperAt';

/** Places of counters in linear memory (dataplane/assembly/counters), in doubles. */
const Total = { FLOW_PACKETS: 0, FLOWS_STARTED: 1, PACKETS: 6, FLOWS_ENDED: 12, NOT_DECODED: 16 } as const;

const EVENT_LENGTH = 128;
/** Room for the packets of a batch. */
const BLOCK_LENGTH = 4 << 20;

export interface Options {
  readonly capacity: number;
  readonly seed: number;
  /** Whether events are read after each packet that left some, or after each group. */
  readonly stopsAtEvents: boolean;
  /** Whether the link is part of a flow's identity. */
  readonly hasDomain: boolean;
  readonly build: Build;
}

/** One tracker, with what it has said since `events` was emptied. */
class Tracked {
  events: FlowEvent[] = [];
  readonly exports: Compiled<Name>['exports'];
  private readonly memory: WebAssembly.Memory;
  private readonly places: Places;
  private readonly blockAt: number;
  private readonly columnsAt: number;

  constructor({ exports, memory }: Compiled<Name>, { capacity, seed, hasDomain, stopsAtEvents }: Options) {
    this.exports = exports;
    this.memory = memory;
    exports.start(capacity, seed, hasDomain ? 1 : 0);
    exports.stopAtEvents(stopsAtEvents ? 1 : 0);
    this.blockAt = exports.takeRegion(BLOCK_LENGTH);
    this.columnsAt = exports.takeBatch();
    this.places = {
      rows: exports.rowsAt(),
      details: exports.detailsAt(),
      upper: exports.upperAt(),
      evidenceRowAt: (row) => exports.evidenceRowAt(row),
    };
  }

  begin(reportsAllFlowEnds: boolean): void {
    this.exports.reportAllFlowEnds(reportsAllFlowEnds ? 1 : 0);
    this.exports.begin();
  }

  /** Tracks a batch, cut after so many rows each time. */
  track(batch: PacketBatch, nextCount: () => number): void {
    const shift = this.copyPackets(batch);
    for (let row = 0; row < batch.count;) {
      const count = Math.min(nextCount(), batch.count - row);
      this.writeRows(batch, row, count, shift);
      this.read(this.exports.track(this.columnsAt, count));
      row += count;
    }
    this.exports.settle();
  }

  finish(): void {
    this.read(this.exports.finish());
  }

  checkInvariants(): void {
    const broken = this.exports.checkInvariants();
    if (broken !== 0) throw new Error(`invariant ${broken} is broken`);
  }

  get counters(): Float64Array {
    return new Float64Array(this.memory.buffer, this.exports.countersAt(), Total.NOT_DECODED + DECODE_STATUS_COUNT);
  }

  /** Packets by link type that is not read. */
  get unreadLinks(): Uint8Array {
    return new Uint8Array(this.memory.buffer, this.exports.unreadLinksAt(), 8 * (LARGEST_LINK_TYPE + 1));
  }

  /** Copies a batch's packets; returns what to add to their offsets for their addresses. */
  private copyPackets({ data, at, capturedLength, count }: PacketBatch): number {
    let [from, to] = [Infinity, 0];
    for (let row = 0; row < count; row++) {
      from = Math.min(from, at[row]!);
      to = Math.max(to, at[row]! + capturedLength[row]!);
    }
    if (to - from > BLOCK_LENGTH) throw new Error('a batch is larger than the block for it');
    const packets = new Uint8Array(data.buffer, data.byteOffset + from, to - from);
    new Uint8Array(this.memory.buffer).set(packets, this.blockAt);
    return this.blockAt - from;
  }

  private writeRows(batch: PacketBatch, from: number, count: number, shift: number): void {
    const target = new PacketBatch(BATCH_CAPACITY, this.memory.buffer, this.columnsAt);
    const { at, capturedLength, wireLength, timeUs, linkType } = batch;
    for (let row = from; row < from + count; row++)
      target.push(at[row]! + shift, capturedLength[row]!, wireLength[row]!, timeUs[row]!, linkType[row]!);
  }

  /** Reads the queue until the tracker is done. */
  private read(first: number): void {
    const at = this.exports.eventsAt();
    for (let count = first; count > 0; count = this.exports.resume()) {
      const bytes = new DataView(this.memory.buffer);
      for (let i = 0; i < count; i++) this.events.push(readEvent(bytes, at + i * EVENT_LENGTH, this.places));
    }
  }
}

export class TrackerPair {
  /** Events that were the same in both. */
  eventCount = 0;
  private readonly both: readonly [Tracked, Tracked];
  private readonly readsLate: boolean;
  private readonly random: SeededRandom;

  private constructor(both: readonly [Tracked, Tracked], readsLate: boolean, random: SeededRandom) {
    this.both = both;
    this.readsLate = readsLate;
    this.random = random;
  }

  static async make(options: Options, random: SeededRandom): Promise<TrackerPair> {
    const release = await compiled<Name>('tracker', 'release');
    const whole = new Tracked(release, { ...options, seed: options.seed + 1000, stopsAtEvents: true });
    const pieces = new Tracked(await compiled<Name>('tracker', options.build), options);
    return new TrackerPair([whole, pieces], !options.stopsAtEvents, random);
  }

  /** Begins a capture. */
  begin(reportsAllFlowEnds: boolean): void {
    for (const tracked of this.both) tracked.begin(reportsAllFlowEnds);
  }

  clockWasSet(byUs: number): void {
    for (const { exports } of this.both) exports.clockWasSet(byUs);
  }

  /** From a packet time on and before another, packets of reported flows cause no event of their own. */
  setQuiet(fromUs: number, untilUs: number): void {
    for (const { exports } of this.both) exports.setQuiet(fromUs, untilUs);
  }

  /** Tracks a batch in both. */
  track(batch: PacketBatch): void {
    const { random } = this;
    const [whole, pieces] = this.both;
    whole.track(batch, () => batch.count);
    pieces.track(batch, () => random.between(1, random.chance(0.5) ? 200 : BATCH_CAPACITY));
    this.compare(this.readsLate);
  }

  /** The capture is over. */
  finish(): void {
    this.checkInvariants();
    for (const tracked of this.both) tracked.finish();
    this.compare(false);
    this.checkInvariants();
    const packets = this.both[0].counters[Total.PACKETS]!;
    const { inFlows, elsewhere, started, ended } = this.sums;
    if (inFlows + elsewhere !== packets)
      throw new Error(`${packets} packets, ${inFlows} in flows, ${elsewhere} elsewhere`);
    if (started !== ended) throw new Error(`${started} flows started, ${ended} ended`);
  }

  /** The invariants of both hold, between two batches. */
  checkInvariants(): void {
    for (const tracked of this.both) tracked.checkInvariants();
  }

  /** No guard was written to. */
  get hasWholeGuards(): boolean {
    return this.both.every(({ exports }) => exports.brokenGuard() === -1);
  }

  /** What each packet and flow has to be counted in once. */
  private get sums(): Readonly<Record<'inFlows' | 'elsewhere' | 'started' | 'ended', number>> {
    const { counters } = this.both[0];
    const sum = (from: number, count: number): number =>
      counters.slice(from, from + count).reduce((total, number) => total + number, 0);
    return {
      inFlows: counters[Total.FLOW_PACKETS]!,
      elsewhere: sum(Total.NOT_DECODED, DECODE_STATUS_COUNT),
      started: counters[Total.FLOWS_STARTED]!,
      ended: sum(Total.FLOWS_ENDED, FLOW_END_NAMES.length),
    };
  }

  private compare(readsLate: boolean): void {
    const [whole, pieces] = this.both;
    sameEvents(pieces.events, whole.events, readsLate);
    this.eventCount += whole.events.length;
    whole.events = [];
    pieces.events = [];
    const expected = whole.counters;
    pieces.counters.forEach((seen, place) => {
      if (!Object.is(seen, expected[place])) throw new Error(`counter ${place} is ${seen}, not ${expected[place]}`);
    });
    if (Buffer.compare(pieces.unreadLinks, whole.unreadLinks) !== 0) throw new Error('unread links differ');
  }
}
