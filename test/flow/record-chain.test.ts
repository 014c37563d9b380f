/** Where the next records of joined streams begin, and the bytes that are kept of them. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { CompiledFlow } from './compiled-flow.ts';

const flow = await CompiledFlow.make('debug');
const { exports } = flow;
/** Bytes that are kept of a record. */
const HEAD_LIMIT = 160;
const PARTITION_COUNT = 64;

function held(place: number, direction: number): number[] {
  return flow.octets(exports.chainBytes(place, direction), exports.held(place, direction));
}

describe('places', () => {
  it('keep each direction of each connection apart, as one array each would', () => {
    const random = new SeededRandom(5);
    exports.clearChain();
    const places = Array.from({ length: 300 }, (_, i) => exports.takeChain(i % PARTITION_COUNT));
    const twins = new Map<number, { next: number; bytes: number[] }>();
    for (let round = 0; round < 8000; round++) {
      const place = places[random.below(places.length)]!;
      const direction = random.below(2);
      const key = 2 * place + direction;
      if (random.chance(0.2)) {
        const next = random.below(2 ** 31) - random.below(2 ** 31);
        exports.expectRecord(place, direction, next);
        twins.set(key, { next, bytes: [] });
      } else if (random.chance(0.1)) {
        exports.forgetRecord(place, direction);
        twins.delete(key);
      } else if (twins.has(key)) {
        const piece = Uint8Array.from({ length: random.below(90) }, () => random.below(256));
        const twin = twins.get(key)!;
        twin.bytes = [...twin.bytes, ...piece].slice(0, HEAD_LIMIT);
        expect(exports.hold(place, direction, flow.putBytes(piece), piece.length)).toBe(twin.bytes.length);
      }
      const twin = twins.get(key);
      expect(exports.isKnown(place, direction)).toBe(twin === undefined ? 0 : 1);
      if (twin === undefined) continue;
      expect(exports.nextRecord(place, direction) | 0).toBe(twin.next);
      expect(held(place, direction)).toEqual(twin.bytes);
    }
    flow.holds(exports.checkChain());
  });

  it('are empty when they are taken again, and no more than there are', () => {
    exports.clearChain();
    const taken: number[] = [];
    for (let place = exports.takeChain(3); place !== 0; place = exports.takeChain(3)) taken.push(place);
    expect(new Set(taken).size).toBe(taken.length);
    expect(exports.chainCount()).toBe(taken.length);
    expect(exports.takeChain(4)).not.toBe(0);
    const [one] = taken as [number];
    exports.expectRecord(one, 1, 77);
    exports.miss(one);
    exports.releaseChain(one);
    expect(exports.takeChain(3)).toBe(one);
    expect(exports.isKnown(one, 1)).toBe(0);
    expect(exports.miss(one)).toBe(1);
  });

  it('count misses in a row', () => {
    exports.clearChain();
    const place = exports.takeChain(0);
    expect([exports.miss(place), exports.miss(place)]).toEqual([1, 2]);
    exports.hit(place);
    expect(exports.miss(place)).toBe(1);
  });
});
