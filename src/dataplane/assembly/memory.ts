/**
 * Linear memory: how bytes of packets are read, and how a structure gets its memory.
 *
 * Addresses are `usize`, lengths and counts `i32`. The accessors check nothing: a wire file's check, or a length that
 * the caller has compared, comes before them. A region is memory of one structure, between two guards of a pattern that
 * nothing writes to. The debug build checks that every load, store, copy and fill stays within one region
 * (checked-memory), and tests check the guards of both.
 *
 * Regions are taken when a dataplane is made, or when a structure grows, and are never given back: a dataplane lives as
 * long as its memory. What is reserved costs memory only once it is touched.
 */
import { checkRange, enterPacket, regionTaken } from './debug-host';
import { heapStart } from './heap-host';

/** A cache line: regions begin on one. */
const LINE: usize = 64;

/** The memory of the instances before this one, passed over before anything is made. */
export const passedOver: usize = heap.alloc(max(heapStart, __heap_base + LINE) - __heap_base);
/** This instance takes no region beyond. */
let heapEnd: usize = usize.MAX_VALUE;

/** The byte at `at`. */
export function byteAt(at: usize): u32 {
  return load<u8>(at);
}

/** Numbers in network order, unless the name ends in `le`. */
export function u16be(at: usize): u32 {
  return <u32>bswap<u16>(load<u16>(at));
}

export function u24be(at: usize): u32 {
  return ((<u32>load<u8>(at)) << 16) | u16be(at + 1);
}

export function u32be(at: usize): u32 {
  return bswap<u32>(load<u32>(at));
}

export function u16le(at: usize): u32 {
  return load<u16>(at);
}

export function u32le(at: usize): u32 {
  return load<u32>(at);
}

/** True when the `length` bytes from `at` are all zero. */
export function isZero(at: usize, length: i32): bool {
  for (let i = 0; i < length; i++) {
    if (byteAt(at + i) != 0) return false;
  }
  return true;
}

/** True when the `length` bytes at `at` are the prefix or, where fewer are there, begin it. */
export function begins(at: usize, length: i32, prefix: usize, prefixLength: i32): bool {
  const known = min(length, prefixLength);
  for (let i = 0; i < known; i++) {
    if (byteAt(at + i) != byteAt(prefix + i)) return false;
  }
  return true;
}

/** Copies `length` bytes; the two ranges may overlap. Each lies within one region, which the debug build checks. */
export function copyBytes(to: usize, from: usize, length: i32): void {
  if (DEBUG) {
    checkRange(to, length);
    checkRange(from, length);
  }
  memory.copy(to, from, <usize>length);
}

export function zeroBytes(at: usize, length: i32): void {
  if (DEBUG) checkRange(at, length);
  memory.fill(at, 0, <usize>length);
}

/** Says which packet the code reads from now on; `leavePacket` says that it is done. */
export function readPacket(at: usize, end: usize): void {
  if (DEBUG) enterPacket(at, end);
}

export function leavePacket(): void {
  if (DEBUG) enterPacket(0, 0);
}

/** Bytes of the pattern before and after each region. */
const GUARD_LENGTH: usize = 64;
const GUARD: u64 = 0x5a5a_a5a5_5a5a_a5a5;
/** Regions that a dataplane may take. */
const REGION_LIMIT: i32 = 4096;

/** Address and length of each region, in the order in which they were taken. */
export const regions: StaticArray<usize> = new StaticArray<usize>(REGION_LIMIT * 2);
export let regionCount: i32 = 0;

/**
 * Zeroed memory of `length` bytes for one structure, on a cache line of its own; traps where the machine has no more.
 */
export function takeRegion(length: usize): usize {
  if (regionCount == REGION_LIMIT) unreachable();
  const raw = heap.alloc(length + 2 * GUARD_LENGTH + 2 * LINE);
  const at = (raw + GUARD_LENGTH + LINE - 1) & ~(LINE - 1);
  if (guardAfter(at, length) + GUARD_LENGTH > heapEnd) unreachable();
  for (let i: usize = 0; i < GUARD_LENGTH; i += 8) {
    store<u64>(at - GUARD_LENGTH + i, GUARD);
    store<u64>(guardAfter(at, length) + i, GUARD);
  }
  regions[2 * regionCount] = at;
  regions[2 * regionCount + 1] = length;
  regionCount++;
  if (DEBUG) regionTaken(at, length);
  return at;
}

/**
 * Leaves the memory beyond what this instance has, and `spare` bytes more, to other instances: where theirs may begin.
 * A region that would be longer traps.
 */
export function leaveMemory(spare: usize): usize {
  heapEnd = (heap.alloc(LINE) + spare + LINE - 1) & ~(LINE - 1);
  return heapEnd;
}

/** Address of the regions' addresses and lengths, two words each, and how many there are: for a checkpoint. */
export function regionsAt(): usize {
  return changetype<usize>(regions);
}

export function regionsTaken(): i32 {
  return regionCount;
}

/** The number of the first region whose guards something has written to, -1 for none. */
export function brokenGuard(): i32 {
  for (let region = 0; region < regionCount; region++) {
    const at = regions[2 * region];
    const after = guardAfter(at, regions[2 * region + 1]);
    for (let i: usize = 0; i < GUARD_LENGTH; i += 8) {
      if (load<u64>(at - GUARD_LENGTH + i) != GUARD || load<u64>(after + i) != GUARD) return region;
    }
  }
  return -1;
}

/** The guard behind a region begins at the next multiple of eight, so that it can be read by words. */
function guardAfter(at: usize, length: usize): usize {
  return (at + length + 7) & ~7;
}
