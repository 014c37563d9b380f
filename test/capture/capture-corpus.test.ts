/** The public captures next to the checkout, if present: each is read to its end, with the same counts as capinfos. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { listCaptures } from '../../src/capture/input/list-captures.ts';
import { openCapture } from '../../src/capture/format/open-capture.ts';
import { PacketBatch } from '../../src/capture/packet-batch.ts';
import { CaptureFault } from '../../src/capture/packet-source.ts';
import type { CaptureEnd } from '../../src/capture/packet-source.ts';
import { installed } from '../kit/installed.ts';

const corpus = resolve(import.meta.dirname, '../../../shared/corpus/captures');
const present = existsSync(corpus);
if (!present) console.warn('../shared/corpus is not there: the tests over public captures are skipped');

interface Tally {
  packets: number;
  end: CaptureEnd;
}

async function tally(path: string, batch: PacketBatch): Promise<Tally> {
  const source = openCapture(path);
  let packets = 0;
  while (await source.read(batch)) packets += batch.count;
  await source.close();
  return { packets, end: source.end };
}

/** Packets of each file that capinfos can read, also up to a fault, and the files with a fault. */
function countWithCapinfos(paths: readonly string[]): { counts: Map<string, number>; faulty: Set<string> } {
  const counts = new Map<string, number>();
  const faulty = new Set<string>();
  for (let at = 0; at < paths.length; at += 400) {
    const run = spawnSync('capinfos', ['-T', '-r', '-M', '-c', ...paths.slice(at, at + 400)], {
      encoding: 'utf8',
      maxBuffer: 1 << 26,
    });
    for (const [, path, packets] of run.stdout.matchAll(/^(.+)\t(\d+)$/gm)) counts.set(path!, Number(packets));
    for (const [, path] of run.stderr.matchAll(/after reading \d+ packets from "(.+)"/g)) faulty.add(path!);
  }
  return { counts, faulty };
}

describe.skipIf(!present)('every public capture', () => {
  const batch = new PacketBatch();
  const tallies = new Map<string, Tally>();

  it('is found, and read to an end with a name', async () => {
    const { paths, problems } = await listCaptures([corpus]);
    expect(problems).toEqual([]);
    expect(paths.length).toBeGreaterThan(2500);
    for (const path of paths) tallies.set(path, await tally(path, batch));
    for (const { end } of tallies.values()) {
      if (end.fault !== CaptureFault.NONE) expect(end.message).toMatch(/ at byte \d+/);
    }
  });

  it.skipIf(!installed('capinfos'))('has the packets that capinfos counts, and its faults', () => {
    const paths = [...tallies.keys()];
    const { counts, faulty } = countWithCapinfos(paths);
    expect(counts.size).toBeGreaterThan(2500);
    const differing = paths.filter((path) => {
      const { packets, end } = tallies.get(path)!;
      if (!counts.has(path)) return false;
      return counts.get(path) !== packets || faulty.has(path) !== (end.fault !== CaptureFault.NONE);
    });
    expect(differing).toEqual([]);
  });
});
