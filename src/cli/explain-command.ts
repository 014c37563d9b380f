/** Flags and help of `sluice explain`: why a flow was decided as it was. */
import type { Command } from 'commander';
import { addressesOption, addressKeyOption } from './address-flags.ts';
import type { ExplainFlags } from './explain.ts';
import { linkIdentityOption } from './link-identity-flag.ts';
import { policyOption, registryOption } from './rules-flags.ts';
import { wholeNumber } from './whole-number.ts';

const EXAMPLES = `
Example:
  sluice replay trace.pcap --decisions - --quiet | jq -r .flow_id     the flows that were decided
  sluice explain trace.pcap --flow 3f0c9a7be21d4c55
  sluice explain trace.pcap --community-id 1:0bvUiRJtF2SnGxI7EoJ7j0GHpb0=
  sluice explain trace.pcap --tuple 192.0.2.10:51820-198.51.100.7:51820
  sluice explain trace.pcap --tuple 'udp/[2001:db8::1]:500-[2001:db8::2]:500'
  sluice explain trace.pcap --tuple esp/192.0.2.10-198.51.100.7
  sluice explain trace.pcap --packet 12

A flow with a finding is shown with the checked bytes, marked with the numbers of the evidence; a flow without
one with the fingerprints that looked, at which packets, and what did not hold. Both need a second reading of
the capture: for a pipe they are left out, and --packet is refused.

Exit codes: as for replay; 1 where the captures hold no such flow.`;

const LARGEST_PACKET = Number.MAX_SAFE_INTEGER;

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .summary('show why a flow was decided as it was, or that it had no finding')
    .description(
      'Runs a capture again and shows for a flow the evidence with the bytes that it is of, the ' +
        'registrations and the rules that were tried, or why nothing was found, and a Wireshark display ' +
        'filter for its packets. Name the flow in one of four ways.',
    )
    .argument('<capture...>', 'the captures that were replayed, in the same order')
    .option(
      '--flow <id>',
      'the flow with this flow_id, as events show it; it depends on --addresses and --link-identity',
    )
    .option('--community-id <id>', 'the flows with this community_id, as events show it')
    .option(
      '--tuple <ends>',
      'the flows between two ends: A:P-B:P, IPv6 in brackets; A-B for ESP and AH; udp/, tcp/, esp/ or ' +
        'ah/ may stand before it',
    )
    .option(
      '--packet <n>',
      'the flow of packet n, numbered as pcap_cnt: from 1 through all captures',
      wholeNumber(1, LARGEST_PACKET),
    )
    .addOption(policyOption())
    .addOption(registryOption())
    .option('--each', 'each file is a capture of its own, as it was for replay')
    .addOption(linkIdentityOption())
    .addOption(addressesOption())
    .addOption(addressKeyOption())
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], flags: ExplainFlags) => {
      const { explain } = await import('./explain.ts');
      process.exitCode = await explain(captures, flags);
    });
}
