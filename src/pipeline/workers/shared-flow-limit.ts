/**
 * The flowLimit of flows in the tables of several shards, whose limit is one for all. Flows that are too many go at set
 * packets, the same for all shards, so that who goes is the same whatever the number of shards: those that have been
 * idle longest of all.
 *
 * A shard that comes to such a packet says how many flows it has. As long as there is room for every packet that others
 * may be behind to begin a flow, it goes on at once. Else it waits until all have come so far; where there are too many
 * flows, each says which of its own have been idle longest, and from all of these each finds how many of its own are
 * among those that must go.
 */
import type { Eviction } from '../../dataplane/flow/eviction.ts';
import { type FlowTable, spareRowsOf } from '../../dataplane/flow/flow-table.ts';
import type { FlowLimit } from '../../dataplane/flow-limit.ts';

/** Looks whose counts are kept: more than shards can be apart. */
const KEPT = 256;
/**
 * Words of all: grows with everything said. Then for each shard: the last look it came to, the last one it has offered
 * flows for, its counts.
 */
const REVISION = 0;
const ShardWord = { REACHED: 0, OFFERED: 1, OFFER_COUNT: 2, COUNTS: 16 } as const;
const SHARD_WORDS = ShardWord.COUNTS + KEPT;
const FIRST_SHARD = 16;
const SLEEP_MS = 10;

/** Limits below this are too small for several shards: one has all flows. */
export const SMALLEST_SHARED_LIMIT = 16_384;

export class SharedFlowLimit implements FlowLimit {
  private readonly words: Int32Array;
  /** By shard: clock readings of the flows that it offers, and their first packets. */
  private readonly touched: Float64Array[] = [];
  private readonly firsts: Float64Array[] = [];
  private readonly shard: number;
  private readonly shardCount: number;
  /** Called before a wait: what other shards may wait for is to be shown. */
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
    this.say(at + ShardWord.REACHED, check);
    if (this.mostFlows(check) <= table.capacity) return 0;
    this.await(ShardWord.REACHED, check);
    const count = this.mostFlows(check) - table.capacity;
    if (count <= 0) return 0;
    eviction.find(count);
    this.offer(eviction, table);
    this.say(at + ShardWord.OFFERED, check);
    this.await(ShardWord.OFFERED, check);
    return this.ownAmong(count);
  }

  /** The capture is over: looks begin again. */
  reset(): void {
    const at = this.at(this.shard);
    Atomics.store(this.words, at + ShardWord.REACHED, 0);
    Atomics.store(this.words, at + ShardWord.OFFERED, 0);
  }

  /** How many flows all shards have at a look at most, as far as they have come to it. */
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

  /** How many of the `count` flows of all that have been idle longest are this shard's. */
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

  private say(at: number, check: number): void {
    Atomics.store(this.words, at, check);
    Atomics.add(this.words, REVISION, 1);
    Atomics.notify(this.words, REVISION);
  }

  /** Waits until all shards have said so much. */
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
