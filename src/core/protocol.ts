/**
 * The VPN protocols that Sluice finds, for every part that names them: registrations, policies and findings. Codes are
 * stable numbers; a set of protocols is a number with bit `1 << code` for each member.
 */

export const Protocol = { NONE: 0, WIREGUARD: 1, OPENVPN: 2, IPSEC: 3 } as const;
export type Protocol = (typeof Protocol)[keyof typeof Protocol];

/** Names by code; NONE has none. */
export const PROTOCOL_NAMES = ['none', 'wireguard', 'openvpn', 'ipsec'] as const;

/** What protocols are called in reports and on pages, by their names. */
export const PROTOCOL_TITLES: Readonly<Record<string, string>> = {
  wireguard: 'WireGuard',
  openvpn: 'OpenVPN',
  ipsec: 'IPsec',
};
