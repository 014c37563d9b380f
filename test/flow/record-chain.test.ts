/** Where the next records of joined streams begin, and the bytes that are kept of them. */
import { describe, expect, it } from 'vitest';
import { HEAD_LIMIT, RecordChain } from '../../src/dataplane/flow/record-chain.ts';
import { PARTITION_COUNT } from '../../src/dataplane/wire/partition.ts';
import { SeededRandom } from '../kit/random.mjs';

function held(chain: RecordChain, place: number, direction: number): number[] {
  const bytes = chain.bytes(place);
  const at = bytes.byteOffset + chain.offset(place, direction);
  return [...new Uint8Array(bytes.buffer, at, chain.held(place, direction))];
}

describe('places', () => {
  it('keep each direction of each connection apart, as one array each would', () => {
    const random = new SeededRandom(5);
    const chain = new RecordChain();
    const places = Array.from({ length: 300 }, (_, i) => chain.take(i % PARTITION_COUNT));
    const twins = new Map<number, { next: number; bytes: number[] }>();
    for (let round = 0; round < 8000; round++) {
      const place = places[random.below(places.length)]!;
      const direction = random.below(2);
      const key = 2 * place + direction;
      if (random.chance(0.2)) {
        const next = random.below(2 ** 31) - random.below(2 ** 31);
        chain.expect(place, direction, next);
        twins.set(key, { next, bytes: [] });
      } else if (random.chance(0.1)) {
        chain.forget(place, direction);
        twins.delete(key);
      } else if (twins.has(key)) {
        const piece = Uint8Array.from({ length: random.below(90) }, () => random.below(256));
        const twin = twins.get(key)!;
        twin.bytes = [...twin.bytes, ...piece].slice(0, HEAD_LIMIT);
        expect(chain.hold(place, direction, new DataView(piece.buffer), 0, piece.length)).toBe(twin.bytes.length);
      }
      const twin = twins.get(key);
      expect(chain.isKnown(place, direction)).toBe(twin !== undefined);
      if (twin === undefined) continue;
      expect(chain.next(place, direction)).toBe(twin.next);
      expect(held(chain, place, direction)).toEqual(twin.bytes);
    }
  });

  it('are empty when they are taken again, and no more than there are', () => {
    const chain = new RecordChain();
    const taken: number[] = [];
    for (let place = chain.take(3); place !== 0; place = chain.take(3)) taken.push(place);
    expect(new Set(taken).size).toBe(taken.length);
    expect(chain.count).toBe(taken.length);
    expect(chain.take(4)).not.toBe(0);
    const [one] = taken as [number];
    chain.expect(one, 1, 77);
    chain.miss(one);
    chain.release(one);
    expect(chain.take(3)).toBe(one);
    expect(chain.isKnown(one, 1)).toBe(false);
    expect(chain.miss(one)).toBe(1);
  });

  it('count misses in a row', () => {
    const chain = new RecordChain();
    const place = chain.take(0);
    expect([chain.miss(place), chain.miss(place)]).toEqual([1, 2]);
    chain.hit(place);
    expect(chain.miss(place)).toBe(1);
  });
});
