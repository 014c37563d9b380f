/**
 * Rows of active flows as the rest of Sluice reads them. The tracker owns them and changes them: a flow is a slot, a
 * small number that is used again after the flow's end. The parts of a row: flow-row.ts.
 */
import { IPV4_MARK } from '../../core/ip-address.ts';
import { DETAIL_WORDS, FlowDetail, FlowFlag, FlowWord, ROW_WORDS } from './flow-row.ts';
import type { QuietCounts } from './quiet-counts.ts';

/** Words of a row's third part: the first three of each end's address. */
export const UPPER_WORDS = 6;

/** One of a flow's two ends. */
export const End = { LOW: 0, HIGH: 1 } as const;
export type End = (typeof End)[keyof typeof End];

/** Memory of the three parts of all rows. */
export interface RowMemory {
  /** By FlowWord. */
  readonly words: Int32Array;
  /** By FlowDetail. */
  readonly details: Int32Array;
  readonly upperWords: Int32Array;
  /** By slot; left out where every packet of a reported flow is reported. */
  readonly quietTimes?: Float64Array;
}

/**
 * Rows of a table beside those of its capacity: so many packets may come between two looks at whether there are too
 * many flows.
 */
export function spareRowsOf(capacity: number): number {
  return Math.min(1024, Math.max(1, capacity >> 3));
}

export abstract class FlowRows {
  /**
   * Flows that may stay, and rows for those that may come before it is looked at whether there are more (flow-limit).
   */
  readonly capacity: number;
  readonly spareRows: number;
  readonly words: Int32Array;
  /** The same memory as 64-bit numbers. */
  readonly numbers: Float64Array;
  readonly details: Int32Array;
  readonly detailNumbers: Float64Array;
  protected readonly upperWords: Int32Array;
  private readonly quietTimes: Float64Array | null;

  constructor(capacity: number, spareRows: number, { words, details, upperWords, quietTimes }: RowMemory) {
    this.capacity = capacity;
    this.spareRows = spareRows;
    this.words = words;
    this.numbers = new Float64Array(words.buffer, words.byteOffset, words.length >> 1);
    this.details = details;
    this.detailNumbers = new Float64Array(details.buffer, details.byteOffset, details.length >> 1);
    this.upperWords = upperWords;
    this.quietTimes = quietTimes ?? null;
  }

  /** Active flows. */
  abstract readonly activeCount: number;

  /** Slots are 1 to this number; the free ones among them have transport 0. */
  abstract get lastSlot(): number;

  /** Slots are 1 to this number at most. */
  get largestSlot(): number {
    return this.capacity + this.spareRows;
  }

  isActive(slot: number): boolean {
    return slot <= this.lastSlot && this.words[slot * ROW_WORDS + FlowWord.TRANSPORT] !== 0;
  }

  /** The four words of an end's address (core/ip-address). */
  readAddress(slot: number, end: End, into: Int32Array): void {
    const { upperWords } = this;
    const row = slot * ROW_WORDS;
    const isIpv6 = (this.words[row + FlowWord.TRANSPORT]! & FlowFlag.IS_IPV6) !== 0;
    const upper = slot * UPPER_WORDS + (end === End.LOW ? 0 : 3);
    into[0] = isIpv6 ? upperWords[upper]! : 0;
    into[1] = isIpv6 ? upperWords[upper + 1]! : 0;
    into[2] = isIpv6 ? upperWords[upper + 2]! : IPV4_MARK;
    into[3] = this.words[row + (end === End.LOW ? FlowWord.LOW_ADDRESS : FlowWord.HIGH_ADDRESS)]!;
  }

  /** Bytes on the wire in a direction. */
  bytes(slot: number, direction: number): number {
    const carried = this.details[slot * DETAIL_WORDS + FlowDetail.BYTES_CARRIED + direction]!;
    return carried * 2 ** 32 + (this.words[slot * ROW_WORDS + FlowWord.BYTES + direction]! >>> 0);
  }

  firstPacket(slot: number): number {
    return this.detailNumbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1]!;
  }

  /**
   * Packets of a flow before a packet time change nothing: a tracker that calls the listener at once leaves them out.
   */
  setQuietUntil(slot: number, timeUs: number): void {
    if (this.quietTimes !== null) this.quietTimes[slot] = timeUs;
  }

  /** Counts the packets that are left out from now on; null for a tracker that leaves none out. */
  countQuiet(): QuietCounts | null {
    return null;
  }

  /** Slots of all flows, in no order that means anything. */
  activeSlots(): number[] {
    const slots: number[] = [];
    for (let slot = 1; slot <= this.lastSlot; slot++) if (this.isActive(slot)) slots.push(slot);
    return slots;
  }
}
