/**
 * Hints for command lines that are almost right: a capture where a command belongs, and a command where a capture belongs.
 */
import { existsSync } from 'node:fs';
import type { Command } from 'commander';

const STANDARD_INPUT = '-';
/** The commands whose arguments are captures have an argument of this name. */
const CAPTURE_ARGUMENT = 'capture';
/** A word that could be the name of a command. */
const COMMAND_WORD = /^[a-z][a-z-]*$/;

/** `sluice trace.pcap` is refused with what was probably meant. Any other unknown command is left to the parser. */
export function hintAtReplay(program: Command, args: readonly string[]): void {
  const [first] = args;
  if (first === undefined || commandNames(program).includes(first)) return;
  if (first !== STANDARD_INPUT && (first.startsWith('-') || !existsSync(first))) return;
  const what = first === STANDARD_INPUT ? 'standard input' : 'a file or folder';
  program.error(`error: '${first}' is ${what}, not a command; did you mean: sluice replay ${args.join(' ')}`);
}

/** `sluice replay explain a.pcap` is refused before a capture is read, where nothing by the name of the word exists. */
export function hintAtCommand(program: Command, command: Command): void {
  if (command.registeredArguments[0]?.name() !== CAPTURE_ARGUMENT) return;
  const names = commandNames(program);
  const { args } = command;
  const word = args.find((arg) => names.includes(arg) && !existsSync(arg));
  if (word !== undefined) {
    const others = args.filter((arg) => arg !== word).join(' ');
    command.error(`error: '${word}' is not a file or folder; did you mean: sluice ${word} ${others}`.trimEnd());
  }
  const [first] = args;
  if (first === undefined || !COMMAND_WORD.test(first) || existsSync(first)) return;
  command.error(`error: '${first}' is not a file or folder, and sluice has no command of that name`);
}

function commandNames(program: Command): string[] {
  return program.commands.map((command) => command.name());
}
