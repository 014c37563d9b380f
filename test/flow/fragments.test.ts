/** Fragments tied to flows: in and out of order, reused ids, overlaps, expiry, and floods under full accounting. */
import { describe, expect, it } from 'vitest';
import { FlowTable, NO_FLOW } from '../../src/flow/flow-table.ts';
import { Fragments } from '../../src/flow/fragments.ts';
import { SeededRandom } from './seeded-random.ts';
import { addFlow, fragmentView } from './views.ts';

const SECOND = 1;

function setUp(): { table: FlowTable; fragments: Fragments; slot: number } {
  const table = new FlowTable(20_000);
  return { table, fragments: new Fragments(table), slot: addFlow(table, 1, 0) };
}

describe('a datagram', () => {
  it('in order: later fragments go to the flow of the first, in its direction', () => {
    const { fragments, slot } = setUp();
    fragments.first(fragmentView(1, 7, 0, 1480, true), slot, 1, 0);
    expect([fragments.waitedPackets, fragments.waitedOctets]).toEqual([0, 0]);
    expect(fragments.later(fragmentView(1, 7, 1480, 1480, true), 1514, SECOND)).toBe(slot);
    expect(fragments.direction).toBe(1);
    expect(fragments.later(fragmentView(1, 7, 2960, 100, false), 134, 2 * SECOND)).toBe(slot);
    expect([fragments.waitingCount, fragments.overlapCount, fragments.takeOrphans()]).toEqual([0, 0, 0]);
  });

  it('out of order: what came early waits and is handed to the first', () => {
    const { fragments, slot } = setUp();
    expect(fragments.later(fragmentView(1, 7, 2960, 100, false), 134, 0)).toBe(NO_FLOW);
    expect(fragments.later(fragmentView(1, 7, 1480, 1480, true), 1514, 0)).toBe(NO_FLOW);
    expect(fragments.waitingCount).toBe(2);
    fragments.first(fragmentView(1, 7, 0, 1480, true), slot, 0, SECOND);
    expect([fragments.waitedPackets, fragments.waitedOctets]).toEqual([2, 1648]);
    expect(fragments.waitingCount).toBe(0);
    expect(fragments.later(fragmentView(1, 7, 3060, 8, false), 42, SECOND)).toBe(slot);
    expect([fragments.direction, fragments.overlapCount]).toEqual([0, 0]);
  });

  it('with an id used again belongs to the flow of the newer first fragment', () => {
    const { table, fragments, slot } = setUp();
    const second = addFlow(table, 2, 0);
    fragments.first(fragmentView(1, 7, 0, 1480, true), slot, 0, 0);
    fragments.first(fragmentView(1, 7, 0, 1480, true), second, 1, SECOND);
    expect(fragments.later(fragmentView(1, 7, 1480, 10, false), 44, SECOND)).toBe(second);
    expect(fragments.direction).toBe(1);
  });

  it.each([
    ['id', fragmentView(1, 8, 1480, 10, false)],
    ['addresses', fragmentView(2, 7, 1480, 10, false)],
    ['protocol', Object.assign(fragmentView(1, 7, 1480, 10, false), { fragmentProtocol: 50 })],
    ['domain', Object.assign(fragmentView(1, 7, 1480, 10, false), { fragmentDomain: 1 })],
  ])('with another %s waits for its own first fragment', (_, view) => {
    const { fragments, slot } = setUp();
    fragments.first(fragmentView(1, 7, 0, 1480, true), slot, 0, 0);
    expect(fragments.later(view, 44, 0)).toBe(NO_FLOW);
  });

  it('whose flow has ended waits, also where the slot is another flow by now', () => {
    const { table, fragments, slot } = setUp();
    fragments.first(fragmentView(1, 7, 0, 1480, true), slot, 0, 0);
    table.remove(slot);
    expect(fragments.later(fragmentView(1, 7, 1480, 10, true), 44, 0)).toBe(NO_FLOW);
    fragments.first(fragmentView(1, 9, 0, 1480, true), addFlow(table, 1, 0, 50), 0, 0);
    expect(addFlow(table, 3, 0, 51)).not.toBe(slot);
    expect(fragments.later(fragmentView(1, 7, 1490, 10, false), 44, 0)).toBe(NO_FLOW);
    expect(fragments.waitingCount).toBe(2);
  });
});

