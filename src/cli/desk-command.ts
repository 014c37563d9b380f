/** Flags and help of `sluice desk`: the registration desk. */
import { type Command, Option } from 'commander';
import type { PasswordFlags } from './account.ts';
import type { DeskFlags } from './desk.ts';
import { proxyAddress } from './listen-flags.ts';
import { listenAddress } from './run-flags.ts';

const DEFAULT_LISTEN = '127.0.0.1:9465';
const DEFAULT_STATE = '/var/lib/sluice-desk';

const EXAMPLES = `
Examples:
  sluice desk --demo                                  a desk of examples, with every role, until Ctrl-C
  sluice desk admin anna --state desk                 makes the administrator, and asks for a password
  sluice desk --state desk --out /srv/registry        serves the desk; what is approved is in /srv/registry/registry.csv
  sluice run --watch --registry /srv/registry/registry.csv --rules-keys desk/registry-key.pem.pub network.pem.pub …
  sluice desk export --state desk --at 2026-11-24T18:00:00+05:00 > then.csv
  sluice desk backup /backup/desk-1 --state desk      while it runs

People apply without an account and get a secret link; internet providers confirm addresses; reviewers decide; what is
approved is written as registry.csv with its signed manifest. deploy/reference/DESK.md has the whole way.

Exit codes: 0 done; 1 failed, for example because the port is taken; 2 wrong usage.`;

export function addDeskCommand(program: Command): void {
  const desk = program
    .command('desk')
    .summary('the registration desk: applications, review, and the registry that comes out')
    .description('Serves the registration desk, with its database in a folder of state.')
    .addOption(stateOption())
    .option('--out <folder>', 'where the registry is written (default: registry in the folder of state)')
    .addOption(
      new Option('--listen <address>', 'where it is served; other machines need TLS or a proxy')
        .argParser(listenAddress)
        .default(listenAddress(DEFAULT_LISTEN), DEFAULT_LISTEN),
    )
    .option('--tls-cert <file>', 'certificate chain (PEM): HTTPS in place of HTTP')
    .option('--tls-key <file>', 'its private key (PEM), which others may not read')
    .addOption(
      new Option('--proxy <address>', 'address of a proxy that does TLS; no other peer is served').argParser(
        proxyAddress,
      ),
    )
    .option('--host-name <names...>', 'names that a request may have in Host, besides the address')
    .option('--oidc <file>', 'a provider of OpenID Connect at which staff sign in (deploy/reference/DESK.md)')
    .option('--decisions <file>', 'log of decisions of a daemon, with addresses in clear, for reviewers and appeals')
    .option('--smtp <url>', 'mail server for applicants, like smtp://mail.example:587; without one no mail is sent')
    .option('--mail-from <address>', 'sender of the mail')
    .option('--demo', 'a desk of examples in a temporary folder, which is removed at the end')
    .addHelpText('after', EXAMPLES)
    .action(async (flags: DeskFlags) => {
      const { runDesk } = await import('./desk.ts');
      process.exitCode = await runDesk(flags);
    });
  addAdmin(desk);
  desk
    .command('export')
    .description('writes the registry as it was at a time to standard output')
    .addOption(stateOption())
    .option('--at <time>', 'a time with its zone, like 2026-11-24T18:00:00+05:00 (default: now)')
    .action(async (flags: { readonly at?: string }, command: Command) => {
      const { exportDesk } = await import('./desk.ts');
      process.exitCode = exportDesk({ ...flags, state: stateOf(command) });
    });
  desk
    .command('difference')
    .description('what changed in the registry between two times, as CSV on standard output')
    .argument('<from>', 'a time with its zone')
    .argument('<until>', 'a later one')
    .addOption(stateOption())
    .action(async (from: string, until: string, _flags: unknown, command: Command) => {
      const { deskDifference } = await import('./desk.ts');
      process.exitCode = deskDifference(from, until, stateOf(command));
    });
  desk
    .command('backup')
    .description('copies a desk into a new folder, while it runs')
    .argument('<folder>', 'the new folder')
    .addOption(stateOption())
    .action(async (folder: string, _flags: unknown, command: Command) => {
      const { backUpDesk } = await import('./desk.ts');
      process.exitCode = backUpDesk(folder, stateOf(command));
    });
  desk
    .command('restore')
    .description('makes a folder of state from a backup')
    .argument('<backup>', 'the folder of the backup')
    .addOption(stateOption())
    .action(async (backup: string, _flags: unknown, command: Command) => {
      const { restoreDesk } = await import('./desk.ts');
      process.exitCode = restoreDesk(backup, stateOf(command));
    });
}

function addAdmin(desk: Command): void {
  desk
    .command('admin')
    .description('makes an administrator, or gives one another password')
    .argument('<name>', 'small letters, digits and . _ @ -')
    .addOption(stateOption())
    .addOption(
      new Option('--password-file <file>', 'its first line is the password; - is standard input').conflicts('generate'),
    )
    .option('--generate', 'make a password and print it')
    .action(async (name: string, flags: PasswordFlags, command: Command) => {
      const { addAdministrator } = await import('./desk.ts');
      process.exitCode = await addAdministrator(name, { ...flags, state: stateOf(command) });
    });
}

function stateOption(): Option {
  return new Option('--state <folder>', 'folder of the database, the files and the key').default(DEFAULT_STATE);
}

/** A flag before or after the name of the subcommand. */
function stateOf(command: Command): string {
  const own = command.getOptionValueSource('state') === 'default' ? undefined : command.opts<{ state: string }>().state;
  return own ?? command.parent!.opts<{ state: string }>().state;
}
