/**
 * A spool as a source of files: each once and in its order, longer ones read on, restless ones not waited for, and only
 * whole ones removed.
 */
import { appendFileSync, existsSync, mkdtempSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { DoneFile, ReadFile } from '../../src/capture/spool/spool-checkpoint.ts';
import { SpoolSource, type SpoolWork } from '../../src/capture/spool/spool-source.ts';

let folder = '';
let saved: readonly DoneFile[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  saved = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true, force: true });
});

async function started(settleMs = 0, removesDone = false): Promise<SpoolSource> {
  const spool = new SpoolSource({ folder, settleMs, removesDone });
  await spool.start();
  spool.checkpoint.load(saved);
  return spool;
}

/** Changed so many seconds ago. */
function put(name: string, text: string, secondsAgo = 100): void {
  const path = join(folder, name);
  writeFileSync(path, text);
  age(name, secondsAgo);
}

function age(name: string, secondsAgo: number): void {
  const seconds = Date.now() / 1000 - secondsAgo;
  utimesSync(join(folder, name), seconds, seconds);
}

async function next(spool: SpoolSource): Promise<SpoolWork> {
  const work = await spool.next();
  expect(work).not.toBeNull();
  return work!;
}

/** Whether there is no file within a moment. The spool is at its end then. */
async function hasNothing(spool: SpoolSource): Promise<boolean> {
  const work = spool.next();
  await sleep(60);
  spool.end();
  return (await work) === null;
}

/** Records a file as read, also for a restart. */
async function note(spool: SpoolSource, read: ReadFile): Promise<void> {
  await spool.note(read);
  saved = structuredClone(spool.checkpoint.files);
}

/** The name of the next file, which is done then. */
async function read(spool: SpoolSource, packets: number | null = 1, isWhole = true): Promise<string> {
  const { file } = await next(spool);
  await note(spool, { file, packets });
  if (isWhole) await spool.remove(file);
  return file.name;
}

