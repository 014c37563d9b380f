/**
 * Community ID against published values: the baseline of the specification's repository
 * (github.com/corelight/community-id-spec, baseline_deflt.json, seed 0), and tshark if it is installed.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';
import { communityId } from '../../src/output/event/community-id.ts';
import { installed } from '../kit/installed.ts';
import { addressWords } from '../kit/address-words.ts';

/** Protocol, source, destination, ports (type and code, or the counterpart type, for ICMP), published value. */
type Vector = readonly [number, string, string, readonly [number, number] | null, string];

const BASELINE: readonly Vector[] = [
  [6, '128.232.110.120', '66.35.250.204', [34855, 80], '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [6, '66.35.250.204', '128.232.110.120', [80, 34855], '1:LQU9qZlK+B5F3KDmev6m5PMibrg='],
  [
    6,
    '2001:470:e5bf:dead:4957:2174:e82c:4887',
    '2607:f8b0:400c:c03::1a',
    [63943, 25],
    '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
  ],
  [
    6,
    '2607:f8b0:400c:c03::1a',
    '2001:470:e5bf:dead:4957:2174:e82c:4887',
    [25, 63943],
    '1:/qFaeAR+gFe1KYjMzVDsMv+wgU4=',
  ],
  [17, '192.168.1.52', '8.8.8.8', [54585, 53], '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [17, '8.8.8.8', '192.168.1.52', [53, 54585], '1:d/FP5EW3wiY1vCndhwleRRKHowQ='],
  [132, '192.168.170.8', '192.168.170.56', [7, 7], '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  [132, '192.168.170.56', '192.168.170.8', [7, 7], '1:MP2EtRCAUIZvTw6MxJHLV7N7JDs='],
  // RSVP: an example of the protocols without ports, like ESP and AH.
  [46, '10.1.12.1', '10.1.12.2', null, '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
  [46, '10.1.12.2', '10.1.12.1', null, '1:KHlLkgoJW7ifUTyTSgyVfkFHzKw='],
  [1, '192.168.0.89', '192.168.0.1', [8, 0], '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '192.168.0.1', '192.168.0.89', [0, 8], '1:X0snYXpgwiv9TZtqg64sgzUn6Dk='],
  [1, '10.0.0.1', '10.0.0.2', [11, 0], '1:YHxtAirCG//0OzkcVAukqKQN9xM='],
  [58, 'fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', [135, 136], '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 'fe80::200:86ff:fe05:80da', [136, 135], '1:dGHyGvjMfljg6Bppwm3bg0LO8TY='],
  [58, 'fe80::260:97ff:fe07:69ea', 'fe80::200:86ff:fe05:80da', [135, 136], '1:zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, 'fe80::200:86ff:fe05:80da', 'fe80::260:97ff:fe07:69ea', [136, 135], '1:zavyT/cezQr1fmImYCwYnMXbgck='],
  [58, '3ffe:501:1800:2345::2', '3ffe:507:0:1:200:86ff:fe05:80da', [3, 0], '1:2ObVBgIn28oZvibYZhZMBgh7WdQ='],
  [58, '3ffe:501:410:0:2c0:dfff:fe47:33e', '3ffe:507:0:1:200:86ff:fe05:80da', [1, 4], '1:hLZd0XGWojozrvxqE0dWB1iM6R0='],
  [58, '3ffe:507:0:1:200:86ff:fe05:80da', '3ffe:501:0:1001::2', [128, 129], '1:+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, '3ffe:501:0:1001::2', '3ffe:507:0:1:200:86ff:fe05:80da', [129, 128], '1:+TW+HtLHvV1xnGhV1lv7XoJrqQg='],
  [58, 'fe80::200:86ff:fe05:80da', 'ff02::2', [133, 134], '1:hO+sN4H+MG5MY/8hIrXPqc4ZQz0='],
  [58, 'fe80::260:97ff:fe07:69ea', 'ff02::1', [134, 133], '1:pkvHqCL88/tg1k4cPigmZXUtL00='],
];

function idOf(protocol: number, source: string, destination: string, ports: readonly [number, number] | null): string {
  return communityId(
    protocol,
    addressWords(source),
    addressWords(destination),
    ports === null ? null : { source: ports[0], destination: ports[1] },
  );
}

describe('Community ID', () => {
  it.each(BASELINE)('protocol %i, %s to %s, %j', (protocol, source, destination, ports, published) => {
    expect(idOf(protocol, source, destination, ports)).toBe(published);
  });

  it('is the same for both directions, and different for each protocol', () => {
    const ids = new Set<string>();
    for (const protocol of [50, 51, 47]) {
      const forth = idOf(protocol, '198.51.100.7', '192.0.2.1', null);
      expect(idOf(protocol, '192.0.2.1', '198.51.100.7', null)).toBe(forth);
      ids.add(forth);
    }
    expect(ids.size).toBe(3);
  });

  it('orders equal addresses by port, and addresses as unsigned words', () => {
    expect(idOf(17, '192.0.2.1', '192.0.2.1', [9, 10])).toBe(idOf(17, '192.0.2.1', '192.0.2.1', [10, 9]));
    expect(idOf(17, '10.0.0.1', '240.0.0.1', [1, 2])).toBe(idOf(17, '240.0.0.1', '10.0.0.1', [2, 1]));
  });
});

/**
 * The ids that tshark computes for the packets of a capture: one line per packet, with protocol, addresses and ports.
 */
function tsharkRows(path: string): string[][] {
  const names = ['ip.proto', 'ipv6.nxt', 'ip.src', 'ip.dst', 'ipv6.src', 'ipv6.dst', 'udp.srcport', 'udp.dstport'];
  names.push('tcp.srcport', 'tcp.dstport', 'icmp.type', 'icmp.code', 'icmpv6.type', 'icmpv6.code', 'communityid');
  const fields = names.flatMap((name) => ['-e', name]);
  const run = spawnSync('tshark', ['-r', path, '--enable-protocol', 'communityid', '-T', 'fields', ...fields], {
    encoding: 'utf8',
  });
  return run.stdout
    .split('\n')
    .map((line) => line.split('\t'))
    .filter((row) => row.length === names.length && row.at(-1) !== '');
}

/** Without AH: tshark hashes the payload's protocol instead. */
describe.skipIf(!installed('tshark'))('Community ID, against tshark', () => {
  const root = resolve(import.meta.dirname, '../..');
  const own = ['ipsec/esp', 'wireguard/handshake', 'openvpn/tcp-plain', 'negative/ping'];
  const specified = ['icmp6', 'ipv6', 'udp'].map((name) => `community-id/pcaps/${name}.pcap`);
  const paths = [
    ...own.map((name) => resolve(root, 'captures', `${name}.pcap`)),
    ...specified.map((name) => resolve(root, '../shared/corpus/captures', name)),
  ];

  it.each(paths.filter((path) => existsSync(path)))('%s', (path) => {
    const rows = tsharkRows(path).filter((row) => !row.some((field) => field.includes(',')));
    expect(rows.length).toBeGreaterThan(0);
    for (const row of rows) {
      const [proto, next, source4, destination4, source6, destination6, ...rest] = row;
      const ports = rest
        .slice(0, -1)
        .filter((field) => field !== '')
        .map(Number);
      const protocol = Number(proto === '' ? next : proto);
      const id = idOf(
        protocol,
        source4! || source6!,
        destination4! || destination6!,
        ports.length === 2 ? [ports[0]!, ports[1]!] : null,
      );
      expect(id, row.join(' ')).toBe(rest.at(-1));
    }
  });
});
