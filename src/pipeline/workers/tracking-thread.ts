/** The thread that tracks flows: it has the dataplane, and takes batches in their order. See shared-work. */
import { workerData } from 'node:worker_threads';
import { EVENT_CAPACITY, EVENT_RING } from '../../dataplane/host/flow-event.ts';
import { type DataplaneExports, LinearDataplane } from '../../dataplane/host/linear-dataplane.ts';
import { BatchKind, Mark, Place, SharedWork, type ThreadSetup } from './shared-work.ts';

export interface TrackingSetup extends ThreadSetup {
  readonly flowCapacity: number;
  readonly seed: number;
  /** Whether the link is part of a flow's identity. */
  readonly hasDomain: boolean;
}

class TrackingThread {
  private readonly work: SharedWork;
  private readonly exports: DataplaneExports;

  constructor(setup: TrackingSetup) {
    const { exports } = new LinearDataplane(setup.memory);
    const work = new SharedWork(setup);
    exports.start(setup.flowCapacity, setup.seed, setup.hasDomain ? 1 : 0);
    work.setPlace(Place.COPIES, exports.copyRows());
    work.setPlace(Place.EVENTS, exports.eventsAt());
    work.setPlace(Place.COUNTERS, exports.countersAt());
    work.setPlace(Place.UNREAD_LINKS, exports.unreadLinksAt());
    work.setPlace(Place.DATAPLANE, exports.dataplaneAt());
    work.setPlace(Place.REGIONS, exports.regionsAt());
    work.setPlace(Place.REGION_COUNT, exports.regionsTaken());
    work.setMark(Mark.READY, 1);
    work.noteProgress();
    this.work = work;
    this.exports = exports;
  }

  /** Takes batches in turn, until the thread is ended. */
  run(): never {
    const { work } = this;
    for (let number = 0; ; number = (number + 1) | 0) {
      while (work.mark(Mark.PUBLISHED) === number) work.await(Mark.PUBLISHED, number);
      this.take(number);
      work.setEventsEnd(number, work.mark(Mark.WRITTEN));
      work.setPlace(Place.REGION_COUNT, this.exports.regionsTaken());
      work.setMark(Mark.TRACKED, (number + 1) | 0);
      work.noteProgress();
    }
  }

  private take(number: number): void {
    const { work, exports } = this;
    const kind = work.kindOf(number);
    this.awaitDecoded(kind === BatchKind.PACKETS ? number + 1 : number);
    if (kind === BatchKind.END) this.report(exports.finish());
    if (kind === BatchKind.REGION) exports.takeRegion(work.countOf(number));
    if (kind === BatchKind.FIRST) this.begin(number);
    if (kind !== BatchKind.PACKETS) work.setMark(Mark.DECODED, (number + 1) | 0);
    if (work.hasPackets(number)) this.track(number);
  }

  /** A capture begins: nothing of it is decoded before. */
  private begin(number: number): void {
    const { work, exports } = this;
    const { packetsBefore, reportsAllFlowEnds, quietFromUs, quietUntilUs } = work.capture;
    exports.reportAllFlowEnds(reportsAllFlowEnds ? 1 : 0);
    exports.begin();
    exports.setPacketsBefore(packetsBefore);
    exports.setQuiet(quietFromUs, quietUntilUs);
    work.decode(number, exports);
  }

  private track(number: number): void {
    const { work, exports } = this;
    const shiftUs = work.clockShiftOf(number);
    if (shiftUs !== 0) exports.clockWasSet(shiftUs);
    this.report(exports.trackDecoded(work.viewsOf(number), work.countOf(number)));
  }

  /** Decodes what no other thread has, until all batches before `end` are decoded. */
  private awaitDecoded(end: number): void {
    const { work, exports } = this;
    while (((end - work.mark(Mark.DECODED)) | 0) > 0) {
      // Another thread decodes where this one cannot.
      if (!work.decodeNext(exports)) work.await(Mark.DECODING, 1);
    }
  }

  /** Hands out the events that wait, and goes on, until none do. */
  private report(waiting: number): void {
    const { work, exports } = this;
    for (let count = waiting; count > 0; count = exports.resume()) {
      const written = (work.mark(Mark.WRITTEN) + count) | 0;
      work.setMark(Mark.WRITTEN, written);
      work.noteProgress();
      this.awaitRoom(written);
    }
  }

  /** Waits until all events that the dataplane leaves at a time have room in the ring. */
  private awaitRoom(written: number): void {
    const { work } = this;
    for (let read = work.mark(Mark.READ); ((written - read) | 0) > EVENT_RING - EVENT_CAPACITY;) {
      work.await(Mark.READ, read);
      read = work.mark(Mark.READ);
    }
  }
}

const setup = workerData as TrackingSetup;
try {
  new TrackingThread(setup).run();
} catch (error) {
  // The deciding thread may wait without a turn of its event loop, and would then not receive the error.
  new SharedWork(setup).setMark(Mark.FAILED, 1);
  throw error;
}
