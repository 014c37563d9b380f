/**
 * `sluice check` as its help shows it: every problem of a policy and a registry.
 */
import type { Command } from 'commander';
import type { CheckFlags } from './check.ts';
import { CLIENT_HELP } from './client-help.ts';

const EXAMPLES = `
Examples:
  sluice check                                  the rules that come with Sluice
  sluice check --policy mine.yaml               a policy alone
  sluice check --registry registry.csv | grep error

Prints file:line:column, error or warning, and a sentence for each problem. Exit codes: 0 no errors; 2 a file cannot be
read; 3 errors.
`;

export function addCheckCommand(program: Command): void {
  program
    .command('check')
    .summary('validate a policy and a registry')
    .description(
      'Validates a policy and a registry: every problem with its place, never only the first. Without flags, those that come with Sluice.',
    )
    .option('--policy <file>', 'policy to validate')
    .option('--registry <file>', 'registry to validate')
    .addHelpText('after', EXAMPLES + CLIENT_HELP)
    .action(async (flags: CheckFlags) => {
      const { check } = await import('./check.ts');
      process.exitCode = await check(flags);
    });
}
