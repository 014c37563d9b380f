/** explain, run as a command. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { installed } from '../kit/installed.ts';
import { jsonLines, ROOT, sluice } from './sluice.ts';

describe('explain', () => {
  const capture = 'captures/openvpn/udp-tls-crypt.pcap';

  async function flowId(...args: string[]): Promise<string> {
    const { stdout } = await sluice(['replay', ...args, '--decisions', '-', '--quiet']);
    return String(jsonLines(stdout)[0]!.flow_id);
  }

  it('shows evidence, registrations and rules for each decision of a flow', async () => {
    const { code, stdout, stderr } = await sluice(['explain', capture, '--flow', await flowId(capture)]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^Flow [0-9a-f]{16}\n {2}\S+ port \d+ {2}to {2}\S+ port 1194, UDP, community id 1:/);
    expect(stdout).toMatch(/Decision 1 of \d, at packet \d+ of captures\/openvpn\/udp-tls-crypt\.pcap, 20/);
    expect(stdout).toMatch(/Finding: openvpn, tls-crypt, (suspected|confirmed)\. Evidence/);
    expect(stdout).toMatch(/^ {4}1\. packet \d+, offset \d+: .*; expected .*, seen .*/m);
    expect(stdout).toContain('Registrations that cover the destination:');
    expect(stdout).toMatch(/Rules, in order:\n {4}registered: /);
    expect(stdout).toMatch(/So: (allow|block|throttle) \([a-z-]+\).*; mode observe\./);
  });

  it('finds a flow among several captures with --each as replay named it', async () => {
    const both = ['captures/wireguard/rekey.pcap', capture, '--each'];
    const { stdout } = await sluice(['replay', ...both, '--decisions', '-', '--quiet']);
    const id = String(jsonLines(stdout).at(-1)!.flow_id);
    const explained = await sluice(['explain', ...both, '--flow', id]);
    expect(explained.code).toBe(0);
    expect(explained.stdout).toContain(`of ${capture}`);
  });

  it.each([
    [
      'an id that no flow has',
      'captures/negative/quic.pcap',
      '0123456789abcdef',
      'no flow with the id 0123456789abcdef is in these captures',
    ],
  ])('of %s ends with 1', async (_what, path, id, sentence) => {
    const { code, stdout, stderr } = await sluice(['explain', path, '--flow', id]);
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toContain(sentence);
  });

  it('of a flow without a finding says so, with its packets and bytes', async () => {
    const capture = 'captures/negative/quic.pcap';
    const { stdout } = await sluice(['replay', capture, '--flows', '-', '--quiet']);
    const [flow] = jsonLines(stdout) as unknown as [{ flow_id: string; flow: Record<string, number> }];
    const page = await sluice(['explain', capture, '--flow', flow.flow_id]);
    expect([page.code, page.stderr]).toEqual([0, '']);
    expect(page.stdout).toContain('No finding: no VPN was recognised in this flow.');
    const { pkts_toserver, bytes_toserver, pkts_toclient, bytes_toclient } = flow.flow;
    expect(page.stdout).toContain(
      `${pkts_toserver} packets (${bytes_toserver} bytes) forth, ${pkts_toclient} packets (${bytes_toclient} bytes) back`,
    );
    expect(page.stdout).toContain(`first packet: packet 1 of ${capture}; end: the capture was over (shutdown)`);
    expect(page.stdout).not.toContain('Decision');
  });
});

