// Which sessions the encapsulations and conditions rewrite: file, how many packets, what is in it.

const vpn = (proto, src, sport, dst, dport, label, variant) => ({ proto, src, sport, dst, dport, label, variant, stage: 'confirmed' });

export const SESSIONS = [
  { kind: 'udp', version: 4, file: 'openvpn/udp-plain.pcap', count: 8, labels: [vpn('udp', '192.0.2.30', 40001, '198.51.100.20', 1194, 'openvpn', 'plain')] },
  { kind: 'udp', version: 4, file: 'wireguard/handshake.pcap', count: 6, labels: [vpn('udp', '192.0.2.10', 51820, '198.51.100.7', 51820, 'wireguard', 'standard')] },
  { kind: 'tcp', version: 4, file: 'openvpn/tcp-plain.pcap', count: 10, labels: [vpn('tcp', '192.0.2.40', 41001, '198.51.100.20', 1194, 'openvpn', 'plain')] },
  { kind: 'ike', version: 4, file: 'ipsec/ikev2-psk.pcap', count: 8, labels: [vpn('udp', '192.0.2.100', 500, '198.51.100.100', 500, 'ipsec', 'ikev2'), vpn('udp', '192.0.2.100', 4500, '198.51.100.100', 4500, 'ipsec', 'ikev2')] },
  { kind: 'esp', version: 4, file: 'ipsec/esp.pcap', count: 4, labels: [vpn('esp', '192.0.2.140', 0, '198.51.100.140', 0, 'ipsec', 'esp')] },
  { kind: 'udp', version: 6, file: 'wireguard/handshake-v6.pcap', count: 5, labels: [vpn('udp', '2001:db8:1::10', 51820, '2001:db8:2::7', 51820, 'wireguard', 'standard')] },
  { kind: 'udp', version: 6, file: 'openvpn/udp-plain-v6.pcap', count: 5, labels: [vpn('udp', '2001:db8:1::30', 40101, '2001:db8:2::20', 1194, 'openvpn', 'plain')] },
  { kind: 'dns', version: 4, file: 'negative/dns-port-1194.pcap', count: 4, labels: [] },
];

/**
 * The session that a capture is of: captures that one scenario wrote, and those that rewrite them, repeat one
 * observation. `command` made the capture; undefined where the capture is a session of its own.
 */
export function sessionOf(file, command) {
  const [, scenario, family] = /^captures\/lab\/run --only (\S+) (\S+)$/.exec(command) ?? [];
  if (family === undefined) return undefined;
  if (family !== 'encapsulation') return `${family}/${scenario}`;
  // Flows of VPNs have sessions of their own there. What is left is the flow that is no VPN, or nothing that can be read.
  return file.startsWith('negative/') ? 'encapsulation/not-readable' : nameOf(SESSIONS.find(({ labels }) => labels.length === 0));
}

/** The session of one VPN flow in a capture that rewrites several; found by its addresses, since ports may be rewritten. */
export function sessionOfFlow({ src, dst }) {
  const ends = (label) => [label.src, label.dst].sort().join(' ');
  const found = SESSIONS.filter(({ labels }) => labels.some((label) => ends(label) === ends({ src, dst })));
  if (found.length !== 1) throw new Error(`${src} and ${dst} are the ends of ${found.length} sessions`);
  return nameOf(found[0]);
}

/** A scenario names its captures. */
function nameOf({ file }) {
  return file.replace(/\.pcap$/, '');
}
