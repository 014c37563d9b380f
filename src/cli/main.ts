/** The `sluice` command: parses the command line and runs the command. */
import { Command, CommanderError } from 'commander';
import { OutputError } from '../output/log/output-error.ts';
import { hintAtCommand, hintAtReplay } from './command-hints.ts';
import { addCommands } from './commands.ts';
import { CommandError, ExitCode } from '../core/exit-code.ts';
import { packageVersion } from '../output/build-info.ts';

/** As the parser names them. */
const VERSION_FLAGS = ['-V', '--version'];

const INTRODUCTION =
  'Detects WireGuard, OpenVPN and IPsec in captures, checks both ends against a registry of ' +
  'prefixes, and simulates enforcement. It sends nothing.';

const HELP = `
Start here:
  sluice replay captures --each        what the project's own captures hold
  sluice console                       the same on a page, in a browser
  sluice check                         validate the rules that come with it
  sluice replay --help                 each command explains itself`;

/** Runs the command of the command line, and sets the exit code of the process. */
export async function main(): Promise<void> {
  const program = new Command('sluice')
    .description(INTRODUCTION)
    .version(packageVersion())
    .showHelpAfterError('(run it with --help to see commands, flags and examples)')
    .addHelpText('after', HELP)
    .configureHelp({ helpWidth: Math.min(process.stdout.columns || 120, 120) })
    .exitOverride();
  const args = process.argv.slice(2);
  // Subcommands inherit settings only if they are added afterwards.
  if (!VERSION_FLAGS.includes(args[0] ?? '')) await addCommands(program, args[0]);
  program.hook('preAction', (_, command) => hintAtCommand(program, command));
  watchStandardStreams();
  try {
    hintAtReplay(program, args);
    await program.parseAsync();
  } catch (error) {
    process.exitCode = exitCodeOf(error);
  }
  // After a signal, a pending input would keep the process alive.
  if (process.exitCode === ExitCode.INTERRUPTED || process.exitCode === ExitCode.TERMINATED) process.exit();
}

/** Without a listener, a full disk or a closed pipe would end the process with a stack trace. */
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

/** Prints a message once: a failure of standard output is also thrown to a waiting command. */
function report(message: string): void {
  if (!reported.has(message)) process.stderr.write(`sluice: ${message}\n`);
  reported.add(message);
}

/** Prints the error, unless it was printed already, and returns the exit code. */
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
