/** ndpiReader's CSV in the forms of its versions; test/cli/evaluate.test.ts reads what an installed one writes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { Protocol } from '../../../src/core/protocol.ts';
import { flowsOf, listOf, readText } from './read-text.ts';

const { NONE, WIREGUARD, OPENVPN, IPSEC } = Protocol;

const BEGIN = ['#flow_id', 'protocol', 'first_seen', 'last_seen', 'duration', 'src_ip', 'src_port', 'dst_ip', 'dst_port', 'ndpi_proto_num', 'ndpi_proto']; // prettier-ignore

/** A file of a version: its separator, and the columns after ndpi_proto. */
const VERSIONS = [
  ['2.8', ',', ['src2dst_packets', 'src2dst_bytes', 'plen_bins']],
  ['3.2', ',', ['server_name', 'benign_score', 'c_to_s_pkts']],
  ['4.2', ',', ['server_name_sni', 'c_to_s_pkts', 'flow_info']],
  ['4.13', '|', ['proto_by_ip', 'server_name_sni', 'c_to_s_pkts', 'http_user_agent']],
] as const;

const ROWS = [
  ['0', '17', '192.0.2.10', '51820', '198.51.100.7', '51820', '206', 'WireGuard'],
  ['1', '17', '192.0.2.10', '51821', '198.51.100.7', '51820', '206.299', 'WireGuard.Mullvad'],
  ['2', '6', '2001:db8:1::30', '40101', '2001:db8:2::20', '1194', '159', 'OpenVPN'],
  ['3', '50', '192.0.2.140', '0', '198.51.100.140', '0', '79', 'IPsec'],
  ['4', '17', '192.0.2.100', '4500', '198.51.100.100', '4500', '79', 'IPSec'],
  ['5', '17', '192.0.2.100', '500', '198.51.100.100', '500', '125.38', 'Skype_Teams.SkypeCall'],
  ['8', '17', '192.168.88.3', '41641', '198.51.100.71', '41641', '304', 'Tailscale'],
  ['6', '47', '198.18.0.1', '0', '198.18.0.2', '0', '80', 'GRE'],
  ['7', '17', '2001:db8::1::7', '1', '2001:db8::2', '2', '0', 'Unknown'],
] as const;

const LIST = [
  `udp 192.0.2.10 port 51820 and 198.51.100.7 port 51820: ${WIREGUARD} WireGuard`,
  `udp 192.0.2.10 port 51821 and 198.51.100.7 port 51820: ${WIREGUARD} WireGuard.Mullvad`,
  `tcp 2001:db8:1::30 port 40101 and 2001:db8:2::20 port 1194: ${OPENVPN} OpenVPN`,
  `esp/ah 192.0.2.140 and 198.51.100.140: ${IPSEC} IPsec`,
  `udp 192.0.2.100 port 4500 and 198.51.100.100 port 4500: ${IPSEC} IPSec`,
  `udp 192.0.2.100 port 500 and 198.51.100.100 port 500: ${NONE} Skype_Teams.SkypeCall`,
  `udp 192.168.88.3 port 41641 and 198.51.100.71 port 41641: ${WIREGUARD} Tailscale`,
];

function fileOf(separator: string, more: readonly string[], rows: readonly (readonly string[])[] = ROWS): string {
  const lines = rows.map(([id, protocol, ...rest]) =>
    [id, protocol, '1795324800.609', '1795324801.425', '0.816', ...rest, ...more.map(() => 'a;b')].join(separator),
  );
  return [[...BEGIN, ...more].join(separator), ...lines, ''].join('\n');
}

describe("ndpiReader's CSV", () => {
  it.each(VERSIONS)('of version %s is read by its header', async (_, separator, more) => {
    const flows = await flowsOf(fileOf(separator, more));
    expect(flows.tool).toBe('nDPI');
    expect(listOf(flows)).toEqual(LIST);
    // The addresses of the last row are of two flows: 2001:db8:0:1::7 and 2001:db8::1:0:7.
    expect(flows).toMatchObject({ untracked: 1, unreadable: 1 });
  });

  it('as nDPI 4.2.0 wrote it for a committed capture is read row by row', async () => {
    const flows = await flowsOf(readFileSync(join(import.meta.dirname, 'vectors/ndpi-4.2.csv'), 'utf8'));
    expect(flows.tool).toBe('nDPI');
    expect(flows).toMatchObject({ untracked: 0, unreadable: 0, contradictory: 0 });
    // Read from the file by eye.
    expect(listOf(flows)).toEqual([
      `udp 192.0.2.160 port 33757 and 198.51.100.53 port 1194: ${OPENVPN} OpenVPN`,
      `udp 192.0.2.10 port 51820 and 198.51.100.7 port 51820: ${WIREGUARD} WireGuard`,
      `tcp 192.0.2.40 port 41001 and 198.51.100.20 port 1194: ${OPENVPN} OpenVPN`,
      `udp 192.0.2.30 port 40001 and 198.51.100.20 port 1194: ${OPENVPN} OpenVPN`,
      `udp 192.0.2.160 port 55001 and 198.51.100.53 port 1194: ${OPENVPN} OpenVPN`,
      `udp 192.0.2.100 port 500 and 198.51.100.100 port 500: ${NONE} Skype_Teams.SkypeCall`,
      `esp/ah 192.0.2.140 and 198.51.100.140: ${IPSEC} IPsec`,
      `udp 192.0.2.100 port 4500 and 198.51.100.100 port 4500: ${IPSEC} IPsec`,
      `udp 2001:db8:1::10 port 51820 and 2001:db8:2::7 port 51820: ${WIREGUARD} WireGuard`,
      `udp 2001:db8:1::30 port 40101 and 2001:db8:2::20 port 1194: ${OPENVPN} OpenVPN`,
    ]);
  });

  it('has every mistake at its line and column', async () => {
    const rows = [
      ['0', '17', '192.0.2.10', '99999', '198.51.100.7', '51820', '206', 'WireGuard'],
      ['1', '17', '192.0.2.10', '1'],
    ];
    const { content, issues } = await readText(fileOf('|', [], rows));
    expect(content).toBeUndefined();
    const first = fileOf('|', [], rows).split('\n')[1]!;
    expect(issues).toEqual([
      `2:${first.indexOf('99999') + 1}: error: src_port is "99999"`,
      expect.stringMatching(/^3:\d+: error: 7 fields; ndpi_proto is missing$/),
    ]);
    expect((await readText('#flow_id,protocol,ndpi_proto\n1,17,x\n')).issues).toEqual([
      '1:1: error: the file does not have src_ip, src_port, dst_ip, dst_port, which ndpiReader -C writes',
    ]);
  });

  it('may be cut within its last line', async () => {
    const whole = fileOf(',', ['x']);
    const { content, issues } = await readText(whole.slice(0, whole.lastIndexOf('2001:db8::1::7')));
    expect(content).toMatchObject({ flows: { unreadable: 0 } });
    expect(issues).toEqual([expect.stringMatching(/^10:\d+: warning: the file ends within this line/)]);
  });
});
