import { describe, expect, it } from 'vitest';
import { parseTuple, type Tuple } from '../../src/cli/tuple-text.ts';
import { formatAddress } from '../../src/core/ip-address.ts';

function shown(text: string): string {
  const tuple = parseTuple(text);
  if (typeof tuple === 'string') return `refused: ${tuple}`;
  const end = ({ words, port }: Tuple['ends'][number]): string => {
    const [a, b, c, d] = words as [number, number, number, number];
    return `${formatAddress(a, b, c, d)} ${port ?? 'none'}`;
  };
  return `${tuple.ends.map(end).join(' and ')} of ${tuple.transports.join()}`;
}

describe('a tuple', () => {
  it.each([
    ['192.0.2.10:51820-198.51.100.7:1194', '192.0.2.10 51820 and 198.51.100.7 1194 of 17,6'],
    ['udp/192.0.2.10:1-198.51.100.7:2', '192.0.2.10 1 and 198.51.100.7 2 of 17'],
    ['TCP/192.0.2.10:1-198.51.100.7:2', '192.0.2.10 1 and 198.51.100.7 2 of 6'],
    [' 192.0.2.10:1 – 198.51.100.7:2 ', '192.0.2.10 1 and 198.51.100.7 2 of 17,6'],
    ['[2001:db8::1]:500-[2001:db8::2]:4500', '2001:db8::1 500 and 2001:db8::2 4500 of 17,6'],
    ['192.0.2.10-198.51.100.7', '192.0.2.10 none and 198.51.100.7 none of 50,51'],
    ['ah/192.0.2.10-198.51.100.7', '192.0.2.10 none and 198.51.100.7 none of 51'],
    ['esp/[2001:db8::1]-[2001:db8::2]', '2001:db8::1 none and 2001:db8::2 none of 50'],
    ['esp/2001:db8::1-2001:db8::2', '2001:db8::1 none and 2001:db8::2 none of 50'],
    ['192.0.2.10:0-198.51.100.7:65535', '192.0.2.10 0 and 198.51.100.7 65535 of 17,6'],
  ])('%s', (text, expected) => {
    expect(shown(text)).toBe(expected);
  });

  it.each([
    ['', 'two ends with "-" between them'],
    ['192.0.2.10:1', 'two ends with "-" between them'],
    ['192.0.2.10:1-198.51.100.7:2-1', 'two ends with "-" between them'],
    ['icmp/192.0.2.10-198.51.100.7', '"icmp/" is no transport'],
    ['192.0.2.10:1-198.51.100.7', 'one end has a port and the other has none'],
    ['192.0.2.10:1-[2001:db8::1]:1', 'one end is IPv4 and the other IPv6'],
    ['udp/192.0.2.10-198.51.100.7', 'udp has ports: write both'],
    ['esp/192.0.2.10:1-198.51.100.7:1', 'esp has no ports: leave them out'],
    ['192.0.2.10:65536-198.51.100.7:1', 'a port is at most 65535'],
    ['192.0.2.300:1-198.51.100.7:1', 'above 255'],
    ['2001:db8:0:0:0:0:0:1:500-2001:db8::2:500', 'written in brackets, as in [2001:db8::1]:500'],
    ['[2001:db8::1:500-[2001:db8::2]:500', '[2001:db8::1:500'],
    ['192.0.2.10:-198.51.100.7:1', '192.0.2.10:'],
  ])('%j is refused: %s', (text, reason) => {
    expect(shown(text)).toContain('refused: ');
    expect(shown(text)).toContain(reason);
  });
});
