/** A second reading of captures takes each packet to the flow that it had in the first. */
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { DEFAULT_LINK_IDENTITY } from '../../src/dataplane/host/link-identity.ts';
import { FlowWalk } from '../../src/pipeline/flow-walk.ts';
import { committedCaptures, ROOT } from '../kit/committed-captures.ts';
import { replayFiles } from './replayed.ts';

const paths = (await committedCaptures()).map((path) => resolve(ROOT, path));

interface FlowSizes {
  readonly flows: [number, number][];
  readonly packets: number;
}

/** Packets of each flow by the number of its first packet, and packets read. */
async function walked(files: readonly string[], maxFlows: number): Promise<FlowSizes> {
  const flows = new Map<number, number>();
  let waiting = 0;
  const walk = new FlowWalk({ maxFlows, linkIdentity: DEFAULT_LINK_IDENTITY });
  const packets = await walk.walk(files, {
    packet: (_batch, _row, _packet, _walk, first, waited) => {
      flows.set(first, (flows.get(first) ?? 0) + 1 + waited);
      waiting -= waited;
    },
    waits: () => waiting++,
  });
  expect(waiting).toBeGreaterThanOrEqual(0);
  return { flows: byNumber([...flows]), packets };
}

function byNumber(flows: [number, number][]): [number, number][] {
  return flows.sort((a, b) => a[0] - b[0]);
}

/** The same of a replay. */
async function replayed(files: readonly string[], flowCapacity: number): Promise<FlowSizes> {
  const { flows, counters } = await replayFiles(files, { flowCapacity });
  const counted = flows.map(({ pcap_cnt: first, flow }): [number, number] => [
    first,
    flow.pkts_toserver + flow.pkts_toclient,
  ]);
  return { flows: byNumber(counted), packets: counters.packets };
}

describe('a walk through captures', () => {
  it('finds the flows of a replay, with their packets, in every committed capture', async () => {
    for (const path of paths)
      expect([path, await walked([path], 20_000)]).toEqual([path, await replayed([path], 20_000)]);
  });

  it('finds them in all captures as one, where many flows are evicted', async () => {
    const flows = await walked(paths, 40);
    expect(flows).toEqual(await replayed(paths, 40));
    expect(flows.flows.length).toBeGreaterThan(1000);
  });

  it('ends where its visitor says so', async () => {
    const seen: number[] = [];
    const walk = new FlowWalk({ maxFlows: 100, linkIdentity: DEFAULT_LINK_IDENTITY });
    const packets = await walk.walk(paths, {
      packet: (_batch, _row, packet) => seen.push(packet),
      batchDone: () => false,
    });
    expect(packets).toBeGreaterThan(0);
    expect(Math.max(...seen)).toBeLessThanOrEqual(packets);
  });
});
