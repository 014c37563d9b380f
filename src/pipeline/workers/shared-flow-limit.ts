/**
 * The limit on flows over the tables of several workers. Flows over the limit are evicted at fixed packets, the same in
 * all workers, and those that have been idle longest of all go first. So the evicted flows do not depend on the number
 * of workers.
 *
 * At such a packet (a *check*) a worker publishes its number of flows. It goes on at once if there is room even when
 * each packet that other workers have not tracked yet begins a flow. Else it waits for the others. If there are too
 * many flows, each worker offers those of its own that have been idle longest, and finds in the offers of all how many
 * of its own must go.
 */
import type { Eviction } from '../../dataplane/flow/eviction.ts';
import { type FlowTable, spareRowsOf } from '../../dataplane/flow/flow-table.ts';
import type { FlowLimit } from '../../dataplane/flow-limit.ts';

/** Checks whose counts are kept: more than workers can be apart. */
const KEPT = 256;
/**
 * The first word grows with everything published. Then come the words of each worker: its last check, the last check
 * for which it offered flows, the number of these, and its numbers of flows.
 */
const REVISION = 0;
const ShardWord = { REACHED: 0, OFFERED: 1, OFFER_COUNT: 2, COUNTS: 16 } as const;
const SHARD_WORDS = ShardWord.COUNTS + KEPT;
const FIRST_SHARD = 16;
const SLEEP_MS = 10;

/** Limits below this are too small for several workers: one tracks all flows. */
export const SMALLEST_SHARED_LIMIT = 16_384;

export class SharedFlowLimit implements FlowLimit {
  private readonly words: Int32Array;
  /** By worker: clock readings of the flows that it offers, and their first packets. */
  private readonly touched: Float64Array[] = [];
  private readonly firsts: Float64Array[] = [];
  private readonly shard: number;
  private readonly shardCount: number;
  /** Called before a wait: publishes what other threads may wait for. */
  private readonly beforeWait: () => void;

  constructor(memory: SharedArrayBuffer, shard: number, shardCount: number, capacity: number, beforeWait: () => void) {
    this.shard = shard;
    this.shardCount = shardCount;
    this.beforeWait = beforeWait;
    this.words = new Int32Array(memory, 0, FIRST_SHARD + shardCount * SHARD_WORDS);
    const offered = spareRowsOf(capacity);
    for (let i = 0; i < 2 * shardCount; i++) {
      const column = new Float64Array(memory, this.words.byteLength + i * offered * 8, offered);
      (i < shardCount ? this.touched : this.firsts).push(column);
    }
  }

  static byteLength(shardCount: number, capacity: number): number {
    return (FIRST_SHARD + shardCount * SHARD_WORDS) * 4 + 2 * shardCount * spareRowsOf(capacity) * 8;
  }

  excess(table: FlowTable, eviction: Eviction, check: number): number {
    const { words } = this;
    const at = this.at(this.shard);
    words[at + ShardWord.COUNTS + (check % KEPT)] = table.activeCount;
    this.publish(at + ShardWord.REACHED, check);
    if (this.mostFlows(check) <= table.capacity) return 0;
    this.await(ShardWord.REACHED, check);
    const count = this.mostFlows(check) - table.capacity;
    if (count <= 0) return 0;
    eviction.find(count);
    this.offer(eviction, table);
    this.publish(at + ShardWord.OFFERED, check);
    this.await(ShardWord.OFFERED, check);
    return this.ownAmong(count);
  }

  /** The capture is over: checks begin again. */
  reset(): void {
    const at = this.at(this.shard);
    Atomics.store(this.words, at + ShardWord.REACHED, 0);
    Atomics.store(this.words, at + ShardWord.OFFERED, 0);
  }

  /** The largest possible number of flows at a check, from the workers' last counts. */
  private mostFlows(check: number): number {
    const { words } = this;
    let sum = 0;
    let behind = 0;
    for (let shard = 0; shard < this.shardCount; shard++) {
      const at = this.at(shard);
      const reached = Math.min(Atomics.load(words, at + ShardWord.REACHED), check);
      if (reached > 0) sum += words[at + ShardWord.COUNTS + (reached % KEPT)]!;
      behind = Math.max(behind, check - reached);
    }
    return sum + behind * this.touched[0]!.length;
  }

  private offer(eviction: Eviction, table: FlowTable): void {
    const touched = this.touched[this.shard]!;
    const firsts = this.firsts[this.shard]!;
    for (let i = 0; i < eviction.count; i++) {
      const slot = eviction.slots[i]!;
      touched[i] = eviction.touchedAt(slot);
      firsts[i] = table.firstPacket(slot);
    }
    this.words[this.at(this.shard) + ShardWord.OFFER_COUNT] = eviction.count;
  }

  /** How many of the `count` flows that have been idle longest of all are this worker's. */
  private ownAmong(count: number): number {
    const places = new Int32Array(this.shardCount);
    for (let taken = 0; taken < count; taken++) {
      let first = -1;
      for (let shard = 0; shard < this.shardCount; shard++) {
        if (places[shard] === this.words[this.at(shard) + ShardWord.OFFER_COUNT]) continue;
        if (first < 0 || this.isLongerIdle(shard, places[shard]!, first, places[first]!)) first = shard;
      }
      places[first]!++;
    }
    return places[this.shard]!;
  }

  private isLongerIdle(shard: number, place: number, other: number, otherPlace: number): boolean {
    const difference = this.touched[shard]![place]! - this.touched[other]![otherPlace]!;
    return difference < 0 || (difference === 0 && this.firsts[shard]![place]! < this.firsts[other]![otherPlace]!);
  }

  private at(shard: number): number {
    return FIRST_SHARD + shard * SHARD_WORDS;
  }

  private publish(at: number, check: number): void {
    Atomics.store(this.words, at, check);
    Atomics.add(this.words, REVISION, 1);
    Atomics.notify(this.words, REVISION);
  }

  /** Waits until this word of all workers is at least `check`. */
  private await(word: number, check: number): void {
    for (let isFirst = true; ; isFirst = false) {
      const revision = Atomics.load(this.words, REVISION);
      let isThere = true;
      for (let shard = 0; shard < this.shardCount; shard++)
        isThere &&= Atomics.load(this.words, this.at(shard) + word) >= check;
      if (isThere) return;
      if (isFirst) this.beforeWait();
      Atomics.wait(this.words, REVISION, revision, SLEEP_MS);
    }
  }
}
