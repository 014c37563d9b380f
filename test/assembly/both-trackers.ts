/** The oracle's tracker and the compiled one, fed the same batches: every event, counter and invariant is compared. */
import { BATCH_CAPACITY, PacketBatch } from '../../src/capture/packet-batch.ts';
import { Counters } from '../../src/dataplane/host/counters.ts';
import { FlowTable } from '../../src/dataplane/flow/flow-table.ts';
import { LocalTracker } from '../../src/dataplane/local-tracker.ts';
import { DECODE_STATUS_COUNT } from '../../src/dataplane/host/decode-status.ts';
import { LINK_IDENTITIES } from '../../src/dataplane/host/link-identity.ts';
import type { SeededRandom } from '../kit/random.mjs';
import { type Build, type Compiled, compiled } from './compiled.ts';
import { type FlowEvent, type Places, readEvent, Recorder, sameEvents } from './flow-events.ts';

type Name =
  | 'activeCount'
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

export class BothTrackers {
  /** Events that were the same in both. */
  eventCount = 0;
  private readonly oracle: LocalTracker;
  private readonly recorder: Recorder;
  private readonly flow: Compiled<Name>;
  private readonly options: Options;
  private readonly places: Places;
  private readonly blockAt: number;
  private readonly columnsAt: number;
  private readonly random: SeededRandom;
  private counters = new Counters();
  private packets = 0;

  private constructor(flow: Compiled<Name>, options: Options, random: SeededRandom) {
    const { exports } = flow;
    this.flow = flow;
    this.options = options;
    this.random = random;
    this.oracle = new LocalTracker(
      new FlowTable(options.capacity, options.seed),
      LINK_IDENTITIES[options.hasDomain ? 0 : 1],
    );
    this.recorder = new Recorder(this.oracle);
    exports.start(options.capacity, options.seed, options.hasDomain ? 1 : 0);
    exports.stopAtEvents(options.stopsAtEvents ? 1 : 0);
    this.blockAt = exports.takeRegion(BLOCK_LENGTH);
    this.columnsAt = exports.takeBatch();
    this.places = {
      rows: exports.rowsAt(),
      details: exports.detailsAt(),
      upper: exports.upperAt(),
      evidenceRowAt: (row) => exports.evidenceRowAt(row),
    };
  }

  static async make(options: Options, random: SeededRandom): Promise<BothTrackers> {
    return new BothTrackers(await compiled<Name>('tracker', options.build), options, random);
  }

  /** Begins a capture. */
  begin(reportsAllFlowEnds: boolean): void {
    this.counters = new Counters();
    this.recorder.wantsAllFlowEnds = reportsAllFlowEnds;
    this.oracle.begin(this.recorder, this.counters);
    this.flow.exports.reportAllFlowEnds(reportsAllFlowEnds ? 1 : 0);
    this.flow.exports.begin();
    this.packets = 0;
  }

  clockWasSet(byUs: number): void {
    this.oracle.clockWasSet(byUs);
    this.flow.exports.clockWasSet(byUs);
  }

  /** From a packet time on and before another, packets of reported flows cause no event of their own. */
  setQuiet(fromUs: number, untilUs: number): void {
    this.recorder.quiet = [fromUs, untilUs];
    this.flow.exports.setQuiet(fromUs, untilUs);
  }

  /** Tracks a batch in both. */
  track(batch: PacketBatch): void {
    const { random, recorder } = this;
    recorder.events = [];
    this.oracle.track(batch, this.packets);
    const seen: FlowEvent[] = [];
    const shift = this.copyPackets(batch);
    for (let row = 0; row < batch.count;) {
      const count = Math.min(random.between(1, random.chance(0.5) ? 200 : BATCH_CAPACITY), batch.count - row);
      this.writeRows(batch, row, count, shift);
      this.read(this.flow.exports.track(this.columnsAt, count), seen);
      row += count;
    }
    this.flow.exports.settle();
    this.packets += batch.count;
    sameEvents(seen, recorder.events, !this.options.stopsAtEvents);
    this.eventCount += seen.length;
    this.compareCounters();
  }

  /** The capture is over. */
  finish(): void {
    const { recorder } = this;
    this.checkInvariants();
    recorder.events = [];
    this.oracle.finish();
    const seen: FlowEvent[] = [];
    this.read(this.flow.exports.finish(), seen);
    sameEvents(seen, recorder.events, false);
    this.eventCount += seen.length;
    this.compareCounters();
    this.checkInvariants();
  }

  /** The invariants of both hold, between two batches. */
  checkInvariants(): void {
    this.oracle.checkInvariants();
    const broken = this.flow.exports.checkInvariants();
    if (broken !== 0) throw new Error(`invariant ${broken} is broken`);
    if (this.flow.exports.activeCount() !== this.oracle.table.activeCount) throw new Error('the flows are not as many');
  }

  /** No guard was written to. */
  get hasWholeGuards(): boolean {
    return this.flow.exports.brokenGuard() === -1;
  }

  private get bytes(): DataView {
    return new DataView(this.flow.memory.buffer);
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
    new Uint8Array(this.flow.memory.buffer).set(packets, this.blockAt);
    return this.blockAt - from;
  }

  private writeRows(batch: PacketBatch, from: number, count: number, shift: number): void {
    const target = new PacketBatch(BATCH_CAPACITY, this.flow.memory.buffer, this.columnsAt);
    const { at, capturedLength, wireLength, timeUs, linkType } = batch;
    for (let row = from; row < from + count; row++)
      target.push(at[row]! + shift, capturedLength[row]!, wireLength[row]!, timeUs[row]!, linkType[row]!);
  }

  /** Reads the queue until the compiled tracker is done. */
  private read(first: number, into: FlowEvent[]): void {
    const at = this.flow.exports.eventsAt();
    for (let count = first; count > 0; count = this.flow.exports.resume()) {
      const { bytes } = this;
      for (let i = 0; i < count; i++) into.push(readEvent(bytes, at + i * EVENT_LENGTH, this.places));
    }
  }

  private compareCounters(): void {
    const { bytes, counters } = this;
    const { countersAt, unreadLinksAt } = this.flow.exports;
    const compare = (name: string, at: number, expected: number): void => {
      const seen = bytes.getFloat64(at, true);
      if (seen !== expected) throw new Error(`${name} is ${seen}, not ${expected}`);
    };
    const at = countersAt();
    compare('flowPackets', at, counters.flowPackets);
    compare('flowsStarted', at + 8, counters.flowsStarted);
    compare('splitFlows', at + 16, counters.splitFlows);
    compare('fragmentOverlaps', at + 24, counters.fragmentOverlaps);
    compare('streamsRefused', at + 32, counters.streamsRefused);
    compare('unreadLinks', at + 40, counters.unreadLinks.total);
    for (const { linkType, packets } of counters.unreadLinks.rows())
      compare(`unread link ${linkType}`, unreadLinksAt() + 8 * linkType, packets);
    counters.flowsEnded.forEach((count, reason) => {
      compare(`flowsEnded ${reason}`, at + 96 + 8 * reason, count);
    });
    for (let status = 0; status < DECODE_STATUS_COUNT; status++)
      compare(`notDecoded ${status}`, at + 128 + 8 * status, counters.notDecoded[status]!);
  }
}
