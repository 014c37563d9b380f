import * as fc from 'fast-check';
import ipaddr from 'ipaddr.js';
import { describe, expect, it } from 'vitest';
import { formatAddress, formatPrefix } from '../../src/core/ip-address.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';

const parser = new PrefixParser();

function parsed(text: string): string {
  if (!parser.parse(text)) return `${parser.column}: ${parser.message}`;
  return formatPrefix(parser.word0, parser.word1, parser.word2, parser.word3, parser.length);
}

describe('prefixes of the RFCs', () => {
  // RFC 4632 sections 3.1 and 5.1; RFC 4291 sections 2.2 and 2.3; RFC 5952 sections 1 and 4.
  it.each([
    ['172.16.0.0/12', '172.16.0.0/12'],
    ['10.24.0.0/13', '10.24.0.0/13'],
    ['192.168.99.0/24', '192.168.99.0/24'],
    ['0.0.0.0/0', '0.0.0.0/0'],
    ['198.51.100.7', '198.51.100.7/32'],
    ['2001:0DB8:0000:CD30:0000:0000:0000:0000/60', '2001:db8:0:cd30::/60'],
    ['2001:0DB8::CD30:0:0:0:0/60', '2001:db8:0:cd30::/60'],
    ['2001:0DB8:0:CD30::/60', '2001:db8:0:cd30::/60'],
    ['ABCD:EF01:2345:6789:ABCD:EF01:2345:6789', 'abcd:ef01:2345:6789:abcd:ef01:2345:6789/128'],
    ['FF01:0:0:0:0:0:0:101', 'ff01::101/128'],
    ['::1', '::1/128'],
    ['::', '::/128'],
    ['::/0', '::/0'],
    ['0:0:0:0:0:0:13.1.68.3', '::d01:4403/128'],
    ['64:ff9b::192.0.2.33', '64:ff9b::c000:221/128'],
    ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1/128'],
    ['2001:db8:aaaa:bbbb:cccc:dddd:0:1', '2001:db8:aaaa:bbbb:cccc:dddd:0:1/128'],
    ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0/128'],
    ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8/128'],
  ])('are parsed: %s', (text, expected) => {
    expect(parsed(text)).toBe(expected);
  });
});

describe('a text that is not a strict prefix', () => {
  it.each([
    ['', 1, 'missing'],
    ['010.0.0.1', 1, 'leading zero'],
    ['10.0.00.1', 6, 'leading zero'],
    ['256.0.0.1', 1, 'above 255'],
    ['1.2.3.1000', 7, 'more than 3 digits'],
    ['10.0.1', 7, 'four numbers'],
    ['10', 3, 'four numbers'],
    ['10.0.0.1.2', 9, 'expected'],
    ['0x0a.0.0.1', 2, '"."'],
    [' 10.0.0.1', 1, 'not " "'],
    ['10.0.0.1 ', 9, 'not " "'],
    ['10.0.0.0/', 10, 'prefix length is expected, not the end'],
    ['10.0.0.0/33', 10, 'above 32'],
    ['10.0.0.0/08', 10, 'leading zero'],
    ['10.0.0.0/+8', 10, 'not "+"'],
    ['10.0.0.0/8x', 11, 'not "x"'],
    ['10.0.0.0/255.0.0.0', 10, 'netmask'],
    ['10.0.0.1/8', 1, 'write 10.0.0.0/8 for all of it or 10.0.0.1/32'],
    ['2001:db8::1/32', 1, 'write 2001:db8::/32'],
    ['2001:db8::/129', 12, 'above 128'],
    ['fe80::1%eth0', 8, 'zone'],
    ['[2001:db8::1]', 1, 'not "["'],
    ['2001:db8', 9, 'eight groups'],
    ['1:2:3:4:5:6:7:8:9', 17, 'this has more'],
    ['1:2:3:4:5:6:7:8::', 1, 'eight are written out'],
    ['1::2::3', 5, 'only once'],
    [':1:2:3:4:5:6:7', 1, 'hexadecimal group'],
    ['1:', 3, 'hexadecimal group'],
    [':::', 3, 'not ":"'],
    ['12345::', 1, 'at most four'],
    ['g::', 1, 'hexadecimal group is expected, not "g"'],
    ['1::g', 4, 'not "g"'],
    ['1:2:3:4:5:6:7:1.2.3.4', 15, 'no room'],
    ['::ffff:192.0.2.1', 1, 'write 192.0.2.1'],
    ['::ffff:c000:201', 1, 'write 192.0.2.1'],
    ['::ffff:0:0/96', 1, 'IPv4 address in IPv6 form'],
    ['localhost', 1, 'not "l"'],
  ])('is refused: %j', (text, column, message) => {
    expect(parser.parse(text)).toBe(false);
    expect(parser.message).toContain(message);
    expect(parser.column).toBe(column);
  });

  it('is refused where an address alone is wanted and a length is given', () => {
    expect(parser.parseAddress('192.0.2.1')).toBe(true);
    expect(parser.parseAddress('192.0.2.0/24')).toBe(false);
    expect(parser.column).toBe(10);
  });
});

describe('prefixes against ipaddr.js', () => {
  const word = fc.integer({ min: -0x80000000, max: 0x7fffffff });

  it('are parsed from their own text, and have the same text in IPv6', () => {
    fc.assert(
      fc.property(fc.oneof(fc.constant(0), word), word, fc.oneof(fc.constant(0), word), word, (a, b, c, d) => {
        const text = formatAddress(a, b, c, d);
        expect(parser.parseAddress(text)).toBe(true);
        expect([parser.word0, parser.word1, parser.word2, parser.word3]).toEqual([a, b, c, d]);
        expect(ipaddr.parse(text).toString()).toBe(text);
      }),
    );
  });

  it('are refused in IPv6 where ipaddr.js refuses them, and are equal otherwise', () => {
    const part = fc.constantFrom('0', '1', 'a', 'ffff', '00ff', ':', '::', '/', '10', '.', '7', 'g');
    fc.assert(
      fc.property(fc.array(part, { maxLength: 14 }), (parts) => {
        const text = parts.join('');
        if (!text.includes(':') || !parser.parse(text)) return;
        const address = text.split('/')[0]!;
        expect(ipaddr.IPv6.isValid(address)).toBe(true);
        const ours = formatAddress(parser.word0, parser.word1, parser.word2, parser.word3);
        expect(ours).toBe(ipaddr.IPv6.parse(address).toString());
      }),
      { numRuns: 20_000 },
    );
  });
});
