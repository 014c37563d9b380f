import { describe, expect, it } from 'vitest';
import { Protocol } from '../../../src/core/protocol.ts';
import { Stage } from '../../../src/dataplane/host/finding.ts';
import { labelsOf, readText } from './read-text.ts';

const HEADER = 'file,src,src_port,dst,dst_port,proto,label';
const ROW = 'a.pcap,192.0.2.1,4000,198.51.100.7,51820,udp,wireguard';

async function issuesOf(text: string): Promise<readonly string[]> {
  const { content, issues } = await readText(text);
  expect(content).toBeUndefined();
  return issues;
}

describe('labels as CSV', () => {
  it('are read by capture: a row for each flow, and a row without a flow for a capture without a VPN', async () => {
    const { origin, captures } = await labelsOf(
      [
        '# made by hand',
        '# origin: field',
        `${HEADER},category,session,stage,variant`,
        `${ROW},handshake,client-1,confirmed,standard`,
        'a.pcap,2001:DB8:0::1,,2001:db8::2,,ESP,ipsec,,client-1,,',
        'a.pcap,192.0.2.1,5000,198.51.100.7,53,17,dns,,client-1,,',
        '"b,1.pcap",,,,,,none,,,,',
        '',
      ].join('\r\n'),
    );
    expect(origin).toBe('field');
    expect(captures).toMatchObject([
      {
        file: 'a.pcap',
        flowCount: undefined,
        session: 'client-1',
        flows: [
          {
            proto: 'udp',
            src: '192.0.2.1',
            sport: 4000,
            dport: 51820,
            protocol: Protocol.WIREGUARD,
            category: 'handshake',
            stage: Stage.CONFIRMED,
            variant: 'standard',
            session: 'client-1',
            optional: false,
          },
          {
            proto: 'esp',
            src: '2001:db8::1',
            sport: 0,
            protocol: Protocol.IPSEC,
            category: 'no category',
            stage: undefined,
          },
        ],
      },
      { file: 'b,1.pcap', flows: [] },
    ]);
  });

  it.each([';', '\t'])('may be separated by %j, with columns in any order', async (separator) => {
    const text = [
      'label,proto,dst_port,dst,src_port,src,file'.replaceAll(',', separator),
      'OpenVPN,TCP,443,198.51.100.7,1,192.0.2.1,x.pcap'.replaceAll(',', separator),
    ].join('\n');
    const { captures } = await labelsOf(text);
    expect(captures).toMatchObject([
      { file: 'x.pcap', flows: [{ protocol: Protocol.OPENVPN, proto: 'tcp', dport: 443 }] },
    ]);
  });

  it('have every mistake reported at its line and column', async () => {
    expect(
      await issuesOf(
        [
          HEADER,
          'a.pcap,192.0.2.300,4000,198.51.100.7,51820,udp,wireguard',
          'a.pcap,192.0.2.1,70000,198.51.100.7,,udp,wiregaurd',
          'a.pcap,192.0.2.1,1,198.51.100.7,2,sctp,openvpn',
          ',192.0.2.1,1,198.51.100.7,2,esp,vpn',
          'a.pcap,192.0.2.1,1,198.51.100.7,2,udp',
          '"a.pcap",192.0.2.1,1,"198.51.100.7,2,udp,none',
          'a.pcap,,,,,,ipsec',
          'a.pcap,192.0.2.1,1,198.51.100.7,2,udp,',
        ].join('\n'),
      ),
    ).toEqual([
      '2:8: error: "192.0.2.300" is no address',
      '3:42: error: "wiregaurd" is no label (meant wireguard?)',
      '3:18: error: "70000" is no port',
      '3:37: error: the port is missing',
      '4:35: error: must be udp, tcp, esp or ah',
      '5:1: error: the name of a capture is missing',
      '5:33: error: "vpn" does not say which: write wireguard, openvpn or ipsec',
      '5:12: error: ESP and AH have no ports: leave it empty',
      '5:27: error: ESP and AH have no ports: leave it empty',
      expect.stringMatching(/^6:38: error: 6 of 7 fields; missing: label$/),
      expect.stringMatching(/^7:22: error: this quote is not closed/),
      '8:8: error: a flow with this label has addresses',
      '9:39: error: the label is missing; write none for a flow that is no VPN',
    ]);
  });

  it('are refused with a header or an origin that is wrong', async () => {
    expect(await issuesOf(`file,src,dst,label,label\na,,,none,none`)).toEqual([
      '1:1: error: the header does not have src_port, dst_port, proto',
      '1:20: error: the column "label" appears twice',
    ]);
    expect(await issuesOf(`# Origin: home\n${HEADER}\n${ROW}`)).toEqual(['1:11: error: origin must be field or lab']);
  });

  it('have one label for a flow, in either direction; a VPN counts before another flow of the same tuple', async () => {
    const back = 'a.pcap,198.51.100.7,51820,192.0.2.1,4000,udp';
    expect(await issuesOf([HEADER, ROW, `${back},openvpn`].join('\n'))).toEqual([
      `3:${back.length + 2}: error: line 2 has another label for this flow`,
    ]);
    for (const rows of [
      [ROW, `${back},quic`],
      [`${back},quic`, ROW],
    ]) {
      const { content, issues } = await readText([HEADER, ...rows, ROW].join('\n'));
      expect(content).toMatchObject({ labels: { captures: [{ flows: [{ protocol: Protocol.WIREGUARD }] }] } });
      expect(issues[0]).toMatch(/^3:\d+: warning: of the labels here and in line 2 the VPN counts/);
    }
  });

  it('have columns and transports that are not read named', async () => {
    const { content, issues } = await readText(`${HEADER},note\n${ROW},x\na.pcap,192.0.2.1,8,192.0.2.2,0,icmp,none,y`);
    expect(content).toMatchObject({ labels: { captures: [{ flows: [{ sport: 4000 }] }] } });
    expect(issues).toEqual([
      '1:44: warning: the column "note" is not read',
      '3:32: warning: flows of "icmp" are not compared',
    ]);
  });
});
