/** Other words for sectors and protocols, in lower case letters, and for any protocol. */

export const SECTOR_ALIASES = {
  banking: 'bank',
  callcenter: 'call-centre',
  contactcentre: 'call-centre',
  contactcenter: 'call-centre',
  college: 'university',
  education: 'university',
  embassy: 'mission',
  consulate: 'mission',
  diplomatic: 'mission',
  company: 'enterprise',
  business: 'enterprise',
  selfemployed: 'freelancer',
  software: 'it',
};

export const PROTOCOL_ALIASES = {
  wg: 'wireguard',
  tailscale: 'wireguard',
  ovpn: 'openvpn',
  ike: 'ipsec',
  ikev1: 'ipsec',
  ikev2: 'ipsec',
  esp: 'ipsec',
  ah: 'ipsec',
  strongswan: 'ipsec',
};

export const ANY_PROTOCOL = /^(any|all|\*|-|n\/?a|none)$/i;
