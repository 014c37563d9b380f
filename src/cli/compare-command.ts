/** Flags and help of `sluice compare`: what another policy or registry would change on the same traffic. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { addressesOption, addressKeyOption } from './address-flags.ts';
import { CLIENT_HELP } from './client-help.ts';
import type { CompareFlags } from './compare.ts';
import { linkIdentityOption } from './link-identity-flag.ts';
import { maxFlowsOption } from './max-flows-flag.ts';
import { noHashOption } from './no-hash-flag.ts';
import { ispOption, linkOption, siteOption } from './origin-flags.ts';
import { audienceOption, reportOption } from './report-flags.ts';
import { wholeNumber } from './whole-number.ts';
import { workersOption } from './workers-flag.ts';

const EXAMPLES = `
Examples:
  sluice compare trace.pcap --policy now.yaml --policy draft.yaml
                                            what the draft would change, registered users first
  sluice compare trace.pcap --policy now.yaml --registry now.csv --registry new.csv --changes -
                                            each flow that a new registry changes, as a JSON line
  sluice compare day/ --policy now.yaml --policy draft.yaml --quiet --max-registered-hits 0 --max-share-hit 1%
                                            a gate: exit code 1 if the draft would hit more
  sluice compare trace.pcap --policy now.yaml --policy draft.yaml --report change.html
                                            a page for readers

The first policy and registry are compared with each further one. A registry given once is used with every policy, and a
policy given once with every registry. All are applied as if they were enforced. A flow counts by the strongest action
decided for it: a client is hit where any flow of it is throttled or blocked.

Beside each output file FILE a record, FILE.run.json, says how it came about: version, command line, inputs
and rules with their SHA-256, and whether everything was read. --json has the same.

Exit codes: 0 done; 1 failed while running, a limit exceeded, or changes with --fail-on-change; 2 wrong usage;
3 policy or registry invalid; 4 a capture could not be read to its end (what was readable is compared); 130
and 143 on SIGINT and SIGTERM.
`;

export function addCompareCommand(program: Command): void {
  program
    .command('compare')
    .summary('what another policy or registry would change')
    .description(
      'Reads captures once, decides their VPN flows by two or more sets of rules, and shows the ' +
        'differences: clients and registered users newly hit, flows, packets and bytes.',
    )
    .argument('<capture...>', 'files, folders (all captures below them), or - for standard input')
    .addOption(repeated('--policy <file>', 'a policy; give it again for each one to compare with the first'))
    .addOption(repeated('--registry <file>', 'a registry of prefixes, likewise'))
    .option(
      '--changes <file>',
      'write every flow that changes: a row of a table if the name ends in .csv or .parquet, else a JSON ' +
        'line; - is standard output',
    )
    .option('--json', 'print the comparison as one JSON object')
    .option('--each', 'each file is a capture of its own, with its own flows and packet numbers')
    .option('--fail-on-change', 'exit code 1 if any flow changes')
    .option(
      '--max-registered-hits <n>',
      'exit code 1 if more registered clients would newly be hit',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--max-clients-hit <n>',
      'exit code 1 if more clients would newly be hit',
      wholeNumber(0, Number.MAX_SAFE_INTEGER),
    )
    .option(
      '--max-share-hit <percent>',
      'exit code 1 if a greater share of the clients with a VPN would newly be hit',
      share,
    )
    .addOption(reportOption())
    .addOption(audienceOption())
    .option('--force', 'overwrite outputs that exist; without it they are refused with exit code 2')
    .addOption(noHashOption())
    .addOption(addressesOption())
    .addOption(addressKeyOption())
    .addOption(maxFlowsOption())
    .addOption(linkIdentityOption())
    .addOption(siteOption())
    .addOption(ispOption())
    .addOption(linkOption())
    .addOption(workersOption())
    .option('--quiet', 'no comparison and no progress bar; limits that are exceeded are named on standard error')
    .addHelpText('after', EXAMPLES + CLIENT_HELP)
    .action(async (captures: string[], flags: CompareFlags) => {
      const { compare } = await import('./compare.ts');
      process.exitCode = await compare(captures, flags);
    });
}

/** A flag that is given once for each set of rules. */
function repeated(flags: string, description: string): Option {
  return new Option(flags, description).argParser((value: string, before: string[] | undefined) => [
    ...(before ?? []),
    value,
  ]);
}

/** A percentage as a fraction. */
function share(text: string): number {
  const value = /^(\d{1,3}(?:\.\d+)?) ?%$/.exec(text)?.[1];
  if (value === undefined || Number(value) > 100)
    throw new InvalidArgumentError('It must be a percentage from 0% to 100%, like 1.5%.');
  return Number(value) / 100;
}
