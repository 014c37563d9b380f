/**
 * What a fingerprint can say of a flow: the code tables of variant and stage (that of protocols is
 * core/protocol). Codes are stable numbers that
 * live in the flow table; names are looked up only where a finding leaves the engine.
 */
import type { Protocol } from '../../core/protocol.ts';

export const Stage = { NONE: 0, SUSPECTED: 1, CONFIRMED: 2 } as const;
export type Stage = (typeof Stage)[keyof typeof Stage];

export const STAGE_NAMES = ['none', 'suspected', 'confirmed'] as const;

export const Variant = {
  NONE: 0,
  WIREGUARD_STANDARD: 1,
  WIREGUARD_TAILSCALE: 2,
  OPENVPN_PLAIN: 10,
  OPENVPN_TLS_AUTH: 11,
  OPENVPN_TLS_CRYPT: 12,
  OPENVPN_TLS_CRYPT_V2: 13,
  /** Data packets only: the session was seen from its middle. */
  OPENVPN_DATA: 14,
  IKE_V1_MAIN: 20,
  IKE_V1_AGGRESSIVE: 21,
  IKE_V2: 22,
  /** IKEv1 seen from its middle: which mode set it up is unknown. */
  IKE_V1: 23,
  ESP_IN_UDP: 24,
  ESP: 25,
  AH: 26,
} as const;
export type Variant = (typeof Variant)[keyof typeof Variant];

/** Name of a variant as events and policies write it. */
export const VARIANT_NAMES: Readonly<Record<Variant, string>> = {
  [Variant.NONE]: 'none',
  [Variant.WIREGUARD_STANDARD]: 'standard',
  [Variant.WIREGUARD_TAILSCALE]: 'tailscale',
  [Variant.OPENVPN_PLAIN]: 'plain',
  [Variant.OPENVPN_TLS_AUTH]: 'tls-auth',
  [Variant.OPENVPN_TLS_CRYPT]: 'tls-crypt',
  [Variant.OPENVPN_TLS_CRYPT_V2]: 'tls-crypt-v2',
  [Variant.OPENVPN_DATA]: 'data',
  [Variant.IKE_V1_MAIN]: 'ikev1-main',
  [Variant.IKE_V1_AGGRESSIVE]: 'ikev1-aggressive',
  [Variant.IKE_V2]: 'ikev2',
  [Variant.IKE_V1]: 'ikev1',
  [Variant.ESP_IN_UDP]: 'esp-in-udp',
  [Variant.ESP]: 'esp',
  [Variant.AH]: 'ah',
};

/**
 * A finding as one number, the form in which the flow table keeps it: protocol in bits 0 to 3, stage in 4 to 7, variant
 * in 8 to 15, initiator in 16 and 17 (0 unknown, else 1 + the direction of the initiator's packets).
 */
export type Finding = number;

export const NO_FINDING: Finding = 0;

export function packFinding(protocol: Protocol, stage: Stage, variant: number, initiator: number): Finding {
  return protocol | (stage << 4) | (variant << 8) | (initiator << 16);
}

export function findingProtocol(finding: Finding): Protocol {
  return (finding & 15) as Protocol;
}

export function findingStage(finding: Finding): Stage {
  return ((finding >> 4) & 15) as Stage;
}

export function findingVariant(finding: Finding): Variant {
  return ((finding >> 8) & 255) as Variant;
}

export function findingInitiator(finding: Finding): number {
  return (finding >> 16) & 3;
}

/** The same finding, confirmed. */
export function confirmed(finding: Finding): Finding {
  return packFinding(findingProtocol(finding), Stage.CONFIRMED, findingVariant(finding), findingInitiator(finding));
}
