/**
 * The work that threads share: batches of packets on their way from the deciding thread to the tracking thread, and
 * events on their way back. All have the same linear memory, in which packets are never copied.
 *
 *     deciding thread: read, walk ──► batches ──► decode, in any thread ──► tracking thread: flows, fingerprints
 *                                decide: tunnels, decisions, event lines ◄── events ◄──┘
 *
 * A batch is decoded by the thread that has filled it, or by whichever is idle, one batch at a time and in their
 * order, because fragments are tied across packets. Every other step belongs to one thread. So flows, their ends and
 * all output are those of one thread, whatever the number of threads.
 *
 * Marks count batches and events; they only grow, modulo 2^32. Threads wait for them with time-outs, because a thread
 * that has failed cannot always say so.
 */
import type { DataplaneExports, SharedMemory } from '../../dataplane/host/linear-dataplane.ts';

/** Batches under way at a time: enough to even out slow moments of a thread. */
export const BATCHES = 16;

/** FIRST has the first packets of a capture, END has none. REGION is memory to take, whose length is its count. */
export const BatchKind = { FIRST: 0, PACKETS: 1, END: 2, REGION: 3 } as const;
export type BatchKind = (typeof BatchKind)[keyof typeof BatchKind];

/** Each on a cache line of its own. */
export const Mark = {
  /** 1 once the tracking thread has made the dataplane: from then on the places below are known. */
  READY: 0,
  /** Batches that were handed out, decoded and tracked. */
  PUBLISHED: 16,
  DECODED: 32,
  TRACKED: 48,
  /** 1 while a thread decodes. */
  DECODING: 64,
  /** Events that were written, and those that were read. */
  WRITTEN: 80,
  READ: 96,
  /** Changes with all that the deciding thread may wait for. */
  PROGRESS: 112,
  /** 1 once a thread has failed. */
  FAILED: 128,
} as const;

/**
 * Addresses in linear memory, known once READY; and how many regions the tracking thread has taken, which is known
 * after each batch.
 */
export const Place = {
  DATAPLANE: 144,
  COUNTERS: 145,
  UNREAD_LINKS: 146,
  EVENTS: 147,
  COPIES: 148,
  REGIONS: 149,
  REGION_COUNT: 150,
} as const;

/** Words of a batch. */
const FIRST_BATCH = 160;
const BATCH_WORDS = 4;
const BatchWord = { KIND: 0, COUNT: 1, EVENTS_END: 2 } as const;

/** The number of all batches, and those of a capture: microseconds but for the packets before it. */
const CaptureNumber = { PACKETS_BEFORE: 0, QUIET_FROM: 1, QUIET_UNTIL: 2, ALL_FLOW_ENDS: 3 } as const;
/** By how much packet times are greater from each batch on, in µs; 0 unless a clock was set. */
const FIRST_CLOCK_SHIFT = 4;

/** Looks before the first sleep of a thread that waits. */
const LOOKS = 200;
const SLEEP_MS = 20;

/** What a thread receives at its start. */
export interface ThreadSetup {
  readonly memory: SharedMemory;
  readonly words: SharedArrayBuffer;
  readonly numbers: SharedArrayBuffer;
  /** Addresses of each batch's columns and views. */
  readonly columns: readonly number[];
  readonly views: readonly number[];
}

/** A setup, but for the memory of the instance. */
export type WorkPlaces = Omit<ThreadSetup, 'memory'>;

/** What holds for a capture. */
export interface CaptureSettings {
  /** Packets that were numbered before its first one. */
  readonly packetsBefore: number;
  readonly reportsAllFlowEnds: boolean;
  /** Packets from the first time on and before the second need no event. */
  readonly quietFromUs: number;
  readonly quietUntilUs: number;
}

export function newWork(columns: readonly number[], views: readonly number[]): WorkPlaces {
  const words = new SharedArrayBuffer((FIRST_BATCH + BATCHES * BATCH_WORDS) * 4);
  return { words, numbers: new SharedArrayBuffer((FIRST_CLOCK_SHIFT + BATCHES) * 8), columns, views };
}

export class SharedWork {
  private readonly words: Int32Array;
  private readonly numbers: Float64Array;
  private readonly columns: readonly number[];
  private readonly views: readonly number[];

  constructor({ words, numbers, columns, views }: WorkPlaces) {
    this.words = new Int32Array(words);
    this.numbers = new Float64Array(numbers);
    this.columns = columns;
    this.views = views;
  }

  mark(mark: number): number {
    return Atomics.load(this.words, mark);
  }

  /** Sets a mark, and wakes those that wait for it. */
  setMark(mark: number, value: number): void {
    Atomics.store(this.words, mark, value);
    Atomics.notify(this.words, mark);
  }

