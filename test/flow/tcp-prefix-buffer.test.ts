/** The first bytes of a stream, put in order, against a plain array that keeps what came first. */
import { describe, expect, it } from 'vitest';
import { TcpPrefixBuffer, WINDOW } from '../../src/dataplane/flow/tcp-prefix-buffer.ts';
import { PARTITION_COUNT } from '../../src/dataplane/wire/partition.ts';
import { SeededRandom } from '../kit/random.mjs';

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

function pushed(streams: TcpPrefixBuffer, place: number, direction: number, base: number, segment: Segment): number {
  // The bytes stand somewhere in a packet, with others around them.
  const packet = new Uint8Array(segment.octets.length + 40).fill(0xbb);
  packet.set(segment.octets, 20);
  const sequence = (base + segment.offset) | 0;
  return streams.push(place, direction, sequence, new DataView(packet.buffer), 20, segment.octets.length);
}

function octetsInOrder(streams: TcpPrefixBuffer, place: number, direction: number): number[] {
  const bytes = streams.bytes(place);
  const at = bytes.byteOffset + streams.offset(place, direction);
  return [...new Uint8Array(bytes.buffer, at, streams.inOrder(place, direction))];
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
      const streams = new TcpPrefixBuffer();
      const place = streams.take(0);
      const twins = [new ArrayTwin(), new ArrayTwin()];
      const waiting = [segments(random, longest, disorder), segments(random, longest, disorder)];
      streams.setBase(place, 0, base);
      streams.setBase(place, 1, ~base);
      let count = 0;
      while (waiting[0]!.length + waiting[1]!.length > 0) {
        const direction = waiting[0]!.length === 0 || (waiting[1]!.length > 0 && random.chance(0.5)) ? 1 : 0;
        const segment = waiting[direction]!.shift()!;
        const now = pushed(streams, place, direction, direction === 0 ? base : ~base, segment);
        twins[direction]!.push(segment.offset, segment.octets);
        count++;
        if (now !== twins[direction]!.inOrder) throw new Error(`segment ${count}: ${now} in order`);
      }
      expect(streams.segmentCount(place)).toBe(count);
      for (const direction of [0, 1]) {
        const twin = twins[direction]!;
        expect(twin.inOrder).toBe(WINDOW);
        expect(octetsInOrder(streams, place, direction)).toEqual(twin.octets);
      }
    });
  });
});

describe('a direction', () => {
  const setUp = (base: number): { streams: TcpPrefixBuffer; place: number } => {
    const streams = new TcpPrefixBuffer();
    const place = streams.take(0);
    streams.setBase(place, 0, base);
    return { streams, place };
  };
  const segment = (offset: number, ...octets: number[]): Segment => ({ offset, octets: Uint8Array.from(octets) });

  it('has nothing in order behind a gap, and all of it once that closes', () => {
    const { streams, place } = setUp(-2);
    expect(pushed(streams, place, 0, -2, segment(2, 3, 4))).toBe(0);
    expect(pushed(streams, place, 0, -2, segment(0, 1))).toBe(1);
    expect(pushed(streams, place, 0, -2, segment(1, 2))).toBe(4);
    expect(octetsInOrder(streams, place, 0)).toEqual([1, 2, 3, 4]);
  });

  it('keeps the bytes that came first where segments overlap', () => {
    const { streams, place } = setUp(5);
    pushed(streams, place, 0, 5, segment(1, 11, 12, 13));
    expect(pushed(streams, place, 0, 5, segment(0, 20, 21, 22, 23, 24))).toBe(5);
    expect(octetsInOrder(streams, place, 0)).toEqual([20, 11, 12, 13, 24]);
  });

  it.each([WINDOW, WINDOW + 1, 0x7fffff00, -5, -0x7fffff00])('has no place for bytes at %d', (offset) => {
    const { streams, place } = setUp(100);
    expect(pushed(streams, place, 0, 100, segment(offset, 1, 2, 3))).toBe(0);
    expect(streams.segmentCount(place)).toBe(1);
    expect(streams.inOrder(place, 1)).toBe(0);
  });

  it('takes the part of a segment that lies in the window', () => {
    const { streams, place } = setUp(0);
    expect(pushed(streams, place, 0, 0, segment(-2, 1, 2, 3, 4))).toBe(2);
    expect(octetsInOrder(streams, place, 0)).toEqual([3, 4]);
    pushed(streams, place, 0, 0, { offset: 2, octets: new Uint8Array(WINDOW - 3).fill(9) });
    expect(pushed(streams, place, 0, 0, segment(WINDOW - 1, 7, 8))).toBe(WINDOW);
  });

  it('has a base only once that is set, and words of its own', () => {
    const { streams, place } = setUp(0);
    expect([streams.hasBase(place, 0), streams.hasBase(place, 1)]).toEqual([true, false]);
    streams.setCursor(place, 0, 17);
    streams.setPhase(place, 1, 3);
    expect([streams.cursor(place, 0), streams.cursor(place, 1)]).toEqual([17, 0]);
    expect([streams.phase(place, 0), streams.phase(place, 1)]).toEqual([0, 3]);
  });
});

describe('places', () => {
  it('come back clean, and run out with a count', () => {
    const streams = new TcpPrefixBuffer();
    const places: number[] = [];
    for (let partition = 0; partition < PARTITION_COUNT; partition++) {
      for (let place = streams.take(partition); place !== 0; place = streams.take(partition)) places.push(place);
    }
    expect(new Set(places).size).toBe(places.length);
    expect(places.length).toBe(128 * PARTITION_COUNT);
    expect([streams.count, streams.refusedCount]).toEqual([places.length, PARTITION_COUNT]);
    const place = places[5000]!;
    streams.setBase(place, 0, 9);
    pushed(streams, place, 0, 9, { offset: 0, octets: new Uint8Array(WINDOW).fill(1) });
    streams.release(place);
    // 5000 places are those of 39 parts and some of the 40th, which alone has one again.
    expect([streams.take(38), streams.take(40), streams.take(39)]).toEqual([0, 0, place]);
    expect([streams.inOrder(place, 0), streams.hasBase(place, 0), streams.segmentCount(place)]).toEqual([0, false, 0]);
    streams.setBase(place, 0, 0);
    expect(pushed(streams, place, 0, 0, { offset: 0, octets: Uint8Array.from([5]) })).toBe(1);
    expect([streams.inOrder(places[4999]!, 1), streams.inOrder(places[5001]!, 0)]).toEqual([0, 0]);
  });
});
