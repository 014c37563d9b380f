/** Flags and help of `sluice ctl`: the administration of a running daemon. */
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { DEFAULT_STATE } from './control-flags.ts';
import type { CtlFlags } from './ctl.ts';

const EXAMPLES = `
Examples:
  sluice ctl status                                            what is in use, and what waits
  sluice ctl reload                                            new rules, if the guard lets them act
  sluice ctl confirm 9f86d0…                                   rules that the guard refused, by their hash
  sluice ctl confirm 9f86d0… --date 2024-12-01T00:00:00Z       a date that is held, or ahead, under the rules in use
  sluice ctl reset                                             the safety breaker is closed again
  sluice ctl clear-harm "rule 7 mended, change 4711"           the counts of registered hits begin at 0
  sluice ctl forget                                            what is kept of clients is removed
  sluice ctl backup /backup/history.db                         the console's history, copied while it is written
  sluice ctl shadow draft.yaml                                 a draft decides too, and never acts
  sluice ctl shadow                                            what it would do so far
  sluice ctl shadow --off                                      it ends

The daemon is found by its socket: control.sock in its folder of state. Its own user and root may use it. Each
action is an event and a log entry with who, when, what, and the hash of the rules before and after. After
sudo both users are named.
Exit codes: 0 done; 1 failed, or no daemon is there; 2 wrong usage; 3 the rules are not valid, or the guard
refuses them.
`;

export function addCtlCommand(program: Command): void {
  const ctl = program
    .command('ctl')
    .summary('administer a running daemon: status, reload, confirm, reset, shadow, backup')
    .description('Administers a running daemon over its Unix socket.')
    .addHelpText('after', EXAMPLES);
  add(ctl, 'status', 'says which rules are in use, what waits for a confirmation, and how breaker and harm stand');
  add(ctl, 'reload', 'reads policy and registry again, like SIGHUP');
  add(ctl, 'reset', 'closes the safety breaker again');
  add(ctl, 'forget', 'removes what is kept of clients and their flows beyond those that are active');
  withFlags(ctl.command('confirm'))
    .description('lets rules act that the guard refused, by their hash; with --date, a date under the rules in use')
    .argument('<hash>', 'sha256 of the pair of policy and registry, as status and check print it')
    .option('--date <time>', 'the date, like 2024-12-01T00:00:00Z')
    .action(async (sha256: string, flags: CtlFlags & { readonly date?: string }) => {
      const { date } = flags;
      await run({ command: 'confirm', sha256, ...(date !== undefined && { date }) }, flags);
    });
  withFlags(ctl.command('clear-harm'))
    .description('sets the counts of registered hits to 0, which ends their alert')
    .argument('<reason>', 'why, for the record')
    .action(async (reason: string, flags: CtlFlags) => {
      await run({ command: 'clear-harm', reason }, flags);
    });
  withFlags(ctl.command('backup'))
    .description("copies the history of the daemon's console to a new file, while it is written")
    .argument('<file>', 'the copy; its folder must be one that the daemon may write')
    .action(async (file: string, flags: CtlFlags) => {
      // The daemon works in another folder.
      await run({ command: 'backup', file: resolve(file) }, flags);
    });
  withFlags(ctl.command('shadow'))
    .description(
      'lets a second policy decide beside the active one, which never acts; alone, says what it would do so far',
    )
    .argument('[policy]', 'file of the policy; the daemon reads it, and reads it again at each reload')
    .option('--registry <file>', 'its registry (default: the one in use)')
    .option('--off', 'ends it')
    .action(async (policy: string | undefined, flags: ShadowFlags) => {
      await run(shadowRequest(policy, flags), flags);
    });
}

interface ShadowFlags extends CtlFlags {
  readonly registry?: string;
  readonly off?: boolean;
}

function shadowRequest(policy: string | undefined, { registry, off }: ShadowFlags): Readonly<Record<string, unknown>> {
  if (off === true && (policy !== undefined || registry !== undefined))
    throw new CommandError('ctl shadow takes either a policy or --off', ExitCode.WRONG_USAGE);
  if (policy === undefined && registry !== undefined)
    throw new CommandError('ctl shadow --registry needs a policy', ExitCode.WRONG_USAGE);
  if (off === true) return { command: 'shadow-off' };
  if (policy === undefined) return { command: 'shadow' };
  // The daemon works in another folder.
  return {
    command: 'shadow-on',
    policy: resolve(policy),
    ...(registry !== undefined && { registry: resolve(registry) }),
  };
}

function add(ctl: Command, name: string, description: string): void {
  withFlags(ctl.command(name))
    .description(description)
    .action(async (flags: CtlFlags) => {
      await run({ command: name }, flags);
    });
}

function withFlags(command: Command): Command {
  return command
    .option(
      '--state <folder>',
      `folder of the daemon's state (default: the one with a socket, of ${DEFAULT_STATE} and those of ` +
        'daemons without --state)',
    )
    .option('--control <socket>', "the daemon's socket, where it is elsewhere")
    .option('--json', 'print the answer as JSON');
}

async function run(request: Readonly<Record<string, unknown>>, flags: CtlFlags): Promise<void> {
  const { ctl } = await import('./ctl.ts');
  process.exitCode = await ctl(request, flags);
}
