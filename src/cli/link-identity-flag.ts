/** The flag for whether VLAN ids, VNIs and tunnels are part of a flow's identity. */
import { Option } from 'commander';
import { DEFAULT_LINK_IDENTITY, LINK_IDENTITIES } from '../dataplane/host/link-identity.ts';

export function linkIdentityOption(): Option {
  return new Option(
    '--link-identity <what>',
    'vlan: equal addresses and ports under different VLAN ids, VNIs or tunnels are different flows, as ' +
      'two customers may use the same private addresses; none: they are one flow, for a mirror port that ' +
      'tags each direction with another VLAN or VNI (the summary says where it looks like that)',
  )
    .choices(LINK_IDENTITIES)
    .default(DEFAULT_LINK_IDENTITY);
}
