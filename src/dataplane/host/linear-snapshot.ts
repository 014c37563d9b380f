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

/** The memory of an instance that has started, from `start` to the end of its last region. */
export interface InstanceMemory {
  /** The instance itself, or another one in its memory. */
  readonly dataplane: LinearDataplane;
  readonly start: number;
  /** Its regions, in the order in which it has taken them. */
  readonly regions: () => readonly Range[];
  /** Makes it take another region. */
  readonly take: (length: number) => void;
}

/** The memory of an instance that has all of it. */
export function memoryOf(dataplane: LinearDataplane): InstanceMemory {
  const { exports } = dataplane;
  return {
    dataplane,
    start: 0,
    regions: () => regionsAt(dataplane, address(exports.regionsAt()), exports.regionsTaken()),
    take: (length) => exports.takeRegion(length),
  };
}

/** Copies linear memory except for the regions at `left`, or puts a copy back into an instance that has started. */
export function snapshotMemory(walk: Snapshot, instance: InstanceMemory, left: readonly number[]): void {
  const { dataplane } = instance;
  const regions = walk.data(instance.regions());
  if (walk.isRestoring) takeRegions(instance, regions);
  const kept = keptRanges(instance, left);
  const used = walk.data(walk.isRestoring ? [] : kept.flatMap((range) => usedIn(dataplane, range)));
  const { buffer } = dataplane.memory;
  if (walk.isRestoring) for (const { at, length } of kept) new Uint8Array(buffer, at, length).fill(0);
  for (const { at, length } of used) walk.fixed(new Uint8Array(buffer, at, length));
}

interface KeptRange extends Range {
  /** A region, whose untouched pages are left out. */
  readonly isRegion: boolean;
}

/** All of an instance's memory without the regions at `left`, in order. */
function keptRanges({ start, regions }: InstanceMemory, left: readonly number[]): KeptRange[] {
  const kept: KeptRange[] = [];
  let end = start;
  for (const { at, length } of regions()) {
    // Between regions are guards and objects of the program.
    if (at > end) kept.push({ at: end, length: at - end, isRegion: false });
    if (!left.includes(at)) kept.push({ at, length, isRegion: true });
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

/** The regions that an instance has listed at an address of its memory. */
export function regionsAt({ memory }: LinearDataplane, at: number, count: number): Range[] {
  const words = new Uint32Array(memory.buffer, at, 2 * count);
  return Array.from({ length: count }, (_, region) => ({ at: words[2 * region]!, length: words[2 * region + 1]! }));
}

/**
 * Takes the regions that the copied instance had taken beyond those that this one has. Throws where they are others.
 */
function takeRegions({ regions, take }: InstanceMemory, copied: readonly Range[]): void {
  const { length: taken } = regions();
  for (const { length } of copied.slice(taken)) take(length);
  const own = regions();
  const isSame = own.length === copied.length && own.every((region, place) => isEqual(region, copied[place]!));
  if (!isSame) throw new RangeError('its dataplane has other regions');
}

function isEqual(one: Range, other: Range): boolean {
  return one.at === other.at && one.length === other.length;
}
