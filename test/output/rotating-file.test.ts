/** An event log in a file: where it begins, when it is rotated, and which files are kept. */
import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { lastEventOf, tornEndOf } from '../../src/output/log/log-tail.ts';
import { logKindOf, type Rotation, RotatingFile } from '../../src/output/log/rotating-file.ts';
import { openFiles } from '../kit/open-files.ts';

const NEVER: Rotation = { bytes: Infinity, ageMs: Infinity, kept: 9 };
let folder = '';
let path = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'sluice-test-'));
  path = join(folder, 'events.jsonl');
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

const text = (): string => readFileSync(path, 'utf8');
const bytes = (line: string): Buffer => Buffer.from(line);

describe('a file', () => {
  it('is made with the first line, readable for its group only, and named', async () => {
    const file = new RotatingFile(path, NEVER);
    await file.sync();
    await file.close();
    expect(readdirSync(folder)).toEqual([]);
    await file.write(bytes('a\n'));
    expect(statSync(path).mode & 0o777).toBe(0o640);
    expect([file.name, file.isGone]).toEqual([path, false]);
    expect(file.position).toEqual({ inode: statSync(path).ino, octets: 2 });
    await file.sync();
    await file.close();
    await file.close();
    expect(openFiles(folder)).toEqual([]);
  });

  it('is appended to', async () => {
    writeFileSync(path, 'a\nb\n');
    const file = new RotatingFile(path, NEVER);
    await file.start();
    expect([file.position.octets, file.torn.length]).toEqual([4, 0]);
    await file.write(bytes('c\n'));
    await file.close();
    expect(text()).toBe('a\nb\nc\n');
  });

  it('keeps the half line of a killed process until it is completed or cut', async () => {
    writeFileSync(path, 'a\n{"timestamp":"2024');
    const file = new RotatingFile(path, NEVER);
    await file.start();
    expect(file.torn.toString()).toBe('{"timestamp":"2024');
    file.cutTorn();
    file.cutTorn();
    await file.write(bytes('b\n'));
    await file.close();
    expect(text()).toBe('a\nb\n');
  });
});

describe('a rotation', () => {
  it('is due by size, not for an empty file', async () => {
    const file = new RotatingFile(path, { ...NEVER, bytes: 4 });
    await file.start();
    expect(file.isDue).toBe(false);
    await file.write(bytes('ab\n'));
    expect(file.isDue).toBe(false);
    await file.write(bytes('\n'));
    expect(file.isDue).toBe(true);
    await file.rotate();
    expect(file.isDue).toBe(false);
    await file.close();
  });

  it('is due by age, not for an empty file', async () => {
    const file = new RotatingFile(path, { ...NEVER, ageMs: 200 });
    await file.start();
    await file.write(bytes('a\n'));
    expect(file.isDue).toBe(false);
    await expect.poll(() => file.isDue, { timeout: 5000 }).toBe(true);
    await file.rotate();
    await new Promise((resolve) => setTimeout(resolve, 220));
    expect(file.isDue).toBe(false);
    await file.close();
  });

  it('keeps closed segments beyond the number for as long as one of the last two checkpoints is in them', async () => {
    const file = new RotatingFile(path, { ...NEVER, kept: 1 });
    await file.start();
    const rotate = async (): Promise<void> => {
      await file.write(bytes('a\n'));
      await file.rotate();
    };
    const closed = (): number => readdirSync(folder).filter((name) => name.startsWith('events.jsonl.')).length;
    const checkpoint = (): boolean => file.held.checkpoint(file.position.inode);
    expect(checkpoint()).toBe(false);
    for (let segment = 0; segment < 4; segment++) await rotate();
    expect(closed()).toBe(4);
    expect(checkpoint()).toBe(false);
    await rotate();
    // The one before the last is still in the first segment.
    expect(closed()).toBe(5);
    expect(checkpoint()).toBe(true);
    await file.removeOld();
    expect(closed()).toBe(1);
    expect(file.held.overtakenCount).toBe(0);
    await file.close();
  });

  it('holds the segments that a checkpoint needs also after a restart, and no more than a bound of them', async () => {
    const first = new RotatingFile(path, { ...NEVER, kept: 1 });
    await first.start();
    const { inode } = first.position;
    await first.write(bytes('a\n'));
    await first.rotate();
    await first.close();
    const file = new RotatingFile(path, { ...NEVER, kept: 1 });
    await file.start();
    file.held.checkpoint(inode);
    const closed = (): number => readdirSync(folder).filter((name) => name.startsWith('events.jsonl.')).length;
    for (let segment = 0; segment < 10; segment++) {
      await file.write(bytes('b\n'));
      await file.rotate();
    }
    expect([closed(), file.held.overtakenCount]).toEqual([11, 0]);
    await file.write(bytes('b\n'));
    await file.rotate();
    // One that was needed had to go, so the others are of no use.
    expect(file.held.overtakenCount).toBe(1);
    await file.close();
  });

  it('renames the file by the time, and keeps the newest of its own files only', async () => {
    const others = [
      'events.jsonl.20240101T000000000Z.gz',
      'events.jsonl.old',
      'other.20240101T000000000Z',
      'events.jsonl.x20240101T000000000Z',
    ];
    const own = [5, 3, 9, 1, 7, 2, 8, 4, 6].map((day) => `events.jsonl.2024010${day}T000000000Z`);
    for (const name of [...others, ...own]) writeFileSync(join(folder, name), 'x');
    const file = new RotatingFile(path, { ...NEVER, kept: 2 });
    await file.write(bytes('a\n'));
    const before = new Date().toISOString().replace(/[-:.]/g, '');
    await file.rotate();
    const names = readdirSync(folder)
      .filter((name) => !others.includes(name))
      .sort();
    expect(names).toHaveLength(3);
    expect(names.slice(0, 2)).toEqual(['events.jsonl', 'events.jsonl.20240109T000000000Z']);
    expect(names[2]).toMatch(/^events\.jsonl\.\d{8}T\d{9}Z$/);
    expect(names[2]! >= `events.jsonl.${before}`).toBe(true);
    expect(readFileSync(join(folder, names[2]!), 'utf8')).toBe('a\n');
    for (const name of others) expect(readdirSync(folder)).toContain(name);
    expect(text()).toBe('');
    await file.close();
  });

  it('names segments in their order, within a millisecond and after the clock was set back, and replaces none', async () => {
    const ahead = new Date(Date.now() + 3_600_000).toISOString().replace(/[-:.]/g, '');
    writeFileSync(join(folder, `events.jsonl.${ahead}`), '0\n');
    // A name that the year of four digits ends with, and one that is no time, hold nothing up.
    writeFileSync(join(folder, 'events.jsonl.99991231T235959999Z'), 'x\n');
    let file = new RotatingFile(path, { ...NEVER, kept: 100 });
    for (let segment = 1; segment <= 40; segment++) {
      await file.write(bytes(`${segment}\n`));
      await file.rotate();
      // Another process goes on from the names that are there.
      if (segment === 20) file = (await file.close(), new RotatingFile(path, { ...NEVER, kept: 100 }));
    }
    await file.close();
    const names = readdirSync(folder).filter((name) => name.startsWith('events.jsonl.2'));
    const contents = names.sort().map((name) => readFileSync(join(folder, name), 'utf8'));
    expect(contents).toEqual(Array.from({ length: 41 }, (_, segment) => `${segment}\n`));
  });

  it('by another program leaves the open file to it until it is opened again', async () => {
    const file = new RotatingFile(path, NEVER);
    await file.write(bytes('a\n'));
    renameSync(path, `${path}.1`);
    await file.write(bytes('b\n'));
    await file.reopen();
    expect(file.position.octets).toBe(0);
    await file.write(bytes('c\n'));
    await file.close();
    expect(readFileSync(`${path}.1`, 'utf8')).toBe('a\nb\n');
    expect(text()).toBe('c\n');
    expect(openFiles(folder)).toEqual([]);
  });
});

