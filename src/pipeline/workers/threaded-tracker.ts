/**
 * Tracks flows in other threads: this one hands batches out, decodes some of them while it waits, and reports the
 * events of the tracking thread in their order. See shared-work.
 */
import { counted, number } from '../../core/count-text.ts';
import { CommandError, ExitCode } from '../../core/exit-code.ts';
import { invariant } from '../../core/invariant.ts';
import type { Snapshot } from '../../core/snapshot.ts';
import type { RecordMemory } from '../../capture/format/record-memory.ts';
import type { Block } from '../../capture/input/block.ts';
import type { PacketBatch } from '../../capture/packet-batch.ts';
import { Counters } from '../../dataplane/host/counters.ts';
import type { EvidenceRows } from '../../dataplane/host/evidence-rows.ts';
import { COPY_WORDS, EVENT_RING, EventKind, FlowEvents } from '../../dataplane/host/flow-event.ts';
import { LinearCounters } from '../../dataplane/host/linear-counters.ts';
import { type InstanceMemory, regionsAt, snapshotMemory } from '../../dataplane/host/linear-snapshot.ts';
import type { Tracker, TrackerListener } from '../../dataplane/host/tracker.ts';
import type { DataplaneThreads } from './dataplane-threads.ts';
import { MirroredFlows } from './mirrored-flows.ts';
import { BatchKind, BATCHES, Mark, Place, placeOf } from './shared-work.ts';

/** Events after which their places are given back, so that the tracking thread does not wait for the last one. */
const GIVEN_BACK = 256;

/** What is known once the tracking thread is there. */
interface Reports {
  readonly events: FlowEvents;
  /** The copies of events' rows, one after the other. */
  readonly copies: Int32Array;
  readonly counters: LinearCounters;
}

export class ThreadedTracker implements Tracker {
  readonly table: MirroredFlows;
  readonly records: RecordMemory;

  private readonly threads: DataplaneThreads;
  private readonly batches: readonly PacketBatch[];
  private listener!: TrackerListener;
  private counters = new Counters();
  private reports: Reports | null = null;
  private clockShiftUs = 0;
  /** Batches handed out, and batches and events reported to the listener, modulo 2^32. */
  private published = 0;
  private reported = 0;
  private read = 0;
  /** Packets of the capture before each batch. */
  private readonly packetsBefore = new Float64Array(BATCHES);
  /** Packets that were handed out, and those of batches that are reported. */
  private packets = 0;
  private decided = 0;
  /** The threads know of the capture. */
  private isBegun = false;

  constructor(threads: DataplaneThreads) {
    this.threads = threads;
    this.records = threads.records;
    this.batches = threads.records.batches;
    this.table = new MirroredFlows(threads.flowCapacity);
    threads.waitFor = (block) => {
      while (this.isInUse(block)) {
        this.advance();
        this.check();
      }
    };
  }

  begin(listener: TrackerListener, counters: Counters): void {
    this.listener = listener;
    this.counters = counters;
    this.isBegun = false;
  }

  async nextBatch(): Promise<PacketBatch> {
    while (this.underWay === BATCHES) await this.goOn();
    return this.batches[placeOf(this.published)]!;
  }

  /** Hands the batch out, and reports batches that are tracked by now. */
  track(batch: PacketBatch, packetsBefore: number): void {
    if (batch.count === 0) return;
    invariant(batch === this.batches[placeOf(this.published)], 'a batch is the one that was given to be filled');
    const kind = this.isBegun ? BatchKind.PACKETS : BatchKind.FIRST;
    if (!this.isBegun) this.beginWith(batch.timeUs[0]!, packetsBefore);
    this.packetsBefore[placeOf(this.published)] = packetsBefore;
    this.publish(kind, batch.count);
    this.packets += batch.count;
    this.decodeOne();
    while (this.underWay > 0 && this.threads.work.mark(Mark.TRACKED) !== this.reported) this.reportMore();
  }

  clockWasSet(byUs: number): void {
    this.clockShiftUs += byUs;
  }

  async settle(): Promise<void> {
    while (this.underWay > 0 || !this.areKnown()) await this.goOn();
    if (!this.isBegun) return;
    // Nothing is under way, so the dataplane is this thread's for a moment.
    this.threads.dataplane.exports.settle();
    this.reports!.counters.copyTo(this.counters);
  }

  /**
   * Copies the state of all flows, or puts a copy back. After `settle`: no batch is under way then, and the other
   * threads wait.
   */
  snapshot(walk: Snapshot): void {
    const { work } = this.threads;
    invariant(this.underWay === 0 && this.reports !== null, 'a copy is made while no batch is under way');
    walk.part('dataplane of several threads');
    this.isBegun = walk.data(this.isBegun);
    this.clockShiftUs = walk.number(this.clockShiftUs);
    const read = walk.number(this.read);
    // All events were read, so their copies are of no use.
    snapshotMemory(walk, this.trackingMemory(), [work.place(Place.COPIES)]);
    this.table.snapshot(walk);
    if (!walk.isRestoring) return;
    // The ring goes on where the copied dataplane writes its next event.
    this.read = read;
    work.setMark(Mark.WRITTEN, read);
    work.setMark(Mark.READ, read);
  }

  private trackingMemory(): InstanceMemory {
    const { dataplane, work, trackingStart } = this.threads;
    return {
      dataplane,
      start: trackingStart,
      regions: () => regionsAt(dataplane, work.place(Place.REGIONS), work.place(Place.REGION_COUNT)),
      take: (length) => {
        this.publish(BatchKind.REGION, length);
        while (this.underWay > 0) {
          this.advance();
          this.check();
        }
      },
    };
  }

