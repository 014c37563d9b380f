/**
 * The two ends of a flow, from its number and the seed alone. No two flows of one capture have a tuple in common: a client's
 * ports are its own, and flows whose ports are fixed (IKE) or absent (ESP) have a server of their own.
 *
 * IPv4: clients in 10.0.0.0/8, servers in 198.18.0.0/15 and, where a flow needs its own, in 100.64.0.0/10. IPv6: below
 * 2001:db8:1::/48 and 2001:db8:2::/48. What wraps a flow has addresses in 172.16.0.0/12.
 */
import { hashOf, shareOf } from './seeded.mjs';

const CLIENT_LIMIT = 60_000;
const FLOWS_PER_CLIENT = 8;
const FIRST_CLIENT_PORT = 1025;
const SERVER_COUNT = 20_000;
const CLIENT_BASE = 0x0a000000;
const SERVER_BASE = 0xc6120000 | 0;
const OWN_SERVER_BASE = 0x64400000;
const OWN_SERVER_COUNT = 1 << 22;
const TUNNEL_BASE = 0xac100000 | 0;

const Purpose = { IPV6: 1, SERVER: 2, TUNNEL: 3, SCATTER: 4 };

export class Endpoints {
  /** The flow last chosen: low words of its addresses (the rest is the family's), ports, family. */
  client = 0;
  server = 0;
  clientPort = 0;
  serverPort = 0;
  isIpv6 = false;
  /** Small numbers of the client and the encapsulation: VLAN ids, labels and tunnels come from these. */
  clientNumber = 0;
  tunnel = 0;
  #seed;
  #clientCount;
  #ipv6Share;

  constructor(seed, flowCount, ipv6Share) {
    this.#seed = seed;
    this.#clientCount = Math.max(1, Math.min(CLIENT_LIMIT, Math.ceil(flowCount / FLOWS_PER_CLIENT)));
    this.#ipv6Share = ipv6Share;
  }

  /** Takes the ends of a flow; `ports` is the kind's: a fixed port of both ends, or of the server, or none (0). */
  choose(flow, serverPort, hasFixedPorts) {
    const seed = this.#seed;
    // Neighbours by number are not neighbours by address: an odd factor only mixes the order.
    const mixed = flow % this.#clientCount;
    this.clientNumber = mixed;
    this.isIpv6 = shareOf(seed, mixed, Purpose.IPV6) < this.#ipv6Share;
    this.tunnel = hashOf(seed, mixed, Purpose.TUNNEL) & 0xff;
    const ownServer = hasFixedPorts || serverPort === 0;
    const popular = shareOf(seed, flow, Purpose.SERVER) ** 3;
    const serverNumber = ownServer ? flow % OWN_SERVER_COUNT : Math.floor(popular * SERVER_COUNT);
    if (this.isIpv6) {
      this.client = mixed + 1;
      this.server = (ownServer ? 0x10000 : 1) + serverNumber;
    } else {
      // The factor is odd, so clients stay apart; it spreads them over the /8.
      this.client = CLIENT_BASE | (Math.imul(mixed + 1, 0x9e3779) & 0xffffff);
      this.server = (ownServer ? OWN_SERVER_BASE : SERVER_BASE) + serverNumber;
    }
    this.serverPort = serverPort;
    this.clientPort = hasFixedPorts ? serverPort : FIRST_CLIENT_PORT + (Math.floor(flow / this.#clientCount) % 64_000);
    if (serverPort === 0) this.clientPort = 0;
  }
}

/** Outer addresses of a tunnel's two ends, IPv4. */
export function tunnelEnd(tunnel, isServerEnd) {
  return TUNNEL_BASE | (isServerEnd ? 0x10000 : 0) | (tunnel + 1);
}

export const IPV6_CLIENT_NETWORK = [0x20010db8, 0x00010000, 0];
export const IPV6_SERVER_NETWORK = [0x20010db8, 0x00020000, 0];

/** Text of an address of `Endpoints`, as RFC 5952 has it. */
export function addressText(low, isIpv6, isServer) {
  if (!isIpv6) return `${low >>> 24}.${(low >>> 16) & 255}.${(low >>> 8) & 255}.${low & 255}`;
  const network = `2001:db8:${isServer ? 2 : 1}`;
  const high = low >>> 16;
  return `${network}::${high === 0 ? '' : `${high.toString(16)}:`}${(low & 0xffff).toString(16)}`;
}