it('a path is a file, a named pipe or a device', async () => {
  expect(await logKindOf(path)).toBe('file');
  writeFileSync(path, '');
  expect(await logKindOf(path)).toBe('file');
  expect(await logKindOf('/dev/null')).toBe('device');
  expect(spawnSync('mkfifo', [join(folder, 'pipe')]).status).toBe(0);
  expect(await logKindOf(join(folder, 'pipe'))).toBe('named pipe');
});

describe('the number of the last event', () => {
  const event = (seq: number): string => `{"timestamp":"2024-11-10T18:00:00.000000Z","seq":${seq}}\n`;
  /** Writes a file of one event whose last change was this many seconds ago. */
  const moved = (name: string, seq: number, ageSeconds: number): void => {
    writeFileSync(join(folder, name), event(seq));
    utimesSync(join(folder, name), Date.now() / 1000 - ageSeconds, Date.now() / 1000 - ageSeconds);
  };

  it('is that of the file, if it is not empty', async () => {
    moved('events.jsonl.1', 99, 0);
    writeFileSync(path, event(7) + event(108));
    expect(await lastEventOf(path)).toBe(108);
    writeFileSync(path, `${event(9)}{"timestamp":"2024-11-10T18:00`);
    expect(await lastEventOf(path)).toBe(9);
  });

  it('is that of the file moved last, if the file is empty, whatever the names', async () => {
    writeFileSync(path, '');
    expect(await lastEventOf(path)).toBe(0);
    moved('events.jsonl.2', 2, 500);
    moved('events.jsonl.20241110T180000000Z', 5, 100);
    moved('events.jsonl.1', 3, 300);
    moved('events.jsonl.9.gz', 9, 0);
    moved('events.jsonl.old', 10, 0);
    moved('events.jsonl.old.1', 10, 0);
    moved('other.1', 11, 0);
    mkdirSync(`${path}.7`);
    expect(await lastEventOf(path)).toBe(5);
  });

  it('is 0 where the last line has none at its end', async () => {
    for (const line of ['{"seq":3,"a":1}\n', '"seq":3}\n', ',"seq":3}', ',"seq":1234567890123456}\n', '\n']) {
      writeFileSync(path, line);
      expect(await lastEventOf(path)).toBe(0);
    }
  });

  it('is an error where the file is missing', async () => {
    await expect(lastEventOf(path)).rejects.toThrow('ENOENT');
  });
});

describe('an unfinished line', () => {
  it.each([
    ['', 0],
    ['a\n', 0],
    ['a\n{', 1],
    ['{"timestamp":"2024', 18],
    ['a\n{"timestamp":"2024', 18],
    ['a\n{"time', 6],
    ['a\n{"other":"2024', 0],
    ['a\n{"timestamp":7', 0],
    ['notes', 0],
  ])('of %j is of %i bytes', async (content, length) => {
    writeFileSync(path, content);
    expect((await tornEndOf(path)).length).toBe(length);
  });

  it('is found at the end of a long file', async () => {
    writeFileSync(path, `${'x'.repeat(2 << 20)}\n{"timest`);
    expect((await tornEndOf(path)).length).toBe(8);
    expect(openFiles(folder)).toEqual([]);
  });
});
