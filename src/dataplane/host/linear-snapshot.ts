/**
 * Linear memory as part of a checkpoint. All state of the compiled dataplane is in it, and nothing in globals but what
 * the order of regions gives again (dataplane/assembly/memory): a fresh dataplane of the same size takes the same
 * regions in the same order, which have the same addresses then, and gets the bytes of the copy.
 *
 * Memory of regions that was never touched is zero, and left out, so a copy is as large as the flows are many, not as
 * they may be.
 */
import type { Snapshot } from '../../core/snapshot.ts';
import { address, type LinearDataplane } from './linear-dataplane.ts';

/** A range of bytes. */
interface Range {
  readonly at: number;
  readonly length: number;
}

/** Copies linear memory except for the ranges `left`, or puts a copy back into a dataplane that has started. */
export function snapshotMemory(walk: Snapshot, dataplane: LinearDataplane, left: readonly Range[]): void {
  const regions = walk.data(regionsOf(dataplane));
  if (walk.isRestoring) takeRegions(dataplane, regions);
  const kept = keptRanges(dataplane, left);
  const used = walk.data(walk.isRestoring ? [] : kept.flatMap((range) => usedIn(dataplane, range)));
  const { buffer } = dataplane.memory;
  if (walk.isRestoring) for (const { at, length } of kept) new Uint8Array(buffer, at, length).fill(0);
  for (const { at, length } of used) walk.fixed(new Uint8Array(buffer, at, length));
}

interface KeptRange extends Range {
  /** A region, whose untouched pages are left out. */
  readonly isRegion: boolean;
}

/** All of memory without the ranges `left`, in order. */
function keptRanges(dataplane: LinearDataplane, left: readonly Range[]): KeptRange[] {
  const kept: KeptRange[] = [];
  const regions = regionsOf(dataplane);
  let end = 0;
  for (const { at, length } of regions) {
    // Between regions are guards and objects of the program.
    if (at > end) kept.push({ at: end, length: at - end, isRegion: false });
    if (!left.some((range) => range.at === at)) kept.push({ at, length, isRegion: true });
    end = at + length;
  }
  return kept;
}

function usedIn({ exports }: LinearDataplane, { at, length, isRegion }: KeptRange): Range[] {
  if (!isRegion) return [{ at, length }];
  const ranges: Range[] = [];
  const limit = at + length;
  for (let from = address(exports.nextUsed(at, limit)); from < limit;) {
    const to = address(exports.nextUnused(from, limit));
    ranges.push({ at: from, length: to - from });
    from = address(exports.nextUsed(to, limit));
  }
  return ranges;
}

function regionsOf({ exports, memory }: LinearDataplane): Range[] {
  const count = exports.regionsTaken();
  const words = new Uint32Array(memory.buffer, address(exports.regionsAt()), 2 * count);
  return Array.from({ length: count }, (_, region) => ({ at: words[2 * region]!, length: words[2 * region + 1]! }));
}

/**
 * Takes the regions that the copied dataplane had taken beyond those that this one has. Throws where they are others.
 */
function takeRegions(dataplane: LinearDataplane, copied: readonly Range[]): void {
  const { length: taken } = regionsOf(dataplane);
  for (const { length } of copied.slice(taken)) dataplane.exports.takeRegion(length);
  const own = regionsOf(dataplane);
  const isSame = own.length === copied.length && own.every((region, place) => isEqual(region, copied[place]!));
  if (!isSame) throw new RangeError('its dataplane has other regions');
}

function isEqual(one: Range, other: Range): boolean {
  return one.at === other.at && one.length === other.length;
}
