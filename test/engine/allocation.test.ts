/**
 * The data plane allocates nothing per packet: a process of its own, with a young generation too large to be collected while
 * it is measured, runs real packets round and round and looks at what they left on the heap.
 */
import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type BuiltSources, buildSources } from '../kit/built-sources.ts';

const CAPTURES = join(import.meta.dirname, '../../captures');
const HEAP_FLAGS = ['--expose-gc', '--min-semi-space-size=256', '--max-semi-space-size=256'];

interface Measured {
  readonly packets: number;
  readonly heapPerPacket: number;
  readonly flowsStarted: number;
  readonly flowsEnded: number;
  readonly lost: number;
}

const MIXES: readonly (readonly [string, readonly string[]])[] = [
  ['WireGuard', ['wireguard/long-session.pcap', 'wireguard/burst.pcap', 'wireguard/handshake-v6.pcap']],
  ['OpenVPN over UDP', ['openvpn/udp-burst.pcap', 'openvpn/udp-tls-crypt.pcap', 'openvpn/udp-plain-v6.pcap']],
  ['OpenVPN over TCP', ['openvpn/tcp-burst.pcap', 'openvpn/tcp-tls-crypt.pcap', 'openvpn/tcp-http-proxy.pcap']],
  ['IPsec', ['ipsec/ikev2-burst.pcap', 'ipsec/esp.pcap', 'ipsec/ah.pcap', 'ipsec/ikev2-ip-fragments.pcap']],
  ['encapsulated', ['encapsulation/vxlan.pcap', 'encapsulation/gre.pcap', 'condition/fragments-v4.pcap']],
  [
    'no VPN, with new flows all the time',
    [
      'negative/dns-udp.pcap',
      'negative/http-80.pcap',
      'negative/rtp.pcap',
      'negative/like-random-datagrams.pcap',
      'negative/tls-443.pcap',
    ],
  ],
];

describe('heap', () => {
  let built: BuiltSources;
  let script = '';
  let linesScript = '';
  beforeAll(() => {
    built = buildSources();
    script = built.add(join(import.meta.dirname, 'measure-heap.js'));
    linesScript = built.add(join(import.meta.dirname, 'measure-lines.js'));
  });
  afterAll(() => {
    built.remove();
  });

  // Which calls V8 inlines differs from process to process on a busy machine; what the code itself allocates, every one shows.
  it.each(MIXES)('per packet of %s is less than one byte', { retry: 3 }, (_, names) => {
    const paths = names.map((name) => join(CAPTURES, name));
    const output = execFileSync(process.execPath, [...HEAP_FLAGS, script, ...paths], { encoding: 'utf8' });
    const measured = JSON.parse(output) as Measured;
    expect(measured.packets).toBeGreaterThanOrEqual(1_000_000);
    expect(measured.lost).toBe(0);
    expect(measured.heapPerPacket).toBeLessThan(1);
  });

  // A time that is handed on costs an object of 12 bytes, where the call is not inlined.
  it('per event line is less than a string would take', { retry: 3 }, () => {
    const output = execFileSync(process.execPath, [...HEAP_FLAGS, linesScript], { encoding: 'utf8' });
    const measured = JSON.parse(output) as { lines: number; heapPerLine: number; evidence: unknown[] };
    expect(measured.evidence).toHaveLength(3);
    expect(measured.lines).toBeGreaterThanOrEqual(500_000);
    expect(measured.heapPerLine).toBeLessThan(64);
  });
});
