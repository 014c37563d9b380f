/** Addresses in file names and arguments, where outputs hide addresses. */
import { describe, expect, it } from 'vitest';
import { hideAddresses } from '../../src/output/provenance/hidden-text.ts';

describe('an address in a text is replaced', () => {
  it.each([
    ['client-192.0.2.7.pcap', 'client-[address].pcap'],
    ['192-0-2-7.pcap', '[address].pcap'],
    ['of_192_0_2_7_', 'of_[address]_'],
    ['198.51.100.0/24', '[address]/24'],
    ['192.0.2.7:51820-198.51.100.7:51820', '[address]:51820-[address]:51820'],
    ['2001:db8::7.pcap', '[address].pcap'],
    ['[2001:db8::7]:500', '[[address]]:500'],
    ['2001:db8:0:1:2:3:4:5', '[address]'],
    ['x::1', 'x[address]'],
    ['00:1b:44:11:3a:b7', '[address]'],
  ])('%s', (text, shown) => {
    expect(hideAddresses(text)).toBe(shown);
  });
});

describe('a text without an address stays as it is', () => {
  it.each([
    '2026-11-29T19:54:38.501Z',
    'trace-2024-11-10.pcap',
    'v1.2.3',
    '300.1.1.1',
    'rules/policy.yaml',
    '84ec5f7a1d65280bbb8e15da581d3cc9e11f4559f62b843d059d56c7926bc838',
  ])('%s', (text) => {
    expect(hideAddresses(text)).toBe(text);
  });
});
