/** Fragments tied to flows: in and out of order, reused ids, overlaps, expiry, and floods under full accounting. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { CompiledFlow } from './compiled-flow.ts';
import { fragmentView, type View } from './views.ts';

const flow = await CompiledFlow.make('debug');

const SECOND = 1_000_000;

/** The fragments of one capture. */
class Fragments {
  constructor() {
    flow.exports.makeFragments();
  }

  /** A first fragment at a packet time, microseconds. */
  first(view: View, timeUs: number): View {
    flow.put(Object.assign(view, { timeUs }));
    flow.exports.firstFragment(0);
    flow.get(view);
    return view;
  }

  /** A later one: true where its first has been seen. */
  later(view: View, wireLength: number, timeUs: number): boolean {
    flow.put(Object.assign(view, { timeUs, wireLength }));
    const isTied = flow.exports.laterFragment(0) === 1;
    flow.get(view);
    return isTied;
  }

  get waitingCount(): number {
    return flow.exports.waitingCount();
  }

  get overlapCount(): number {
    return flow.exports.overlapCount();
  }

  takeOrphans(): number {
    return flow.exports.takeOrphans();
  }

  giveUp(): void {
    flow.exports.giveUp();
  }
}

function portsOf(view: View): number[] {
  return [view.sourcePort, view.destinationPort];
}

/** A later fragment as the decoder leaves it: it knows no ports. */
function portless(view: View): View {
  return Object.assign(view, { sourcePort: 0, destinationPort: 0, transport: 0, domain: 99 });
}

describe('a datagram', () => {
  it('in order: later fragments take the tuple of the first', () => {
    const fragments = new Fragments();
    const { waitedPackets, waitedBytes, ...begun } = fragments.first(fragmentView(1, 7, 0, 1480), 0);
    expect([waitedPackets, waitedBytes]).toEqual([0, 0]);
    const second = portless(fragmentView(1, 7, 1480, 1480));
    expect(fragments.later(second, 1514, SECOND)).toBe(true);
    expect(portsOf(second)).toEqual([begun.sourcePort, begun.destinationPort]);
    expect([second.transport, second.domain]).toEqual([begun.transport, begun.domain]);
    expect(fragments.later(fragmentView(1, 7, 2960, 100), 134, 2 * SECOND)).toBe(true);
    expect([fragments.waitingCount, fragments.overlapCount, fragments.takeOrphans()]).toEqual([0, 0, 0]);
  });

  it('whose fragments are inside another header than the flow takes the inner addresses', () => {
    const fragments = new Fragments();
    const inner = { source3: 5, destination3: 6, source2: 8, destination2: 9, source0: 1, destination1: 2 };
    fragments.first(Object.assign(fragmentView(1, 7, 0, 1480), inner), 0);
    const second = portless(fragmentView(1, 7, 1480, 1480));
    expect(fragments.later(second, 1514, 0)).toBe(true);
    expect(second).toMatchObject(inner);
  });

  it('out of order: what came early waits and is handed to the first', () => {
    const fragments = new Fragments();
    expect(fragments.later(fragmentView(1, 7, 2960, 100), 134, 0)).toBe(false);
    expect(fragments.later(fragmentView(1, 7, 1480, 1480), 1514, 0)).toBe(false);
    expect(fragments.waitingCount).toBe(2);
    const view = fragments.first(fragmentView(1, 7, 0, 1480), SECOND);
    expect([view.waitedPackets, view.waitedBytes]).toEqual([2, 1648]);
    expect(fragments.waitingCount).toBe(0);
    expect(fragments.later(fragmentView(1, 7, 3060, 8), 42, SECOND)).toBe(true);
    expect(fragments.overlapCount).toBe(0);
  });

  it('with an id used again belongs to the flow of the newer first fragment', () => {
    const fragments = new Fragments();
    fragments.first(fragmentView(1, 7, 0, 1480), 0);
    fragments.first(Object.assign(fragmentView(1, 7, 0, 1480), { sourcePort: 4711 }), SECOND);
    const view = portless(fragmentView(1, 7, 1480, 10));
    expect(fragments.later(view, 44, SECOND)).toBe(true);
    expect(view.sourcePort).toBe(4711);
  });

  it.each([
    ['id', fragmentView(1, 8, 1480, 10)],
    ['addresses', fragmentView(2, 7, 1480, 10)],
    ['protocol', Object.assign(fragmentView(1, 7, 1480, 10), { fragmentProtocol: 50 })],
    ['domain', Object.assign(fragmentView(1, 7, 1480, 10), { fragmentDomain: 1 })],
  ])('with another %s waits for its own first fragment', (_, view) => {
    const fragments = new Fragments();
    fragments.first(fragmentView(1, 7, 0, 1480), 0);
    expect(fragments.later(view, 44, 0)).toBe(false);
  });
});

