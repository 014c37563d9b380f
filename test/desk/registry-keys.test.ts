/** The keys of the registry: a new one signs beside the old one until that is retired, also where the desk was killed. */
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { writeRegistry } from '../../src/desk/export/write-registry.ts';
import { RegistryKeys } from '../../src/desk/registry-keys.ts';
import { readPrivateKey } from '../../src/rules/signing-key.ts';
import { MAIN, temporaryFolder } from '../kit/running-daemon.ts';
import { approved, MONDAY_MS, newDesk } from './desk-kit.ts';

const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

describe('the registry', () => {
  it('is signed by the old key and the new one until the old one is retired, with the same rows', async () => {
    const database = newDesk();
    approved(database);
    const keys = new RegistryKeys(folder.path);
    const out = join(folder.path, 'out');
    const write = async (): Promise<string> => {
      const place = { folder: out, keys: keys.files.map(readPrivateKey), nowMs: MONDAY_MS, confirmed: null };
      return (await writeRegistry(database, place)).state;
    };
    const pem = (name: string, text: string): string => {
      const path = join(folder.path, name);
      writeFileSync(path, text);
      return path;
    };
    const isTrusted = (key: string): boolean => {
      const registry = join(out, 'registry.csv');
      return (
        spawnSync(process.execPath, [MAIN, 'rules', 'verify', '--registry', registry, '--rules-keys', key]).status === 0
      );
    };
    const [old] = keys.shown;
    const oldKey = pem('old.pub', old!.publicKey);
    expect(await write()).toBe('written');
    expect(await write()).toBe('unchanged');
    expect(isTrusted(oldKey)).toBe(true);
    expect(keys.retire()).toBeNull();

    const id = keys.begin();
    expect(keys.begin()).toBeNull();
    expect(keys.shown.map((one) => one.id)).toEqual([old!.id, id]);
    const newKey = pem('new.pub', keys.shown[1]!.publicKey);
    expect(isTrusted(newKey)).toBe(false);
    const rows = readFileSync(join(out, 'registry.csv'), 'utf8');
    expect(await write()).toBe('written');
    expect(await write()).toBe('unchanged');
    expect([oldKey, newKey].map(isTrusted)).toEqual([true, true]);

    expect(keys.retire()).toBe(old!.id);
    expect(await write()).toBe('written');
    expect([oldKey, newKey].map(isTrusted)).toEqual([false, true]);
    expect(readFileSync(join(out, 'registry.csv'), 'utf8')).toBe(rows);
    expect(new RegistryKeys(folder.path).shown).toEqual([
      { id, publicKey: readFileSync(newKey, 'utf8'), isNext: false },
    ]);
  });

  it('keeps its keys where a kill came between two files', () => {
    const state = temporaryFolder();
    const keys = new RegistryKeys(state.path);
    const [current, next] = ['registry-key.pem', 'registry-key-next.pem'].map((name) => join(state.path, name)) as [
      string,
      string,
    ];
    const [first] = keys.shown;
    const id = keys.begin();
    // Between the private key and the public one, at the beginning and at the end.
    rmSync(`${next}.pub`);
    rmSync(`${current}.pub`);
    expect(new RegistryKeys(state.path).shown.map((one) => one.id)).toEqual([first!.id, id]);
    expect(new RegistryKeys(state.path).shown[0]).toEqual(first);
    const second = readFileSync(`${next}.pub`, 'utf8');
    renameSync(next, current);
    expect(new RegistryKeys(state.path).shown).toEqual([{ id, publicKey: second, isNext: false }]);
    expect(existsSync(`${next}.pub`)).toBe(false);
    state.remove();
  });
});
