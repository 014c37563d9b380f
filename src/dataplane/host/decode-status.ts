/**
 * Why a packet did not reach a flow: stable numbers with a name for people, in families. Truncated: the capture stops
 * inside the layer. Malformed: the layer contradicts itself. Unsupported: flows may be inside, but the layer is not
 * read. The rest: sound, and no flow of ours.
 *
 * Every packet that leaves the way early bumps exactly one of these counters.
 */
export const DecodeStatus = {
  OK: 0,
  TRUNCATED_LINK: 1,
  TRUNCATED_VLAN: 2,
  TRUNCATED_MPLS: 3,
  TRUNCATED_PPPOE: 4,
  TRUNCATED_IPV4: 5,
  TRUNCATED_IPV6: 6,
  TRUNCATED_IPV6_EXTENSION: 7,
  TRUNCATED_UDP: 8,
  TRUNCATED_TCP: 9,
  TRUNCATED_ESP: 10,
  TRUNCATED_AH: 11,
  TRUNCATED_GRE: 12,
  TRUNCATED_ERSPAN: 13,
  MALFORMED_LINK: 20,
  MALFORMED_MPLS: 21,
  MALFORMED_PPPOE: 22,
  MALFORMED_IPV4: 23,
  MALFORMED_IPV6: 24,
  MALFORMED_UDP: 25,
  MALFORMED_TCP: 26,
  MALFORMED_ESP: 27,
  MALFORMED_AH: 28,
  MALFORMED_GRE: 29,
  TINY_FRAGMENT: 30,
  FRAGMENT_WITHOUT_FIRST: 31,
  TOO_DEEP: 32,
  UNSUPPORTED_LINK_TYPE: 40,
  UNSUPPORTED_ETHERTYPE: 41,
  UNSUPPORTED_FRAME: 42,
  UNSUPPORTED_TRANSPORT: 43,
  UNSUPPORTED_GRE: 44,
  UNSUPPORTED_L2TP: 45,
  UNSUPPORTED_NSH: 46,
  UNSUPPORTED_JUNIPER_MIRROR: 47,
  ARP: 50,
  ICMP: 51,
  ICMPV6: 52,
  IGMP: 53,
  SCTP: 54,
  NO_NEXT_HEADER: 55,
  GRE_ACKNOWLEDGEMENT: 56,
  UNSUPPORTED_PBB: 60,
  UNSUPPORTED_VN_TAG: 61,
  UNSUPPORTED_CISCO_METADATA: 62,
  UNSUPPORTED_MACSEC: 63,
  UNSUPPORTED_EOIP: 64,
  UNSUPPORTED_WCCP: 65,
} as const;
export type DecodeStatus = (typeof DecodeStatus)[keyof typeof DecodeStatus];

/** Beside these codes: a later fragment waits for its first, and is not counted yet. */
export const WAITS = 255;

/** One more than the largest code: the size of an array of counters. */
export const DECODE_STATUS_COUNT = 66;

/** Names by code, derived from the table: `TRUNCATED_IPV4` is `truncated-ipv4`. */
export const DECODE_STATUS_NAMES: readonly (string | undefined)[] = Object.entries(DecodeStatus).reduce<string[]>(
  (names, [name, code]) => {
    names[code] = name.toLowerCase().replaceAll('_', '-');
    return names;
  },
  [],
);
