/**
 * Frames of a flow: Ethernet, what wraps the flow, IP and the transport's header, built in place. Lengths and the IPv4 header
 * checksum are right; UDP and TCP checksums are those of packets on their way to a card that computes them: zero, or over IPv6 the
 * sum of the pseudo-header.
 */
import { IPV6_CLIENT_NETWORK, IPV6_SERVER_NETWORK, tunnelEnd } from './endpoints.mjs';

export const Wrap = { NONE: 0, VLAN: 1, TWO_VLANS: 2, MPLS: 3, PPPOE: 4, GRE: 5, VXLAN: 6, GTP: 7 };

export const Protocol = { ICMP: 1, TCP: 6, UDP: 17, GRE: 47, ESP: 50, ICMPV6: 58 };

export const TcpFlag = { FIN: 1, SYN: 2, PUSH: 8, ACK: 16 };

const ETHERNET_LENGTH = 14;
const IPV4_LENGTH = 20;
const IPV6_LENGTH = 40;
const UDP_LENGTH = 8;
const TCP_LENGTH = 20;
const SYN_OPTIONS_LENGTH = 8;
const EtherType = { IPV4: 0x0800, IPV6: 0x86dd, VLAN: 0x8100, PROVIDER_VLAN: 0x88a8, MPLS: 0x8847, PPPOE: 0x8864 };
const VXLAN_PORT = 4789;
const GTP_PORT = 2152;

/**
 * Writes all headers of a packet at `at` and returns where its payload of `length` bytes begins. `ends` holds the flow's ends;
 * direction 0 goes from the client to the server.
 */
export function putHeaders(view, at, wrap, ends, direction, protocol, length, tcp) {
  const ip = ends.isIpv6 ? IPV6_LENGTH : IPV4_LENGTH;
  const inner = ip + transportLength(protocol, tcp) + length;
  const start = putWrap(view, at, wrap, ends, direction, inner);
  const transport = ends.isIpv6
    ? putIpv6(view, start, ends, direction, protocol, inner - IPV6_LENGTH)
    : putIpv4(
        view,
        start,
        direction === 0 ? ends.client : ends.server,
        direction === 0 ? ends.server : ends.client,
        protocol,
        inner,
      );
  return putTransport(view, transport, ends, direction, protocol, length, tcp);
}

function transportLength(protocol, tcp) {
  if (protocol === Protocol.UDP) return UDP_LENGTH;
  if (protocol !== Protocol.TCP) return 0;
  return (tcp.flags & TcpFlag.SYN) === 0 ? TCP_LENGTH : TCP_LENGTH + SYN_OPTIONS_LENGTH;
}

function putEthernet(view, at, ends, direction, type) {
  const to = direction === 0 ? 0 : 6;
  // Locally administered addresses: the router's, and one for every client.
  view.setUint16(at + to, 0x0200);
  view.setUint32(at + to + 2, 1);
  view.setUint16(at + 6 - to, 0x0202);
  view.setUint32(at + 8 - to, ends.clientNumber);
  view.setUint16(at + 12, type);
  return at + ETHERNET_LENGTH;
}

function putTag(view, at, id, type) {
  view.setUint16(at, id);
  view.setUint16(at + 2, type);
  return at + 4;
}

/** Ethernet and the encapsulation, before an IP packet of `inner` bytes. */
function putWrap(view, at, wrap, ends, direction, inner) {
  const type = ends.isIpv6 ? EtherType.IPV6 : EtherType.IPV4;
  const id = 1 + (ends.clientNumber % 4000);
  switch (wrap) {
    case Wrap.VLAN:
      return putTag(view, putEthernet(view, at, ends, direction, EtherType.VLAN), id, type);
    case Wrap.TWO_VLANS: {
      const tag = putTag(view, putEthernet(view, at, ends, direction, EtherType.PROVIDER_VLAN), 7, EtherType.VLAN);
      return putTag(view, tag, id, type);
    }
    case Wrap.MPLS: {
      const label = putEthernet(view, at, ends, direction, EtherType.MPLS);
      view.setUint32(label, ((16 + ends.tunnel) << 12) | 0x140);
      return label + 4;
    }
    case Wrap.PPPOE: {
      const session = putEthernet(view, at, ends, direction, EtherType.PPPOE);
      view.setUint16(session, 0x1100);
      view.setUint16(session + 2, id);
      view.setUint16(session + 4, inner + 2);
      view.setUint16(session + 6, ends.isIpv6 ? 0x0057 : 0x0021);
      return session + 8;
    }
    case Wrap.GRE: {
      const header = putOuterIp(view, at, ends, direction, Protocol.GRE, 4 + inner);
      view.setUint16(header, 0);
      view.setUint16(header + 2, type);
      return header + 4;
    }
    case Wrap.VXLAN: {
      const header = putOuterUdp(view, at, ends, direction, VXLAN_PORT, 8 + ETHERNET_LENGTH + inner);
      view.setUint32(header, 0x08000000);
      view.setUint32(header + 4, (4096 + ends.tunnel) << 8);
      return putEthernet(view, header + 8, ends, direction, type);
    }
    case Wrap.GTP: {
      const header = putOuterUdp(view, at, ends, direction, GTP_PORT, 8 + inner);
      view.setUint16(header, 0x30ff);
      view.setUint16(header + 2, inner);
      view.setUint32(header + 4, (ends.clientNumber << 1) | direction);
      return header + 8;
    }
    default:
      return putEthernet(view, at, ends, direction, type);
  }
}

