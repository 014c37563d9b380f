/**
 * The processed files of a spool as earlier versions saved them: taken over, removed once a checkpoint has them, set
 * aside if broken.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OlderSpoolState } from '../../src/daemon/spool-state.ts';
import { StateFile } from '../../src/daemon/state-file.ts';
import type { Log } from '../../src/output/log/log.ts';

let folder = '';
let logged: { level: string; fields: Record<string, unknown> }[] = [];
beforeEach(() => {
  folder = join(mkdtempSync(join(tmpdir(), 'sluice-test-')), 'state');
  mkdirSync(folder);
  logged = [];
});
afterEach(() => {
  rmSync(join(folder, '..'), { recursive: true });
});

function opened(): OlderSpoolState {
  const at = (level: string) => (fields: Record<string, unknown>) => logged.push({ level, fields });
  return new OlderSpoolState(folder, { info: at('info'), error: at('error') } as unknown as Log);
}

const checkpoint = {
  done: [{ name: 'a.pcap', inode: 1, size: 2, modifiedMs: 3, head: 'ff', packets: 4 }],
  logs: { 'decisions.jsonl': { inode: 5, octets: 6 } },
};
const path = (name: string): string => join(folder, name);
const save = (data: unknown): void => {
  new StateFile(path('spool-files.json'), 'spool', 2).saveNow(data);
};
const broken = (): string[] => readdirSync(folder).filter((name) => name.includes('.broken-'));

describe('the state of a spool', () => {
  it('is nothing at first', () => {
    expect(opened().load()).toBeNull();
    expect(logged).toEqual([]);
  });

  it('is what was saved, until it is removed', () => {
    save(checkpoint);
    const state = opened();
    expect(state.load()).toEqual(checkpoint.done);
    expect(existsSync(path('spool-files.json'))).toBe(true);
    state.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it('of version 0.1 is taken over, and is the newer one', () => {
    save({ done: [], logs: {} });
    writeFileSync(path('spool.json'), JSON.stringify(checkpoint));
    const state = opened();
    expect(state.load()).toEqual(checkpoint.done);
    expect(logged).toMatchObject([{ level: 'info', fields: { path: path('spool.json') } }]);
    state.remove();
    expect(readdirSync(folder)).toEqual([]);
  });

  it.each([
    ['is no JSON', '{"done":['],
    ['is null', 'null'],
    ['has no list', '{"done":{},"logs":{}}'],
    ['has a file without a name', '{"done":[{"name":"a"},{"inode":1}],"logs":{}}'],
    ['has null for a file', '{"done":[null],"logs":{}}'],
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
  ])('that %s is set aside, loudly', (_, change, problem) => {
    save(checkpoint);
    writeFileSync(path('spool-files.json'), change(readFileSync(path('spool-files.json'), 'utf8')));
    expect(opened().load()).toBeNull();
    const [name] = broken();
    expect(logged).toMatchObject([{ level: 'error', fields: { problem, set_aside: path(name!) } }]);
  });

  it('that is whole and lists no files is set aside too', () => {
    save({ done: 'all', logs: {} });
    expect(opened().load()).toBeNull();
    expect(logged).toMatchObject([{ level: 'error', fields: { problem: 'it lists no files' } }]);
    expect(broken()).toHaveLength(1);
  });

  it('that cannot be read is no first start', () => {
    opened().load();
    mkdirSync(path('spool.json'));
    expect(() => opened().load()).toThrow('EISDIR');
  });
});
