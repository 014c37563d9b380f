/**
 * Whether the link under a packet is part of its flow's identity: VLAN ids, VNIs and the tunnels around it.
 *
 * `vlan`: equal tuples under different ones are different flows. Two customers behind two VLANs may use the same
 * private addresses; taken for one flow, their packets would be mixed, and what is found in one would be decided for
 * the other. `none`: the innermost tuple alone is the flow. For mirror ports that tag each direction with another VLAN
 * or VNI, where the two directions would else be two flows, each seen from one side and so suspected at best.
 *
 * `vlan` is the default, as its mistake is the smaller one: it weakens a finding, and it is noticed
 * (dataplane/assembly/flow/split-halves).
 */
export const LINK_IDENTITIES = ['vlan', 'none'] as const;
export type LinkIdentity = (typeof LINK_IDENTITIES)[number];

export const DEFAULT_LINK_IDENTITY: LinkIdentity = 'vlan';
