/**
 * What a fingerprint can say of a flow: the codes of protocol, stage and variant. Codes are stable numbers that live in
 * the flow table; their names are in dataplane/host/finding and core/protocol.
 */

export enum Protocol {
  NONE = 0,
  WIREGUARD = 1,
  OPENVPN = 2,
  IPSEC = 3,
}

export enum Stage {
  NONE = 0,
  SUSPECTED = 1,
  CONFIRMED = 2,
}

export enum Variant {
  NONE = 0,
  WIREGUARD_STANDARD = 1,
  WIREGUARD_TAILSCALE = 2,
  OPENVPN_PLAIN = 10,
  OPENVPN_TLS_AUTH = 11,
  OPENVPN_TLS_CRYPT = 12,
  OPENVPN_TLS_CRYPT_V2 = 13,
  /** Data packets only: the session was seen from its middle. */
  OPENVPN_DATA = 14,
  IKE_V1_MAIN = 20,
  IKE_V1_AGGRESSIVE = 21,
  IKE_V2 = 22,
  /** IKEv1 seen from its middle: which mode set it up is unknown. */
  IKE_V1 = 23,
  ESP_IN_UDP = 24,
  ESP = 25,
  AH = 26,
}

/*
 * A finding is one number, the form in which the flow table keeps it: protocol in bits 0 to 3, stage in 4 to 7, variant
 * in 8 to 15, initiator in 16 and 17 (0 unknown, else 1 + the direction of the initiator's packets).
 */

export const NO_FINDING: u32 = 0;

export function packFinding(protocol: Protocol, stage: Stage, variant: i32, initiator: i32): u32 {
  return protocol | (stage << 4) | (variant << 8) | (initiator << 16);
}

export function findingStage(finding: u32): Stage {
  return (finding >> 4) & 15;
}
