/**
 * QUIC, of which there are more flows than of all VPNs, and which is none of them: known so that nobody looks for one in its packets any
 * longer. Layout: dataplane/wire/quic.ts.
 *
 * Proven by an echo: a long header goes to the connection id that the other side's long header came from, in the same version.
 * A long header alone proves nothing, as disguises of VPNs begin with one that gets no answer; nor do ids of few bytes or none.
 *
 * What is kept of a header until its answer comes is a mark, a number of MARK_BITS bits: the direction and a hash of version and id.
 */
import {
  checkLongHeader,
  destinationIdAt,
  destinationIdLength,
  quicVersion,
  sourceIdAt,
  sourceIdLength,
} from '../wire/quic.ts';
import type { Payload } from './payload.ts';

export const MARK_BITS = 24;
export const NO_MARK = 0;

/** Shorter ids are met by chance. */
const SHORTEST_ID = 4;

export function hasLongHeader({ data, at, captured }: Payload): boolean {
  return checkLongHeader(data, at, at + captured);
}

/** Mark of the packet's sender, of a packet that has a long header. */
export function sourceMark({ data, at, direction }: Payload): number {
  return markOf(data, quicVersion(data, at), sourceIdAt(data, at), sourceIdLength(data, at), direction);
}

/** The mark that the receiver's own packets have, if it has sent any. */
export function destinationMark({ data, at, direction }: Payload): number {
  return markOf(data, quicVersion(data, at), destinationIdAt(at), destinationIdLength(data, at), 1 - direction);
}

/** Direction in bit 0, a one in bit 1, FNV-1a above. */
function markOf(data: DataView, version: number, id: number, length: number, direction: number): number {
  if (length < SHORTEST_ID) return NO_MARK;
  let hash = 0x811c9dc5 ^ version;
  for (let i = id; i < id + length; i++) hash = Math.imul(hash ^ data.getUint8(i), 0x01000193);
  hash ^= hash >>> 16;
  return (hash & ((1 << MARK_BITS) - 4)) | 2 | direction;
}
