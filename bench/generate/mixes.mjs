/** What a capture is made of: shares of flows by kind, of encapsulations, and how long flows are. */
import { Kind } from './conversations.mjs';
import { Wrap } from './frame.mjs';

/** Shares of background flows. */
const BACKGROUND = [
  [Kind.DNS, 0.3],
  [Kind.TLS, 0.34],
  [Kind.QUIC, 0.13],
  [Kind.HTTP, 0.07],
  [Kind.TCP_MIDDLE, 0.05],
  [Kind.UDP_RANDOM, 0.07],
  [Kind.RTP, 0.03],
  [Kind.ICMP, 0.01],
];

/** Shares of VPN flows. */
const VPN = [
  [Kind.WIREGUARD, 0.35],
  [Kind.OPENVPN_PLAIN, 0.08],
  [Kind.OPENVPN_TLS_AUTH, 0.08],
  [Kind.OPENVPN_TLS_CRYPT, 0.1],
  [Kind.OPENVPN_TCP, 0.09],
  [Kind.IKE_V2_NAT, 0.15],
  [Kind.IKE_V2, 0.04],
  [Kind.IKE_V1, 0.03],
  [Kind.ESP, 0.08],
];

/** Shares of wrapped flows. */
const WRAPPINGS = [
  [Wrap.VLAN, 0.32],
  [Wrap.TWO_VLANS, 0.06],
  [Wrap.MPLS, 0.13],
  [Wrap.PPPOE, 0.2],
  [Wrap.GRE, 0.06],
  [Wrap.VXLAN, 0.11],
  [Wrap.GTP, 0.12],
];

/** A question and its answer. */
const DNS_PACKETS = 2;
const SHORTEST_FLOW = 2;
/** A flow has at most this many times the mean. */
const LONGEST_TIMES = 4000;
/** Flows are made a little too long, and cut by the capture's end as real ones are. */
const OVERHANG = 1.5;

/** Mixed traffic as an access network has it. */
export function realisticMix({ vpnShare, wrappedShare, packetCount, flowCount }) {
  const mean = (packetCount / flowCount) * OVERHANG;
  return {
    kinds: [...scaled(BACKGROUND, 1 - vpnShare), ...scaled(VPN, vpnShare)],
    wrappings: [[Wrap.NONE, 1 - wrappedShare], ...scaled(WRAPPINGS, wrappedShare)],
    /** Packets of a flow; `left` is the mean that flows still to come may have, `draw` a share. */
    sizeOf: (kind, left, draw) => {
      if (kind === Kind.DNS) return DNS_PACKETS;
      if (kind === Kind.ICMP) return 4;
      // A Pareto-like tail with mean 1: most flows are short, and few have most of the packets.
      const heavy = Math.min(0.25 * (1 - draw) ** -0.75, LONGEST_TIMES);
      return Math.max(SHORTEST_FLOW, Math.round(heavy * Math.min(left * 1.35, mean * 4)));
    },
    offeredCount: packetCount * OVERHANG,
  };
}

/** VPNs alone, each with just its handshake and little more: an event every few packets. */
export function allVpnMix({ wrappedShare, packetCount, flowCount }) {
  const size = Math.max(6, Math.ceil(packetCount / flowCount));
  return {
    kinds: VPN,
    wrappings: [[Wrap.NONE, 1 - wrappedShare], ...scaled(WRAPPINGS, wrappedShare)],
    sizeOf: () => size,
    offeredCount: packetCount,
  };
}

/** Flows that a fingerprint must follow as long as it may, without ever knowing what they are. */
export function undecidedMix({ packetCount, flowCount }) {
  const size = Math.max(1, Math.ceil(packetCount / flowCount));
  return {
    kinds: [[Kind.UNDECIDED, 1]],
    wrappings: [[Wrap.NONE, 1]],
    sizeOf: () => size,
    offeredCount: packetCount,
  };
}

function scaled(shares, factor) {
  return shares.map(([what, share]) => [what, share * factor]);
}

/** The entry of a list of shares that a draw (0 <= draw < 1) falls into. */
export function pick(shares, draw) {
  let rest = draw;
  for (const [what, share] of shares) {
    rest -= share;
    if (rest < 0) return what;
  }
  return shares.at(-1)[0];
}
