import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { prefixAround, prefixesOf, rangeOf } from '../../src/registry/address-range.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';

const parser = new PrefixParser();
const IPV4 = 0xffff_0000_0000n;

function ends(text: string): [bigint, bigint] {
  expect(parser.parse(text)).toBe(true);
  const { first, last } = rangeOf(parser);
  return [first, last];
}

describe('the prefixes of a range', () => {
  it.each<[bigint, bigint, string[]]>([
    [0n, 255n, ['0.0.0.0/24']],
    [1n, 1n, ['0.0.0.1/32']],
    [1n, 2n, ['0.0.0.1/32', '0.0.0.2/32']],
    [0n, 0xffff_ffffn, ['0.0.0.0/0']],
    [0x7fff_ffffn, 0x8000_0000n, ['127.255.255.255/32', '128.0.0.0/32']],
  ])('%s to %s', (first, last, prefixes) => {
    expect(prefixesOf({ first: IPV4 + first, last: IPV4 + last })).toEqual(prefixes);
  });

  it('cover it exactly, in order, and no two of them can be merged', () => {
    const bits = fc.integer({ min: 0, max: 40 });
    fc.assert(
      fc.property(
        fc.bigInt(0n, 2n ** 128n - 1n),
        bits,
        fc.bigInt(0n, 2n ** 40n),
        fc.boolean(),
        (at, width, size, isIpv4) => {
          const limit = isIpv4 ? 2n ** 32n - 1n : 2n ** 128n - 1n;
          const low = at % (limit + 1n);
          const high = low + (size % 2n ** BigInt(width));
          const base = isIpv4 ? IPV4 : 0n;
          const range = { first: base + low, last: base + (high > limit ? limit : high) };
          const prefixes = prefixesOf(range);
          let next = range.first;
          let before = '';
          for (const prefix of prefixes) {
            // Prefixes of IPv4-mapped addresses are written in IPv4 form.
            if (!parser.parse(prefix)) return;
            const [first, last] = ends(prefix);
            expect(first).toBe(next);
            expect(before === '' || prefixesOf({ first: ends(before)[0], last }).length).not.toBe(1);
            next = last + 1n;
            before = prefix;
          }
          expect(next).toBe(range.last + 1n);
          const [outerFirst, outerLast] = ends(prefixAround(range));
          expect(outerFirst <= range.first && outerLast >= range.last).toBe(true);
        },
      ),
    );
  });
});
