/**
 * How addresses are shown. The expected pseudonyms are the sample of the original Crypto-PAn distribution (Jinliang Fan
 * and others: the key in sample.cpp, sample_trace_raw.dat and sample_trace_sanitized.dat). It has no IPv6; for IPv6
 * they come from Yawning Angel's implementation in Go.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { formatAddress } from '../../src/core/ip-address.ts';
import { PSEUDONYM_KEY_LENGTH, type ShowAddress, showAddresses } from '../../src/output/event/shown-address.ts';
import { addressWords } from '../kit/address-words.ts';

const SAMPLE_KEY = Uint8Array.of(
  ...[21, 34, 23, 141, 51, 164, 207, 128, 19, 10, 91, 22, 73, 144, 125, 16],
  ...[216, 152, 143, 131, 121, 121, 101, 39, 98, 87, 76, 45, 42, 132, 34, 2],
);

const SAMPLE_TRACE = `
128.11.68.132 135.242.180.132   129.118.74.4 134.136.186.123     130.132.252.244 133.68.164.234
141.223.7.43 141.167.8.160      141.233.145.108 141.129.237.235  152.163.225.39 151.140.114.167
156.29.3.236 147.225.12.42      165.247.96.84 162.9.99.234       166.107.77.190 160.132.178.185
192.102.249.13 252.138.62.131   192.215.32.125 252.43.47.189     192.233.80.103 252.25.108.8
192.41.57.43 252.222.221.184    193.150.244.223 253.169.52.216   195.205.63.100 255.186.223.5
198.200.171.101 249.199.68.213  198.26.132.101 249.36.123.202    198.36.213.5 249.7.21.132
198.51.77.238 249.18.186.254    199.217.79.101 248.38.184.213    202.49.198.20 245.206.7.234
203.12.160.252 244.248.163.4    204.184.162.189 243.192.77.90    204.202.136.230 243.178.4.198
204.29.20.4 243.33.20.123       205.178.38.67 242.108.198.51     205.188.147.153 242.96.16.101
207.105.49.5 241.118.205.138    208.147.89.59 227.237.98.191     209.12.231.7 226.243.167.8
212.120.124.31 228.135.163.231  216.148.237.145 235.84.194.111   24.0.250.221 100.15.198.226
38.15.67.68 64.3.66.187         4.3.88.225 124.60.155.63         63.14.55.111 95.9.215.7
64.14.118.196 0.255.183.58      64.34.154.117 0.221.154.117      10.185.25.118 117.161.29.118

::1 78ff:f001:9fc0:20df:8380:b1f1:704:ed              ::2 78ff:f001:9fc0:20df:8380:b1f1:704:ef
::ffff 78ff:f001:9fc0:20df:8380:b1f1:704:f838         2001:db8::1 4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1e
2001:db8::2 4401:2bc:603f:d91d:27f:ff8e:e6f1:dc1c
`;

const SAMPLES = [...SAMPLE_TRACE.matchAll(/(\S+) (\S+)/g)].map(([, raw, sanitized]) => [raw!, sanitized!] as const);

function shownBy(show: ShowAddress, address: ArrayLike<number>): Int32Array {
  const shown = new Int32Array(4);
  show(address, shown);
  return shown;
}

function textBy(show: ShowAddress, text: string): string {
  const [a, b, c, d] = shownBy(show, addressWords(text));
  return formatAddress(a!, b!, c!, d!);
}

/** Length of the common prefix of two addresses, in bits. */
function commonBits(left: Int32Array, right: Int32Array): number {
  for (let word = 0; word < 4; word++) {
    const differing = left[word]! ^ right[word]!;
    if (differing !== 0) return word * 32 + Math.clz32(differing);
  }
  return 128;
}

describe('plain and truncated addresses', () => {
  it.each([
    ['192.0.2.77', '192.0.2.77', '192.0.2.0'],
    ['255.255.255.255', '255.255.255.255', '255.255.255.0'],
    ['2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff', '2001:db8:ffff::'],
    ['::1', '::1', '::'],
  ])('%s', (text, plain, truncated) => {
    expect(textBy(showAddresses('plain'), text)).toBe(plain);
    expect(textBy(showAddresses('truncated'), text)).toBe(truncated);
  });
});

describe('pseudonyms', () => {
  const show = showAddresses('pseudonym', SAMPLE_KEY);

  it.each(SAMPLES)('%s is shown as %s', (raw, sanitized) => {
    expect(textBy(show, raw)).toBe(sanitized);
    // From the cache, the second time.
    expect(textBy(show, raw)).toBe(sanitized);
  });

  it('keep prefixes: two pseudonyms share as many bits as the addresses', () => {
    const key = fc.uint8Array({ minLength: PSEUDONYM_KEY_LENGTH, maxLength: PSEUDONYM_KEY_LENGTH });
    const words = fc.tuple(fc.integer(), fc.integer(), fc.integer(), fc.integer());
    fc.assert(
      fc.property(key, words, fc.nat(127), fc.boolean(), (octets, address, bit, isIpv4) => {
        const hide = showAddresses('pseudonym', octets);
        const one = Int32Array.from(isIpv4 ? [0, 0, 0xffff, address[3]] : address);
        const other = one.slice();
        const turned = isIpv4 ? 96 + (bit & 31) : bit;
        other[turned >> 5]! ^= 1 << (31 - (turned & 31));
        expect(commonBits(one, other)).toBe(turned);
        expect(commonBits(shownBy(hide, one), shownBy(hide, other))).toBe(turned);
      }),
      { numRuns: 200 },
    );
  });

  it('of IPv4 are IPv4, and stay the same after the cache was cleared', () => {
    const first = textBy(show, '10.0.0.1');
    for (let i = 0; i < 70_000; i++) shownBy(show, [0, 0, 0xffff, i]);
    expect(textBy(show, '10.0.0.1')).toBe(first);
    expect(first).toMatch(/^\d+\.\d+\.\d+\.\d+$/);
  });

  it.each([0, 16, 31, 33])('are refused with a key of %i bytes', (length) => {
    expect(() => showAddresses('pseudonym', new Uint8Array(length))).toThrow('32 bytes');
  });
});
