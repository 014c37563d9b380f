/** Lookups in the registry, against a slow twin that looks at every row, on random prefixes that lie in each other. */
import { describe, expect, it } from 'vitest';
import { addRows, coveringRows, endRows, isRegistered, rowsInside } from '../../src/desk/store/registry-rows.ts';
import { apply } from '../../src/desk/work/apply.ts';
import { rangeOf } from '../../src/registry/address-range.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';
import { SeededRandom } from '../kit/random.mjs';
import { MONDAY_MS, newDesk, wanted } from './desk-kit.ts';

interface Range {
  readonly prefix: string;
  readonly first: bigint;
  readonly last: bigint;
}

const parser = new PrefixParser();

function range(prefix: string): Range {
  if (!parser.parse(prefix)) throw new Error(prefix);
  return { prefix, ...rangeOf(parser) };
}

/** Few addresses and many lengths, so that most prefixes lie in others. */
function randomPrefix(random: SeededRandom): string {
  const isIpv4 = random.below(3) > 0;
  const length = random.below(isIpv4 ? 33 : 129);
  const bits = isIpv4 ? 32 : 128;
  const noise = BigInt(random.below(64)) | (BigInt(random.below(4)) << BigInt(bits - 8));
  const base = isIpv4 ? 0xcb_00_71_00n : 0x20010db8_00000000_00000000_00000000n;
  const address = ((base ^ noise) >> BigInt(bits - length)) << BigInt(bits - length);
  if (isIpv4) return `${[24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 255n).join('.')}/${length}`;
  const groups = Array.from({ length: 8 }, (_, at) => (address >> BigInt(112 - 16 * at)) & 65535n);
  return `${groups.map((group) => group.toString(16)).join(':')}/${length}`;
}

describe('prefixes in the registry of a desk', () => {
  it.each([1, 2, 3])(
    'are found where they cover, and where they lie inside, as by a look at every row (seed %i)',
    (seed) => {
      const random = new SeededRandom(seed);
      const database = newDesk();
      const { application } = apply(database, wanted(['198.51.100.7/32']));
      const { application: gone } = apply(database, wanted(['198.51.100.8/32']));
      const statement = { far: [], protocols: [], scope: '' } as const;
      const period = { validFrom: '2026-11-30', validUntil: '' };
      const at = { change: 1, atMs: MONDAY_MS };
      const all = Array.from({ length: 200 }, () => range(randomPrefix(random)));
      addRows(database, application, { ...statement, own: all.map(({ prefix }) => prefix) }, period, at);
      const ended = Array.from({ length: 200 }, () => randomPrefix(random));
      addRows(database, gone, { ...statement, own: ended }, period, at);
      endRows(database, gone.id, at);
      let hits = 0;
      for (let round = 0; round < 200; round++) {
        const asked = range(random.below(4) === 0 ? random.pick(all).prefix : randomPrefix(random));
        const covers = all.filter(({ first, last }) => first <= asked.first && asked.last <= last);
        const inside = all.filter(
          ({ first, last }) => asked.first <= first && last <= asked.last && last - first < asked.last - asked.first,
        );
        const width = ({ prefix }: { readonly prefix: string }): bigint => range(prefix).last - range(prefix).first;
        const found = coveringRows(database, asked.prefix);
        expect(found.map(({ prefix }) => prefix).sort()).toEqual(covers.map(({ prefix }) => prefix).sort());
        const widths = found.map(width);
        expect(widths).toEqual([...widths].sort((a, b) => (a < b ? -1 : 1)));
        const within = rowsInside(database, asked.prefix, 1000).map(({ prefix }) => prefix);
        expect(within.sort()).toEqual(inside.map(({ prefix }) => prefix).sort());
        expect(isRegistered(database, asked.prefix, null)).toBe(covers.length + inside.length > 0);
        expect(isRegistered(database, asked.prefix, application.id)).toBe(false);
        hits += covers.length;
      }
      expect(hits).toBeGreaterThan(200);
    },
  );
});
