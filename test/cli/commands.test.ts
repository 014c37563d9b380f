/** The file of a command is loaded only where it is needed. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { describe, expect, it } from 'vitest';
import { addCommands, COMMAND_NAMES } from '../../src/cli/commands.ts';
import { ROOT } from './sluice.ts';

/** Their commands are parts of others. */
const INNER = ['rules-fleet', 'hub-breaker'];

async function addedFor(name: string | undefined): Promise<string[]> {
  const program = new Command();
  await addCommands(program, name);
  return program.commands.map((command) => command.name());
}

describe('the command line', () => {
  it('has every command that has a file', () => {
    const files = readdirSync(join(ROOT, 'src/cli')).filter((file) => file.endsWith('-command.ts'));
    const names = files.map((file) => file.replace('-command.ts', '')).filter((name) => !INNER.includes(name));
    expect([...COMMAND_NAMES].sort()).toEqual(names.sort());
  });

  it.each(COMMAND_NAMES)('has %s alone where it is named', async (name) => {
    expect(await addedFor(name)).toEqual([name]);
  });

  it('has all commands where none is named', async () => {
    expect(await addedFor('replai')).toEqual(COMMAND_NAMES);
    expect(await addedFor(undefined)).toEqual(COMMAND_NAMES);
  });
});