describe('explain shows', () => {
  it('the checked bytes of a finding, with the numbers of the evidence below them', async () => {
    const { stdout } = await sluice(['explain', 'captures/wireguard/two-messages.pcap', '--packet', '1']);
    expect(stdout).toContain(
      [
        '    packet 2, 92 bytes of payload from offset 0:',
        '      0000  02 00 00 00 8d e8 a3 c8  7a 6e 75 74 12 29 c5 e6',
        '            ^3^^^^^^^^^              ^4^^^^^^^^^',
        '  Registrations',
      ].join('\n'),
    );
    // Keys and ciphertexts are not shown: of 148 bytes the header, and the first 4 of mac2.
    expect(stdout).toContain('      0080  .. .. .. .. 00 00 00 00  .. .. .. .. .. .. .. ..\n');
    // What the first decision has shown is not shown again.
    expect(stdout.split('packet 1, 148 bytes of payload').length).toBe(2);
  });

  it('what did not hold in a flow without a finding, and where the search ended', async () => {
    const { stdout } = await sluice(['explain', 'captures/negative/quic.pcap', '--packet', '1']);
    expect(stdout).toContain(
      '  WireGuard looked at packets 1, 2. What did not hold:\n    packet 1, offset 0: a message type of WireGuard',
    );
    expect(stdout).toMatch(
      /expected type 1 to 4 and three zero bytes, or 0x5453f09f; seen 0x[0-9a-f]{8}; the same in 1 more, the last 2\n/,
    );
    expect(stdout).toMatch(
      / {2}OpenVPN looked at packets 1, 2\. What did not hold:\n {4}packet 1, offset 0: an opcode/,
    );
    expect(stdout).toContain('  At packet 2: the server repeats the connection id of the client, so the flow is QUIC');
    expect(stdout).toContain('  28 of 30 packets with a payload were not looked at');
  });

  it('what is missing in a flow that is suspected', async () => {
    const { stdout } = await sluice(['explain', 'captures/ipsec/ikev2-unanswered.pcap', '--packet', '1']);
    expect(stdout).toMatch(
      /\nSuspected and not confirmed, because this did not hold:\n {4}packet \d+, offset 0: one side's initiator SPI is repeated by the other in an answer; expected an answer/,
    );
  });

  it('nothing of unknown payload where addresses are hidden', async () => {
    const hidden = ['explain', 'captures/negative/quic.pcap', '--packet', '1', '--addresses', 'truncated'];
    const { stdout } = await sluice(hidden);
    expect(stdout).toContain('what was seen is not shown, as it may hold an address');
    expect(stdout).not.toMatch(/; seen |192\.0\.2\.194|203\.0\.113\.194/);
  });

  it('of a pipe no bytes, and says why', async () => {
    const input = readFileSync(join(ROOT, 'captures/wireguard/two-messages.pcap'));
    const args = ['explain', '-', '--tuple', '192.0.2.10:51820-198.51.100.7:51820'];
    const { code, stdout } = await sluice(args, { input });
    expect(code).toBe(0);
    expect(stdout).toContain('Decision 2 of 2');
    expect(stdout).toContain(
      'The bytes of its packets are not shown: the capture is read again for them, which a pipe is not',
    );
    expect(stdout).not.toContain('0000  ');
  });
});

