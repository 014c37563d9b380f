/**
 * The standing check: whether a UDP datagram may open a VPN session, by its length and a few of its bytes. A flow that
 * no fingerprint holds any more is offered to the fingerprints again only where this says so. A tap may begin in the
 * middle of a tunnel and a port may be used again by another program, so a flow is never given up for good.
 *
 * True for every WireGuard initiation and response, for every OpenVPN packet that begins a key (a hard reset with key
 * id 0, a soft reset with another), and for every IKE message, with the non-ESP marker or without. For other datagrams
 * it is true so rarely that what the fingerprints then cost does not matter; they decide what the datagram is.
 */
import { u32be } from '../memory';
import { opensIke } from '../wire/ike';
import { opensKey } from '../wire/openvpn';
import { socks5UdpHeaderLength } from '../wire/proxy-preface';
import { opensHandshake } from '../wire/wireguard';

/** Fewer captured bytes than this are not enough for any opening. */
const SHORTEST: i32 = 14;

/** Whether the datagram of `length` bytes at `at`, of which `captured` are there, may open a session. */
export function opensSession(at: usize, captured: i32, length: i32): bool {
  if (captured < SHORTEST) return false;
  const proxied = u32be(at) >> 8 == 0 ? socks5UdpHeaderLength(at, captured) : 0;
  if (proxied > 0 && captured - proxied >= SHORTEST && opensAt(at + proxied, captured - proxied, length - proxied))
    return true;
  return opensAt(at, captured, length);
}

function opensAt(at: usize, captured: i32, length: i32): bool {
  const first = u32be(at);
  return opensHandshake(first, length) || opensKey(first >> 24, length) || opensIke(at, at + captured, length);
}
