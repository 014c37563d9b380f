/** A backup of a running desk, and a desk that is made from it. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { openState } from '../../src/desk/desk.ts';
import { fillDemo } from '../../src/desk/demo.ts';
import { randomSecret } from '../../src/desk/model/reference.ts';
import { sluice } from '../cli/sluice.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { applicationForm, DeskClient, RunningDesk } from '../kit/running-desk.ts';

const PASSWORD = 'a password of the test';
const folder = temporaryFolder();
const state = join(folder.path, 'state');

afterAll(() => {
  folder.remove();
});

describe('a backup', () => {
  it('of a running desk makes a desk with the same applications, files, accounts, key and registry', async () => {
    const { database } = openState(state);
    await fillDemo(database, PASSWORD, Date.now());
    database.close();
    const backup = join(folder.path, 'backup');
    const again = join(folder.path, 'again');
    const desk = await new RunningDesk(['--state', state]).ready();
    const { location } = await new DeskClient(desk.origin).post('/apply/company', applicationForm(randomSecret()));
    const taken = await sluice(['desk', 'backup', backup, '--state', state]);
    expect(taken).toMatchObject({ code: 0, stderr: '' });
    const later = await new DeskClient(desk.origin).post(
      '/apply/company',
      applicationForm(randomSecret(), { own: '198.51.100.140/32' }),
    );
    const exported = await sluice(['desk', 'export', '--state', state]);
    await desk.stop();

    expect((await sluice(['desk', 'restore', backup, '--state', again])).code).toBe(0);
    expect((await sluice(['desk', 'export', '--state', again])).stdout).toBe(exported.stdout);
    expect(exported.stdout.split('\n').length).toBeGreaterThan(4);
    const key = (path: string): string => readFileSync(join(path, 'registry-key.pem'), 'utf8');
    expect(key(again)).toBe(key(state));
    const restored = await new RunningDesk(['--state', again]).ready();
    const client = new DeskClient(restored.origin);
    expect((await client.get(location)).status).toBe(200);
    expect((await client.get(later.location)).status).toBe(404);
    expect((await client.signIn('anna', PASSWORD)).location).toBe('/queue');
    const found = await client.get('/search?for=linden');
    const page = await client.get(/\/case\/\d+/.exec(found.text)![0]);
    expect((await client.get(/\/files\/\d+/.exec(page.text)![0])).text).toBe('%PDF-1.4 an example');
    await restored.stop();
  }, 60_000);

  it('replaces nothing that is there', async () => {
    const there = join(folder.path, 'there');
    mkdirSync(there, { recursive: true });
    for (const args of [
      ['desk', 'backup', there, '--state', state],
      ['desk', 'restore', join(folder.path, 'backup'), '--state', there],
    ]) {
      const { code, stderr } = await sluice(args);
      expect([code, stderr]).toEqual([1, expect.stringContaining('exists already')]);
    }
  });

  it('that is damaged, or none, makes no desk', async () => {
    const damaged = join(folder.path, 'damaged');
    expect((await sluice(['desk', 'backup', damaged, '--state', state])).code).toBe(0);
    const bytes = readFileSync(join(damaged, 'desk.db'));
    writeFileSync(join(damaged, 'desk.db'), bytes.fill(0xa5, 8192, 40_960));
    const made = join(folder.path, 'made');
    for (const backup of [damaged, folder.path]) {
      const { code, stderr } = await sluice(['desk', 'restore', backup, '--state', made]);
      expect(code).toBe(1);
      expect(stderr).toContain(backup === damaged ? `${damaged} is damaged` : 'is no backup of a desk');
      expect(existsSync(made)).toBe(false);
    }
  });
});
