/** Texts that people write instead of a prefix, and the advice on each. */
import { describe, expect, it } from 'vitest';
import { adviseOnPrefix } from '../../src/registry/file/prefix-advice.ts';
import { PrefixParser } from '../../src/registry/prefix.ts';

const parser = new PrefixParser();

describe('advice on a text that is not a prefix', () => {
  it.each([
    // Ranges.
    ['192.0.2.0-192.0.2.255', 'write 192.0.2.0/24'],
    ['192.0.2.1–192.0.2.6', 'each of 192.0.2.1/32, 192.0.2.2/31, 192.0.2.4/31, 192.0.2.6/32'],
    ['192.0.2.0 — 192.0.2.3', 'write 192.0.2.0/30'],
    ['192.0.2.0 to 192.0.3.255', 'write 192.0.2.0/23'],
    ['192.0.2.0..192.0.2.7', 'write 192.0.2.0/29'],
    ['192.0.2.0…192.0.2.7', 'write 192.0.2.0/29'],
    ['192.0.2.8-15', 'write 192.0.2.8/29'],
    ['192.0.2.0-3.255', 'write 192.0.2.0/23'],
    ['192.0.2.0/24-192.0.3.0/24', 'write 192.0.2.0/23'],
    ['0.0.0.0-255.255.255.255', 'write 0.0.0.0/0'],
    ['2001:db8::-2001:db8::ffff', 'write 2001:db8::/112'],
    ['192.0.2.7-192.0.2.0', 'end is before its start: write 192.0.2.0/29'],
    // Lists.
    ['192.0.2.0/24,198.51.100.7', 'a list of 2: write one row for each of 192.0.2.0/24, 198.51.100.7/32'],
    ['192.0.2.0/24; 198.51.100.0/24;203.0.113.9', 'a list of 3'],
    ['192.0.2.0/24 198.51.100.0/24', 'each of 192.0.2.0/24, 198.51.100.0/24'],
    ['192.0.2.0/24\n198.51.100.0/24\r\n203.0.113.9', 'each of 192.0.2.0/24, 198.51.100.0/24, 203.0.113.9/32'],
    ['192.0.2.1 and 192.0.2.2', 'each of 192.0.2.1/32, 192.0.2.2/32'],
    ['2001:db8::1, 2001:db8::2', 'each of 2001:db8::1/128, 2001:db8::2/128'],
    ['192.0.2.0/24, 198.51.100.0-255', 'each of 192.0.2.0/24, 198.51.100.0/24'],
    ['192.0.2.1/24, 198.51.100.0/24', 'a list of 2: write one row for each'],
    // Spaces, quotes and other characters around.
    [' 192.0.2.0/24', 'a space in or around a prefix: write 192.0.2.0/24'],
    ['192.0.2.0 / 24 ', 'write 192.0.2.0/24'],
    ['\u00a0192.0.2.0/24', 'a no-break space (U+00A0)'],
    ['192.0.2.0\u00a0/24', 'a no-break space (U+00A0), which looks like a space: write 192.0.2.0/24'],
    [' 192.0.2.1/24', 'a space in or around a prefix, and bits are set below the prefix length: write 192.0.2.0/24'],
    ["'192.0.2.0/24", 'quotes around a prefix: write 192.0.2.0/24'],
    ['“192.0.2.0/24”', 'write 192.0.2.0/24'],
    ['192.0.2.0/24;', 'write 192.0.2.0/24'],
    ['192.0.2.0\\24', 'write 192.0.2.0/24'],
    ['192,0,2,0/24', 'write 192.0.2.0/24'],
    ['１９２.0.2.0/24', 'write 192.0.2.0/24'],
    ['192.0.2.0 24', 'if 24 is the prefix length: write 192.0.2.0/24'],
    // Netmasks and wildcards.
    ['10.0.0.0/255.255.255.0', 'a netmask instead of a prefix length: write 10.0.0.0/24'],
    ['10.0.0.7/255.0.0.0', 'write 10.0.0.0/8'],
    ['10.0.0.0 255.255.255.255', 'write 10.0.0.0/32'],
    ['10.0.0.0 0.0.3.255', 'write 10.0.0.0/22'],
    ['10.0.0.0/255.0.255.0', '255.0.255.0 is not a netmask'],
    ['10.1.2.*', 'a wildcard: write 10.1.2.0/24'],
    ['10.1.*.*', 'write 10.1.0.0/16'],
    ['10.*', 'write 10.0.0.0/8'],
    ['10.1.x.x', 'write 10.1.0.0/16'],
    ['10.*.1.2', 'a wildcard is only valid for the last numbers of an address'],
    ['*', 'means every address'],
    // Ports, zones and host names.
    ['192.0.2.1:443', 'a port, which is not part of a registration: write 192.0.2.1/32'],
    ['192.0.2.1:443/udp', 'write 192.0.2.1/32'],
    ['[2001:db8::1]:443', 'a port, which is not part of a registration: write 2001:db8::1/128'],
    ['[2001:db8::]/32', 'brackets around an address: write 2001:db8::/32'],
    ['fe80::1%eth0', 'a zone, which names an interface of one machine: write fe80::1/128'],
    ['fe80::%2/64', 'write fe80::/64'],
    ['https://192.0.2.1:8443/login', 'a web address: write 192.0.2.1/32'],
    ['https://[2001:db8::1]/', 'write 2001:db8::1/128'],
    ['vpn.example.com', 'a host name: write the addresses that it has'],
    ['https://vpn.example.com/x', 'a host name'],
    // Numbers.
    ['010.001.002.000/24', 'read as octal; if the numbers are decimal: write 10.1.2.0/24'],
    ['10.0.0.0/08', 'write 10.0.0.0/8'],
    ['10.1.2/24', 'this has 3; if the rest is zero: write 10.1.2.0/24'],
    ['10/8', 'write 10.0.0.0/8'],
    ['10.1.2', 'write 10.1.2.0/24'],
    ['3221225985', 'if it is an IPv4 address as a number: write 192.0.2.1/32'],
    [
      '198051100004',
      'the dots of an IPv4 address are missing; if each of its numbers has three digits: write 198.51.100.4/32',
    ],
    ['198051100000/24', 'each of its numbers has three digits: write 198.51.100.0/24'],
    ['19851100004', 'the dots between the four numbers of an IPv4 address are missing'],
    ['999051100004', 'the dots between the four numbers of an IPv4 address are missing'],
    // Spreadsheets.
    ['1.1E+5', 'a spreadsheet has made a number of this'],
    ['1,92E+09', 'a spreadsheet has made a number of this'],
    ['########', 'make it wider and export again'],
    ['#REF!', '#REF! is an error value of a spreadsheet'],
  ])('is given on %j', (text, advice) => {
    expect(parser.parse(text)).toBe(false);
    expect(adviseOnPrefix(text)).toContain(advice);
  });

  it.each([
    '',
    'x',
    '10',
    '256.0.0.1',
    '10.0.0.1/24',
    '10.0.0.0/33',
    '1::2::3',
    '::ffff:192.0.2.1',
    '0x0a.0.0.1',
    '1.2.3.4-5.6.7.8.9',
    '192.0.2.0-2001:db8::',
  ])('is not given on %j, where the message of the parser is enough', (text) => {
    expect(parser.parse(text)).toBe(false);
    expect(adviseOnPrefix(text)).toBeNull();
  });

  it('is bounded: of many prefixes it shows the first ones and the number of the others', () => {
    const advice = adviseOnPrefix('10.0.0.1-10.255.255.254')!;
    expect(advice).toContain('(10.0.0.0/8 is the narrowest prefix that holds all of it)');
    expect(advice.match(/\/\d+/g)).toHaveLength(17);
    expect(advice).toMatch(/ and 30 more$/);
    expect(adviseOnPrefix(Array.from({ length: 200 }, (_, i) => `10.0.0.${i}`).join(' '))).toBeNull();
    expect(adviseOnPrefix(Array.from({ length: 60 }, (_, i) => `10.0.0.${i}`).join(' '))).toMatch(/ and 44 more$/);
  });

  it('takes a short time for hostile texts', () => {
    const hostile = [
      ' '.repeat(1024),
      '1.'.repeat(512),
      '1-'.repeat(512),
      '"'.repeat(1024),
      `${'a.'.repeat(500)}!`,
      '1 '.repeat(500),
    ];
    const start = performance.now();
    for (const text of hostile) for (let i = 0; i < 20; i++) adviseOnPrefix(text);
    expect(performance.now() - start).toBeLessThan(5000);
  });
});
