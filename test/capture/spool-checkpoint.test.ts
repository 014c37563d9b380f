/**
 * The checkpoint of a spool: a processed file is recognised, a longer one is continued, another one with its name is
 * read from its start.
 */
import { appendFileSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type DoneFile, Known, SpoolCheckpoint } from '../../src/capture/spool/spool-checkpoint.ts';
import type { SpoolFile } from '../../src/capture/spool/spool-folder.ts';

let folder = '';
let saved: readonly DoneFile[] = [];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  saved = [];
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** Like after a restart. */
function opened(): SpoolCheckpoint {
  const checkpoint = new SpoolCheckpoint(folder);
  checkpoint.load(saved);
  return checkpoint;
}

function put(name: string, text: string): SpoolFile {
  writeFileSync(join(folder, name), text);
  return fileOf(name);
}

function fileOf(name: string): SpoolFile {
  const { ino, size, mtimeMs } = statSync(join(folder, name));
  return { name, inode: ino, size, modifiedMs: mtimeMs };
}

describe('a checkpoint', () => {
  it('knows nothing at first', async () => {
    const checkpoint = opened();
    expect(await checkpoint.knows(put('a', 'text'))).toBe(Known.NO);
    expect(checkpoint.packetsOf(fileOf('a'))).toBeNull();
  });

  it('knows a file that is done, and its packets, also after a restart', async () => {
    const file = put('a', 'text');
    const first = opened();
    await first.note({ file, packets: 12 }, null);
    saved = structuredClone(first.files);
    for (const checkpoint of [first, opened()]) {
      expect(await checkpoint.knows(file)).toBe(Known.DONE);
      expect(checkpoint.packetsOf(file)).toBe(12);
    }
  });

  it('does not know a file with another inode, size or time', async () => {
    const file = put('a', 'text');
    const checkpoint = opened();
    await checkpoint.note({ file, packets: 1 }, null);
    const others: Partial<SpoolFile>[] = [
      { inode: file.inode + 1 },
      { size: file.size - 1 },
      { modifiedMs: file.modifiedMs + 1 },
      { name: 'b' },
    ];
    for (const other of others) expect(await checkpoint.knows({ ...file, ...other })).toBe(Known.NO);
  });

  it('knows a file that has grown by its first bytes', async () => {
    const file = put('a', 'the first bytes');
    const checkpoint = opened();
    await checkpoint.note({ file, packets: 3 }, null);
    appendFileSync(join(folder, 'a'), ' and more');
    expect(await checkpoint.knows(fileOf('a'))).toBe(Known.GROWN);
    expect(checkpoint.packetsOf(fileOf('a'))).toBe(3);
    put('a', 'other bytes, which are more than those');
    expect(await checkpoint.knows(fileOf('a'))).toBe(Known.NO);
  });

  it('has no packets of a file that cannot be read on', async () => {
    const file = put('a', 'text');
    const checkpoint = opened();
    await checkpoint.note({ file, packets: null }, null);
    expect(await checkpoint.knows(file)).toBe(Known.DONE);
    expect(checkpoint.packetsOf(file)).toBeNull();
    expect(checkpoint.files[0]).not.toHaveProperty('packets');
  });

  it('forgets files that have left the folder, and keeps the others', async () => {
    const [a, b, c] = [put('a', '1'), put('b', '2'), put('c', '3')];
    const checkpoint = opened();
    await checkpoint.note({ file: a, packets: 1 }, null);
    await checkpoint.note({ file: b, packets: 1 }, null);
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['a', 'b']);
    await checkpoint.note({ file: c, packets: 1 }, new Set(['b', 'c']));
    expect(checkpoint.files.map(({ name }) => name)).toEqual(['b', 'c']);
    expect(await checkpoint.knows(a)).toBe(Known.NO);
  });
});