describe('overlaps', () => {
  const overlapsOf = (...parts: readonly (readonly [offset: number, length: number])[]): number => {
    const fragments = new Fragments();
    for (const [offset, length] of parts) {
      const view = fragmentView(1, 7, offset, length);
      if (offset === 0) fragments.first(view, 0);
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
    const fragments = new Fragments();
    fragments.first(Object.assign(fragmentView(1, 7, 0, 1480), { payloadCaptured: 20 }), 0);
    fragments.later(fragmentView(1, 7, 800, 1480), 1514, 0);
    expect(fragments.overlapCount).toBe(1);
  });
});

describe('expiry', () => {
  it('gives up what has waited a minute, when its place is looked at, and forgets the first fragment', () => {
    const fragments = new Fragments();
    fragments.later(fragmentView(1, 7, 1480, 10), 44, 0);
    fragments.first(fragmentView(1, 8, 0, 1480), 0);
    expect(fragments.first(fragmentView(1, 7, 0, 1480), 61 * SECOND).waitedPackets).toBe(0);
    expect(fragments.takeOrphans()).toBe(1);
    expect(fragments.takeOrphans()).toBe(0);
    expect(fragments.later(fragmentView(1, 8, 1480, 10), 44, 60 * SECOND)).toBe(true);
    expect(fragments.later(fragmentView(1, 8, 1490, 10), 44, 61 * SECOND)).toBe(false);
  });

  it('gives up everything at the end', () => {
    const fragments = new Fragments();
    for (let id = 0; id < 50; id++) fragments.later(fragmentView(1, id, 1480, 10), 44, 0);
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
    const fragments = new Fragments();
    const random = new SeededRandom(seed);
    let count = 0;
    let tied = 0;
    let handed = 0;
    let orphans = 0;
    let octetsIn = 0;
    let octetsHanded = 0;
    let now = 0;
    for (let step = 0; step < 20_000; step++) {
      now += random.below(step % 1000 === 0 ? 200 * SECOND : 2000);
      const id = random.below(ids);
      if (random.chance(0.3)) {
        const view = fragments.first(fragmentView(id % 5, id, 0, 1480), now);
        handed += view.waitedPackets;
        octetsHanded += view.waitedBytes;
      } else {
        count++;
        const offset = 8 + 8 * random.below(4000);
        if (fragments.later(fragmentView(id % 5, id, offset, 1480), 100, now)) tied++;
        else octetsIn += 100;
      }
      if (random.chance(0.01)) orphans += fragments.takeOrphans();
      if (step % 97 === 0) {
        orphans += fragments.takeOrphans();
        expect(fragments.waitingCount + handed + orphans + tied).toBe(count);
      }
    }
    expect(octetsHanded).toBe(handed * 100);
    fragments.giveUp();
    orphans += fragments.takeOrphans();
    expect(handed + orphans + tied).toBe(count);
    expect((handed + orphans) * 100).toBe(octetsIn);
  });

  it('a flood pushes out the oldest of a set, never the newest', () => {
    const fragments = new Fragments();
    for (let id = 0; id < 100_000; id++) {
      fragments.later(fragmentView(1, id, 8, 8), 50, 0);
      if (id % 1000 !== 0) continue;
      expect(fragments.first(fragmentView(1, id, 0, 8), 0).waitedPackets).toBe(1);
    }
    expect(fragments.waitingCount).toBeLessThanOrEqual(4096);
    expect(fragments.waitingCount).toBeGreaterThan(3500);
  });
});
