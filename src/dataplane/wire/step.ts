/**
 * What a step of the layer walk answers: the number of the next layer, or, from `END` on, END plus a DecodeStatus. decode.ts
 * runs the walk; the steps are in annotated-link-walk.ts, link-walk.ts, network-walk.ts, tunnel-walk.ts and
 * udp-tunnel-walk.ts.
 */
import type { PacketView } from './packet-view.ts';

export const Layer = { ETHERNET: 0, IPV4: 1, IPV6: 2, PPP: 3, MPLS: 4, ANY_IP: 5, WIFI: 6, PADDED_WIFI: 7 } as const;
export const END = 1000;

/** Takes the end that a header claims: what lies behind it (padding, trailers) is not part of the packet. */
export function bound(view: PacketView, wireEnd: number): void {
  view.wireEnd = wireEnd;
  if (wireEnd < view.end) view.end = wireEnd;
}
