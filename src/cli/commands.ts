/**
 * The commands by their names. The file of a command is loaded only where the command line names it, or where all are
 * shown.
 */
import type { Command } from 'commander';
import { refuseRepeatedFlags } from './single-flags.ts';

type AddCommand = (program: Command) => void;

/** In the order of the help. */
const COMMANDS: Readonly<Record<string, () => Promise<AddCommand>>> = {
  replay: async () => (await import('./replay-command.ts')).addReplayCommand,
  compare: async () => (await import('./compare-command.ts')).addCompareCommand,
  console: async () => (await import('./console-command.ts')).addConsoleCommand,
  run: async () => (await import('./run-command.ts')).addRunCommand,
  report: async () => (await import('./report-command.ts')).addReportCommand,
  capture: async () => (await import('./capture-command.ts')).addCaptureCommand,
  ctl: async () => (await import('./ctl-command.ts')).addCtlCommand,
  account: async () => (await import('./account-command.ts')).addAccountCommand,
  check: async () => (await import('./check-command.ts')).addCheckCommand,
  lookup: async () => (await import('./lookup-command.ts')).addLookupCommand,
  explain: async () => (await import('./explain-command.ts')).addExplainCommand,
  evaluate: async () => (await import('./evaluate-command.ts')).addEvaluateCommand,
  rules: async () => (await import('./rules-command.ts')).addRulesCommand,
  verify: async () => (await import('./verify-command.ts')).addVerifyCommand,
  desk: async () => (await import('./desk-command.ts')).addDeskCommand,
  hub: async () => (await import('./hub-command.ts')).addHubCommand,
};

export const COMMAND_NAMES: readonly string[] = Object.keys(COMMANDS);

/** Adds the command of this name, or all commands if none has it. */
export async function addCommands(program: Command, name: string | undefined): Promise<void> {
  const names = name !== undefined && COMMAND_NAMES.includes(name) ? [name] : COMMAND_NAMES;
  for (const one of names) await addCommand(program, one);
}

/** Adds a command that has not been added. */
export async function addCommand(program: Command, name: string): Promise<Command> {
  const add = await COMMANDS[name]!();
  add(program);
  const command = program.commands.at(-1)!;
  refuseRepeatedFlags(command);
  return command;
}
