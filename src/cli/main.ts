#!/usr/bin/env node
/**
 * The `sluice` command: reads the command line and hands over to the command named.
 */
import { readFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { OutputError } from '../output/log/output-error.ts';
import { addCaptureCommand } from './capture-command.ts';
import { addCheckCommand } from './check-command.ts';
import { hintAtCommand, hintAtReplay } from './command-hints.ts';
import { addCtlCommand } from './ctl-command.ts';
import { addEvaluateCommand } from './evaluate-command.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { addExplainCommand } from './explain-command.ts';
import { addLookupCommand } from './lookup-command.ts';
import { addReplayCommand } from './replay-command.ts';
import { addRulesCommand } from './rules-command.ts';
import { addRunCommand } from './run-command.ts';
import { refuseRepeatedFlags } from './single-flags.ts';

const { version } = JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const INTRODUCTION =
  'Recognises WireGuard, OpenVPN and IPsec in captures, checks both ends against a registry of prefixes, and simulates enforcement. It sends nothing.';

const HELP = `
Start here:
  sluice replay captures --each        what the project's own captures hold
  sluice check                         validate the rules that come with it
  sluice replay --help                 each command explains itself`;

async function main(): Promise<void> {
  const program = new Command('sluice')
    .description(INTRODUCTION)
    .version(version)
    .showHelpAfterError('(run it with --help to see commands, flags and examples)')
    .addHelpText('after', HELP)
    .configureHelp({ helpWidth: Math.min(process.stdout.columns || 120, 120) })
    .exitOverride();
  // Subcommands inherit what is set before they are added.
  addReplayCommand(program);
  addRunCommand(program);
  addCaptureCommand(program);
  addCtlCommand(program);
  addCheckCommand(program);
  addLookupCommand(program);
  addExplainCommand(program);
  addEvaluateCommand(program);
  addRulesCommand(program);
  for (const command of program.commands) refuseRepeatedFlags(command);
  program.hook('preAction', (_, command) => {
    hintAtCommand(program, command);
  });
  watchStandardStreams();
  try {
    hintAtReplay(program, process.argv.slice(2));
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
  // After a signal, an input that is still waited for would keep the process.
  if (process.exitCode === ExitCode.INTERRUPTED || process.exitCode === ExitCode.TERMINATED) process.exit();
}

/** Without listeners a full disk or a reader that went away would end the process with a stack trace. */
function watchStandardStreams(): void {
  process.stderr.on('error', () => undefined);
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    report(new OutputError('standard output', error).message);
    process.on('exit', () => {
      process.exitCode = ExitCode.FAILED;
    });
  });
}

const reported = new Set<string>();

/** Prints a sentence, once: that standard output fails is also thrown where a command waits for it. */
function report(message: string): void {
  if (!reported.has(message)) process.stderr.write(`sluice: ${message}\n`);
  reported.add(message);
}

/** Prints what went wrong, unless it is printed already, and gives the exit code. */
function exitCodeOf(error: unknown): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.DONE : ExitCode.WRONG_USAGE;
  if (error instanceof CommandError) {
    process.stderr.write(`sluice: ${error.message}\n`);
    return error.exitCode;
  }
  if (error instanceof OutputError) {
    report(error.message);
    return ExitCode.FAILED;
  }
  process.stderr.write(`sluice: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return ExitCode.FAILED;
}

await main();
