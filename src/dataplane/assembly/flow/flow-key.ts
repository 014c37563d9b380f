/**
 * The key of a packet's flow, which both directions share, and its hash. A key is the two ends in order, the transport,
 * and the domain of the encapsulation; see flow-table.
 *
 * The hash must be cheap, and must hold against senders who choose addresses and ports to make one chain of many flows.
 * So each word of a key is multiplied by a secret odd number of its own: of two words that differ, only the differences
 * of their highest bits survive that unchanged, and each product is turned by another angle, so that these cannot
 * cancel each other out. The products do not wait for one another, which is why this takes less time than mixing word
 * after word.
 */
import { PacketView } from '../wire/packet-view';

/** What a table's hashes are made with: a secret. */
@final
export class HashKeys {
  readonly offset: u32;
  readonly factor0: u32;
  readonly factor1: u32;
  readonly factor2: u32;
  readonly factor3: u32;

  /** Tables of the same seed have the same hashes. */
  constructor(seed: u32) {
    this.offset = finishHash(seed);
    this.factor0 = finishHash(seed ^ 0x3c6ef372) | 1;
    this.factor1 = finishHash(seed ^ 0x78dde6e4) | 1;
    this.factor2 = finishHash(seed ^ 0x2a54ff53) | 1;
    this.factor3 = finishHash(seed ^ 0x510e527f) | 1;
  }
}

/**
 * Puts a packet's ends in order, and sets the hash of its flow's key. Where the flow is stays open until the table's
 * prefetch.
 */
export function hashKey(view: PacketView, keys: HashKeys): void {
  const high = view.source3 == view.destination3 ? highOfRest(view) : highOf(<i32>view.source3, <i32>view.destination3);
  order(view, high);
  view.prefetchedSlot = 0;
  const kind: u32 = view.domain ^ (<u32>view.transport);
  view.flowHash = view.isIpv6
    ? hashWide(view, keys, high, kind)
    : hashWords(keys, view.lowWord, view.highWord, view.keyPorts, kind);
}

/**
 * Sets the direction from `high`, all ones where the source is the higher end, and puts the words of the key in order:
 * by arithmetic, because a branch on what is as good as random would be predicted wrongly every other time.
 */
function order(view: PacketView, high: u32): void {
  const swap: u32 = (view.source3 ^ view.destination3) & high;
  const sourcePort: u32 = view.sourcePort;
  const destinationPort: u32 = view.destinationPort;
  const swapPorts: u32 = (sourcePort ^ destinationPort) & high;
  view.direction = <u8>(high & 1);
  view.lowWord = view.source3 ^ swap;
  view.highWord = view.destination3 ^ swap;
  view.keyPorts = ((sourcePort ^ swapPorts) << 16) | (destinationPort ^ swapPorts);
}

/** All ones where `source` is the greater of two signed words, else 0. */
function highOf(source: i32, destination: i32): u32 {
  return 0 - <u32>(source > destination);
}

/** The same for packets whose addresses end in the same word: by the words before, by port where all are equal. */
function highOfRest(view: PacketView): u32 {
  if (view.source2 != view.destination2) return highOf(<i32>view.source2, <i32>view.destination2);
  if (view.source1 != view.destination1) return highOf(<i32>view.source1, <i32>view.destination1);
  if (view.source0 != view.destination0) return highOf(<i32>view.source0, <i32>view.destination0);
  return highOf(view.sourcePort, view.destinationPort);
}

function hashWide(view: PacketView, keys: HashKeys, high: u32, kind: u32): u32 {
  const source = hashWords(keys, view.source0, view.source1, view.source2, view.source3);
  const destination = hashWords(keys, view.destination0, view.destination1, view.destination2, view.destination3);
  const swap: u32 = (source ^ destination) & high;
  return hashWords(keys, source ^ swap, destination ^ swap, view.keyPorts, kind);
}

/**
 * Hash of an IPv6 address; and of a key: its addresses (of IPv6 ones their hashes), its ports, and its domain with the
 * transport.
 */
export function hashWords(keys: HashKeys, word0: u32, word1: u32, word2: u32, word3: u32): u32 {
  return finishHash(
    keys.offset ^
      (word0 * keys.factor0) ^
      rotl<u32>(word1 * keys.factor1, 8) ^
      rotl<u32>(word2 * keys.factor2, 16) ^
      rotl<u32>(word3 * keys.factor3, 24),
  );
}

/** Murmur3's finish (Austin Appleby, public domain). */
function finishHash(hash: u32): u32 {
  let h = hash ^ (hash >> 16);
  h *= 0x85ebca6b;
  h ^= h >> 13;
  h *= 0xc2b2ae35;
  return h ^ (h >> 16);
}
