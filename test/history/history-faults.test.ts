/** The history process fails in every way that we know, and the daemon's side goes on, counts, and mends. */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  truncateSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { basename, join } from 'node:path';
import Database from 'libsql';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { HistoryClient, type HistoryClientOptions } from '../../src/history/process/history-client.ts';
import type { ChartData } from '../../src/history/query/chart-query.ts';
import type { Change } from '../../src/history/roll-up.ts';
import { openDatabase } from '../../src/history/store/database.ts';
import { temporaryFolder, until } from '../kit/running-daemon.ts';
import { countedMinute, PLACE, RETENTION, START_S } from './sample-minutes.ts';

const PROGRAM = join(import.meta.dirname, '../../dist/bin/history-process.js');
const IS_ROOT = process.getuid?.() === 0;

let folder: ReturnType<typeof temporaryFolder>;
let path = '';
let client: HistoryClient;
let problems: (string | null)[] = [];

beforeEach(() => {
  folder = temporaryFolder();
  path = join(folder.path, 'history.db');
  problems = [];
});
afterEach(async () => {
  await client.close();
  folder.remove();
});

function makeClient(more: Partial<HistoryClientOptions> = {}): HistoryClient {
  client = new HistoryClient({
    path,
    zone: 'UTC',
    retention: RETENTION,
    program: PROGRAM,
    firstWaitMs: 20,
    onProblem: (problem) => problems.push(problem),
    ...more,
  });
  return client;
}

/** Adds minutes, each with one decision. */
function add(from: number, count: number): void {
  for (let i = 0; i < count; i++) client.addMinute(countedMinute(START_S + 60 * (from + i)));
}

/** Flushes, as the daemon does every second, until nothing waits. */
async function flushAll(): Promise<void> {
  await until('all is written', async () => {
    await client.flush();
    return client.waiting === 0 && client.problem === null;
  });
}

async function decisions(): Promise<number> {
  const text = await client.ask({ what: 'chart', query: { measure: 'decisions' } });
  return (JSON.parse(text) as ChartData).series[0]!.total;
}

const change = (kind: string): Change => ({ timeUs: START_S * 1e6, place: PLACE, kind, fields: {} });

describe('a history process that fails', () => {
  it('is started again after kill -9, is counted, and what waited is written after it', async () => {
    await makeClient().start();
    add(0, 3);
    await flushAll();
    process.kill(client.pid!, 'SIGKILL');
    await until('the end is seen', () => client.pid === undefined);
    expect(client.problem).toBe('the history process was ended by SIGKILL');
    await expect(client.ask({ what: 'chart', query: { measure: 'decisions' } })).rejects.toThrow('SIGKILL');
    add(3, 4);
    await flushAll();
    expect(await decisions()).toBe(7);
    expect(client).toMatchObject({ restarts: 1, written: 7, lost: 0, problem: null, problemSinceMs: null });
    expect(problems).toEqual(['the history process was ended by SIGKILL', null]);
  });

  it('that is stopped costs bounded memory and no time, and its losses are counted', async () => {
    await makeClient({ mostWaitingBytes: 20_000 }).start();
    process.kill(client.pid!, 'SIGSTOP');
    const { pid } = client;
    try {
      add(0, 1);
      void client.flush();
      add(1, 500);
      expect(client.lost + client.waitingMinutes).toBe(501);
      expect(client.lost).toBeGreaterThan(400);
      const asked = Array.from({ length: 100 }, () => client.ask({ what: 'changes', query: {} }));
      const refused = asked.slice(63);
      for (const question of asked.slice(0, 63)) question.catch(() => undefined);
      for (const question of refused) await expect(question).rejects.toThrow('the history is busy; try again');
      const before = performance.now();
      await client.close(300);
      expect(performance.now() - before).toBeLessThan(1000);
      expect(client.lost).toBe(501);
    } finally {
      process.kill(pid!, 'SIGCONT');
    }
    await until('the process ends by itself', () => !isRunning(pid!));
    expect(readTotal()).toBe(1);
  });

  it('cannot be started: that is a problem, and everything else goes on', async () => {
    await makeClient({ program: join(folder.path, 'missing.js') }).start();
    expect(client.problem).toBe('the history process ended with exit code 1');
    add(0, 1);
    expect(client.waiting).toBe(1);
  });

  it('ends by itself when its daemon is killed', async () => {
    const script = `
      import { fork } from 'node:child_process';
      const child = fork(${JSON.stringify(PROGRAM)}, { serialization: 'advanced', execArgv: [] });
      child.send({ id: 1, what: 'open', path: ${JSON.stringify(path)}, zone: 'UTC', retention: { minute: 1e9, hour: 1e9, day: 1e9 } });
      child.on('message', () => { process.stdout.write(String(child.pid)); process.kill(process.pid, 'SIGKILL'); });`;
    makeClient();
    let pid = 0;
    try {
      execFileSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
    } catch (error) {
      pid = Number((error as { stdout: string }).stdout);
    }
    expect(pid).toBeGreaterThan(0);
    await until('the process ends', () => !isRunning(pid));
  });
});

