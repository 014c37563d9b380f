/**
 * Input number `index` of a run: a function of the seed, the index and the committed captures, so that every input can be made
 * again. Mostly frames of one or two captures, damaged and written again; else a capture file damaged as it is.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compress, writeContainer } from './container.mjs';
import { damageContainer } from './damage-container.mjs';
import { damageSequence, MOST_FRAMES } from './damage-sequence.mjs';
import { InputRandom } from './random.mjs';
import { readFrames } from './sluice.mjs';

export const CAPTURES = fileURLToPath(new URL('../../captures/', import.meta.url));
const FOLDERS = ['wireguard', 'openvpn', 'ipsec', 'negative', 'encapsulation', 'condition'];
const MOST_OCTETS = 60_000;
/** Frames taken of a capture. */
const WINDOW = 60;

/** The committed captures: `{name, bytes, frames}`, in the order of their names. */
export async function loadSeeds() {
  const seeds = [];
  for (const folder of FOLDERS) {
    for (const name of readdirSync(join(CAPTURES, folder)).sort()) {
      if (!/\.(pcap|pcapng|gz|zst)$/.test(name)) continue;
      const bytes = readFileSync(join(CAPTURES, folder, name));
      seeds.push({ name: `${folder}/${name}`, bytes, frames: await readFrames(bytes) });
    }
  }
  return seeds;
}

function windowOf(frames, random) {
  const count = random.between(1, WINDOW);
  const at = random.chance(0.5) ? 0 : random.below(Math.max(1, frames.length - count + 1));
  return frames.slice(at, at + count);
}

/** Two sessions as one: one behind the other, or packet by packet. */
function spliced(first, second, random) {
  if (random.chance(0.3)) return [...first, ...second];
  const whole = [...first, ...second].map((frame, number) => ({ frame, number }));
  for (const entry of whole) entry.number = entry.number < first.length ? entry.number : entry.number - first.length;
  return whole.sort((a, b) => a.number - b.number).map(({ frame }) => frame);
}

/** Frames of random bytes, which no walk of headers has seen. */
function noise(random) {
  const link = random.pick([0, 1, 9, 50, 51, 101, 104, 105, 113, 127, 228, 229, 276]);
  return Array.from({ length: random.between(1, 40) }, (_, number) => {
    const bytes = random.bytes(random.below(200));
    if (bytes.length > 0 && random.chance(0.5)) bytes[0] = random.pick([0x45, 0x60, 0x46, 0x00]);
    return { time: BigInt(number) * 1000n, bytes, original: bytes.length, link };
  });
}

export function makeInput(seeds, seed, index) {
  const random = new InputRandom(seed, index);
  const { bytes, frames } = random.pick(seeds);
  const other = random.pick(seeds);
  let made;
  if (random.chance(0.12) && bytes.length < MOST_OCTETS) {
    made = damageContainer(bytes, random, other.bytes.subarray(0, 4096));
  } else {
    let chosen = random.chance(0.03) ? noise(random) : windowOf(frames, random);
    if (random.chance(0.25)) chosen = spliced(chosen, windowOf(other.frames, random), random).slice(0, MOST_FRAMES);
    made = writeContainer(damageSequence(chosen, random), random);
    if (random.chance(0.25)) made = damageContainer(made, random, other.bytes.subarray(0, 4096));
    if (random.chance(0.08)) {
      made = compress(made, random);
      if (random.chance(0.4)) made = damageContainer(made, random, other.bytes.subarray(0, 400));
    }
  }
  return made;
}
