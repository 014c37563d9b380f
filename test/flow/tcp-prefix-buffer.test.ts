/** The first bytes of a stream, put in order, against a plain array that keeps what came first. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { CompiledFlow } from './compiled-flow.ts';

const flow = await CompiledFlow.make('debug');
const { exports } = flow;
/** Bytes of a direction that are put in order. */
const WINDOW = 4096;
const PARTITION_COUNT = 64;

/** What must be known after some segments: the bytes from 0 on, first come first kept. */
class ArrayTwin {
  readonly octets: (number | undefined)[] = new Array<number | undefined>(WINDOW).fill(undefined);

  push(offset: number, segment: Uint8Array): void {
    segment.forEach((octet, i) => {
      const at = offset + i;
      if (at >= 0 && at < WINDOW) this.octets[at] ??= octet;
    });
  }

  get inOrder(): number {
    const gap = this.octets.indexOf(undefined);
    return gap < 0 ? WINDOW : gap;
  }
}

interface Segment {
  /** From the stream's first byte on; negative before it. */
  readonly offset: number;
  readonly octets: Uint8Array;
}

/** A stream cut at random, some parts repeated with other bytes, some overlapping, in an order that is not theirs. */
function segments(random: SeededRandom, longest: number, disorder: number): Segment[] {
  const all: Segment[] = [];
  for (let offset = -random.below(20); offset < WINDOW + 50;) {
    const length = 1 + random.below(longest);
    const back = random.chance(0.2) ? random.below(longest) : 0;
    all.push({ offset: offset - back, octets: Uint8Array.from({ length: length + back }, () => random.below(256)) });
    if (random.chance(0.1)) all.push({ offset, octets: new Uint8Array(length).fill(0xee) });
    offset += length;
  }
  for (let i = 0; i < all.length; i++) {
    if (!random.chance(disorder)) continue;
    const other = Math.min(all.length - 1, i + random.below(12));
    [all[i], all[other]] = [all[other]!, all[i]!];
  }
  return all;
}

function pushed(place: number, direction: number, base: number, { offset, octets }: Segment): number {
  return exports.push(place, direction, (base + offset) | 0, flow.putBytes(octets), octets.length);
}

function octetsInOrder(place: number, direction: number): number[] {
  return flow.octets(exports.prefixBytes(place, direction), exports.inOrder(place, direction));
}

const BASES = [0, 1, 0x7fffffff - 100, -0x80000000, -1, -WINDOW / 2, 0x12345678];

describe('against an array', () => {
  it.each([
    ['one byte a segment, in order', 1, 0],
    ['one byte a segment, reordered', 1, 0.5],
    ['small segments', 40, 0.3],
    ['large segments', 1460, 0.3],
    ['segments larger than the window', 9000, 0.3],
  ])('%s', (_, longest, disorder) => {
    BASES.forEach((base, run) => {
      const random = new SeededRandom(run);
      exports.clearPrefixes();
      const place = exports.takePrefix(0);
      const twins = [new ArrayTwin(), new ArrayTwin()];
      const waiting = [segments(random, longest, disorder), segments(random, longest, disorder)];
      exports.setBase(place, 0, base);
      exports.setBase(place, 1, ~base);
      let count = 0;
      while (waiting[0]!.length + waiting[1]!.length > 0) {
        const direction = waiting[0]!.length === 0 || (waiting[1]!.length > 0 && random.chance(0.5)) ? 1 : 0;
        const segment = waiting[direction]!.shift()!;
        const now = pushed(place, direction, direction === 0 ? base : ~base, segment);
        twins[direction]!.push(segment.offset, segment.octets);
        count++;
        if (now !== twins[direction]!.inOrder) throw new Error(`segment ${count}: ${now} in order`);
      }
      expect(exports.segmentCount(place)).toBe(count);
      for (const direction of [0, 1]) {
        const twin = twins[direction]!;
        expect(twin.inOrder).toBe(WINDOW);
        expect(octetsInOrder(place, direction)).toEqual(twin.octets);
      }
    });
  });
});

