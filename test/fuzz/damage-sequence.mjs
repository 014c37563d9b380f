/**
 * Damages to a sequence of frames: order, loss, repetition, times, link types, other flows, other captures' packets.
 * Each takes and returns a list of frames; a list never grows beyond MOST_FRAMES.
 */
import { damageFrame, spoof, turnRound } from './damage-frame.mjs';
import { fragment, segment } from './split.mjs';
import { wrap } from './wrap.mjs';

export const MOST_FRAMES = 160;

const LINK_TYPES = [0, 1, 9, 12, 14, 50, 51, 101, 104, 105, 108, 113, 127, 147, 228, 229, 276, 0xffff];
const SECOND = 1_000_000_000n;
/** Steps of the clock, seconds: within and beyond reordering, idle times, the timing wheel, and what the formats can say. */
const STEPS = [-4_000_000_000n, -86_400n, -61n, -1n, 0n, 1n, 11n, 121n, 3601n, 4097n, 86_400n, 2_000_000_000n];
const TIMES = [0n, 1n, 0x7fffffffn * SECOND, 0xffffffffn * SECOND, 0xffffffffffffffffn / 1000n];

function each(share, change) {
  return (frames, random) =>
    frames.flatMap((frame, number) => (random.chance(share) ? change(frame, random, number) : [frame]));
}

function some(change) {
  return (frames, random) => each(random.pick([0.05, 0.2, 1]), change)(frames, random);
}

function damageSome(frames, random) {
  const damaged = [...frames];
  for (let left = random.pick([1, 1, 2, 4, 16]); left > 0 && damaged.length > 0; left--) {
    const at = random.below(damaged.length);
    damaged[at] = damageFrame(damaged[at], random);
  }
  return damaged;
}

function shuffle(frames, random) {
  const shuffled = [...frames];
  const reach = random.pick([2, 8, frames.length]);
  for (let at = 0; at + 1 < shuffled.length; at++) {
    const other = Math.min(shuffled.length - 1, at + random.below(reach));
    [shuffled[at], shuffled[other]] = [shuffled[other], shuffled[at]];
  }
  return shuffled;
}

function shiftTimes(frames, random) {
  const at = random.below(frames.length + 1);
  const by = random.pick(STEPS) * SECOND;
  const every = random.chance(0.2);
  return frames.map((frame, number) => {
    const moved = every ? number % 2 === 1 : number >= at;
    const time = moved ? frame.time + by : frame.time;
    return { ...frame, time: time < 0n ? 0n : time };
  });
}

function setTimes(frames, random) {
  const time = random.pick(TIMES);
  const share = random.pick([0.1, 1]);
  return frames.map((frame) => (random.chance(share) ? { ...frame, time } : frame));
}

function cutAll(frames, random) {
  const length = random.pick([14, 34, 42, 60, 64, 68, 96, 128]);
  return frames.map((frame) => ({ ...frame, bytes: frame.bytes.subarray(0, length) }));
}

function lieAboutWire(frames, random) {
  return each(0.2, (frame) => [{ ...frame, original: random.pick([0, 1, 60, 65_535, 0x7fffffff, 0xffffffff]) }])(
    frames,
    random,
  );
}

function changeLink(frames, random) {
  const link = random.pick(LINK_TYPES);
  return random.chance(0.5)
    ? frames.map((frame) => ({ ...frame, link }))
    : each(0.1, (frame) => [{ ...frame, link }])(frames, random);
}

/** Many flows of a few packets: what fills and empties tables. */
function spread(frames, random) {
  const ways = random.pick([4, 40, 400]);
  const list = [];
  for (let number = 0; number < MOST_FRAMES && frames.length > 0; number++) {
    list.push(spoof(frames[number % frames.length], random.below(ways)));
  }
  return list;
}

const SEQUENCE_DAMAGES = [
  [8, damageSome],
  [2, some((frame, random, number) => [wrap(frame, number, random)])],
  [2, some((frame, random) => fragment(frame, random))],
  [2, some((frame, random) => segment(frame, random))],
  [1, each(0.1, (frame) => [frame, frame])],
  [1, each(0.1, () => [])],
  [1, each(0.3, (frame, random) => [turnRound(frame, random.chance(0.5))])],
  [1, each(1, (frame) => [frame, turnRound(frame, false)])],
  [1, shuffle],
  [1, shiftTimes],
  [1, setTimes],
  [1, cutAll],
  [1, lieAboutWire],
  [1, changeLink],
  [1, spread],
];
const WEIGHTED = SEQUENCE_DAMAGES.flatMap(([weight, damage]) => Array.from({ length: weight }, () => damage));

/** One to six damages, one after the other. */
export function damageSequence(frames, random) {
  let damaged = frames;
  for (let left = random.pick([0, 1, 1, 2, 3, 6]); left > 0; left--) {
    damaged = random.pick(WEIGHTED)(damaged, random).slice(0, MOST_FRAMES);
  }
  return damaged;
}
