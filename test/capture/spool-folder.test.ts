/** A spool folder: which files count, their order, and when one is complete. */
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { headOf, isComplete, listSpool } from '../../src/capture/spool/spool-folder.ts';
import { openFiles } from '../kit/open-files.ts';

let folder = '';
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

function put(name: string, seconds: number, text = name): void {
  const path = join(folder, name);
  writeFileSync(path, text);
  utimesSync(path, seconds, seconds);
}

const names = async (): Promise<string[]> => (await listSpool(folder)).map(({ name }) => name);

describe('the files of a spool', () => {
  it('come by the time of their last change, then by name with numbers as numbers', async () => {
    put('b', 300);
    put('a', 300);
    put('z', 100);
    put('ring10', 200);
    put('ring9', 200);
    expect(await names()).toEqual(['z', 'ring9', 'ring10', 'a', 'b']);
  });

  it('are neither hidden nor unfinished nor anything but files', async () => {
    for (const name of ['.hidden', 'a.tmp', 'b.PART', 'c.partial']) put(name, 100);
    mkdirSync(join(folder, 'folder'));
    symlinkSync(join(folder, 'nowhere'), join(folder, 'link'));
    for (const name of ['part', 'x.partial.pcap', 'tmp.pcap', 'a.b']) put(name, 100);
    expect(await names()).toEqual(['a.b', 'part', 'tmp.pcap', 'x.partial.pcap']);
  });

  it('have a size, a time in milliseconds and an inode', async () => {
    put('a', 100.5, 'twelve bytes');
    const [file] = await listSpool(folder);
    expect(file).toMatchObject({ name: 'a', size: 12, modifiedMs: 100_500 });
    expect(file!.inode).toBeGreaterThan(0);
  });

  it('cannot be listed where there is no folder', async () => {
    await expect(listSpool(join(folder, 'none'))).rejects.toThrow('ENOENT');
  });
});

describe('a complete file', () => {
  const file = { name: 'a', inode: 1, size: 1, modifiedMs: 10_000 };
  it.each([
    [10_999, false],
    [11_000, true],
    [11_001, true],
    [9000, false],
  ])('one second after 10 s, looked at at %s ms: %s', (nowMs, expected) => {
    expect(isComplete(file, nowMs, 1000)).toBe(expected);
  });
});

describe('the head of a file', () => {
  it('is that of its first 4,096 bytes, or of as many as it had', async () => {
    const text = 'x'.repeat(4096);
    put('short', 1, text);
    put('long', 1, `${text}and more`);
    put('other', 1, `y${text.slice(1)}`);
    const head = (name: string, size: number): Promise<string> => headOf(join(folder, name), size);
    expect(await head('short', 4096)).toMatch(/^[0-9a-f]{40}$/);
    expect(await head('long', 9999)).toBe(await head('short', 4096));
    expect(await head('long', 100)).toBe(await head('short', 100));
    expect(await head('long', 100)).not.toBe(await head('short', 4096));
    expect(await head('other', 4096)).not.toBe(await head('short', 4096));
    expect(openFiles(folder)).toEqual([]);
  });

  it('is empty where the file cannot be read', async () => {
    expect(await headOf(join(folder, 'none'), 10)).toBe('');
  });
});