  /** The tracking thread has done something: wakes the deciding thread where it waits. */
  noteProgress(): void {
    Atomics.add(this.words, Mark.PROGRESS, 1);
    Atomics.notify(this.words, Mark.PROGRESS);
  }

  place(place: number): number {
    return this.words[place]! >>> 0;
  }

  setPlace(place: number, at: number): void {
    this.words[place] = at;
  }

  /** Waits until a mark is no longer `value`; at most for some milliseconds once it sleeps. */
  await(mark: number, value: number): void {
    for (let look = 0; look < LOOKS; look++) if (this.mark(mark) !== value) return;
    Atomics.wait(this.words, mark, value, SLEEP_MS);
  }

  /** Hands the next batch out, whose columns are filled: `number` is the mark PUBLISHED. */
  publish(number: number, kind: BatchKind, count: number, clockShiftUs: number): void {
    const at = batchAt(number);
    this.words[at + BatchWord.KIND] = kind;
    this.words[at + BatchWord.COUNT] = count;
    this.numbers[FIRST_CLOCK_SHIFT + placeOf(number)] = clockShiftUs;
    this.setMark(Mark.PUBLISHED, (number + 1) | 0);
  }

  /** The settings of the capture whose first batch is handed out next. */
  set capture({ packetsBefore, reportsAllFlowEnds, quietFromUs, quietUntilUs }: CaptureSettings) {
    this.numbers[CaptureNumber.PACKETS_BEFORE] = packetsBefore;
    this.numbers[CaptureNumber.QUIET_FROM] = quietFromUs;
    this.numbers[CaptureNumber.QUIET_UNTIL] = quietUntilUs;
    this.numbers[CaptureNumber.ALL_FLOW_ENDS] = reportsAllFlowEnds ? 1 : 0;
  }

  get capture(): CaptureSettings {
    const { numbers } = this;
    return {
      packetsBefore: numbers[CaptureNumber.PACKETS_BEFORE]!,
      reportsAllFlowEnds: numbers[CaptureNumber.ALL_FLOW_ENDS] === 1,
      quietFromUs: numbers[CaptureNumber.QUIET_FROM]!,
      quietUntilUs: numbers[CaptureNumber.QUIET_UNTIL]!,
    };
  }

  kindOf(number: number): BatchKind {
    return this.words[batchAt(number) + BatchWord.KIND] as BatchKind;
  }

  countOf(number: number): number {
    return this.words[batchAt(number) + BatchWord.COUNT]!;
  }

  /** By how much packet times are greater from this batch on, in µs; 0 unless a clock was set. */
  clockShiftOf(number: number): number {
    return this.numbers[FIRST_CLOCK_SHIFT + placeOf(number)]!;
  }

  /** A batch with packets. */
  hasPackets(number: number): boolean {
    const kind = this.kindOf(number);
    return kind === BatchKind.FIRST || kind === BatchKind.PACKETS;
  }

  viewsOf(number: number): number {
    return this.views[placeOf(number)]!;
  }

  /** The mark WRITTEN after the last event of a batch that was tracked. */
  eventsEndOf(number: number): number {
    return this.words[batchAt(number) + BatchWord.EVENTS_END]!;
  }

  setEventsEnd(number: number, written: number): void {
    this.words[batchAt(number) + BatchWord.EVENTS_END] = written;
  }

  /** Decodes the next batch, if one with packets is there and no other thread decodes. True if a batch was decoded. */
  decodeNext(exports: DataplaneExports): boolean {
    if (!this.isDecodable() || Atomics.compareExchange(this.words, Mark.DECODING, 0, 1) === 1) return false;
    // Another thread may have decoded it just now.
    const isThere = this.isDecodable();
    if (isThere) {
      const number = this.mark(Mark.DECODED);
      this.decode(number, exports);
      this.setMark(Mark.DECODED, (number + 1) | 0);
    }
    this.setMark(Mark.DECODING, 0);
    return isThere;
  }

  decode(number: number, exports: DataplaneExports): void {
    exports.decode(this.columns[placeOf(number)]!, this.countOf(number), this.viewsOf(number));
  }

  /**
   * Beginnings and ends of captures are the tracking thread's: nothing after them is decoded before it is done with
   * them.
   */
  private isDecodable(): boolean {
    const number = this.mark(Mark.DECODED);
    return number !== this.mark(Mark.PUBLISHED) && this.kindOf(number) === BatchKind.PACKETS;
  }
}

/** Where a batch is among the places that are used in turn. */
export function placeOf(number: number): number {
  return (number >>> 0) % BATCHES;
}

function batchAt(number: number): number {
  return FIRST_BATCH + placeOf(number) * BATCH_WORDS;
}
