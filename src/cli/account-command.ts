/** Flags and help of `sluice account`: those who may sign in to the console. */
import { type Command, Option } from 'commander';
import { ROLE_NAMES } from '../web/api/route.ts';
import type { AccountFlags, AddFlags, PasswordFlags, ScopeFlags } from './account.ts';
import { DEFAULT_STATE } from './control-flags.ts';

const EXAMPLES = `
Roles: a viewer sees the pages; an auditor also sees what people did; an operator sees that too, and acts:
reloads, confirms, notes. With --isps an account is for daemons of these operators of networks alone (sluice
run --isp).

Examples:
  sluice account add anna --role operator                     asks for a password twice
  sluice account add regulator --role auditor --generate      makes a password, and prints it
  sluice account add noc --isps north-net --password-file noc.password
  sluice account list
  sluice account role anna viewer                             her sessions end
  sluice account remove anna

The accounts are in accounts.json in the daemon's folder of state, readable by its owner alone, passwords as
argon2id hashes. A running daemon takes a change with the next request: sessions of an account that was
changed or removed end. Once there are accounts, every page needs one.

Exit codes: 0 done; 1 failed, for example because the file is broken; 2 wrong usage, a password that is too
easily guessed.`;

export function addAccountCommand(program: Command): void {
  const account = program
    .command('account')
    .summary('add, change and remove accounts of the console')
    .description('Manages those who may sign in to the console of a daemon.')
    .addHelpText('after', EXAMPLES);
  withScope(withPassword(withPlace(account.command('add'))))
    .description('adds an account')
    .argument('<name>', 'small letters, digits and . _ @ -')
    .addOption(new Option('--role <role>', 'what it may do').choices(ROLE_NAMES).default('viewer'))
    .action(async (name: string, flags: AddFlags) => {
      const { addAccount } = await import('./account.ts');
      process.exitCode = await addAccount(name, flags);
    });
  withPlace(account.command('list'))
    .description('lists the accounts')
    .option('--json', 'as JSON, without what is secret')
    .action(async (flags: AccountFlags & { readonly json?: boolean }) => {
      const { listAccounts } = await import('./account.ts');
      process.exitCode = listAccounts(flags);
    });
  withPlace(account.command('remove'))
    .description('removes an account, and ends its sessions')
    .argument('<name>', 'the account')
    .action(async (name: string, flags: AccountFlags) => {
      const { removeAccount } = await import('./account.ts');
      process.exitCode = removeAccount(name, flags);
    });
  withPassword(withPlace(account.command('password')))
    .description('sets another password, and ends the sessions of the account')
    .argument('<name>', 'the account')
    .action(async (name: string, flags: PasswordFlags) => {
      const { setPassword } = await import('./account.ts');
      process.exitCode = await setPassword(name, flags);
    });
  withScope(withPlace(account.command('role')))
    .description('sets what an account may do, and ends its sessions')
    .argument('<name>', 'the account')
    .argument('<role>', ROLE_NAMES.join(', '))
    .option('--all-isps', 'for every network again')
    .action(async (name: string, role: string, flags: ScopeFlags & { readonly allIsps?: boolean }) => {
      const { setRole } = await import('./account.ts');
      process.exitCode = setRole(name, role, flags);
    });
}

function withPlace(command: Command): Command {
  return command
    .addOption(new Option('--accounts <file>', 'the file of the accounts').conflicts('state'))
    .option(
      '--state <folder>',
      `folder of the daemon's state (default: that of the daemon that runs here, or ${DEFAULT_STATE})`,
    );
}

function withPassword(command: Command): Command {
  return command
    .addOption(
      new Option('--password-file <file>', 'its first line is the password; - is standard input').conflicts('generate'),
    )
    .option('--generate', 'make a password and print it');
}

function withScope(command: Command): Command {
  return command.option('--isps <names...>', 'only for daemons of these operators of networks');
}