describe('overlaps', () => {
  const overlapsOf = (...parts: readonly (readonly [offset: number, length: number])[]): number => {
    const { fragments, slot } = setUp();
    for (const [offset, length] of parts) {
      const view = fragmentView(1, 7, offset, length, true);
      if (offset === 0) fragments.first(view, slot, 0, 0);
      else fragments.later(view, length + 34, 0);
    }
    return fragments.overlapCount;
  };

  it.each<readonly [string, number, readonly (readonly [number, number])[]]>([
    [
      'none',
      0,
      [
        [0, 24],
        [24, 24],
        [48, 8],
      ],
    ],
    [
      'none, out of order',
      0,
      [
        [48, 8],
        [24, 24],
        [0, 24],
      ],
    ],
    [
      'repeats',
      0,
      [
        [0, 24],
        [24, 24],
        [24, 24],
        [0, 24],
      ],
    ],
    [
      'by one unit of 8 behind the first',
      1,
      [
        [0, 24],
        [16, 24],
      ],
    ],
    [
      'by one unit behind a later one',
      1,
      [
        [0, 24],
        [24, 24],
        [40, 24],
      ],
    ],
    [
      'twice',
      2,
      [
        [0, 24],
        [16, 24],
        [32, 24],
      ],
    ],
    [
      'of a first one that reaches into a later one',
      1,
      [
        [24, 8],
        [0, 40],
      ],
    ],
  ])('%s: %d', (_, expected, parts) => {
    expect(overlapsOf(...parts)).toBe(expected);
  });

  it('behind a first fragment that the capture cut are counted by its length on the wire', () => {
    const { fragments, slot } = setUp();
    fragments.first(Object.assign(fragmentView(1, 7, 0, 1480, true), { payloadCaptured: 20 }), slot, 0, 0);
    fragments.later(fragmentView(1, 7, 800, 1480, false), 1514, 0);
    expect(fragments.overlapCount).toBe(1);
  });
});

describe('expiry', () => {
  it('gives up what has waited a minute, when its place is looked at, and forgets the first fragment', () => {
    const { fragments, slot } = setUp();
    fragments.later(fragmentView(1, 7, 1480, 10, false), 44, 0);
    fragments.first(fragmentView(1, 8, 0, 1480, true), slot, 0, 0);
    fragments.first(fragmentView(1, 7, 0, 1480, true), slot, 0, 61 * SECOND);
    expect(fragments.waitedPackets).toBe(0);
    expect(fragments.takeOrphans()).toBe(1);
    expect(fragments.takeOrphans()).toBe(0);
    expect(fragments.later(fragmentView(1, 8, 1480, 10, false), 44, 60 * SECOND)).toBe(slot);
    expect(fragments.later(fragmentView(1, 8, 1490, 10, false), 44, 61 * SECOND)).toBe(NO_FLOW);
  });

  it('gives up everything at the end', () => {
    const { fragments } = setUp();
    for (let id = 0; id < 50; id++) fragments.later(fragmentView(1, id, 1480, 10, false), 44, 0);
    fragments.giveUp();
    expect([fragments.waitingCount, fragments.takeOrphans()]).toEqual([0, 50]);
  });
});

describe('accounting', () => {
  it.each([
    ['a flood of ids', 1, 1 << 30],
    ['few ids, used again and again', 2, 200],
    ['as many ids as places', 3, 4096],
  ])('%s: waiting + handed over + orphans + tied = all later fragments', (_, seed, ids) => {
    const { table, fragments } = setUp();
    const random = new SeededRandom(seed);
    const slots = Array.from({ length: 100 }, (_, n) => addFlow(table, n + 2, 0, n + 2));
    let later = 0;
    let tied = 0;
    let handed = 0;
    let orphans = 0;
    let octetsIn = 0;
    let octetsHanded = 0;
    let now = 0;
    for (let step = 0; step < 60_000; step++) {
      now += random.below(step % 1000 === 0 ? 200 * SECOND : 2000);
      const id = random.below(ids);
      if (random.chance(0.3)) {
        fragments.first(fragmentView(id % 5, id, 0, 1480, true), slots[random.below(100)]!, 0, now);
        handed += fragments.waitedPackets;
        octetsHanded += fragments.waitedOctets;
      } else {
        later++;
        const offset = 8 + 8 * random.below(4000);
        if (fragments.later(fragmentView(id % 5, id, offset, 1480, true), 100, now) === NO_FLOW) octetsIn += 100;
        else tied++;
      }
      if (random.chance(0.01)) orphans += fragments.takeOrphans();
      if (step % 97 === 0) {
        orphans += fragments.takeOrphans();
        expect(fragments.waitingCount + handed + orphans + tied).toBe(later);
      }
    }
    expect(octetsHanded).toBe(handed * 100);
    fragments.giveUp();
    orphans += fragments.takeOrphans();
    expect(handed + orphans + tied).toBe(later);
    expect((handed + orphans) * 100).toBe(octetsIn);
  });

  it('a flood pushes out the oldest of a set, never the newest', () => {
    const { fragments, slot } = setUp();
    for (let id = 0; id < 100_000; id++) {
      fragments.later(fragmentView(1, id, 8, 8, true), 50, 0);
      if (id % 1000 !== 0) continue;
      fragments.first(fragmentView(1, id, 0, 8, true), slot, 0, 0);
      expect(fragments.waitedPackets).toBe(1);
    }
    expect(fragments.waitingCount).toBeLessThanOrEqual(4096);
    expect(fragments.waitingCount).toBeGreaterThan(3500);
  });
});
