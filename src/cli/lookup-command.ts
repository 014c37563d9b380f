/** Flags and help of `sluice lookup`: the registrations that cover an address or prefix, or belong to a holder. */
import { type Command, Option } from 'commander';
import { PROTOCOL_NAMES } from '../core/protocol.ts';
import type { LookupFlags } from './lookup.ts';
import { registryOption } from './rules-flags.ts';

const EXAMPLES = `
Examples:
  sluice lookup 198.51.100.7
  sluice lookup 198.51.100.7 2001:db8::1 --at 2024-11-10T18:00:00Z --protocol openvpn
  sluice lookup 198.51.100.0/24               what covers a prefix, and what is registered inside it
  sluice lookup "example bank" OW-2021-00017  by a part of the holder's name, and by reference

Exit codes: 0 done, also where nothing is registered; 2 wrong usage, also an address with a slip in it; 3 the
registry is invalid.`;

export function addLookupCommand(program: Command): void {
  program
    .command('lookup')
    .summary("show which registrations cover an address or prefix, or are a holder's")
    .description(
      'Shows every registration that covers an address, from the most specific on, with why it counts or ' +
        'does not. Also those around and inside a prefix, those of a holder, and those with a reference.',
    )
    .argument('<what...>', "addresses, prefixes, references (exactly), parts of holders' names (in capitals or not)")
    .addOption(registryOption())
    .option('--at <time>', 'ask for this time (2024-11-10 or 2024-11-10T18:00:00Z) instead of now')
    .addOption(new Option('--protocol <name>', 'ask for this protocol only').choices(PROTOCOL_NAMES.slice(1)))
    .addHelpText('after', EXAMPLES)
    .action(async (addresses: string[], flags: LookupFlags) => {
      const { lookup } = await import('./lookup.ts');
      await lookup(addresses, flags);
    });
}
