/** The time line against the obvious twin: every packet in a list. */
import { describe, expect, it } from 'vitest';
import type { PacketBatch } from '../../../src/capture/packet-batch.ts';
import { Outcome } from '../../../src/dataplane/host/outcome.ts';
import { ComparedTimeLine } from '../../../src/study/compare/compared-time-line.ts';
import { SeededRandom } from '../../kit/random.mjs';

const START = 1_732_989_600_000_000;
const SECOND = 1_000_000;

interface Affected {
  readonly timeUs: number;
  readonly bytes: number;
  readonly side: number;
  readonly outcome: Outcome;
}

function batchOf(packets: readonly { timeUs: number; bytes: number }[]): PacketBatch {
  return {
    count: packets.length,
    timeUs: Float64Array.from(packets, ({ timeUs }) => timeUs),
    wireLength: Uint32Array.from(packets, ({ bytes }) => bytes),
  } as unknown as PacketBatch;
}

describe.each([
  ['a minute', 60 * SECOND],
  ['an hour', 3600 * SECOND],
  ['a week', 7 * 86_400 * SECOND],
])('a time line of %s', (_, spanUs) => {
  it('has every packet once, in few intervals of one length', () => {
    const random = new SeededRandom(3);
    const line = new ComparedTimeLine(2);
    const packets: { timeUs: number; bytes: number }[] = [];
    const affected: Affected[] = [];
    for (let batch = 0; batch < 50; batch++) {
      const some = Array.from({ length: 40 }, () => ({
        timeUs: START + Math.floor((spanUs * (batch + random.below(3))) / 50) + random.below(SECOND),
        bytes: random.below(1500),
      }));
      line.offered(batchOf(some));
      packets.push(...some);
      for (const { timeUs, bytes } of some) {
        if (random.below(3) !== 0) continue;
        const outcome = random.below(2) === 0 ? Outcome.DELAYED : Outcome.DROPPED;
        const side = random.below(2);
        line.affected(side, outcome, bytes, timeUs);
        affected.push({ timeUs, bytes, side, outcome });
      }
    }
    for (const most of [240, 24]) {
      const intervals = line.intervals(most);
      expect(intervals.length).toBeLessThanOrEqual(most);
      expect(intervals.length).toBeGreaterThan(1);
      for (const { fromUs, lengthUs, packets: count, bytes, sides } of intervals) {
        expect(lengthUs).toBe(intervals[0]!.lengthUs);
        const isWithin = ({ timeUs }: { timeUs: number }): boolean => timeUs >= fromUs && timeUs < fromUs + lengthUs;
        const own = packets.filter(isWithin);
        expect([count, bytes]).toEqual([own.length, own.reduce((sum, packet) => sum + packet.bytes, 0)]);
        for (const [side, { delayedPackets, delayedBytes, droppedPackets, droppedBytes }] of sides.entries()) {
          const of = (wanted: Outcome): readonly [number, number] => {
            const hit = affected.filter((one) => isWithin(one) && one.side === side && one.outcome === wanted);
            return [hit.length, hit.reduce((sum, packet) => sum + packet.bytes, 0)];
          };
          expect([delayedPackets, delayedBytes]).toEqual(of(Outcome.DELAYED));
          expect([droppedPackets, droppedBytes]).toEqual(of(Outcome.DROPPED));
        }
      }
      expect(intervals.reduce((sum, { packets: count }) => sum + count, 0)).toBe(packets.length);
    }
  });
});

it('a packet with a wrong time has an interval of its own, and costs the others nothing', () => {
  const line = new ComparedTimeLine(1);
  line.offered(batchOf([START, 0, START + SECOND, 8e15].map((timeUs) => ({ timeUs, bytes: 1 }))));
  expect(line.intervals().map(({ packets, lengthUs }) => [packets, lengthUs])).toEqual([
    [1, SECOND],
    [1, SECOND],
    [1, SECOND],
    [1, SECOND],
  ]);
});
