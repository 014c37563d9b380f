/** Codes in a decoded packet and in the row of its flow. */

/** IP protocol numbers of the four transports that make flows. */
export const Transport = { TCP: 6, UDP: 17, ESP: 50, AH: 51 } as const;
export type Transport = (typeof Transport)[keyof typeof Transport];

/** A packet's place in its IP datagram. */
export const Fragment = { NONE: 0, FIRST: 1, LATER: 2 } as const;
export type Fragment = (typeof Fragment)[keyof typeof Fragment];

/** What a packet can be wrapped in; four bits each in a view and in a row, so no code is left. */
export const Encapsulation = {
  VLAN: 1,
  MPLS: 2,
  PPPOE: 3,
  IPIP: 4,
  SIX_IN_FOUR: 5,
  FOUR_IN_SIX: 6,
  SIX_IN_SIX: 7,
  GRE: 8,
  ERSPAN: 9,
  VXLAN: 10,
  GENEVE: 11,
  GTP: 12,
  L2TP: 13,
  PPTP: 14,
  TZSP: 15,
} as const;
export type Encapsulation = (typeof Encapsulation)[keyof typeof Encapsulation];

export const ENCAPSULATION_NAMES: readonly string[] = [
  '',
  'vlan',
  'mpls',
  'pppoe',
  'ipip',
  '6in4',
  '4in6',
  '6in6',
  'gre',
  'erspan',
  'vxlan',
  'geneve',
  'gtp',
  'l2tp',
  'pptp',
  'tzsp',
];
