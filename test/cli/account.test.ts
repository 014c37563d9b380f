/** `sluice account`: what it writes, what it refuses, and how it asks for a password on a terminal. */
import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { verify } from '@node-rs/argon2';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { MAIN, temporaryFolder } from '../kit/running-daemon.ts';

const PASSWORD = 'four quiet harbours';
let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  folder.remove();
});

const file = (): string => join(folder.path, 'accounts.json');

function account(...args: string[]): { readonly code: number | null; readonly out: string; readonly error: string } {
  const place = args.includes('--state') || args.includes('--accounts') ? [] : ['--state', folder.path];
  const { status, stdout, stderr } = spawnSync(process.execPath, [MAIN, 'account', ...args, ...place], {
    input: `${PASSWORD}\n`,
    encoding: 'utf8',
  });
  return { code: status, out: stdout, error: stderr };
}

interface Stored {
  readonly accounts: readonly { readonly name: string; readonly hash: string; readonly stamp: string }[];
}
const stored = (): Stored['accounts'] => (JSON.parse(readFileSync(file(), 'utf8')) as Stored).accounts;

describe('sluice account', () => {
  it('keeps a hash of the password, in a file for its owner alone', async () => {
    expect(account('add', 'anna', '--role', 'operator', '--isps', 'north,south', '--password-file', '-')).toEqual({
      code: 0,
      out: `anna may sign in as operator, for north, south (${file()}).\n`,
      error: '',
    });
    expect(statSync(file()).mode & 0o777).toBe(0o600);
    const [anna] = stored();
    expect(anna).toMatchObject({ name: 'anna', role: 'operator', isps: ['north', 'south'] });
    expect(await verify(anna!.hash, PASSWORD)).toBe(true);
    expect(readFileSync(file(), 'utf8')).not.toContain(PASSWORD);
  });

  it('makes a password on request, which is shown once and taken', async () => {
    const { out } = account('add', 'anna', '--generate');
    const password = /^The password is (\S+)$/m.exec(out)![1]!;
    expect(password).toMatch(/^(?:[a-z2-9]{4}-){4}[a-z2-9]{4}$/);
    expect(await verify(stored()[0]!.hash, password)).toBe(true);
  });

  it('lists without what is secret, changes with another stamp, and removes', () => {
    for (const name of ['anna', 'berta']) account('add', name, '--password-file', '-');
    const stamps = [stored()[0]!.stamp];
    account('role', 'anna', 'auditor', '--isps', 'north');
    stamps.push(stored()[0]!.stamp);
    account('password', 'anna', '--generate');
    stamps.push(stored()[0]!.stamp);
    expect(new Set(stamps).size).toBe(3);
    const list = account('list', '--json').out;
    expect(JSON.parse(list)).toMatchObject([
      { name: 'anna', role: 'auditor', isps: ['north'] },
      { name: 'berta', isps: null },
    ]);
    expect(list).not.toMatch(/argon2|stamp/);
    expect(account('list').out).toMatch(/anna .* auditor .* north /);
    expect(account('remove', 'anna').code).toBe(0);
    expect(stored().map(({ name }) => name)).toEqual(['berta']);
    account('remove', 'berta');
    expect(account('list').out).toContain('has no account');
  });

  it.each<[string, string[], number, string]>([
    ['a name with capitals', ['add', 'Anna', '--generate'], 2, 'small letters'],
    ['a name that is a path', ['add', '../anna', '--generate'], 2, 'small letters'],
    ['an account that is there', ['add', 'there', '--generate'], 2, 'is there already'],
    ['an account that is not there', ['remove', 'anna'], 2, 'has no account anna; it has: there'],
    ['a role that is none', ['role', 'there', 'root'], 2, 'viewer, auditor, operator'],
    ['a role at the start that is none', ['add', 'anna', '--role', 'root'], 2, 'viewer, auditor, operator'],
    ['a network that is none', ['add', 'anna', '--isps', 'a b', '--generate'], 2, 'is no name of --isp'],
    ['both scopes', ['role', 'there', 'viewer', '--isps', 'a', '--all-isps'], 2, 'either --isps or --all-isps'],
    ['both places', ['list', '--state', '/tmp', '--accounts', '/tmp/x'], 2, 'cannot be used with'],
    ['both passwords', ['add', 'anna', '--generate', '--password-file', '-'], 2, 'cannot be used with'],
    ['no terminal', ['add', 'anna'], 2, '--password-file FILE has it, or --generate'],
    ['no such password file', ['add', 'anna', '--password-file', '/none'], 2, 'cannot read the password /none'],
    ['no such folder', ['list', '--state', '/none'], 2, 'there is no folder /none'],
  ])('refuses %s, says why, and changes nothing', (_what, args, code, problem) => {
    account('add', 'there', '--password-file', '-');
    const before = readFileSync(file(), 'utf8');
    const answer = account(...args);
    expect(answer.code, answer.error).toBe(code);
    expect(answer.error).toContain(problem);
    expect(readFileSync(file(), 'utf8')).toBe(before);
  });

  it('refuses a password that is guessed first', () => {
    writeFileSync(join(folder.path, 'password'), 'password123456\n');
    const { code, error } = account('add', 'anna', '--password-file', join(folder.path, 'password'));
    expect([code, existsSync(file())]).toEqual([2, false]);
    expect(error).toContain('guessed first');
  });

  it('never replaces a file that is broken or that others may read', () => {
    writeFileSync(file(), '{"schema":1,', { mode: 0o600 });
    expect(account('add', 'anna', '--generate')).toMatchObject({
      code: 1,
      error: expect.stringContaining('it is not JSON') as string,
    });
    expect(readFileSync(file(), 'utf8')).toBe('{"schema":1,');
    chmodSync(file(), 0o644);
    expect(account('list').error).toContain(`chmod 600 ${file()}`);
  });

  const script = spawnSync('script', ['--version']).status === 0;
  it.skipIf(!script)('asks twice on a terminal, and shows nothing of it (skipped without script)', async () => {
    const command = `${process.execPath} ${MAIN} account add anna --state ${folder.path}`;
    const typed = async (...lines: string[]): Promise<string> => {
      const child = spawn('script', ['-qec', command, '/dev/null']);
      let shown = '';
      child.stdout.setEncoding('utf8').on('data', (text: string) => {
        shown += text;
        // Each question is answered once it is there.
        if (/(characters\)|again): $/.test(shown) && lines.length > 0) child.stdin.write(lines.shift()!);
      });
      await new Promise((resolve) => child.once('close', resolve));
      return shown;
    };
    expect(await typed(`${PASSWORD}\r`, 'another quiet harbour\r')).toContain('the two passwords differ');
    expect(await typed('\u0003')).toContain('interrupted');
    expect(existsSync(file())).toBe(false);
    const shown = await typed(`${PASSWORD}x\u007f\r`, `${PASSWORD}\r`);
    expect(shown).toContain('anna may sign in as viewer');
    expect(shown).not.toContain('quiet');
    expect(await verify(stored()[0]!.hash, PASSWORD)).toBe(true);
  });
});
