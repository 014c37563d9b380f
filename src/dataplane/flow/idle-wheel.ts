/**
 * Which flows to look at when: a hashed timing wheel (Varghese and Lauck, 1987) with one bucket per second of the packet
 * clock. A packet does not move its flow: when a flow's bucket comes up, its owner sees how long it has been idle and either
 * ends it or puts it back at the time it could end. So a flow costs one look per timeout, however many packets it has.
 *
 * A bucket is a chain of chunks, each with a few entries: a slot and its flow's first packet, which tells two flows of one slot
 * apart. So none of a flow's memory is touched until its owner looks at it. A flow that
 * leaves before its time leaves its entry behind; once half of all entries are such, those are dropped.
 *
 * Invariants: an active flow has exactly one entry that holds; no delay is longer than the wheel; a bucket that has entries has its
 * bit set. A clock that leaps with every packet passes over whole words of empty buckets.
 */
import { invariant } from '../../core/invariant.ts';
import type { FlowTable } from './flow-table.ts';
import { SlotList } from './slot-list.ts';

const BUCKET_US = 1_000_000;
const BUCKETS = 4096;

/** The longest delay that the wheel can hold, seconds. */
export const LONGEST_DELAY_SECONDS = BUCKETS - 1;

/** Entries of a chunk. */
const CHUNK = 32;
const FIRST_CHUNKS = 64;
/** Fewer entries than this are not worth a look at all buckets. */
const LEFT_AT_LEAST = BUCKETS;

