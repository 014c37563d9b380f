/**
 * The keys of tunnels, of ten words each. A tunnel keeps its KEYS_LIMIT last keys; a key that is given to another
 * tunnel leaves its former one.
 *
 * Each key is an entry of one cache line. The index is a hash table of open addressing: a place has the number of an
 * entry and as many upper bits of its hash as fit. A key that is not there costs one cache line of the index, a key
 * that is there one more. A key is in the first free place from that of its hash on. When a key leaves, keys after it
 * that would be nearer to their own place move up, so no search ends too early. The entries of a tunnel form a list,
 * from the oldest to the newest. Entry 0 and tunnel 0 are none. Memory for entries doubles when they need more.
 *
 * Invariants: an entry is either in the index and in the list of its tunnel, or free; between a key's place and that of
 * its hash all places are taken; no more than three quarters of all places are.
 */
import { invariant } from '../core/invariant.ts';
import { finishHash, mixWord } from '../core/hash.ts';
import { newSeed } from '../dataplane/host/hash-seed.ts';
import type { Snapshot } from '../core/snapshot.ts';

export const KEY_WORDS = 10;
/** Keys of one tunnel: the last handshakes' indexes, both ways. */
export const KEYS_LIMIT = 8;

/** Words of an entry; the key comes first. NEXT is the number of the next one of the free ones. */
const Field = { HASH: 10, HOLDER: 11, NEXT: 12, OLDER: 13, NEWER: 14 } as const;
const ENTRY_WORDS = 16;
const FIRST_ENTRIES = 4096;

export class TunnelKeys {
  /** The key of the next call. */
  readonly key = new Int32Array(KEY_WORDS);

  private words: Int32Array;
  private readonly entryLimit: number;
  /** The index; 0 for a free place. */
  private readonly index: Int32Array;
  private readonly placeMask: number;
  private readonly entryMask: number;
  /** By tunnel. */
  private readonly oldest: Int32Array;
  private readonly newest: Int32Array;
  private readonly count: Uint8Array;
  private seed = newSeed();
  /** Number of the first entry that was never used; entry 0 is none. */
  private used = 1;
  private free = 0;

  /** Tunnels have numbers from 1 to `tunnelLimit`. */
  constructor(tunnelLimit: number) {
    // One more than it keeps, for the moment before the oldest goes.
    const entries = tunnelLimit * KEYS_LIMIT + 2;
    const places = 2 ** Math.round(Math.log2(2 * entries));
    this.entryLimit = entries;
    this.words = new Int32Array(Math.min(entries, FIRST_ENTRIES) * ENTRY_WORDS);
    this.index = new Int32Array(places);
    this.placeMask = places - 1;
    this.entryMask = 2 ** Math.ceil(Math.log2(entries)) - 1;
    this.oldest = new Int32Array(tunnelLimit + 1);
    this.newest = new Int32Array(tunnelLimit + 1);
    this.count = new Uint8Array(tunnelLimit + 1);
  }

  /** Copies the keys of a structure of the same size. */
  copyFrom(other: TunnelKeys): void {
    this.seed = other.seed;
    this.used = other.used;
    this.free = other.free;
    this.reserve(this.used);
    this.words.set(other.words.subarray(0, other.used * ENTRY_WORDS));
    this.oldest.set(other.oldest);
    this.newest.set(other.newest);
    this.count.set(other.count);
    if (other.used > 1) this.index.set(other.index);
  }

  /** Copies its state, or puts a copy back. To be called between two batches. */
  snapshot(walk: Snapshot): void {
    this.seed = walk.number(this.seed);
    this.used = walk.number(this.used);
    this.free = walk.number(this.free);
    this.reserve(this.used);
    walk.fixed(this.words, this.used * ENTRY_WORDS);
    walk.fixed(this.oldest);
    walk.fixed(this.newest);
    walk.fixed(this.count);
    // Without a key the index has no entry, and its memory was never used.
    walk.fixed(this.index, this.used > 1 ? this.index.length : 0);
  }

  /** The tunnel of the key; 0 for none. */
  get tunnel(): number {
    const entry = this.entryAt(this.find(this.hash()));
    return entry === 0 ? 0 : this.words[entry * ENTRY_WORDS + Field.HOLDER]!;
  }

  /** Gives the key to a tunnel, as its newest unless it holds it already. */
  give(tunnel: number): void {
    const hash = this.hash();
    const place = this.find(hash);
    let entry = this.entryAt(place);
    if (entry === 0) entry = this.add(hash, place);
    else if (this.words[entry * ENTRY_WORDS + Field.HOLDER] === tunnel) return;
    else this.unlist(entry);
    this.list(entry, tunnel);
    if (this.count[tunnel]! > KEYS_LIMIT) this.remove(this.oldest[tunnel]!);
  }

  /** Forgets all keys of a tunnel. */
  forget(tunnel: number): void {
    while (this.oldest[tunnel] !== 0) this.remove(this.oldest[tunnel]!);
  }

  /** Number of the entry at a place; 0 for none. */
  private entryAt(place: number): number {
    return this.index[place]! & this.entryMask;
  }

  /** The key's place in the index, or the free one where it would be. */
  private find(hash: number): number {
    const { index, placeMask, entryMask } = this;
    let place = hash & placeMask;
    for (let found = index[place]!; found !== 0; found = index[place]!) {
      if (((found ^ hash) & ~entryMask) === 0 && this.hasKey(found & entryMask)) return place;
      place = (place + 1) & placeMask;
    }
    return place;
  }

