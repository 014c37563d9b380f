/** Fingerprints by number, and the handle of a flow whose packets are offered no more. */

/** The fingerprints that can hold a flow, in the order in which they are asked: the more specific first. */
export enum FingerprintId {
  NONE = 0,
  WIREGUARD = 1,
  IKE = 2,
  OPENVPN = 3,
  ESP_IN_UDP = 4,
  NATIVE_IPSEC = 5,
}

/** The handle of a flow whose packets are offered no more, but for those that may open a session. */
export const RETIRED: i32 = i32.MIN_VALUE;
