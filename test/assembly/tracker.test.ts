/**
 * The compiled tracker, fed whole batches and pieces of them, over committed captures, the public and the field captures where they are
 * beside the checkout, and generated mixes: neither pieces nor the build nor the hashes' seed change an event or a counter.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { ROOT } from '../kit/committed-captures.ts';
import { SeededRandom } from '../kit/random.mjs';
import { TrackerPair, type Options } from './tracker-pair.ts';
import type { Build } from './compiled.ts';

const SEED = 20261130;
/** Room for all flows; so little that flows are evicted all the time; events read after each group, and each that left some. */
const WAYS: readonly Omit<Options, 'build'>[] = [
  { capacity: 100_000, seed: 77, hasDomain: true, stopsAtEvents: true },
  { capacity: 40, seed: 78, hasDomain: false, stopsAtEvents: false },
  { capacity: 500, seed: 79, hasDomain: true, stopsAtEvents: true },
];

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-both-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const batch = new PacketBatch();

interface Disturbance {
  /** Packet times jump now and then: hours ahead, or back. */
  readonly jumps?: boolean;
}

/** Runs captures through pairs of trackers, each as a capture of its own. */
async function run(
  pairs: readonly TrackerPair[],
  random: SeededRandom,
  paths: readonly string[],
  { jumps = false }: Disturbance = {},
): Promise<void> {
  for (const path of paths) {
    for (const both of pairs) both.begin(random.chance(0.3));
    const capture = openCapture(path);
    try {
      while (await capture.read(batch)) {
        if (jumps) jump(random);
        for (const both of pairs) {
          if (random.chance(0.05)) both.clockWasSet(random.between(-4e9, 4e9));
          if (random.chance(0.1)) both.setQuiet(batch.timeUs[0]!, batch.timeUs[random.below(batch.count)]!);
          both.track(batch);
        }
      }
      for (const both of pairs) both.finish();
    } catch (error) {
      throw new Error(`${path}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
    } finally {
      await capture.close();
    }
  }
}

/** Moves the times of the batch: from some packets on by minutes or hours, and a few packets alone. */
function jump(random: SeededRandom): void {
  let shift = 0;
  for (let row = 0; row < batch.count; row++) {
    if (random.chance(0.003)) shift += random.pick([1e6, 3e7, 13e7, 4e9, -2e7, -1e9]) * random.share();
    const alone = random.chance(0.002) ? random.between(-1e8, 1e8) : 0;
    batch.timeUs[row] = Math.max(0, batch.timeUs[row]! + shift + alone);
  }
}

async function captures(path: string): Promise<string[]> {
  const resolved = resolve(ROOT, path);
  return existsSync(resolved) ? [...(await listCaptures([resolved])).paths] : [];
}

function generated(name: string, ...options: string[]): string {
  const path = join(folder, `${name}.pcap`);
  if (!existsSync(path)) execFileSync(process.execPath, ['bench/generate/main.mjs', ...options, path], { cwd: ROOT });
  return path;
}

const MIX = ['--kind', 'realistic', '--packets', '20000', '--flows', '2000', '--concurrent', '500'];
const MIXES: readonly (readonly [string, readonly string[]])[] = [
  ['realistic', [...MIX, '--rate', '700', '--vpn-share', '0.3']],
  ['all-vpn', ['--kind', 'all-vpn', '--packets', '8000']],
  ['undecided', ['--kind', 'undecided', '--packets', '8000']],
  ['new-flows', ['--kind', 'new-flows', '--packets', '8000']],
  ['active', ['--kind', 'active', '--packets', '8000']],
];

describe('a tracker says the same of whole batches and of pieces', () => {
  let random: SeededRandom;
  let pairs: TrackerPair[];
  const make = async (build: Build, ways: typeof WAYS): Promise<void> => {
    random = new SeededRandom(SEED);
    pairs = [];
    for (const way of ways) pairs.push(await TrackerPair.make({ ...way, build }, random));
  };

  it('over all captures', async () => {
    await make('release', WAYS);
    await run(pairs, random, await captures('captures'));
    for (const both of pairs) expect(both.eventCount).toBeGreaterThan(10_000);
    await run(pairs, random, await captures('../shared/cases/field'));
    await run(pairs, random, await captures('../shared/corpus/captures'));
    for (const both of pairs) expect(both.hasWholeGuards).toBe(true);
  }, 240_000);

  it('over generated mixes, with times that jump', async () => {
    await make('release', WAYS);
    for (const [name, flags] of MIXES) {
      const path = generated(name, ...flags);
      await run(pairs, random, [path]);
      await run(pairs, random, [path], { jumps: true });
    }
    for (const both of pairs) {
      expect(both.eventCount).toBeGreaterThan(20_000);
      expect(both.hasWholeGuards).toBe(true);
    }
  }, 240_000);

  it('in the debug build, which checks each access, over some of both', async () => {
    await make('debug', WAYS.slice(1, 2));
    const committed = await captures('captures');
    await run(
      pairs,
      random,
      committed.filter(() => random.chance(0.1)),
    );
    const small = generated('small', ...MIX, '--packets', '3000', '--flows', '300');
    await run(pairs, random, [small, ...(await captures('../shared/cases/field'))], { jumps: true });
    expect(pairs[0]!.eventCount).toBeGreaterThan(1000);
  }, 240_000);
});
