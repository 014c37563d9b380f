/** The checkpoint of a spool as a state file: saved, taken over from version 0.1, and set aside if it is broken. */
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Checkpoint } from '../../src/capture/spool/spool-checkpoint.ts';
import { SpoolState } from '../../src/daemon/spool-state.ts';
import { StateFile } from '../../src/daemon/state-file.ts';
import type { Log } from '../../src/output/log/log.ts';

let folder = '';
let logged: { level: string; fields: Record<string, unknown> }[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sluice-test-')), 'state');
  logged = [];
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
});

function opened(): SpoolState {
  const at = (level: string) => (fields: Record<string, unknown>) => logged.push({ level, fields });
  return new SpoolState(folder, { info: at('info'), error: at('error') } as unknown as Log);
}

const checkpoint: Checkpoint = {
  done: [{ name: 'a.pcap', inode: 1, size: 2, modifiedMs: 3, head: 'ff', packets: 4 }],
  logs: { 'decisions.jsonl': { inode: 5, octets: 6 } },
};
const path = (name: string): string => join(folder, name);
const broken = (): string[] => readdirSync(folder).filter((name) => name.includes('.broken-'));

describe('the state of a spool', () => {
  it('is nothing at first, in a folder that only its owner can enter', () => {
    expect(opened().load()).toBeNull();
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    expect(logged).toEqual([]);
  });

  it('is what was saved', async () => {
    const state = opened();
    state.load();
    await state.save(checkpoint);
    expect(opened().load()).toEqual(checkpoint);
    expect(readdirSync(folder)).toEqual(['spool-files.json']);
    expect(logged).toEqual([]);
  });

  it('of version 0.1 is taken over, is the newer one, and goes once it is saved here', async () => {
    const first = opened();
    first.load();
    await first.save({ done: [], logs: {} });
    writeFileSync(path('spool.json'), JSON.stringify(checkpoint));
    const state = opened();
    expect(state.load()).toEqual(checkpoint);
    expect(logged).toMatchObject([{ level: 'info', fields: { path: path('spool.json') } }]);
    expect(existsSync(path('spool.json'))).toBe(true);
    await state.save(checkpoint);
    expect(readdirSync(folder)).toEqual(['spool-files.json']);
    expect(opened().load()).toEqual(checkpoint);
  });

  it('leaves alone an older file that it did not take over', async () => {
    const state = opened();
    state.load();
    writeFileSync(path('spool.json'), '{}');
    await state.save(checkpoint);
    expect(readFileSync(path('spool.json'), 'utf8')).toBe('{}');
  });

  it.each([
    ['is no JSON', '{"done":['],
    ['is null', 'null'],
    ['has no list', '{"done":{},"logs":{}}'],
    ['has a file without a name', '{"done":[{"name":"a"},{"inode":1}],"logs":{}}'],
    ['has null for a file', '{"done":[null],"logs":{}}'],
    ['has null for logs', '{"done":[],"logs":null}'],
    ['has a text for logs', '{"done":[],"logs":"none"}'],
  ])('of version 0.1 that %s is set aside, loudly', (_, text) => {
    opened().load();
    writeFileSync(path('spool.json'), text);
    expect(opened().load()).toBeNull();
    const [name] = broken();
    expect(name).toMatch(/^spool\.json\.broken-\d/);
    expect(logged).toMatchObject([
      { level: 'error', fields: { problem: 'it is not a checkpoint', set_aside: path(name!) } },
    ]);
  });

  it.each([
    ['is cut', (text: string) => text.slice(0, -9), 'its checksum does not fit: it is cut off or was edited'],
    ['is empty', () => '', 'it is empty'],
  ])('that %s is set aside, loudly', async (_, change, problem) => {
    const state = opened();
    state.load();
    await state.save(checkpoint);
    writeFileSync(path('spool-files.json'), change(readFileSync(path('spool-files.json'), 'utf8')));
    expect(opened().load()).toBeNull();
    const [name] = broken();
    expect(logged).toMatchObject([{ level: 'error', fields: { problem, set_aside: path(name!) } }]);
  });

  it('that is whole and lists no files is set aside too', () => {
    opened().load();
    new StateFile(path('spool-files.json'), 'spool', 2).saveNow({ done: 'all', logs: {} });
    expect(opened().load()).toBeNull();
    expect(logged).toMatchObject([{ level: 'error', fields: { problem: 'it lists no files and logs' } }]);
    expect(broken()).toHaveLength(1);
  });

  it('that cannot be read is no first start', () => {
    opened().load();
    mkdirSync(path('spool.json'));
    expect(() => opened().load()).toThrow('EISDIR');
  });
});
