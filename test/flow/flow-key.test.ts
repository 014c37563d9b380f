/** The order of a key's ends, and how well its hashes spread, also where addresses and ports are chosen. */
import { describe, expect, it } from 'vitest';
import { SeededRandom } from '../kit/random.mjs';
import { CompiledFlow } from './compiled-flow.ts';
import { ipv4End, setTuple, type Tuple, View, viewOf } from './views.ts';

const flow = await CompiledFlow.make('release');
const COUNT = 1 << 16;

/** Has the table, of this seed, make the key of a packet. */
function makeKey(view: View): View {
  flow.put(view);
  flow.exports.find(0);
  flow.get(view);
  return view;
}

function hashesOf(tuple: (n: number) => Tuple, seed = 12_345): number[] {
  flow.exports.makeTable(1, seed);
  const view = new View();
  return Array.from({ length: COUNT }, (_, n) => makeKey(setTuple(view, tuple(n))).flowHash);
}

/** Hashes that fall where another fell already, of 2^bits places. */
function repeats(hashes: readonly number[], placeOf: (hash: number) => number): number {
  return hashes.length - new Set(hashes.map(placeOf)).size;
}

/** What chance makes of so many hashes: mean, and a bound that it does not pass. */
function expectedRepeats(places: number): number {
  return COUNT - places * (1 - Math.exp(-COUNT / places));
}

const udp = { transport: 17, domain: 0 };
const RESOLVER = ipv4End(0x08080808, 53);

const PATTERNS: readonly [string, (n: number) => Tuple][] = [
  ['ports that count up', (n) => ({ ...udp, source: ipv4End(0x0a000001, n), destination: RESOLVER })],
  ['addresses that count up', (n) => ({ ...udp, source: ipv4End(0x0a000000 + n, 5000), destination: RESOLVER })],
  [
    'addresses that count up in their first bytes',
    (n) => ({ ...udp, source: ipv4End(n << 16, 5000), destination: RESOLVER }),
  ],
  [
    'both addresses differ in their highest bytes only',
    (n) => ({ ...udp, source: ipv4End((n >>> 8) << 24, 5000), destination: ipv4End((n << 24) | 1, 53) }),
  ],
  [
    'addresses and both ports at once',
    (n) => ({ ...udp, source: ipv4End(n << 24, n >>> 8), destination: ipv4End(0x08080808, n & 255) }),
  ],
  [
    'a mesh',
    (n) => ({
      ...udp,
      source: ipv4End(0x0a000000 + (n >>> 8), 500),
      destination: ipv4End(0x0b000000 + (n & 255), 500),
    }),
  ],
  [
    'overlay networks',
    (n) => ({ ...udp, source: ipv4End(1, 1), destination: ipv4End(2, 2), domain: Math.imul(n, 0x9e3779b1) }),
  ],
  [
    'IPv6 interface identifiers',
    (n) => ({ ...udp, source: [0x20010db8, 0, n >>> 8, n & 255, 500], destination: [0x20010db8, 1, 0, 1, 500] }),
  ],
  [
    'IPv6 addresses that differ in the highest bytes of two words',
    (n) => ({
      ...udp,
      source: [0x20010db8, (n >>> 8) << 24, 0, n << 24, 500],
      destination: [0x20010db8, 1, 0, 1, 500],
    }),
  ],
];

describe('hashes', () => {
  it.each(PATTERNS)('of %s spread, in their highest, their lowest and their middle bits', (_, tuple) => {
    for (const seed of [1, 2, 3]) {
      const hashes = hashesOf(tuple, seed);
      for (const placeOf of [
        (hash: number) => hash >>> 15,
        (hash: number) => hash & 0x1ffff,
        (hash: number) => (hash >>> 8) & 0x1ffff,
      ]) {
        // A multiplied word of few distinct values may spread better than chance, and a little worse.
        expect(repeats(hashes, placeOf)).toBeLessThan(expectedRepeats(1 << 17) * 1.1);
      }
    }
  });

  it('of two tables with other seeds have nothing to do with one another', () => {
    const [, tuple] = PATTERNS[1]!;
    const others = hashesOf(tuple, 54_321);
    const differences = hashesOf(tuple).map((hash, n) => hash ^ others[n]!);
    expect(repeats(differences, (hash) => hash & 0x1ffff)).toBeLessThan(expectedRepeats(1 << 17) * 1.1);
  });
});

describe('the order of ends', () => {
  const random = new SeededRandom(9);
  const values = [0, 1, -1, 2, 0x7fffffff, -0x80000000, 0x7ffffffe, -0x7fffffff];
  const word = (): number => values[random.below(values.length)]!;

  it('is that of signed words, the last first, and of ports behind them; both directions have one key', () => {
    for (let n = 0; n < 50_000; n++) {
      const tuple: Tuple = {
        source: [word(), word(), word(), random.chance(0.5) ? word() : 7, random.below(3) * 0x7fff],
        destination: [word(), word(), word(), random.chance(0.5) ? word() : 7, random.below(3) * 0x7fff],
        transport: 6,
        domain: 0,
      };
      const there = viewOf(tuple);
      const back = viewOf(tuple, true);
      makeKey(there);
      makeKey(back);
      const isHigh = isHigher(tuple.source, tuple.destination);
      const isEqual = tuple.source.join() === tuple.destination.join();
      if (there.direction !== (isHigh ? 1 : 0) || back.direction !== (isHigh || isEqual ? 0 : 1))
        throw new Error(`${n}: direction`);
      if (there.flowHash !== back.flowHash) throw new Error(`${n}: two hashes`);
      const [low, high] = isHigh ? [tuple.destination, tuple.source] : [tuple.source, tuple.destination];
      const key = [there.lowWord, there.highWord, there.keyPorts];
      if (key.join() !== [low[3], high[3], (low[4] << 16) | high[4]].join()) throw new Error(`${n}: key ${key.join()}`);
      if (key.join() !== [back.lowWord, back.highWord, back.keyPorts].join()) throw new Error(`${n}: two keys`);
    }
  });
});

function isHigher(source: Tuple['source'], destination: Tuple['source']): boolean {
  for (const at of [3, 2, 1, 0, 4] as const) {
    if (source[at] !== destination[at]) return source[at] > destination[at];
  }
  return false;
}
