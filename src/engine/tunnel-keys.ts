/**
 * What tunnels are known by: keys of ten words each, and which tunnel holds which. A tunnel keeps its KEYS_LIMIT last keys; a key that
 * another tunnel is given is no longer its former holder's.
 *
 * Keys lie in columns and are found by their hash, in chains. Those of a tunnel form a list, from the oldest to the newest. Entry 0 and
 * tunnel 0 are none. All is reserved for the limit at once and costs memory only once touched.
 *
 * Invariants: an entry is either in the chain of its hash and in the list of its tunnel, or free.
 */
import { randomInt } from 'node:crypto';

export const KEY_WORDS = 10;
/** Keys that one tunnel is known by: the last handshakes' indexes, both ways. */
export const KEYS_LIMIT = 8;

const CHAINS = 1 << 17;

export class TunnelKeys {
  /** The key that calls are about. */
  readonly key = new Int32Array(KEY_WORDS);

  private readonly words: Int32Array;
  private readonly holder: Int32Array;
  /** The next entry of the chain, or of the free ones. */
  private readonly next: Int32Array;
  private readonly older: Int32Array;
  private readonly newer: Int32Array;
  private readonly chains = new Int32Array(CHAINS);
  /** By tunnel. */
  private readonly oldest: Int32Array;
  private readonly newest: Int32Array;
  private readonly count: Uint8Array;
  private readonly seed = randomInt(0x7fffffff);
  private used = 1;
  private free = 0;

  /** Tunnels have numbers from 1 to `tunnelLimit`. */
  constructor(tunnelLimit: number) {
    const entries = tunnelLimit * (KEYS_LIMIT + 1) + 1;
    this.words = new Int32Array(entries * KEY_WORDS);
    this.holder = new Int32Array(entries);
    this.next = new Int32Array(entries);
    this.older = new Int32Array(entries);
    this.newer = new Int32Array(entries);
    this.oldest = new Int32Array(tunnelLimit + 1);
    this.newest = new Int32Array(tunnelLimit + 1);
    this.count = new Uint8Array(tunnelLimit + 1);
  }

  /** The tunnel that holds the key; 0 for none. */
  get tunnel(): number {
    return this.holder[this.find()]!;
  }

  /** Gives the key to a tunnel, as its newest unless it holds it already. */
  give(tunnel: number): void {
    let entry = this.find();
    if (entry === 0) entry = this.add();
    else if (this.holder[entry] === tunnel) return;
    else this.unlist(entry);
    this.list(entry, tunnel);
    if (this.count[tunnel]! > KEYS_LIMIT) this.remove(this.oldest[tunnel]!);
  }

  /** Forgets all keys of a tunnel. */
  forget(tunnel: number): void {
    while (this.oldest[tunnel] !== 0) this.remove(this.oldest[tunnel]!);
  }

  private find(): number {
    const { key, words, next } = this;
    let entry = this.chains[hashOf(key, 0, this.seed)]!;
    while (entry !== 0) {
      let word = 0;
      while (word < KEY_WORDS && words[entry * KEY_WORDS + word] === key[word]) word++;
      if (word === KEY_WORDS) break;
      entry = next[entry]!;
    }
    return entry;
  }

  /** An entry for the key, in its chain and in no list. */
  private add(): number {
    let entry = this.free;
    if (entry === 0) entry = this.used++;
    else this.free = this.next[entry]!;
    this.words.set(this.key, entry * KEY_WORDS);
    const chain = hashOf(this.key, 0, this.seed);
    this.next[entry] = this.chains[chain]!;
    this.chains[chain] = entry;
    return entry;
  }

  private remove(entry: number): void {
    this.unlist(entry);
    this.holder[entry] = 0;
    const chain = hashOf(this.words, entry * KEY_WORDS, this.seed);
    if (this.chains[chain] === entry) {
      this.chains[chain] = this.next[entry]!;
    } else {
      let before = this.chains[chain]!;
      while (this.next[before] !== entry) before = this.next[before]!;
      this.next[before] = this.next[entry]!;
    }
    this.next[entry] = this.free;
    this.free = entry;
  }

  private list(entry: number, tunnel: number): void {
    const last = this.newest[tunnel]!;
    this.holder[entry] = tunnel;
    this.older[entry] = last;
    this.newer[entry] = 0;
    if (last === 0) this.oldest[tunnel] = entry;
    else this.newer[last] = entry;
    this.newest[tunnel] = entry;
    this.count[tunnel]!++;
  }

  private unlist(entry: number): void {
    const tunnel = this.holder[entry]!;
    const older = this.older[entry]!;
    const newer = this.newer[entry]!;
    if (older === 0) this.oldest[tunnel] = newer;
    else this.newer[older] = newer;
    if (newer === 0) this.newest[tunnel] = older;
    else this.older[newer] = older;
    this.count[tunnel]!--;
  }
}

/** Chain of the key at a place: each word multiplied in, as in MurmurHash3. */
function hashOf(words: Int32Array, at: number, seed: number): number {
  let hash = seed;
  for (let word = 0; word < KEY_WORDS; word++) {
    let k = Math.imul(words[at + word]!, 0xcc9e2d51);
    k = (k << 15) | (k >>> 17);
    hash ^= Math.imul(k, 0x1b873593);
    hash = (Math.imul((hash << 13) | (hash >>> 19), 5) + 0xe6546b64) | 0;
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) & (CHAINS - 1);
}