  private hasKey(entry: number): boolean {
    const { key, words } = this;
    const at = entry * ENTRY_WORDS;
    for (let word = 0; word < KEY_WORDS; word++) if (words[at + word] !== key[word]) return false;
    return true;
  }

  /** An entry for the key, in a free place of the index and in no list. */
  private add(hash: number, place: number): number {
    let entry = this.free;
    if (entry === 0) {
      entry = this.used++;
      this.reserve(this.used);
    } else this.free = this.words[entry * ENTRY_WORDS + Field.NEXT]!;
    const { key, words } = this;
    const at = entry * ENTRY_WORDS;
    for (let word = 0; word < KEY_WORDS; word++) words[at + word] = key[word]!;
    words[at + Field.HASH] = hash;
    this.index[place] = (hash & ~this.entryMask) | entry;
    return entry;
  }

  /** Makes room for entries below `end`. */
  private reserve(end: number): void {
    let room = this.words.length / ENTRY_WORDS;
    if (end <= room) return;
    while (room < end) room *= 2;
    const larger = new Int32Array(Math.min(room, this.entryLimit) * ENTRY_WORDS);
    larger.set(this.words);
    this.words = larger;
  }

  private remove(entry: number): void {
    const { words, placeMask } = this;
    this.unlist(entry);
    const at = entry * ENTRY_WORDS;
    let place = words[at + Field.HASH]! & placeMask;
    while (this.entryAt(place) !== entry) place = (place + 1) & placeMask;
    this.close(place);
    words[at + Field.NEXT] = this.free;
    this.free = entry;
  }

  /**
   * Frees a place. Entries after it, up to the next free place, move up if that brings them nearer to the place of
   * their hash.
   */
  private close(place: number): void {
    const { words, index, placeMask } = this;
    let gap = place;
    let from = place;
    for (;;) {
      from = (from + 1) & placeMask;
      if (index[from] === 0) break;
      const home = words[this.entryAt(from) * ENTRY_WORDS + Field.HASH]! & placeMask;
      if (((from - home) & placeMask) < ((from - gap) & placeMask)) continue;
      index[gap] = index[from]!;
      gap = from;
    }
    index[gap] = 0;
  }

  /** Throws if an invariant is broken. `live`: the tunnels that live. */
  checkInvariants(live: ReadonlySet<number>): void {
    let listed = 0;
    for (const tunnel of live) {
      let [count, older] = [0, 0];
      for (let entry = this.oldest[tunnel]!; entry !== 0; entry = this.words[entry * ENTRY_WORDS + Field.NEWER]!) {
        const at = entry * ENTRY_WORDS;
        invariant(this.words[at + Field.HOLDER] === tunnel, 'a key is in the list of its holder');
        invariant(this.words[at + Field.OLDER] === older, 'neighbours name each other');
        invariant(this.isInIndex(entry), 'a search for a key ends at its entry');
        invariant(++count <= KEYS_LIMIT, 'a tunnel has at most KEYS_LIMIT keys');
        older = entry;
      }
      invariant(count === this.count[tunnel], 'count is the number of keys');
      invariant(older === this.newest[tunnel], 'newest is the last of the list');
      listed += count;
    }
    let freeCount = 0;
    for (let entry = this.free; entry !== 0; entry = this.words[entry * ENTRY_WORDS + Field.NEXT]!)
      invariant(++freeCount < this.used, 'the chain of free entries ends');
    invariant(listed + freeCount === this.used - 1, 'an entry is of a tunnel that lives, or free');
  }

  private isInIndex(entry: number): boolean {
    let place = this.words[entry * ENTRY_WORDS + Field.HASH]! & this.placeMask;
    while (this.index[place] !== 0 && this.entryAt(place) !== entry) place = (place + 1) & this.placeMask;
    return this.index[place] !== 0;
  }

  private list(entry: number, tunnel: number): void {
    const { words } = this;
    const at = entry * ENTRY_WORDS;
    const last = this.newest[tunnel]!;
    words[at + Field.HOLDER] = tunnel;
    words[at + Field.OLDER] = last;
    words[at + Field.NEWER] = 0;
    if (last === 0) this.oldest[tunnel] = entry;
    else words[last * ENTRY_WORDS + Field.NEWER] = entry;
    this.newest[tunnel] = entry;
    this.count[tunnel]!++;
  }

  private unlist(entry: number): void {
    const { words } = this;
    const at = entry * ENTRY_WORDS;
    const tunnel = words[at + Field.HOLDER]!;
    const older = words[at + Field.OLDER]!;
    const newer = words[at + Field.NEWER]!;
    if (older === 0) this.oldest[tunnel] = newer;
    else words[older * ENTRY_WORDS + Field.NEWER] = newer;
    if (newer === 0) this.newest[tunnel] = older;
    else words[newer * ENTRY_WORDS + Field.OLDER] = older;
    this.count[tunnel]!--;
  }

  private hash(): number {
    const { key } = this;
    let hash = this.seed;
    for (let word = 0; word < KEY_WORDS; word++) hash = mixWord(hash, key[word]!);
    return finishHash(hash);
  }
}