describe('a direction', () => {
  const setUp = (base: number): number => {
    exports.clearPrefixes();
    const place = exports.takePrefix(0);
    exports.setBase(place, 0, base);
    return place;
  };
  const segment = (offset: number, ...octets: number[]): Segment => ({ offset, octets: Uint8Array.from(octets) });

  it('has nothing in order behind a gap, and all of it once that closes', () => {
    const place = setUp(-2);
    expect(pushed(place, 0, -2, segment(2, 3, 4))).toBe(0);
    expect(pushed(place, 0, -2, segment(0, 1))).toBe(1);
    expect(pushed(place, 0, -2, segment(1, 2))).toBe(4);
    expect(octetsInOrder(place, 0)).toEqual([1, 2, 3, 4]);
  });

  it('keeps the bytes that came first where segments overlap', () => {
    const place = setUp(5);
    pushed(place, 0, 5, segment(1, 11, 12, 13));
    expect(pushed(place, 0, 5, segment(0, 20, 21, 22, 23, 24))).toBe(5);
    expect(octetsInOrder(place, 0)).toEqual([20, 11, 12, 13, 24]);
  });

  it.each([WINDOW, WINDOW + 1, 0x7fffff00, -5, -0x7fffff00])('has no place for bytes at %d', (offset) => {
    const place = setUp(100);
    expect(pushed(place, 0, 100, segment(offset, 1, 2, 3))).toBe(0);
    expect(exports.segmentCount(place)).toBe(1);
    expect(exports.inOrder(place, 1)).toBe(0);
  });

  it('takes the part of a segment that lies in the window', () => {
    const place = setUp(0);
    expect(pushed(place, 0, 0, segment(-2, 1, 2, 3, 4))).toBe(2);
    expect(octetsInOrder(place, 0)).toEqual([3, 4]);
    pushed(place, 0, 0, { offset: 2, octets: new Uint8Array(WINDOW - 3).fill(9) });
    expect(pushed(place, 0, 0, segment(WINDOW - 1, 7, 8))).toBe(WINDOW);
  });

  it('has a base only once that is set, and words of its own', () => {
    const place = setUp(0);
    expect([exports.hasBase(place, 0), exports.hasBase(place, 1)]).toEqual([1, 0]);
    exports.setCursor(place, 0, 17);
    exports.setPhase(place, 1, 3);
    expect([exports.cursor(place, 0), exports.cursor(place, 1)]).toEqual([17, 0]);
    expect([exports.phase(place, 0), exports.phase(place, 1)]).toEqual([0, 3]);
  });
});

describe('places', () => {
  it('come back clean, and run out with a count', () => {
    exports.clearPrefixes();
    const refused = exports.refusedCount();
    const places: number[] = [];
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      for (let place = exports.takePrefix(partition); place !== 0; place = exports.takePrefix(partition))
        places.push(place);
    }
    expect(new Set(places).size).toBe(places.length);
    expect(places.length).toBe(128 * PARTITION_COUNT);
    expect([exports.prefixCount(), exports.refusedCount() - refused]).toEqual([places.length, PARTITION_COUNT]);
    const place = places[5000]!;
    exports.setBase(place, 0, 9);
    pushed(place, 0, 9, { offset: 0, octets: new Uint8Array(WINDOW).fill(1) });
    exports.releasePrefix(place);
    // 5000 places are those of 39 parts and some of the 40th, which alone has one again.
    expect([exports.takePrefix(38), exports.takePrefix(40), exports.takePrefix(39)]).toEqual([0, 0, place]);
    expect([exports.inOrder(place, 0), exports.hasBase(place, 0), exports.segmentCount(place)]).toEqual([0, 0, 0]);
    exports.setBase(place, 0, 0);
    expect(pushed(place, 0, 0, { offset: 0, octets: Uint8Array.from([5]) })).toBe(1);
    expect([exports.inOrder(places[4999]!, 1), exports.inOrder(places[5001]!, 0)]).toEqual([0, 0]);
  });
});