export class IdleWheel {
  private readonly table: FlowTable;
  /** First and last chunk of each bucket, and its entries: all chunks but the last are full. */
  private readonly heads = new Int32Array(BUCKETS);
  private readonly tails = new Int32Array(BUCKETS);
  private readonly counts = new Int32Array(BUCKETS);
  /** A bit for each bucket that has entries. */
  private readonly filled = new Int32Array(BUCKETS / 32);
  /** The chunks: their entries, the chunk behind each, those in use so far, and the first of those given back (0 for none). */
  private slots = new Int32Array(FIRST_CHUNKS * CHUNK);
  private firstPackets = new Float64Array(FIRST_CHUNKS * CHUNK);
  private followers = new Int32Array(FIRST_CHUNKS);
  private usedChunks = 1;
  private freeChunk = 0;
  /** All entries, and those of them that flows have left behind. */
  private entryCount = 0;
  private leftCount = 0;
  /** The bucket number (not reduced) up to which all is done. */
  private done = 0;
  /** The flows of the bucket that `next` has taken out, in no order, until its next call. */
  readonly due = new SlotList();
  private readonly kept = new SlotList();

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
    this.append(bucket % BUCKETS, slot);
  }

  /** Takes all flows out. */
  clear(): void {
    this.counts.fill(0);
    this.filled.fill(0);
    this.usedChunks = 1;
    this.freeChunk = 0;
    this.entryCount = 0;
    this.leftCount = 0;
  }

  /** To be called before a flow leaves the table whose time has not come. */
  leave(): void {
    if (this.leftCount >= LEFT_AT_LEAST && this.leftCount * 2 >= this.entryCount) this.dropLeft();
    this.leftCount++;
  }

  /**
   * Takes the flows of one bucket out that is due by `nowUs`, the oldest bucket first, into `due`; false where none is left.
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
        this.collect(index, this.due);
        if (this.due.count === 0) continue;
        this.done = last - left;
        this.nextUs = (this.done + 1) * BUCKET_US;
        return true;
      }
    }
    this.done = Math.max(this.done, last);
    this.nextUs = (this.done + 1) * BUCKET_US;
    return false;
  }

  /** Number of the bucket of `due`; they only rise. */
  get bucket(): number {
    return this.done;
  }

  /** Throws if an invariant is broken. To be called between two packets. */
  checkInvariants(): void {
    const holding = new Map<number, number>();
    let [entries, left, chunks] = [0, 0, 0];
    for (let index = 0; index < BUCKETS; index++) {
      const count = this.counts[index]!;
      const isFilled = (this.filled[index >> 5]! & (1 << (index & 31))) !== 0;
      invariant(isFilled === count > 0, 'the bit of a bucket says whether it has entries');
      entries += count;
      let chunk = this.heads[index]!;
      for (let from = 0; from < count; from += CHUNK, chunks++) {
        for (let at = chunk * CHUNK; at < chunk * CHUNK + Math.min(CHUNK, count - from); at++) {
          const slot = this.slots[at]!;
          if (this.holds(at)) holding.set(slot, (holding.get(slot) ?? 0) + 1);
          else left++;
        }
        chunk = this.followers[chunk]!;
      }
    }
    for (let chunk = this.freeChunk; chunk !== 0; chunk = this.followers[chunk]!) chunks++;
    invariant(chunks === this.usedChunks - 1, 'a chunk is of one bucket, or free');
    invariant(entries === this.entryCount, 'entryCount is the number of entries');
    invariant(left === this.leftCount, 'leftCount is the number of entries without a flow');
    for (const slot of this.table.activeSlots()) invariant(holding.get(slot) === 1, 'a flow has one entry that holds');
    invariant(holding.size === this.table.activeCount, 'only flows have entries that hold');
  }

  private append(index: number, slot: number): void {
    const inChunk = this.counts[index]! % CHUNK;
    const chunk = inChunk === 0 ? this.lengthen(index) : this.tails[index]!;
    const at = chunk * CHUNK + inChunk;
    this.slots[at] = slot;
    this.firstPackets[at] = this.table.firstPacket(slot);
    this.counts[index]!++;
    this.entryCount++;
  }

  /** Empties a bucket; of its entries those that hold go to `list`. */
  private collect(index: number, list: SlotList): void {
    const { followers } = this;
    const count = this.counts[index]!;
    list.begin(count);
    let chunk = this.heads[index]!;
    for (let from = 0; from < count; from += CHUNK) {
      this.takeChunk(chunk, Math.min(CHUNK, count - from), list);
      const behind = followers[chunk]!;
      followers[chunk] = this.freeChunk;
      this.freeChunk = chunk;
      chunk = behind;
    }
    this.counts[index] = 0;
    this.filled[index >> 5]! &= ~(1 << (index & 31));
    this.entryCount -= count;
    this.leftCount -= count - list.count;
  }

  private takeChunk(chunk: number, count: number, list: SlotList): void {
    const { slots, firstPackets, leftCount } = this;
    const { slots: listSlots, firstPackets: listFirsts } = list;
    let to = list.count;
    for (let at = chunk * CHUNK; at < chunk * CHUNK + count; at++) {
      if (leftCount !== 0 && !this.holds(at)) continue;
      listSlots[to] = slots[at]!;
      listFirsts[to++] = firstPackets[at]!;
    }
    list.count = to;
  }

  /** Whether the flow of an entry is still there. */
  private holds(at: number): boolean {
    const slot = this.slots[at]!;
    return this.table.isActive(slot) && this.table.firstPacket(slot) === this.firstPackets[at];
  }

  /** Drops the entries that flows have left behind: fills every bucket again. */
  private dropLeft(): void {
    const { kept } = this;
    for (let index = 0; index < BUCKETS; index++) {
      if (this.counts[index] === 0) continue;
      this.collect(index, kept);
      for (let i = 0; i < kept.count; i++) this.append(index, kept.slots[i]!);
    }
  }

  /** Adds a chunk to a bucket whose chunks are full. */
  private lengthen(index: number): number {
    const chunk = this.takeFree();
    if (this.counts[index] === 0) {
      this.heads[index] = chunk;
      this.filled[index >> 5]! |= 1 << (index & 31);
    } else {
      this.followers[this.tails[index]!] = chunk;
    }
    this.tails[index] = chunk;
    return chunk;
  }

  private takeFree(): number {
    const chunk = this.freeChunk;
    if (chunk !== 0) {
      this.freeChunk = this.followers[chunk]!;
      return chunk;
    }
    if (this.usedChunks === this.followers.length) this.widen();
    return this.usedChunks++;
  }

  private widen(): void {
    const chunks = this.followers.length * 2;
    const { slots, firstPackets, followers } = this;
    this.slots = new Int32Array(chunks * CHUNK);
    this.slots.set(slots);
    this.firstPackets = new Float64Array(chunks * CHUNK);
    this.firstPackets.set(firstPackets);
    this.followers = new Int32Array(chunks);
    this.followers.set(followers);
  }
}