describe('a file that cannot be written', () => {
  it('another process has locked it: it is written once that lets go', async () => {
    await makeClient().start();
    const other = new Database(path);
    other.exec('BEGIN EXCLUSIVE');
    add(0, 2);
    await client.flush();
    expect(client.problem).toBe('database is locked');
    other.exec('ROLLBACK');
    other.close();
    await flushAll();
    expect(await decisions()).toBe(2);
  });

  it('another process has it locked at the start: it is opened once that lets go', async () => {
    openDatabase(path).close();
    const other = new Database(path);
    other.exec('BEGIN EXCLUSIVE');
    await makeClient().start();
    expect(client.problem).toBe('database is locked');
    other.exec('ROLLBACK');
    other.close();
    add(0, 1);
    await flushAll();
    expect(await decisions()).toBe(1);
  });

  it.skipIf(!IS_ROOT)('the disk is full: minutes wait, and are written once there is room', async () => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', disk]);
    try {
      await makeClient({ path: join(disk, 'history.db') }).start();
      add(0, 5);
      await flushAll();
      fill(disk);
      add(5, 300);
      await client.flush();
      expect(client.problem).toBe('database or disk is full');
      expect(client.waiting).toBeGreaterThan(0);
      for (const name of readdirSync(disk).filter((one) => one.startsWith('ballast'))) unlinkSync(join(disk, name));
      await flushAll();
      expect(await decisions()).toBe(305);
      expect(client.lost).toBe(0);
      await client.close();
    } finally {
      execFileSync('umount', ['-l', disk]);
    }
  });

  it('its folder is missing: the message names the file, and it is written once it is there', async () => {
    path = join(folder.path, 'state', 'history.db');
    await makeClient().start();
    expect(client.problem).toBe(`${basename(path)} cannot be opened; check that its folder can be written`);
    add(0, 1);
    mkdirSync(join(folder.path, 'state'));
    await flushAll();
    expect(await decisions()).toBe(1);
  });

  it('it has been removed while it was open: a new one is begun', async () => {
    await makeClient().start();
    add(0, 1);
    await flushAll();
    unlinkSync(path);
    add(1, 2);
    await flushAll();
    expect(await decisions()).toBe(2);
    expect(existsSync(path)).toBe(true);
  });

  it('no other user can read it', async () => {
    await makeClient().start();
    expect(statSync(path).mode & 0o777).toBe(0o600);
  });
});