describe('a spool', () => {
  it('gives each file once and in its order, also over a restart', async () => {
    put('b', 'text', 100);
    put('a', 'text', 200);
    put('c', 'text', 50);
    const spool = await started();
    expect([await read(spool), await read(spool)]).toEqual(['a', 'b']);
    expect(spool).toMatchObject({ doneCount: 2, waitingCount: 2, grownCount: 0, leftCount: 0, failureCount: 0 });
    spool.end();
    const again = await started();
    expect(await read(again)).toBe('c');
    expect(await hasNothing(again)).toBe(true);
    expect(again).toMatchObject({ doneCount: 1, waitingCount: 0 });
  });

  it('waits for a file that changes, and neither for an empty one', async () => {
    put('empty', '', 100);
    put('fresh', 'text', 0);
    const spool = await started(5000);
    expect(await hasNothing(spool)).toBe(true);
    expect(spool.waitingCount).toBe(1);
    const later = await started(5000);
    age('fresh', 5);
    expect(await read(later)).toBe('fresh');
    later.end();
  });

  it('reads a file that never rests as far as it is there, after ten times the time', async () => {
    const spool = await started(100);
    // Its last change lies ahead, so it never comes to rest.
    put('restless', 'text', -1000);
    const since = Date.now();
    expect(await read(spool)).toBe('restless');
    expect(Date.now() - since).toBeGreaterThanOrEqual(1000);
    spool.end();
  });

  it('reads a file that grows on from where it ended', async () => {
    put('a', 'text');
    const spool = await started();
    await read(spool, 7);
    appendFileSync(join(folder, 'a'), ' and more');
    age('a', 90);
    expect(await next(spool)).toMatchObject({ file: { name: 'a', size: 13 }, processedPackets: 7 });
    expect(spool).toMatchObject({ grownCount: 1, leftCount: 0 });
    spool.end();
  });

  it('leaves a file that grows and cannot be read on, and counts it once', async () => {
    put('a', 'text');
    const spool = await started();
    await read(spool, null);
    for (let more = 0; more < 3; more++) {
      appendFileSync(join(folder, 'a'), ' and more');
      age('a', 90 - more);
      put(`b${more}`, 'text', 80 - more);
      expect(await read(spool)).toBe(`b${more}`);
    }
    expect(spool).toMatchObject({ grownCount: 1, leftCount: 1, doneCount: 4 });
    spool.end();
  });

  it('removes only what was read whole, and only where that is asked for', async () => {
    put('a', 'text', 100);
    put('b', 'text', 90);
    const removing = await started(0, true);
    await read(removing, 1, false);
    await read(removing, 1, true);
    expect([existsSync(join(folder, 'a')), existsSync(join(folder, 'b'))]).toEqual([true, false]);
    put('c', 'text', 80);
    const { file } = await next(removing);
    rmSync(join(folder, 'c'));
    await note(removing, { file, packets: 1 });
    await removing.remove(file);
    expect(removing.failureCount).toBe(0);
    removing.end();
    put('d', 'text', 70);
    const keeping = await started();
    await read(keeping);
    expect(existsSync(join(folder, 'd'))).toBe(true);
    keeping.end();
  });

  it('does not remove a file that grew, or became another, while its events were written', async () => {
    const spool = await started(0, true);
    put('a', 'text', 100);
    const { file } = await next(spool);
    // Longer than the end of its reading and before its removal, as with a slow reader of the events.
    appendFileSync(join(folder, 'a'), ' more');
    age('a', 90);
    await note(spool, { file, packets: 1 });
    await spool.remove(file);
    const more = await next(spool);
    expect(more).toMatchObject({ file: { name: 'a' }, processedPackets: 1 });
    // A ring buffer begins the same name again.
    rmSync(join(folder, 'a'));
    put('a', 'another', 80);
    await note(spool, { file: more.file, packets: 2 });
    await spool.remove(more.file);
    const another = await next(spool);
    expect(another).toMatchObject({ file: { name: 'a' }, processedPackets: 0 });
    await note(spool, { file: another.file, packets: 1 });
    await spool.remove(another.file);
    expect([existsSync(join(folder, 'a')), spool.failureCount]).toEqual([false, 0]);
    spool.end();
  });

  it('sees that a file is another than it was', async () => {
    // A whole number of seconds, which every file system keeps.
    const old = (name: string): void => {
      utimesSync(join(folder, name), 1_700_000_000, 1_700_000_000);
    };
    put('a', 'text');
    old('a');
    const spool = await started();
    const { file } = await next(spool);
    expect(spool.pathOf(file)).toBe(join(folder, 'a'));
    expect(await spool.hasChanged(file)).toBe(false);
    age('a', 5);
    expect(await spool.hasChanged(file)).toBe(true);
    appendFileSync(join(folder, 'a'), 'ual');
    old('a');
    expect(await spool.hasChanged(file)).toBe(true);
    put('other', 'text');
    renameSync(join(folder, 'other'), join(folder, 'a'));
    old('a');
    expect(await spool.hasChanged(file)).toBe(true);
    rmSync(join(folder, 'a'));
    expect(await spool.hasChanged(file)).toBe(true);
    spool.end();
  });

  it('says that the folder is gone, counts it, and goes on when it is back', async () => {
    const spool = await started();
    renameSync(folder, `${folder}-away`);
    const work = spool.next();
    await sleep(30);
    expect(spool.problem?.problem).toBe('cannot list the spool: no such file or directory');
    expect(spool.failureCount).toBe(1);
    renameSync(`${folder}-away`, folder);
    put('a', 'text');
    expect((await work)?.file.name).toBe('a');
    expect(spool.problem).toBeNull();
    spool.end();
  });

  it('ends while it waits, and gives nothing after', async () => {
    const spool = await started();
    const work = spool.next();
    spool.end();
    expect(await work).toBeNull();
    put('a', 'text');
    expect(await spool.next()).toBeNull();
  });

  it('does not start without its folder', async () => {
    const spool = new SpoolSource({ folder: join(folder, 'none'), settleMs: 0, removesDone: false });
    await expect(spool.start()).rejects.toThrow('ENOENT');
  });
});
