/**
 * The standing check: whether a UDP datagram may open a VPN session, by its length and a few of its bytes. Flows that no
 * fingerprint holds any more are shown to the fingerprints again only where this says so. A tap may begin in the middle of a tunnel
 * and a port may be used again by another program, so a flow is never given up for good.
 *
 * True for every WireGuard initiation and response, for every OpenVPN packet that begins a key (a hard reset with key id 0, a
 * soft reset with another), and for every IKE message, with the non-ESP marker or without. For other datagrams it is true
 * so rarely that what the fingerprints then cost is not seen: what they make of the datagram is theirs to say.
 */
import { opensIke } from '../wire/ike.ts';
import { opensKey } from '../wire/openvpn.ts';
import { socks5UdpHeaderLength } from '../wire/proxy-preface.ts';
import { opensHandshake } from '../wire/wireguard.ts';

/** Fewer captured bytes than this are not enough for any opening. */
const SHORTEST = 14;

/** Whether the datagram of `length` bytes at `at`, of which `captured` are there, may open a session. */
export function opensSession(data: DataView, at: number, captured: number, length: number): boolean {
  if (captured < SHORTEST) return false;
  const proxied = data.getUint32(at) >>> 8 === 0 ? socks5UdpHeaderLength(data, at, captured) : 0;
  if (
    proxied > 0 &&
    captured - proxied >= SHORTEST &&
    opensAt(data, at + proxied, captured - proxied, length - proxied)
  )
    return true;
  return opensAt(data, at, captured, length);
}

function opensAt(data: DataView, at: number, captured: number, length: number): boolean {
  const first = data.getUint32(at);
  return opensHandshake(first, length) || opensKey(first >>> 24, length) || opensIke(data, at, at + captured, length);
}
