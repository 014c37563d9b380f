/** The order in which `sluice console` reads captures. */
import { writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { byFirstPacket } from '../../src/daemon/captures-order.ts';
import { buildPcap } from '../kit/pcap.mjs';
import { temporaryFolder } from '../kit/running-daemon.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

async function ordered(times: Readonly<Record<string, number | null>>): Promise<string[]> {
  const paths = Object.entries(times).map(([name, time]) => {
    const path = join(folder.path, name);
    const packets = time === null ? [] : [{ timeUs: time * 1e6, bytes: new Uint8Array(60) }];
    writeFileSync(path, buildPcap(packets));
    return path;
  });
  return (await byFirstPacket(paths)).map((path) => basename(path));
}

describe('captures', () => {
  it('are read in the order of their first packets', async () => {
    expect(await ordered({ late: 1_700_000_200, early: 1_700_000_000, between: 1_700_000_100 })).toEqual([
      'early',
      'between',
      'late',
    ]);
  });

  it('with a time that cannot be right come first, and those without a packet last', async () => {
    const times = { none: null, future: 4_200_000_000, right: 1_700_000_000, zero: 0 };
    expect(await ordered(times)).toEqual(['zero', 'future', 'right', 'none']);
  });
});
