import { describe, expect, it } from 'vitest';
import { PacketBatch } from '../../../src/capture/packet-batch.ts';
import { WaitingFragments } from '../../../src/study/annotate/waiting-fragments.ts';

const batch = new PacketBatch(1);
batch.reset(new DataView(new ArrayBuffer(1000)));
batch.push(0, 1000, 1000, 5, 1);

const numbers = (fragments: WaitingFragments, id: number, count: number): number[] =>
  fragments.take(String(id), count).map(({ packet }) => packet);

describe('fragments that wait for their first one', () => {
  it('are handed over in their order, once, to the first fragment of their datagram', () => {
    const fragments = new WaitingFragments();
    for (const [packet, id] of [
      [1, 7],
      [2, 8],
      [3, 7],
    ] as const)
      fragments.add(batch, 0, packet, String(id));
    expect(numbers(fragments, 7, 2)).toEqual([1, 3]);
    expect(numbers(fragments, 7, 2)).toEqual([]);
    expect(numbers(fragments, 8, 1)).toEqual([2]);
  });

  it('of an earlier datagram with the same identity are left out', () => {
    const fragments = new WaitingFragments();
    for (const packet of [1, 2, 3]) fragments.add(batch, 0, packet, '7');
    expect(numbers(fragments, 7, 1)).toEqual([3]);
  });

  it('are dropped and counted, the oldest first, where there are too many', () => {
    const fragments = new WaitingFragments(10_000);
    for (let id = 0; id < 100; id++) fragments.add(batch, 0, id, String(id));
    expect(fragments.droppedCount).toBe(93);
    expect(numbers(fragments, 92, 1)).toEqual([]);
    expect(numbers(fragments, 93, 1)).toEqual([93]);
  });
});
