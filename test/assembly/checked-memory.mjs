/**
 * What the debug build of the dataplane calls before each load and store: throws where an access does not lie within one region, or
 * reads the block of packets outside the packet at hand.
 *
 * Static data and objects lie below the first region and are one range: only what is taken by `takeRegion` has bounds of its own.
 */
/** Bytes of a guard. */
const GUARD = 64;

/** What a debug build imports, for one instance; `counts.reads` counts what it reads of packets. */
export function checkedMemory(counts = { reads: 0 }) {
  /** `at` and `end` of each. */
  const regions = [];
  let packet = { at: 0, end: 0 };
  let last = packet;

  const regionOf = (at) => {
    if (at >= last.at && at < last.end) return last;
    const found = regions.find((region) => at >= region.at && at < region.end);
    if (found !== undefined) last = found;
    return found;
  };

  const check = (at, length, what) => {
    if (regions.length === 0 || at < regions[0].at - GUARD) return;
    const region = regionOf(at);
    // Objects may lie between regions that were taken one after the other.
    if (region === undefined && !touchesGuard(at, length)) return;
    if (region === undefined || at + length > region.end)
      throw new RangeError(`${what} of ${length} bytes at ${at} leaves its region`);
    if (packet.end === 0 || packet.at < region.at || packet.at >= region.end) return;
    counts.reads++;
    if (at < packet.at || at + length > packet.end)
      throw new RangeError(`${what} of ${length} bytes at ${at} leaves the packet [${packet.at}, ${packet.end})`);
  };

  const touchesGuard = (at, length) =>
    regions.some((region) => at + length > region.at - GUARD && at < ((region.end + 7) & ~7) + GUARD);

  const pointer = (what) => (_id, bytes, offset, at) => {
    check((at >>> 0) + (offset >>> 0), bytes, what);
    return at;
  };
  const value = (_id, it) => it;

  const access = {
    load_ptr: pointer('a load'),
    store_ptr: pointer('a store'),
    memory_grow_pre: value,
    memory_grow_post: value,
  };
  for (const type of ['i32', 'i64', 'f32', 'f64']) {
    access[`load_val_${type}`] = value;
    access[`store_val_${type}`] = value;
  }
  const host = {
    checkRange: (at, length) => {
      if (length > 0) check(at >>> 0, length, 'a copy or fill');
    },
    regionTaken: (at, length) => {
      regions.push({ at: at >>> 0, end: (at >>> 0) + (length >>> 0) });
    },
    enterPacket: (at, end) => {
      packet = { at: at >>> 0, end: end >>> 0 };
    },
  };
  return { env: access, 'debug-host': host };
}
