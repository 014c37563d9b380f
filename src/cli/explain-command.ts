/**
 * `sluice explain` as its help shows it: why one flow was decided as it was.
 */
import type { Command } from 'commander';
import { addressesOption, addressKeyOption } from './address-flags.ts';
import type { ExplainFlags } from './explain.ts';
import { policyOption, registryOption } from './rules-flags.ts';

const EXAMPLES = `
Example:
  sluice replay trace.pcap --decisions - --quiet | jq -r .flow_id     the flows that were decided
  sluice explain trace.pcap --flow 3f0c9a7be21d4c55

Exit codes: as for replay; 1 where the captures hold no such flow with a finding.`;

export function addExplainCommand(program: Command): void {
  program
    .command('explain')
    .summary('show why a flow was decided as it was')
    .description(
      'Runs a capture again and shows for one flow the evidence, the registrations and the rules that were tried.',
    )
    .argument('<capture...>', 'the captures that were replayed, in the same order')
    .requiredOption('--flow <id>', 'the flow_id of an event; it depends on --addresses')
    .addOption(policyOption())
    .addOption(registryOption())
    .option('--each', 'each file is a capture of its own, as it was for replay')
    .addOption(addressesOption())
    .addOption(addressKeyOption())
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], flags: ExplainFlags) => {
      const { explain } = await import('./explain.ts');
      process.exitCode = await explain(captures, flags);
    });
}
