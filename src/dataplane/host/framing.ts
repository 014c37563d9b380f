/** How the bytes came, which decides who is asked what they are. */
export const Framing = { DATAGRAM: 0, ESP: 1, AH: 2, OPENVPN_RECORD: 3, IKE_RECORD: 4 } as const;
export type Framing = (typeof Framing)[keyof typeof Framing];