function putOuterIp(view, at, ends, direction, protocol, load) {
  const ip = putEthernet(view, at, ends, direction, EtherType.IPV4);
  const source = tunnelEnd(ends.tunnel, direction === 1);
  const destination = tunnelEnd(ends.tunnel, direction === 0);
  return putIpv4(view, ip, source, destination, protocol, IPV4_LENGTH + load);
}

function putOuterUdp(view, at, ends, direction, port, load) {
  const udp = putOuterIp(view, at, ends, direction, Protocol.UDP, UDP_LENGTH + load);
  view.setUint16(udp + 6, 0);
  return putUdp(view, udp, port === GTP_PORT ? port : 49_152 + ends.tunnel, port, load);
}

function putIpv4(view, at, source, destination, protocol, total) {
  view.setUint32(at, 0x45000000 | total);
  view.setUint32(at + 4, 0x00004000);
  view.setUint32(at + 8, 0x40000000 | (protocol << 16));
  view.setInt32(at + 12, source);
  view.setInt32(at + 16, destination);
  let sum = 0x4500 + total + 0x4000 + 0x4000 + protocol;
  sum += (source >>> 16) + (source & 0xffff) + (destination >>> 16) + (destination & 0xffff);
  sum = (sum & 0xffff) + (sum >>> 16);
  sum = (sum & 0xffff) + (sum >>> 16);
  view.setUint16(at + 10, ~sum);
  return at + IPV4_LENGTH;
}

function putIpv6(view, at, ends, direction, protocol, load) {
  view.setUint32(at, 0x60000000);
  view.setUint16(at + 4, load);
  view.setUint8(at + 6, protocol === Protocol.ICMP ? Protocol.ICMPV6 : protocol);
  view.setUint8(at + 7, 64);
  putIpv6Address(view, at + (direction === 0 ? 8 : 24), IPV6_CLIENT_NETWORK, ends.client);
  putIpv6Address(view, at + (direction === 0 ? 24 : 8), IPV6_SERVER_NETWORK, ends.server);
  return at + IPV6_LENGTH;
}

function putIpv6Address(view, at, network, low) {
  for (let word = 0; word < 3; word++) view.setUint32(at + 4 * word, network[word]);
  view.setUint32(at + 12, low);
}

function putUdp(view, at, source, destination, load) {
  view.setUint16(at, source);
  view.setUint16(at + 2, destination);
  view.setUint16(at + 4, UDP_LENGTH + load);
  return at + UDP_LENGTH;
}

/** One's complement sum of the IPv6 pseudo-header of UDP (RFC 8200 section 8.1), never zero. */
function pseudoHeaderSum(ends, length) {
  let sum = length + Protocol.UDP;
  for (const word of [...IPV6_CLIENT_NETWORK, ends.client, ...IPV6_SERVER_NETWORK, ends.server]) {
    sum += (word >>> 16) + (word & 0xffff);
  }
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  return sum;
}

function putTransport(view, at, ends, direction, protocol, length, tcp) {
  const source = direction === 0 ? ends.clientPort : ends.serverPort;
  const destination = direction === 0 ? ends.serverPort : ends.clientPort;
  if (protocol === Protocol.UDP) {
    view.setUint16(at + 6, ends.isIpv6 ? pseudoHeaderSum(ends, UDP_LENGTH + length) : 0);
    return putUdp(view, at, source, destination, length);
  }
  if (protocol !== Protocol.TCP) return at;
  const isSyn = (tcp.flags & TcpFlag.SYN) !== 0;
  view.setUint16(at, source);
  view.setUint16(at + 2, destination);
  view.setInt32(at + 4, tcp.sequence);
  view.setInt32(at + 8, tcp.acknowledged);
  view.setUint16(at + 12, ((isSyn ? 7 : 5) << 12) | tcp.flags);
  view.setUint16(at + 14, 0xfaf0);
  view.setUint32(at + 16, 0);
  if (!isSyn) return at + TCP_LENGTH;
  // Maximum segment size 1448; selective acknowledgements.
  view.setUint32(at + 20, 0x020405a8);
  view.setUint32(at + 24, 0x04020101);
  return at + TCP_LENGTH + SYN_OPTIONS_LENGTH;
}
