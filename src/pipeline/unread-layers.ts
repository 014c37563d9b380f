/**
 * Layers that are not read although they may contain flows, with texts for the summary. An operator whose traffic is
 * mostly in one of them must see it: a capture without findings may be one of which nothing was read.
 */
import type { Counters } from '../dataplane/host/counters.ts';

/** By name of the decode status, including nesting beyond the limit. Link types have their own line in the summary. */
export const UNREAD_LAYERS: Readonly<Record<string, string>> = {
  'unsupported-ethertype': 'other ethertypes',
  'unsupported-frame': 'other frames and PPP protocols',
  'unsupported-transport': 'other IP protocols',
  'unsupported-gre': 'other GRE',
  'unsupported-l2tp': 'L2TP version 3 (IP protocol 115): control, or no known layout',
  'unsupported-nsh': 'network service headers (NSH)',
  'unsupported-juniper-mirror': 'Juniper packet mirror (UDP port 30030)',
  'unsupported-pbb': 'provider backbone bridging (802.1ah)',
  'unsupported-vn-tag': 'VN tags',
  'unsupported-cisco-metadata': 'Cisco metadata (security group tags)',
  'unsupported-macsec': 'MACsec',
  'unsupported-eoip': 'EoIP (MikroTik)',
  'unsupported-wccp': 'WCCP redirection',
  'too-deep': 'layers nested too deep',
};

/** A smaller share of the packets only appears in the list of all reasons. */
const NAMED_ABOVE = 0.01;

export interface UnreadLayer {
  /** Name of the decode status. */
  readonly reason: string;
  readonly layer: string;
  readonly packets: number;
  /** Share of all packets read. */
  readonly share: number;
}

/** Unread layers with more than 1 % of the packets, those with the most first. */
export function largeUnreadLayers(counters: Counters): UnreadLayer[] {
  return Object.entries(counters.notDecodedByName())
    .map(([reason, packets]) => ({
      reason,
      layer: UNREAD_LAYERS[reason] ?? '',
      packets,
      share: packets / counters.packets,
    }))
    .filter(({ layer, share }) => layer !== '' && share > NAMED_ABOVE)
    .sort((a, b) => b.packets - a.packets);
}
