/**
 * Hints for command lines that are almost right: a capture in place of a command, and a command in place of a capture.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';
import { addCommand, COMMAND_NAMES } from './commands.ts';

const STANDARD_INPUT = '-';
/** The name of the argument of commands that take captures. */
const CAPTURE_ARGUMENT = 'capture';
/** Flags that name a file of rules, which is no capture. */
const RULES_FLAGS: readonly string[] = ['--policy', '--registry'];
/** A word that could be the name of a command. */
const COMMAND_WORD = /^[a-z][a-z-]*$/;

/** Rejects `sluice trace.pcap` with a suggestion. Any other unknown command is left to the parser. */
export function hintAtReplay(program: Command, args: readonly string[]): void {
  const [first] = args;
  if (first === undefined || COMMAND_NAMES.includes(first)) return;
  if (first !== STANDARD_INPUT && (first.startsWith('-') || !existsSync(first))) return;
  const what = first === STANDARD_INPUT ? 'standard input' : 'a file or folder';
  program.error(`error: '${first}' is ${what}, not a command; did you mean: sluice replay ${args.join(' ')}`);
}

/** Rejects `sluice replay explain a.pcap` before a capture is read, if nothing with the name of the word exists. */
export async function hintAtCommand(program: Command, command: Command): Promise<void> {
  if (command.registeredArguments[0]?.name() !== CAPTURE_ARGUMENT) return;
  const { args } = command;
  const word = args.find((arg) => COMMAND_NAMES.includes(arg) && !existsSync(arg));
  if (word !== undefined) {
    const named = program.commands.find((one) => one.name() === word) ?? (await addCommand(program, word));
    const others = args.filter((arg) => arg !== word);
    command.error(`error: '${word}' is not a file or folder; did you mean: ${commandLine(named, others)}`);
  }
  const [first] = args;
  if (first === undefined || !COMMAND_WORD.test(first) || existsSync(first)) return;
  command.error(`error: '${first}' is not a file or folder, and sluice has no command of that name`);
}

/** The command with these arguments, or with its flags for files if it takes no arguments. */
function commandLine(command: Command, args: readonly string[]): string {
  const name = `sluice ${command.name()}`;
  if (command.registeredArguments.length > 0) return [name, ...args].join(' ');
  const rules = command.options.filter(({ long }) => long !== undefined && RULES_FLAGS.includes(long));
  return [name, ...rules.map(({ flags }) => `[${flags}]`)].join(' ');
}
