import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { OlderBreaker } from '../../src/daemon/older-breaker.ts';
import { brokenName, StateFile } from '../../src/daemon/state-file.ts';
import { openFiles } from '../kit/open-files.ts';

let folder = '';
let path = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  path = join(folder, 'state.json');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const file = (): StateFile => new StateFile(path, 'clients', 2);

describe('a state file', () => {
  it('gives back what was saved, and is for its owner only', () => {
    expect(file().load()).toEqual({ kind: 'none' });
    file().saveNow({ a: [1, 2, 'three'] });
    expect(file().load()).toMatchObject({ kind: 'state', data: { a: [1, 2, 'three'] } });
    expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('saved without waiting is overtaken by what is saved at once', async () => {
    const one = file();
    const soon = one.saveSoon(() => 'soon');
    one.saveNow('now');
    await soon;
    expect(one.load()).toMatchObject({ data: 'now' });
    await one.saveSoon(() => 'later');
    expect(one.load()).toMatchObject({ data: 'later' });
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('removes what a save has left that was killed', () => {
    file().saveNow('good');
    writeFileSync(`${path}.new-7`, 'half of a st');
    const one = file();
    expect(one.load()).toMatchObject({ data: 'good' });
    one.saveNow('better');
    expect(one.load()).toMatchObject({ data: 'better' });
    expect(readdirSync(folder)).toEqual(['state.json']);
  });

  it('is set aside where it is empty, cut, edited, of another kind or of a later schema', () => {
    file().saveNow({ a: 1 });
    const good = readFileSync(path, 'utf8');
    const bad = {
      'it is empty': '',
      'its first line is not JSON': 'garbage',
      'it is no state of clients': good.replace('clients', 'others'),
      'its schema is 3; this program reads up to 2': good.replace('"schema":2', '"schema":3'),
      'its checksum does not fit: it is cut off or was edited': good.replace('{"a":1}', '{"a":2}'),
    };
    for (const [problem, text] of Object.entries(bad)) {
      writeFileSync(path, text);
      expect(file().load()).toMatchObject({ kind: 'broken', problem });
    }
    for (let length = 1; length < good.length - 1; length++) {
      writeFileSync(path, good.slice(0, length));
      expect(file().load().kind).toBe('broken');
    }
    expect(file().load()).toEqual({ kind: 'none' });
    expect(readdirSync(folder).length).toBeGreaterThan(0);
    for (const name of readdirSync(folder)) expect(name).toContain('.broken-');
  });

  it('is set aside where it cannot be read', () => {
    mkdirSync(path);
    expect(file().load()).toMatchObject({
      kind: 'broken',
      problem: 'it cannot be read: EISDIR: illegal operation on a directory, read',
    });
    file().saveNow('new');
    expect(file().load()).toMatchObject({ data: 'new' });
    expect(new OlderBreaker(folder).load()).toEqual({ kind: 'none' });
    mkdirSync(join(folder, 'breaker.json'));
    expect(new OlderBreaker(folder).load()).toMatchObject({ kind: 'broken' });
  });

  it('is set aside where its first line is JSON, and no header', () => {
    for (const text of ['null', 'null\n{}\n', '5\n', '[]\n{}\n', '"state"\n']) {
      writeFileSync(path, text);
      expect(file().load()).toMatchObject({ kind: 'broken', problem: 'it is no state of clients' });
    }
  });

  it('leaves nothing behind where it cannot be saved, and no file open', async () => {
    const one = file();
    // JSON cannot represent this number.
    const data = { count: 1n };
    const before = openFiles(folder);
    expect(() => {
      one.saveNow(data);
    }).toThrow('BigInt');
    await expect(one.save(data)).rejects.toThrow('BigInt');
    expect(readdirSync(folder)).toEqual([]);
    one.saveNow('good');
    await one.save('better');
    expect(openFiles(folder)).toEqual(before);
  });

  it('names the failure where its folder is missing', async () => {
    const one = new StateFile(join(folder, 'missing', 'state.json'), 'clients', 2);
    expect(() => {
      one.saveNow(1);
    }).toThrow(/ENOENT.*open/);
    await expect(one.save(1)).rejects.toThrow(/ENOENT.*open/);
  });

  it('asked for without waiting is saved once at a time', async () => {
    const one = file();
    const first = one.saveSoon(() => 'first');
    await one.saveSoon(() => expect.unreachable());
    await first;
    expect(one.load()).toMatchObject({ data: 'first' });
  });

  it('has the time in the name under which it is set aside', () => {
    expect(brokenName('a')).toMatch(/^a\.broken-\d{4}-\d\d-\d\dT\d{6}\.\d{3}Z$/);
  });
});
