/** Texts of addresses: the examples of RFC 5952, and comparison with Node for others. */
import fc from 'fast-check';
import { SocketAddress } from 'node:net';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatIpv4, IPV4_MARK, isMappedIpv4 } from '../../src/core/ip-address.ts';

/** Eight groups as four signed words. */
function wordsOf(groups: readonly number[]): [number, number, number, number] {
  const word = (i: number): number => (groups[2 * i]! << 16) | groups[2 * i + 1]!;
  return [word(0), word(1), word(2), word(3)];
}

describe('RFC 5952', () => {
  it.each<readonly [string, string, readonly number[]]>([
    ['4.1 no leading zeros', '2001:db8::1', [0x2001, 0xdb8, 0, 0, 0, 0, 0, 1]],
    ['4.2.1 as short as possible', '2001:db8::2:1', [0x2001, 0xdb8, 0, 0, 0, 0, 2, 1]],
    ['4.2.2 one zero group is written', '2001:db8:0:1:1:1:1:1', [0x2001, 0xdb8, 0, 1, 1, 1, 1, 1]],
    ['4.2.3 the longest run', '2001:0:0:1::1', [0x2001, 0, 0, 1, 0, 0, 0, 1]],
    ['4.2.3 the first of equal runs', '2001:db8::1:0:0:1', [0x2001, 0xdb8, 0, 0, 1, 0, 0, 1]],
    ['4.3 lower case', '2001:db8::abcd:ef12', [0x2001, 0xdb8, 0, 0, 0, 0, 0xabcd, 0xef12]],
    ['the unspecified address', '::', [0, 0, 0, 0, 0, 0, 0, 0]],
    ['loopback', '::1', [0, 0, 0, 0, 0, 0, 0, 1]],
    ['a run at the end', '1::', [1, 0, 0, 0, 0, 0, 0, 0]],
    ['no run', '1:2:3:4:5:6:7:ffff', [1, 2, 3, 4, 5, 6, 7, 0xffff]],
    ['an IPv4 address in its mapped form', '192.0.2.33', [0, 0, 0, 0, 0, 0xffff, 0xc000, 0x0221]],
  ])('%s: %s', (_, expected, groups) => {
    expect(formatAddress(...wordsOf(groups))).toBe(expected);
  });
});

describe('any address', () => {
  /** Mostly zeros, because runs of zeros are the difficult part. */
  const group = fc.oneof({ weight: 2, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat(0xffff) });

  it('has a text that parses to the same groups', () => {
    fc.assert(
      fc.property(fc.array(group, { minLength: 8, maxLength: 8 }), (groups) => {
        // Node writes ::ffff:1.2.3.4 and ::1.2.3.4 with dots; Sluice writes the latter without.
        fc.pre(groups.slice(0, 5).some((value) => value !== 0));
        const text = formatAddress(...wordsOf(groups));
        expect(new SocketAddress({ address: text, family: 'ipv6' }).address).toBe(text);
        const [head, tail] = text.split('::');
        const parse = (part: string | undefined): number[] =>
          part === undefined || part === '' ? [] : part.split(':').map((value) => parseInt(value, 16));
        const [before, after] = [parse(head), parse(tail)];
        const gap = new Array<number>(8 - before.length - after.length).fill(0);
        expect([...before, ...gap, ...after]).toEqual(groups);
      }),
    );
  });

  it('is IPv4 where its first three words are those of a mapped address', () => {
    expect(isMappedIpv4(0, 0, IPV4_MARK)).toBe(true);
    expect([isMappedIpv4(0, 0, 0), isMappedIpv4(1, 0, IPV4_MARK), isMappedIpv4(0, 1, IPV4_MARK)]).toEqual([
      false,
      false,
      false,
    ]);
  });

  it('of IPv4 is dotted, also where its word is negative', () => {
    expect([0, -1, 0x7fffffff, -0x80000000, 0x0a000001].map(formatIpv4)).toEqual([
      '0.0.0.0',
      '255.255.255.255',
      '127.255.255.255',
      '128.0.0.0',
      '10.0.0.1',
    ]);
  });
});
