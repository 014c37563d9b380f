/** Flags and help of `sluice console`: captures on a page. */
import { type Command, Option } from 'commander';
import { MODE_NAMES } from '../policy/mode.ts';
import type { ConsoleFlags } from './console.ts';
import { zoneOption } from './history-flags.ts';
import { linkIdentityOption } from './link-identity-flag.ts';
import { portOption } from './listen-flags.ts';
import { maxFlowsOption } from './max-flows-flag.ts';
import { policyOption, registryOption } from './rules-flags.ts';

const EXAMPLES = `
Examples:
  sluice console                          the project's own captures
  sluice console trace.pcapng --policy mine.yaml --registry registry.csv
  sluice console captures --shadow draft.yaml   and what a draft would do

The page is served on this machine alone, with addresses truncated, until Ctrl-C. Nothing is kept: sluice run
keeps a history.

Captures are read in the order of their first packets, each by its own clock. Those that cannot be read to their end are
named on standard error, and what was readable is shown.

Exit codes: 0 stopped; 1 failed, for example because the port is taken; 2 wrong usage; 3 policy or registry invalid.
`;

export function addConsoleCommand(program: Command): void {
  program
    .command('console')
    .summary('look at captures in a browser')
    .description(
      'Replays captures, each as a capture of its own, into a history in memory, and serves the console on loopback.',
    )
    .argument('[capture...]', "files and folders (default: the project's own captures)")
    .addOption(policyOption())
    .addOption(registryOption())
    .addOption(new Option('--mode <mode>', "instead of the policy's mode").choices(MODE_NAMES))
    .option('--shadow <file>', 'a second policy that decides beside the first and never acts')
    .option('--shadow-registry <file>', 'registry for --shadow (default: the one in use)')
    .addOption(portOption())
    .addOption(zoneOption())
    .addOption(maxFlowsOption())
    .addOption(linkIdentityOption())
    .addHelpText('after', EXAMPLES)
    .action(async (captures: string[], flags: ConsoleFlags) => {
      const { console } = await import('./console.ts');
      process.exitCode = await console(captures, flags);
    });
}