  async finish(): Promise<void> {
    if (!this.isBegun) return;
    await this.nextBatch();
    this.publish(BatchKind.END, 0);
    await this.settle();
    this.isBegun = false;
  }

  get evidence(): EvidenceRows {
    return this.table.evidence;
  }

  /** Throws if an invariant is broken. */
  checkInvariants(): void {
    this.table.checkInvariants();
  }

  private get underWay(): number {
    return (this.published - this.reported) | 0;
  }

  private beginWith(timeUs: number, packetsBefore: number): void {
    const { listener } = this;
    this.isBegun = true;
    this.threads.work.capture = {
      packetsBefore,
      reportsAllFlowEnds: listener.wantsAllFlowEnds,
      quietFromUs: timeUs,
      quietUntilUs: listener.noChangeUntil(timeUs),
    };
  }

  private publish(kind: BatchKind, count: number): void {
    this.threads.work.publish(this.published, kind, count, this.clockShiftUs);
    this.published = (this.published + 1) | 0;
    this.clockShiftUs = 0;
  }

  /**
   * Decodes a batch while its bytes are in the caches of this thread's core, unless the tracking thread waits for one:
   * then it decodes for itself.
   */
  private decodeOne(): void {
    const { work, dataplane } = this.threads;
    if (this.areKnown() && work.mark(Mark.DECODED) !== work.mark(Mark.TRACKED)) work.decodeNext(dataplane.exports);
  }

  /** Reports what is there, or else decodes a batch; where there is neither, waits for the other threads. */
  private async goOn(): Promise<void> {
    if (this.advance()) return;
    // The errors of a thread come in a turn of the event loop.
    await new Promise(setImmediate);
    this.check();
  }

  /** Throws if a thread has ended, which nothing but a fault of Sluice or of the machine can cause. */
  private check(): void {
    const reason = this.threads.failed;
    if (reason === null) return;
    const { packets, decided } = this;
    throw new CommandError(
      `a thread that tracks flows has ended: ${reason}. It was given ${counted(packets, 'packet')}, of which ` +
        `${number(decided)} were decided and the others are in no output. Run again with --workers 1`,
      ExitCode.FAILED,
    );
  }

  /** The same without a turn of the event loop. False where it has waited. */
  private advance(): boolean {
    const { work, dataplane } = this.threads;
    const progress = work.mark(Mark.PROGRESS);
    if (this.reportMore() || (this.areKnown() && work.decodeNext(dataplane.exports))) return true;
    work.await(Mark.PROGRESS, progress);
    return false;
  }

  /** Whether the tracking thread has made the dataplane. */
  private areKnown(): boolean {
    const { work, dataplane } = this.threads;
    if (this.reports !== null) return true;
    if (work.mark(Mark.READY) === 0) return false;
    dataplane.exports.attach(work.place(Place.DATAPLANE));
    const { buffer } = dataplane.memory;
    this.reports = {
      events: new FlowEvents(buffer, work.place(Place.EVENTS)),
      copies: new Int32Array(buffer, work.place(Place.COPIES), EVENT_RING * COPY_WORDS),
      counters: new LinearCounters(buffer, work.place(Place.COUNTERS), work.place(Place.UNREAD_LINKS)),
    };
    return true;
  }

  /** Reports what the tracking thread has written of the oldest batch under way. True if there was something. */
  private reportMore(): boolean {
    const { work } = this.threads;
    if (this.underWay === 0 || !this.areKnown()) return false;
    // In this order: what is written before the batch is tracked is the batch's.
    const written = work.mark(Mark.WRITTEN);
    const isTracked = work.mark(Mark.TRACKED) !== this.reported;
    const end = isTracked ? work.eventsEndOf(this.reported) : written;
    if (!isTracked && end === this.read) return false;
    this.reportEvents(end);
    if (isTracked) this.endBatch();
    return true;
  }

  private reportEvents(end: number): void {
    const { work } = this.threads;
    const place = placeOf(this.reported);
    while (this.read !== end) {
      this.report((this.read >>> 0) % EVENT_RING, this.batches[place]!, this.packetsBefore[place]!);
      this.read = (this.read + 1) | 0;
      if (this.read % GIVEN_BACK === 0) work.setMark(Mark.READ, this.read);
    }
    work.setMark(Mark.READ, this.read);
  }

  private endBatch(): void {
    const { work } = this.threads;
    const kind = work.kindOf(this.reported);
    const isPackets = work.hasPackets(this.reported);
    const batch = this.batches[placeOf(this.reported)]!;
    if (kind !== BatchKind.REGION) this.reports!.counters.copyTo(this.counters);
    this.reported = (this.reported + 1) | 0;
    if (!isPackets) return;
    this.decided += batch.count;
    this.listener.batchDone(batch);
  }

  /** Reports an event, with its flow's row as it was then. */
  private report(place: number, batch: PacketBatch, packetsBefore: number): void {
    const { table, listener } = this;
    const { events, copies } = this.reports!;
    const slot = events.slotOf(place);
    const kind = events.kindOf(place);
    const copy = place * COPY_WORDS;
    if (kind === EventKind.PACKET) table.takeCounts(slot, copies, copy);
    else table.take(slot, copies, copy, events.evidenceCountOf(place));
    events.report(place, listener, batch, packetsBefore);
    if (kind === EventKind.ENDED) table.remove(slot);
  }

  private isInUse({ data }: Block): boolean {
    for (let number = this.reported; number !== this.published; number = (number + 1) | 0) {
      const { at, count } = this.batches[placeOf(number)]!;
      if (count > 0 && at[0]! >= data.byteOffset && at[0]! < data.byteOffset + data.byteLength) return true;
    }
    return false;
  }
}
