/**
 * What tunnels are known by: keys of ten words each, and which tunnel holds which. A tunnel keeps its KEYS_LIMIT last keys; a key that
 * another tunnel is given is no longer its former holder's.
 *
 * Each key is an entry of one cache line. An index of places, each the hash of a key and its entry, says where: what is not there costs
 * one cache line, what is there two. A key stands in the first free place from that of its hash on, and on leaving makes room for those
 * behind it that would stand nearer to theirs, so no search ends too early. The entries of a tunnel form a list, from the oldest to the
 * newest. Entry 0 and tunnel 0 are none. All is reserved for the limit at once and costs memory only once touched.
 *
 * Invariants: an entry is either in the index and in the list of its tunnel, or free; between a key's place and that of its hash all
 * places are taken; no more than three quarters of all places are.
 */
import { finishHash, mixWord } from '../flow/flow-key.ts';
import { newSeed } from '../flow/flow-table.ts';

export const KEY_WORDS = 10;
/** Keys that one tunnel is known by: the last handshakes' indexes, both ways. */
export const KEYS_LIMIT = 8;

/** Words of an entry; the key comes first. NEXT is the next one of the free ones. */
const Field = { HASH: 10, HOLDER: 11, NEXT: 12, OLDER: 13, NEWER: 14 } as const;
const ENTRY_WORDS = 16;

export class TunnelKeys {
  /** The key that calls are about. */
  readonly key = new Int32Array(KEY_WORDS);

  private readonly words: Int32Array;
  /** The index: hashes, and at the odd ones where the entry is; 0 for a free place. */
  private readonly index: Int32Array;
  private readonly mask: number;
  /** By tunnel. */
  private readonly oldest: Int32Array;
  private readonly newest: Int32Array;
  private readonly count: Uint8Array;
  private readonly seed = newSeed();
  /** Where the first entry is that was never used; entry 0 is none. */
  private used = ENTRY_WORDS;
  private free = 0;

  /** Tunnels have numbers from 1 to `tunnelLimit`. */
  constructor(tunnelLimit: number) {
    // One more than it keeps, for the moment before the oldest goes.
    const entries = tunnelLimit * KEYS_LIMIT + 2;
    const places = 2 ** Math.round(Math.log2(2 * entries));
    this.words = new Int32Array(entries * ENTRY_WORDS);
    this.index = new Int32Array(places * 2);
    this.mask = places - 1;
    this.oldest = new Int32Array(tunnelLimit + 1);
    this.newest = new Int32Array(tunnelLimit + 1);
    this.count = new Uint8Array(tunnelLimit + 1);
  }

  /** The tunnel that holds the key; 0 for none. */
  get tunnel(): number {
    const at = this.index[this.find(this.hash()) * 2 + 1]!;
    return at === 0 ? 0 : this.words[at + Field.HOLDER]!;
  }

  /** Gives the key to a tunnel, as its newest unless it holds it already. */
  give(tunnel: number): void {
    const hash = this.hash();
    const place = this.find(hash);
    let at = this.index[place * 2 + 1]!;
    if (at === 0) at = this.add(hash, place);
    else if (this.words[at + Field.HOLDER] === tunnel) return;
    else this.unlist(at);
    this.list(at, tunnel);
    if (this.count[tunnel]! > KEYS_LIMIT) this.remove(this.oldest[tunnel]!);
  }

  /** Forgets all keys of a tunnel. */
  forget(tunnel: number): void {
    while (this.oldest[tunnel] !== 0) this.remove(this.oldest[tunnel]!);
  }

  /** The key's place in the index, or the free one where it would be. */
  private find(hash: number): number {
    const { index, mask } = this;
    let place = hash & mask;
    for (let at = index[place * 2 + 1]!; at !== 0; at = index[place * 2 + 1]!) {
      if (index[place * 2] === hash && this.hasKey(at)) return place;
      place = (place + 1) & mask;
    }
    return place;
  }

  private hasKey(at: number): boolean {
    const { key, words } = this;
    for (let word = 0; word < KEY_WORDS; word++) if (words[at + word] !== key[word]) return false;
    return true;
  }

  /** An entry for the key, in a free place of the index and in no list. */
  private add(hash: number, place: number): number {
    const { key, words, index } = this;
    let at = this.free;
    if (at !== 0) {
      this.free = words[at + Field.NEXT]!;
    } else {
      at = this.used;
      this.used += ENTRY_WORDS;
    }
    for (let word = 0; word < KEY_WORDS; word++) words[at + word] = key[word]!;
    words[at + Field.HASH] = hash;
    index[place * 2] = hash;
    index[place * 2 + 1] = at;
    return at;
  }

  private remove(at: number): void {
    const { words, index, mask } = this;
    this.unlist(at);
    let place = words[at + Field.HASH]! & mask;
    while (index[place * 2 + 1] !== at) place = (place + 1) & mask;
    this.close(place);
    words[at + Field.NEXT] = this.free;
    this.free = at;
  }

  /** Frees a place: what stands behind it, up to the next free place, moves up where that brings it nearer to the place of its hash. */
  private close(place: number): void {
    const { index, mask } = this;
    let gap = place;
    let from = place;
    for (;;) {
      from = (from + 1) & mask;
      if (index[from * 2 + 1] === 0) break;
      const home = index[from * 2]! & mask;
      if (((from - home) & mask) < ((from - gap) & mask)) continue;
      index[gap * 2] = index[from * 2]!;
      index[gap * 2 + 1] = index[from * 2 + 1]!;
      gap = from;
    }
    index[gap * 2 + 1] = 0;
  }

  private list(at: number, tunnel: number): void {
    const { words } = this;
    const last = this.newest[tunnel]!;
    words[at + Field.HOLDER] = tunnel;
    words[at + Field.OLDER] = last;
    words[at + Field.NEWER] = 0;
    if (last === 0) this.oldest[tunnel] = at;
    else words[last + Field.NEWER] = at;
    this.newest[tunnel] = at;
    this.count[tunnel]!++;
  }

  private unlist(at: number): void {
    const { words } = this;
    const tunnel = words[at + Field.HOLDER]!;
    const older = words[at + Field.OLDER]!;
    const newer = words[at + Field.NEWER]!;
    if (older === 0) this.oldest[tunnel] = newer;
    else words[older + Field.NEWER] = newer;
    if (newer === 0) this.newest[tunnel] = older;
    else words[newer + Field.OLDER] = older;
    this.count[tunnel]!--;
  }

  private hash(): number {
    const { key } = this;
    let hash = this.seed;
    for (let word = 0; word < KEY_WORDS; word++) hash = mixWord(hash, key[word]!);
    return finishHash(hash);
  }
}
