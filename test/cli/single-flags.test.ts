/** Every flag of every command that takes one value, given twice. */
import { Command, type Option } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCheckCommand } from '../../src/cli/check-command.ts';
import { addConsoleCommand } from '../../src/cli/console-command.ts';
import { addDeskCommand } from '../../src/cli/desk-command.ts';
import { addEvaluateCommand } from '../../src/cli/evaluate-command.ts';
import { addExplainCommand } from '../../src/cli/explain-command.ts';
import { addHubCommand } from '../../src/cli/hub-command.ts';
import { addLookupCommand } from '../../src/cli/lookup-command.ts';
import { addReplayCommand } from '../../src/cli/replay-command.ts';
import { addRunCommand } from '../../src/cli/run-command.ts';
import { refuseRepeatedFlags } from '../../src/cli/single-flags.ts';

const COMMANDS = [
  addReplayCommand,
  addRunCommand,
  addConsoleCommand,
  addCheckCommand,
  addLookupCommand,
  addExplainCommand,
  addEvaluateCommand,
  addDeskCommand,
  addHubCommand,
].map((add) => {
  const program = new Command();
  add(program);
  return program.commands[0]!;
});

/** A command that only parses. */
function parsing(original: Command): Command {
  const command = new Command(original.name()).exitOverride().configureOutput({ writeErr: () => undefined });
  for (const option of original.options) command.addOption(option);
  refuseRepeatedFlags(command.argument('[rest...]').action(() => undefined));
  return command;
}

/** A valid value of the flag. */
function valueOf({ argChoices, parseArg }: Option): string {
  const candidates = [
    ...(argChoices ?? []),
    '7',
    '70',
    '70s',
    '7MB',
    'none',
    'https://example.org/',
    '192.0.2.1',
    '9d',
    'UTC',
    'nats://127.0.0.1:4222',
    '0.1%',
  ];
  return candidates.find((value) => {
    try {
      parseArg?.(value, undefined);
      return true;
    } catch {
      return false;
    }
  })!;
}

const flags = COMMANDS.flatMap((command) =>
  command.options
    .filter(({ required, variadic }) => required && !variadic)
    .map((option): [string, string, Command, string] => [command.name(), option.long!, command, valueOf(option)]),
);

describe('given twice', () => {
  it('are many flags', () => {
    expect(flags.length).toBeGreaterThan(40);
  });

  it.each(flags)('%s %s is refused', (_name, flag, original, value) => {
    const twice = ['node', 'sluice', flag, value, flag, value];
    expect(() => parsing(original).parse(twice)).toThrow(`${flag} is given twice, with ${value} and with ${value}; `);
  });
});
