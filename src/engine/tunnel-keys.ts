/**
 * What tunnels are known by: keys of ten words each, and which tunnel holds which. A tunnel keeps its KEYS_LIMIT last keys; a key that
 * another tunnel is given is no longer its former holder's.
 *
 * Each key is an entry of one cache line, found by its hash in a chain. Those of a tunnel form a list, from the oldest to the newest.
 * Entry 0 and tunnel 0 are none. All is reserved for the limit at once and costs memory only once touched.
 *
 * Invariants: an entry is either in the chain of its hash and in the list of its tunnel, or free.
 */
import { finishHash, mixWord } from '../flow/flow-key.ts';
import { newSeed } from '../flow/flow-table.ts';

export const KEY_WORDS = 10;
/** Keys that one tunnel is known by: the last handshakes' indexes, both ways. */
export const KEYS_LIMIT = 8;

const CHAINS = 1 << 18;

/** Words of an entry; the key comes first. */
const Field = { HASH: 10, HOLDER: 11, NEXT: 12, OLDER: 13, NEWER: 14 } as const;
const ENTRY_WORDS = 16;

export class TunnelKeys {
  /** The key that calls are about. */
  readonly key = new Int32Array(KEY_WORDS);

  /** Entries. NEXT is the next one of the chain, or of the free ones. */
  private readonly words: Int32Array;
  private readonly chains = new Int32Array(CHAINS);
  /** By tunnel. */
  private readonly oldest: Int32Array;
  private readonly newest: Int32Array;
  private readonly count: Uint8Array;
  private readonly seed = newSeed();
  /** Place of the first entry that was never used; place 0 is none. */
  private used = ENTRY_WORDS;
  private free = 0;

  /** Tunnels have numbers from 1 to `tunnelLimit`. */
  constructor(tunnelLimit: number) {
    const entries = tunnelLimit * (KEYS_LIMIT + 1) + 1;
    this.words = new Int32Array(entries * ENTRY_WORDS);
    this.oldest = new Int32Array(tunnelLimit + 1);
    this.newest = new Int32Array(tunnelLimit + 1);
    this.count = new Uint8Array(tunnelLimit + 1);
  }

  /** The tunnel that holds the key; 0 for none. */
  get tunnel(): number {
    const at = this.find(this.hash());
    return at === 0 ? 0 : this.words[at + Field.HOLDER]!;
  }

  /** Gives the key to a tunnel, as its newest unless it holds it already. */
  give(tunnel: number): void {
    const hash = this.hash();
    let at = this.find(hash);
    if (at === 0) at = this.add(hash);
    else if (this.words[at + Field.HOLDER] === tunnel) return;
    else this.unlist(at);
    this.list(at, tunnel);
    if (this.count[tunnel]! > KEYS_LIMIT) this.remove(this.oldest[tunnel]!);
  }

  /** Forgets all keys of a tunnel. */
  forget(tunnel: number): void {
    while (this.oldest[tunnel] !== 0) this.remove(this.oldest[tunnel]!);
  }

  /** Place of the key's entry; 0 for none. */
  private find(hash: number): number {
    const { key, words } = this;
    let at = this.chains[hash & (CHAINS - 1)]!;
    while (at !== 0) {
      if (words[at + Field.HASH] === hash) {
        let word = 0;
        while (word < KEY_WORDS && words[at + word] === key[word]) word++;
        if (word === KEY_WORDS) break;
      }
      at = words[at + Field.NEXT]!;
    }
    return at;
  }

  /** An entry for the key, in its chain and in no list. */
  private add(hash: number): number {
    const { key, words, chains } = this;
    let at = this.free;
    if (at !== 0) {
      this.free = words[at + Field.NEXT]!;
    } else {
      at = this.used;
      this.used += ENTRY_WORDS;
    }
    for (let word = 0; word < KEY_WORDS; word++) words[at + word] = key[word]!;
    const chain = hash & (CHAINS - 1);
    words[at + Field.HASH] = hash;
    words[at + Field.NEXT] = chains[chain]!;
    chains[chain] = at;
    return at;
  }

  private remove(at: number): void {
    const { words, chains } = this;
    this.unlist(at);
    const chain = words[at + Field.HASH]! & (CHAINS - 1);
    const next = words[at + Field.NEXT]!;
    let before = chains[chain]!;
    if (before === at) {
      chains[chain] = next;
    } else {
      while (words[before + Field.NEXT] !== at) before = words[before + Field.NEXT]!;
      words[before + Field.NEXT] = next;
    }
    words[at + Field.NEXT] = this.free;
    this.free = at;
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
