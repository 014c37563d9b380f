/** Values of bytes around a packet: they begin an IPv4 or IPv6 header, end an MPLS stack, are all zeros or ones, or nothing in particular. */
export const POISONS = [0x00, 0xff, 0x45, 0x60, 0x01, 0xa5] as const;
