import { describe, expect, it } from 'vitest';
import { displayFilter } from '../../src/output/event/display-filter.ts';

const BASE = { flow_id: '', community_id: '' };
const UDP = { ...BASE, src_ip: '192.0.2.1', src_port: 500, dest_ip: '198.51.100.7', dest_port: 4500, proto: 'UDP' };

describe('the display filter of a flow', () => {
  it('states both directions in full', () => {
    expect(displayFilter(UDP)).toBe(
      '(ip.src == 192.0.2.1 && ip.dst == 198.51.100.7 && udp.srcport == 500 && udp.dstport == 4500) || ' +
        '(ip.src == 198.51.100.7 && ip.dst == 192.0.2.1 && udp.srcport == 4500 && udp.dstport == 500)',
    );
  });

  it('supports IPv6, TCP, and protocols without ports', () => {
    const tcp = { ...UDP, proto: 'TCP', src_ip: '2001:db8::1', dest_ip: '2001:db8::2' };
    expect(displayFilter(tcp)).toMatch(
      /^\(ipv6\.src == 2001:db8::1 && ipv6\.dst == 2001:db8::2 && tcp\.srcport == 500/,
    );
    const esp = { ...BASE, src_ip: '192.0.2.1', dest_ip: '198.51.100.7', proto: 'ESP' };
    expect(displayFilter(esp)).toBe(
      'esp && ((ip.src == 192.0.2.1 && ip.dst == 198.51.100.7) || (ip.src == 198.51.100.7 && ip.dst == 192.0.2.1))',
    );
    expect(displayFilter({ ...esp, proto: 'AH' })).toMatch(/^ah && \(/);
  });

  it('distinguishes equal tuples of different VLANs, but ignores a priority tag', () => {
    expect(displayFilter({ ...UDP, vlan: [100, 7] })).toBe(
      '(vlan.id == 100 || ieee8021ad.id == 100 || ieee8021ad.svid == 100 || ieee8021ad.cvid == 100) && ' +
        '(vlan.id == 7 || ieee8021ad.id == 7 || ieee8021ad.svid == 7 || ieee8021ad.cvid == 7) && ' +
        `(${displayFilter(UDP)})`,
    );
    expect(displayFilter({ ...UDP, vlan: [0] })).toBe(displayFilter(UDP));
  });
});
