/**
 * Which flows to look at when: a hashed timing wheel (Varghese and Lauck, 1987) with one bucket per second of the packet
 * clock. A packet does not move its flow: when a flow's bucket comes up, its owner sees how long it has been idle and either
 * ends it or puts it back at the time it could end. So a flow costs one look per timeout, however many packets it has.
 *
 * Invariants: an active flow stands in exactly one bucket, in a doubly linked list through its row; no delay is longer than
 * the wheel; a bucket that holds flows has its bit set. A clock that leaps with every packet passes over whole words of
 * empty buckets.
 */
import { DETAIL_WORDS, FlowDetail, type FlowTable } from './flow-table.ts';

const BUCKET_US = 1_000_000;
const BUCKETS = 4096;

/** The longest delay that the wheel can hold, seconds. */
export const LONGEST_DELAY_SECONDS = BUCKETS - 1;

export class IdleWheel {
  private readonly table: FlowTable;
  /** First slot of each bucket, 0 for none. */
  private readonly heads = new Int32Array(BUCKETS);
  /** A bit for each bucket that may hold flows: set by `schedule`, cleared when the bucket comes up. */
  private readonly filled = new Int32Array(BUCKETS / 32);
  /** The bucket number (not reduced) up to which all is done. */
  private done = 0;
  private due: Int32Array = new Int32Array(256);

  constructor(table: FlowTable) {
    this.table = table;
  }

  /** Clock reading from which on `next` has a bucket to look at. */
  nextUs = BUCKET_US;

  /** When the flow that is scheduled next comes up, as a clock reading; a number passed to `schedule` would go to the heap. */
  atUs = 0;

  /** Puts a flow where it comes up at `atUs`, at the earliest in the next bucket. */
  schedule(slot: number): void {
    const bucket = Math.min(Math.max(Math.ceil(this.atUs / BUCKET_US), this.done + 1), this.done + BUCKETS - 1);
    const { details } = this.table;
    const index = bucket % BUCKETS;
    const head = this.heads[index]!;
    const row = slot * DETAIL_WORDS;
    details[row + FlowDetail.NEXT] = head;
    // The first of a bucket is marked by the bucket's number, so that it can be taken out without a search.
    details[row + FlowDetail.PREVIOUS] = -1 - index;
    if (head !== 0) details[head * DETAIL_WORDS + FlowDetail.PREVIOUS] = slot;
    this.heads[index] = slot;
    this.filled[index >> 5]! |= 1 << (index & 31);
  }

  /** Takes all flows out. */
  clear(): void {
    this.heads.fill(0);
    this.filled.fill(0);
  }

  /** Takes a flow out of its bucket. */
  remove(slot: number): void {
    const { details } = this.table;
    const row = slot * DETAIL_WORDS;
    const next = details[row + FlowDetail.NEXT]!;
    const previous = details[row + FlowDetail.PREVIOUS]!;
    if (previous < 0) this.heads[-1 - previous] = next;
    else details[previous * DETAIL_WORDS + FlowDetail.NEXT] = next;
    if (next !== 0) details[next * DETAIL_WORDS + FlowDetail.PREVIOUS] = previous;
  }

  /**
   * Takes the flows of one bucket out that is due by `nowUs`, the oldest bucket first; false where none is left. They are in
   * `dueSlots`, `dueCount` of them, until the next call, in the order of their first packets: the same on every run.
   */
  next(nowUs: number): boolean {
    const last = Math.floor(nowUs / BUCKET_US);
    // After a gap longer than the wheel every bucket is due once, still the oldest first: only whole turns are left out.
    const turns = Math.floor((last - this.done) / BUCKETS);
    if (turns > 1) this.done += (turns - 1) * BUCKETS;
    let left = last - this.done;
    let index = this.done % BUCKETS;
    while (left > 0) {
      index = (index + 1) % BUCKETS;
      left--;
      const word = this.filled[index >> 5]!;
      if (word === 0) {
        // On to the word's last bucket.
        const step = Math.min(31 - (index & 31), left);
        index += step;
        left -= step;
      } else if ((word & (1 << (index & 31))) !== 0) {
        this.filled[index >> 5] = word & ~(1 << (index & 31));
        if (!this.collect(index)) continue;
        this.done = last - left;
        this.nextUs = (this.done + 1) * BUCKET_US;
        return true;
      }
    }
    this.done = Math.max(this.done, last);
    this.nextUs = (this.done + 1) * BUCKET_US;
    return false;
  }

  dueCount = 0;

  get dueSlots(): Int32Array {
    return this.due;
  }

  private collect(index: number): boolean {
    const { details, detailNumbers } = this.table;
    let count = 0;
    for (let slot = this.heads[index]!; slot !== 0; slot = details[slot * DETAIL_WORDS + FlowDetail.NEXT]!) {
      if (count === this.due.length) {
        const wider = new Int32Array(count * 2);
        wider.set(this.due);
        this.due = wider;
      }
      this.due[count++] = slot;
    }
    this.heads[index] = 0;
    this.dueCount = count;
    sortByFirstPacket(this.due, count, detailNumbers);
    return count > 0;
  }
}

/** Heapsort in place: the sort of typed arrays copies them to the heap, for every bucket. */
function sortByFirstPacket(slots: Int32Array, count: number, numbers: Float64Array): void {
  for (let at = (count >> 1) - 1; at >= 0; at--) sink(slots, at, count, numbers);
  for (let end = count - 1; end > 0; end--) {
    const latest = slots[0]!;
    slots[0] = slots[end]!;
    slots[end] = latest;
    sink(slots, 0, end, numbers);
  }
}

/** Moves the slot at `at` down until no later flow stands below it. */
function sink(slots: Int32Array, at: number, count: number, numbers: Float64Array): void {
  const slot = slots[at]!;
  const first = numbers[(slot * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1]!;
  for (let child = 2 * at + 1; child < count; child = 2 * at + 1) {
    let below = numbers[(slots[child]! * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1]!;
    if (child + 1 < count) {
      const other = numbers[(slots[child + 1]! * DETAIL_WORDS + FlowDetail.FIRST_PACKET) >> 1]!;
      if (other > below) {
        below = other;
        child++;
      }
    }
    if (below <= first) break;
    slots[at] = slots[child]!;
    at = child;
  }
  slots[at] = slot;
}
