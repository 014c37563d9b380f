/** `sluice replay` starts from a script with compiled code where the build has kept some, and else from the modules. */
import { spawnSync } from 'node:child_process';
import { cpSync, mkdtempSync, readdirSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const CODE = `replay-program-${process.versions.v8}-${process.arch}.code`;
const CAPTURES = ['openvpn', 'wireguard', 'ipsec'].map((name) => join(ROOT, 'captures', name));

let copy: string;
beforeAll(() => {
  copy = mkdtempSync(join(tmpdir(), 'sluice-modules-'));
  for (const name of ['dist/bin', 'dist/build.json', 'package.json', 'rules'])
    cpSync(join(ROOT, name), join(copy, name), { recursive: true });
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  rmSync(join(copy, 'dist/bin', CODE));
});
afterAll(() => {
  rmSync(copy, { recursive: true });
});

function run(root: string, ...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, 'dist/bin/sluice.js'), ...args], {
    encoding: 'utf8',
    env: { ...process.env, NODE_V8_COVERAGE: '' },
  });
  return { status, stdout, stderr };
}

it('has code for this V8 beside the program', () => {
  expect(readdirSync(join(ROOT, 'dist/bin'))).toContain(CODE);
});

it.each([
  ['a summary', ['replay', ...CAPTURES]],
  ['events', ['replay', ...CAPTURES, '--decisions', '-']],
  ['events of two threads', ['replay', ...CAPTURES, '--decisions', '-', '--workers', '2']],
  ['a report', ['replay', ...CAPTURES, '--report', '-', '--quiet', '--no-hash']],
  ['help', ['replay', '--help']],
  ['wrong usage', ['replay']],
  ['a capture that is not there', ['replay', 'no/such.pcap']],
  ['the name of another command', ['replay', 'explain', CAPTURES[0]!]],
])('writes the same with and without it: %s', (_, args) => {
  const prepared = run(ROOT, ...args);
  const compare = ({ stdout, stderr, status }: typeof prepared) => ({
    status,
    stderr,
    stdout: stdout.replaceAll(/\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?Z?/g, 'TIME'),
  });
  expect(compare(prepared)).toEqual(compare(run(copy, ...args)));
  expect(prepared.stdout + prepared.stderr).not.toBe('');
});
