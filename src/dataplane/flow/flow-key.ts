/**
 * The key of a packet's flow, direction-less, and its hash. A key is the two ends in order, the transport, and the domain of the
 * wrapping; see flow-table.
 *
 * The hash must be cheap, and must hold against senders who choose addresses and ports to make one chain of many flows. So each
 * word of a key is multiplied by a secret odd number of its own: of two words that differ, only the differences of their highest
 * bits survive that unchanged, and each product is turned by another angle, so that these cannot cancel each other out. The
 * products do not wait for one another, which is why this takes less time than mixing word after word.
 */
import { finishHash } from '../../core/hash.ts';
import type { PacketView } from '../wire/packet-view.ts';

/** What a table's hashes are made with: nobody outside may know it. */
export class HashKeys {
  readonly offset: number;
  readonly factor0: number;
  readonly factor1: number;
  readonly factor2: number;
  readonly factor3: number;

  /** Tables of the same seed hash alike. */
  constructor(seed: number) {
    this.offset = finishHash(seed);
    this.factor0 = finishHash(seed ^ 0x3c6ef372) | 1;
    this.factor1 = finishHash(seed ^ 0x78dde6e4) | 1;
    this.factor2 = finishHash(seed ^ 0x2a54ff53) | 1;
    this.factor3 = finishHash(seed ^ 0x510e527f) | 1;
  }
}

/** Puts a packet's ends in order, and sets the hash of its flow's key. Where the flow lies is open until the table looks ahead. */
export function hashKey(view: PacketView, keys: HashKeys): void {
  const high = view.source3 === view.destination3 ? highOfRest(view) : highOf(view.source3, view.destination3);
  view.order(high);
  view.prefetchedSlot = 0;
  view.flowHash = view.isWide
    ? hashWide(view, keys, high)
    : hashWords(keys, view.lowWord, view.highWord, view.keyPorts, view.domain ^ view.transport);
}

/** -1 where `source` is the greater of two signed words, else 0: the sign of their difference, mended where that runs over. */
function highOf(source: number, destination: number): number {
  const difference = (destination - source) | 0;
  return (difference ^ ((source ^ destination) & (difference ^ destination))) >> 31;
}

/** The same for packets whose addresses end in the same word: by the words before, by port where all are equal. */
function highOfRest(view: PacketView): number {
  if (view.source2 !== view.destination2) return highOf(view.source2, view.destination2);
  if (view.source1 !== view.destination1) return highOf(view.source1, view.destination1);
  if (view.source0 !== view.destination0) return highOf(view.source0, view.destination0);
  return highOf(view.sourcePort, view.destinationPort);
}

function hashWide(view: PacketView, keys: HashKeys, high: number): number {
  const source = hashWords(keys, view.source0, view.source1, view.source2, view.source3);
  const destination = hashWords(keys, view.destination0, view.destination1, view.destination2, view.destination3);
  const swap = (source ^ destination) & high;
  return hashWords(keys, source ^ swap, destination ^ swap, view.keyPorts, view.domain ^ view.transport);
}

/** Hash of an IPv6 address; and of a key: its addresses (of IPv6 ones their hashes), its ports, and its domain with the transport. */
export function hashWords(keys: HashKeys, word0: number, word1: number, word2: number, word3: number): number {
  const b = Math.imul(word1, keys.factor1);
  const c = Math.imul(word2, keys.factor2);
  const d = Math.imul(word3, keys.factor3);
  let hash = keys.offset ^ Math.imul(word0, keys.factor0);
  hash ^= ((b << 8) | (b >>> 24)) ^ ((c << 16) | (c >>> 16)) ^ ((d << 24) | (d >>> 8));
  return finishHash(hash);
}
