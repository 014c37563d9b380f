/**
 * The key of a packet's flow, direction-less, and its hash. A key is the two ends in order, the transport, and the domain of the
 * wrapping; see flow-table.
 */
import { IPV4_MARK } from '../core/ip-address.ts';
import type { PacketView } from '../wire/packet-view.ts';

/** Sets which end a packet comes from, and the hash of its flow's key. */
export function hashKey(view: PacketView, seed: number): void {
  const high = isFromHigherEnd(view);
  view.isFromHigh = high;
  view.flowHash = hashOf(view, high, isWide(view), seed);
}

/** True when the source is the higher end: by address, by port where those are equal. */
function isFromHigherEnd(view: PacketView): boolean {
  if (view.source3 !== view.destination3) return view.source3 > view.destination3;
  if (view.source2 !== view.destination2) return view.source2 > view.destination2;
  if (view.source1 !== view.destination1) return view.source1 > view.destination1;
  if (view.source0 !== view.destination0) return view.source0 > view.destination0;
  return view.sourcePort > view.destinationPort;
}

export function portsOf(view: PacketView, high: boolean): number {
  return high ? (view.destinationPort << 16) | view.sourcePort : (view.sourcePort << 16) | view.destinationPort;
}

/** True unless both addresses are IPv4. */
export function isWide(view: PacketView): boolean {
  return (
    (view.source0 | view.source1 | view.destination0 | view.destination1) !== 0 ||
    view.source2 !== IPV4_MARK ||
    view.destination2 !== IPV4_MARK
  );
}

/** Hash of a packet's key, the same for both directions; must agree with `rehash` of the table. */
function hashOf(view: PacketView, high: boolean, wide: boolean, seed: number): number {
  let hash = mixWord(seed, high ? view.destination3 : view.source3);
  hash = mixWord(hash, high ? view.source3 : view.destination3);
  if (wide) {
    if (high) {
      hash = mixWord(mixWord(mixWord(hash, view.destination0), view.destination1), view.destination2);
      hash = mixWord(mixWord(mixWord(hash, view.source0), view.source1), view.source2);
    } else {
      hash = mixWord(mixWord(mixWord(hash, view.source0), view.source1), view.source2);
      hash = mixWord(mixWord(mixWord(hash, view.destination0), view.destination1), view.destination2);
    }
  }
  hash = mixWord(hash, portsOf(view, high));
  return finishHash(mixWord(hash, view.domain ^ view.transport));
}

/** Murmur3's round and finish (Austin Appleby, public domain). */
export function mixWord(hash: number, word: number): number {
  let k = Math.imul(word, 0xcc9e2d51);
  k = (k << 15) | (k >>> 17);
  const h = hash ^ Math.imul(k, 0x1b873593);
  return (Math.imul((h << 13) | (h >>> 19), 5) + 0xe6546b64) | 0;
}

export function finishHash(hash: number): number {
  let h = hash ^ (hash >>> 16);
  h = Math.imul(h, 0x85ebca6b);
  h ^= h >>> 13;
  h = Math.imul(h, 0xc2b2ae35);
  return h ^ (h >>> 16);
}
