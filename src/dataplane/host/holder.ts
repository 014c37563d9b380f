/** The holder of a flow: the number of a fingerprint, and the handle of a flow whose packets are offered no more. */

/** The fingerprints that can hold a flow, in the order in which they are asked: the more specific first. */
export const FingerprintId = { NONE: 0, WIREGUARD: 1, IKE: 2, OPENVPN: 3, ESP_IN_UDP: 4, NATIVE_IPSEC: 5 } as const;
export type FingerprintId = (typeof FingerprintId)[keyof typeof FingerprintId];

/** The handle of a flow whose packets are offered no more, but for those that may open a session. */
export const RETIRED = -0x80000000;
