/** The files of state as the page on health lists them, each in every state that it can be in. */
import { appendFileSync, mkdirSync, mkdtempSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { StateFile } from '../../src/daemon/state-file.ts';
import { StateList, type StateListParts } from '../../src/daemon/state-list.ts';
import { IN_MEMORY } from '../../src/history/store/in-memory.ts';
import type { StateFileHealth } from '../../src/web/api/health-schema.ts';

let folder = '';
let file: StateFile;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  file = new StateFile(join(folder, 'safety.json'), 'safety', 2);
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const MEMORY: StateListParts['history'] = { path: IN_MEMORY, problem: null };

async function listed(history = MEMORY): Promise<StateFileHealth[]> {
  return (await new StateList({ folder, files: () => [file], history }).list()).files;
}

describe('a file of state', () => {
  it('is whole after a save, with its size and time', async () => {
    file.saveNow({ a: 1 });
    const { size, mtimeMs } = statSync(file.path);
    expect(await listed()).toEqual([
      { name: 'safety.json', what: 'safety', state: 'ok', code: null, bytes: size, written_ms: mtimeMs },
    ]);
  });

  it('is whole at any moment while it is replaced', async () => {
    file.saveNow('a');
    let saves = 0;
    const saving = (async () => {
      while (saves < 60) {
        await file.save('x'.repeat((saves++ % 7) * 5000));
      }
    })();
    while (saves < 60) expect(await file.look()).toEqual({ state: 'ok', code: null });
    await saving;
  });

  it('is missing before its first save', async () => {
    expect(await listed()).toMatchObject([{ state: 'missing', code: null, bytes: null, written_ms: null }]);
  });

  it.each(['', 'garbage', '{"state":"rules","schema":2}\n{}\n'])('is not whole as %j', async (text) => {
    writeFileSync(file.path, text);
    expect(await listed()).toMatchObject([{ state: 'broken', bytes: text.length }]);
  });

  it('is not whole where it was edited, or a part was added', async () => {
    file.saveNow({ a: 1 });
    writeFileSync(file.path, `${JSON.stringify({ state: 'safety', schema: 2, sha256: '0' })}\n{"a":2}\n`);
    expect(await listed()).toMatchObject([{ state: 'broken' }]);
    file.saveNow('x'.repeat(1_000_000));
    expect(await listed()).toMatchObject([{ state: 'ok' }]);
    // Only the first line of a large file is read.
    appendFileSync(file.path, 'x');
    expect(await listed()).toMatchObject([{ state: 'ok' }]);
  });

  it('is not readable as a folder', async () => {
    mkdirSync(file.path);
    expect(await listed()).toMatchObject([{ state: 'unreadable', code: 'EISDIR' }]);
  });

  it('is not written after a save that failed, until one succeeds', async () => {
    file.saveNow('first');
    expect(() => {
      file.saveNow(1n);
    }).toThrow('BigInt');
    expect(await listed()).toMatchObject([{ state: 'not-written', code: 'TypeError' }]);
    await file.save('third');
    expect(await listed()).toMatchObject([{ state: 'ok', code: null }]);
  });
});

describe('the list', () => {
  it('has the history with its log, copies of rules, and what was set aside, the newest first', async () => {
    file.saveNow(1);
    const copy = `rules-${'a'.repeat(64)}.policy.yaml`;
    const history = { path: join(folder, 'history.db'), problem: null };
    for (const name of [copy, 'accounts.json', 'control.sock', 'history.db', 'history.db-wal', 'breaker.json'])
      writeFileSync(join(folder, name), '12345');
    for (const [age, name] of ['safety.json.broken-1', 'history.db.broken-2', 'history.db.broken-2-wal'].entries()) {
      writeFileSync(join(folder, name), '123');
      utimesSync(join(folder, name), 1000 - age, 1000 - age);
    }
    const files = await listed(history);
    expect(files.map(({ name, what, state, bytes }) => [name, what, state, bytes])).toEqual([
      ['safety.json', 'safety', 'ok', statSync(file.path).size],
      ['history.db', 'history', 'ok', 10],
      ['breaker.json', 'older', 'ok', 5],
      [copy, 'rules-copy', 'ok', 5],
      ['safety.json.broken-1', 'aside', 'set-aside', 3],
      ['history.db.broken-2', 'aside', 'set-aside', 3],
    ]);
    const full = { ...history, problem: 'database or disk is full' };
    expect((await listed(full)).find(({ what }) => what === 'history')).toMatchObject({ state: 'not-written' });
  });

  it('names 20 files that were set aside, and counts the others', async () => {
    for (let number = 0; number < 50; number++) writeFileSync(join(folder, `safety.json.broken-${number}`), '');
    const list = await new StateList({ folder, files: () => [], history: MEMORY }).list();
    expect([list.files.length, list.more]).toEqual([20, 30]);
  });

  it('leaves out what is of others beside a history in another folder', async () => {
    const other = join(folder, 'other');
    mkdirSync(other);
    for (const name of ['history.db', 'history.db.broken-1', 'safety.json.broken-1', 'notes'])
      writeFileSync(join(other, name), '');
    const names = (await listed({ path: join(other, 'history.db'), problem: null })).map(({ name }) => name);
    expect(names).toEqual(['safety.json', 'history.db', 'history.db.broken-1']);
  });

  it('says that nothing is kept without a folder, and is made once for many who ask', async () => {
    const list = new StateList({ folder: null, files: () => [file], history: MEMORY });
    expect(await list.list()).toEqual({ kept: false, files: [], more: 0 });
    expect(list.list()).toBe(list.list());
  });
});