describe('explain names a flow', () => {
  const capture = 'captures/wireguard/two-messages.pcap';
  const id = 'ea05ba81363b94fd';
  const two = [capture, 'captures/wireguard/rekey.pcap'];

  it.each([
    ['its id', ['--flow', id]],
    ['its Community ID', ['--community-id', '1:0bvUiRJtF2SnGxI7EoJ7j0GHpb0=']],
    ['its ends', ['--tuple', '192.0.2.10:51820-198.51.100.7:51820']],
    ['its ends, the other way round', ['--tuple', 'udp/198.51.100.7:51820-192.0.2.10:51820']],
    ['its first packet', ['--packet', '1']],
    ['its last packet', ['--packet', '2']],
  ])('by %s', async (_, choice) => {
    const { code, stdout, stderr } = await sluice(['explain', capture, ...choice]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(new RegExp(`^Flow ${id}\n`));
    expect(stdout).toContain('Decision 2 of 2');
    expect(stdout).toContain(
      'Wireshark display filter: (ip.src == 192.0.2.10 && ip.dst == 198.51.100.7 && udp.srcport == 51820',
    );
  });

  it('by ends without ports, where it is of ESP or AH', async () => {
    for (const tuple of ['192.0.2.140-198.51.100.140', 'esp/198.51.100.140-192.0.2.140']) {
      const { code, stdout } = await sluice(['explain', 'captures/ipsec/esp.pcap', '--tuple', tuple]);
      expect(code).toBe(0);
      expect(stdout).toMatch(/^Flow .*\n {2}192\.0\.2\.140 {2}to {2}198\.51\.100\.140, ESP/);
      expect(stdout).toContain('filter: esp && ((ip.src == 192.0.2.140');
    }
    const { code, stderr } = await sluice([
      'explain',
      'captures/ipsec/esp.pcap',
      '--tuple',
      'ah/192.0.2.140-198.51.100.140',
    ]);
    expect(code).toBe(1);
    expect(stderr).toContain('between these addresses there are: 192.0.2.140  to  198.51.100.140, ESP');
  });

  it('by a packet of the second of several captures, whose packets are named as analysers number them', async () => {
    const { code, stdout } = await sluice(['explain', ...two, '--packet', '5']);
    expect(code).toBe(0);
    expect(stdout).toMatch(/first packet: packet \d+ \(packet \d+ of captures\/wireguard\/rekey\.pcap\)/);
    expect(stdout).toMatch(/at packet \d+ \(packet \d+ of captures\/wireguard\/rekey\.pcap\), 20/);
    expect(stdout).toMatch(/^ {4}1\. packet \d+ \(packet \d+ of captures\/wireguard\/rekey\.pcap\), offset 0: /m);
  });

  it('by what --addresses shows, and shows no more', async () => {
    const args = ['--addresses', 'truncated', '--tuple', '192.0.2.0:51820-198.51.100.0:51820'];
    const { code, stdout } = await sluice(['explain', capture, ...args]);
    expect(code).toBe(0);
    expect(stdout).toContain('Wireshark display filter: not shown with --addresses truncated');
    expect(stdout).not.toMatch(/192\.0\.2\.10|198\.51\.100\.7/);
  });

  it.each<[string, string[], number, string]>([
    ['in no way', [], 2, 'name the flow by --flow ID, --community-id ID, --tuple A:P-B:P or --packet N'],
    ['in two ways', ['--packet', '1', '--flow', id], 2, 'name the flow in one way'],
    ['by what is no id', ['--flow', '12'], 2, 'a flow id is 16 digits from 0 to f'],
    ['by what is no Community ID', ['--community-id', '1:abc'], 2, 'a Community ID is "1:" and 28 characters'],
    [
      'by one end',
      ['--tuple', '192.0.2.10:51820'],
      2,
      'two ends with "-" between them are needed; write 192.0.2.10:51820-',
    ],
    ['by a packet that is none', ['--packet', '0'], 2, 'a whole number from 1'],
    [
      'by ends that no flow has',
      ['--tuple', '192.0.2.10:1-198.51.100.7:2'],
      1,
      'between these addresses there are: 192.0.2.10 port 51820',
    ],
    [
      'by an unknown Community ID',
      ['--community-id', '1:0bvUiRJtF2SnGxI7EoJ7j0GHpb1='],
      1,
      'no flow with the Community ID 1:',
    ],
    ['by a packet past the end', ['--packet', '3'], 1, 'there is no packet 3: there are 2 packets in these captures'],
  ])('%s: refused with a sentence', async (_, choice, exit, sentence) => {
    const { code, stdout, stderr } = await sluice(['explain', capture, ...choice]);
    expect([code, stdout]).toEqual([exit, '']);
    expect(stderr).toContain(sentence);
  });

  it('not by a packet that is of no flow, of a pipe, or of one of several captures', async () => {
    const arp = await sluice(['explain', 'captures/negative/ping.pcap', '--packet', '1']);
    expect([arp.code, arp.stderr]).toEqual([1, 'sluice: packet 1 is of no flow: arp\n']);
    const pipe = await sluice(['explain', '-', '--packet', '1'], { input: readFileSync(join(ROOT, capture)) });
    expect(pipe.code).toBe(2);
    expect(pipe.stderr).toContain('the capture is read twice, which a pipe is not');
    const each = await sluice(['explain', ...two, '--each', '--packet', '1']);
    expect(each.code).toBe(2);
    expect(each.stderr).toContain('name one file');
  });
});

describe.skipIf(!installed('tshark'))('the display filter that explain prints', () => {
  const captures = [
    'ipsec/esp',
    'openvpn/tcp-plain',
    'encapsulation/qinq-88a8',
    'encapsulation/4in6',
    'encapsulation/gre-v6',
  ];

  it.each(captures)('selects in tshark the packets of the flow, and no others: %s', async (name) => {
    const capture = `captures/${name}.pcap`;
    const { stdout: lines } = await sluice(['replay', capture, '--flows', '-', '--quiet']);
    const [flow] = jsonLines(lines) as unknown as [{ flow_id: string; flow: Record<string, number> }];
    const { stdout } = await sluice(['explain', capture, '--flow', flow.flow_id]);
    const filter = /Wireshark display filter: (.*)/.exec(stdout)![1]!;
    const shown = execFileSync('tshark', ['-r', join(ROOT, capture), '-Y', filter], {
      encoding: 'utf8',
      stdio: 'pipe',
    });
    const packets = shown.split('\n').filter((line) => line !== '').length;
    expect(packets).toBe(flow.flow.pkts_toserver! + flow.flow.pkts_toclient!);
  });
});
