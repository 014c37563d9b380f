/** Flags and help of `sluice check`: every problem of a policy and a registry. */
import { type Command, Option } from 'commander';
import type { CheckFlags } from './check.ts';
import { CLIENT_HELP } from './client-help.ts';
import { finiteDuration } from './run-flags.ts';
import { requireManifestOption, requireSignaturesOption, rulesKeysOption } from './manifest-flags.ts';

const EXAMPLES = `
Examples:
  sluice check                                  the rules that come with Sluice
  sluice check --policy mine.yaml               a policy alone
  sluice check --registry registry.csv | grep error
  sluice check --ahead 7d                       what expires, begins and ends within a week
  sluice check --policy mine.yaml --registry registry.csv --strict --rules-keys alice.key.pub
  sluice check --policy mine.yaml --registry registry.csv --traffic hour.pcap
                                                would this policy trip its own limits on that traffic?

Prints file:line:column, error or warning, and a sentence for each problem; for each rule that throttles or
blocks, whether it can hit a registered user, and why; and the hash that names the pair of policy and
registry. A file that does not match the manifest beside it (FILE.manifest.json) is an error, with the rows,
bytes and hashes expected and seen. With --ahead, registrations that expire or begin by day, and rules that
begin or end. With --traffic, captures are replayed as one in mode enforce: the last lines say whether, when
and on which limit the safety breaker would trip.
Exit codes: 0 no errors; 2 a file cannot be read; 3 errors, or with --strict warnings, dates beyond the guard
or a trip; 4 a capture could not be read to its end.
`;

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .summary('validate a policy and a registry')
    .description(
      'Validates a policy and a registry: every problem with its place, never only the first. Without ' +
        'flags, those that come with Sluice.',
    )
    .option('--policy <file>', 'policy to validate')
    .option('--registry <file>', 'registry to validate')
    .option(
      '--strict',
      'end with 3 on warnings too, on dates ahead that exceed the limits of the guard, and on a trip under --traffic',
    )
    .addOption(
      new Option('--ahead <time>', 'say what dates will change so long from now on, like 7d').argParser(finiteDuration),
    )
    .option('--traffic <capture...>', 'say whether the policy would trip its own limits on this traffic')
    .addOption(requireManifestOption())
    .addOption(rulesKeysOption())
    .addOption(requireSignaturesOption())
    .addHelpText('after', EXAMPLES + CLIENT_HELP)
    .action(async (flags: CheckFlags) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(flags);
    });
}