describe('a broken file', () => {
  const asides: { file: string | null; problem: string }[] = [];
  const start = async (): Promise<void> => {
    asides.length = 0;
    await makeClient({ onSetAside: (aside) => asides.push(aside) }).start();
  };

  it.each([
    ['empty', Buffer.alloc(0), 'the file is empty'],
    ['overwritten', Buffer.alloc(20_000, 0xf5), 'file is not a database'],
  ])('that is %s is set aside, and a new one is begun', async (_, content, problem) => {
    writeFileSync(path, content);
    await start();
    expect(client.problem).toBeNull();
    expect(asides).toMatchObject([{ problem }]);
    const file = asides[0]!.file!;
    expect(basename(file)).toMatch(/^history\.db\.broken-\d{8}T\d{6}Z$/);
    expect(readFileSync(file).equals(content)).toBe(true);
    add(0, 1);
    await flushAll();
    expect(await decisions()).toBe(1);
    expect(client.setAside).toMatchObject({ file, problem });
  });

  it('that breaks while it is open is set aside, and what waited is written to the new one', async () => {
    await start();
    add(0, 300);
    await flushAll();
    await client.close();
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 4096 * 2);
    writeFileSync(path, bytes);
    await start();
    add(300, 4);
    await flushAll();
    expect(await decisions()).toBe(4);
    expect(asides).toMatchObject([{ problem: 'database disk image is malformed' }]);
  });

  it('is said of in the history that follows it, also after a restart', async () => {
    writeFileSync(path, Buffer.alloc(20_000, 0xf5));
    await start();
    const before = client.setAside;
    await client.close();
    await start();
    expect(client.setAside).toEqual(before);
    expect(asides).toEqual([]);
  });

  it('that was cut is set aside', async () => {
    await start();
    add(0, 300);
    await flushAll();
    await client.close();
    truncateSync(path, 4096 * 5);
    await start();
    add(300, 1);
    await flushAll();
    expect(await decisions()).toBe(1);
    expect(asides).toHaveLength(1);
  });
});

describe('a file of something else', () => {
  it.each([
    [
      'of a later schema',
      () => {
        withSchema(99);
      },
      'has schema 99',
    ],
    ['of another program', withTable, 'is a database of something else'],
    [
      'of text',
      () => {
        writeFileSync(path, 'time,decisions\n');
      },
      'is a text and no history',
    ],
  ])('%s is left alone, and there is no history', async (_, make, problem) => {
    make();
    const before = readFileSync(path);
    await makeClient().start();
    expect(client.problem).toContain(problem);
    add(0, 2);
    client.addChange(change('start'));
    await client.flush();
    expect(client).toMatchObject({ lost: 2, lostChanges: 1, waiting: 0 });
    await client.close();
    expect(readFileSync(path).equals(before)).toBe(true);
    expect(readdirSync(folder.path).filter((name) => name.includes('broken'))).toEqual([]);
  });

  function withSchema(version: number): void {
    const database = openDatabase(path);
    database.exec(`PRAGMA user_version = ${version}; PRAGMA wal_checkpoint(TRUNCATE); PRAGMA journal_mode = DELETE`);
    database.close();
  }

  function withTable(): void {
    const database = new Database(path);
    database.exec('CREATE TABLE moz_places (id INTEGER)');
    database.close();
  }
});

describe('content that is refused', () => {
  it('loses that minute only', async () => {
    await makeClient().start();
    add(0, 2);
    const sound = countedMinute(START_S + 120);
    client.addMinute({ ...sound, coverage: { ...sound.coverage, packets: NaN } });
    add(3, 2);
    await flushAll();
    expect(client).toMatchObject({ lost: 1, written: 4 });
    expect(await decisions()).toBe(4);
    expect(problems[0]).toContain('NOT NULL');
  });
});

it('a folder that cannot be written costs the history only', async () => {
  makeClient();
  if (IS_ROOT) return;
  chmodSync(folder.path, 0o500);
  await client.start();
  expect(client.problem).toContain('cannot be opened');
  chmodSync(folder.path, 0o700);
});

/** Fills a disk to its last page. */
function fill(disk: string): void {
  for (let size = 1 << 20, number = 0; size >= 512; number++) {
    const name = join(disk, `ballast-${number}`);
    try {
      writeFileSync(name, Buffer.alloc(size));
    } catch {
      unlinkSync(name);
      size >>= 1;
    }
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    // A process that has ended and was not waited for is no longer running.
    return !readFileSync(`/proc/${pid}/stat`, 'utf8').includes(') Z ');
  } catch {
    return false;
  }
}

function readTotal(): number {
  const database = new Database(path);
  const [[total]] = database.prepare('SELECT sum(decisions) FROM roll_up WHERE level = 0').raw().all() as [[number]];
  database.close();
  return total;
}
