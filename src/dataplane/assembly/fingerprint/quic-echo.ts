/**
 * QUIC, which has more flows than all VPNs together, and is none of them: once a flow is known to be QUIC its packets
 * are inspected no more. Layout: wire/quic.
 *
 * Proven by an echo: a long header goes to the connection id that the other side's long header came from, in the same
 * version. A long header alone proves nothing, as disguises of VPNs begin with one that gets no answer; nor do ids of
 * few bytes or none.
 *
 * What is kept of a header until its answer comes is a mark, a number of MARK_BITS bits: the direction and a hash of
 * version and id.
 */
import { byteAt } from '../memory';
import {
  checkLongHeader,
  destinationIdAt,
  destinationIdLength,
  quicVersion,
  sourceIdAt,
  sourceIdLength,
} from '../wire/quic';
import { Payload } from './payload';

export const MARK_BITS: i32 = 24;
export const NO_MARK: i32 = 0;

/** Shorter ids are met by chance. */
const SHORTEST_ID: i32 = 4;

const FNV_OFFSET: u32 = 0x811c9dc5;
const FNV_PRIME: u32 = 0x01000193;

export function hasLongHeader(payload: Payload): bool {
  return checkLongHeader(payload.at, payload.at + payload.captured);
}

/** Mark of the packet's sender, of a packet that has a long header. */
export function sourceMark(payload: Payload): i32 {
  const at = payload.at;
  return markOf(quicVersion(at), sourceIdAt(at), sourceIdLength(at), payload.direction);
}

/** The mark that the receiver's own packets have, if it has sent any. */
export function destinationMark(payload: Payload): i32 {
  const at = payload.at;
  return markOf(quicVersion(at), destinationIdAt(at), destinationIdLength(at), 1 - payload.direction);
}

/** Direction in bit 0, a one in bit 1, FNV-1a above. */
function markOf(version: u32, id: usize, length: i32, direction: i32): i32 {
  if (length < SHORTEST_ID) return NO_MARK;
  let hash = FNV_OFFSET ^ version;
  for (let i = 0; i < length; i++) hash = (hash ^ byteAt(id + i)) * FNV_PRIME;
  hash ^= hash >> 16;
  return (hash & ((1 << MARK_BITS) - 4)) | 2 | direction;
}
