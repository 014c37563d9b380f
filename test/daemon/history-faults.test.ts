/** The daemon with a history that fails: packets and events are unharmed, a stop stays short, and the page says what is missing. */
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveDocument } from '../../src/web/api/live-schema.ts';
import { endAll, eventsOf, MAIN, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const CAPTURE = readFileSync(join(PROJECT, 'captures/wireguard/handshake.pcap'));
const STOP_MS = 5000;

let folder: ReturnType<typeof temporaryFolder>;
let daemon: RunningDaemon;

beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  endAll();
  folder.remove();
});

async function start(...args: readonly string[]): Promise<void> {
  const state = join(folder.path, 'state');
  daemon = await new RunningDaemon([
    '-',
    '--decisions',
    join(folder.path, 'd.jsonl'),
    '--state',
    state,
    ...args,
  ]).started();
  daemon.child.stdin!.write(CAPTURE);
  await until('packets are read', async () => (await daemon.metric('sluice_packets_total')) > 0);
}

async function history(): Promise<LiveDocument['history']> {
  return (JSON.parse(await daemon.get('/api/v1/live')) as LiveDocument).history;
}

function childPid(): number {
  return Number(execFileSync('pgrep', ['-P', String(daemon.child.pid), '-f', 'history-process'], { encoding: 'utf8' }));
}

/** The time of a stop, to the end of the process: a history process that hangs still has the daemon's standard error. */
async function stopped(): Promise<number> {
  const before = performance.now();
  const exit = new Promise<number | null>((resolve) => daemon.child.once('exit', resolve));
  daemon.child.kill('SIGTERM');
  expect(await exit).toBe(0);
  return performance.now() - before;
}

describe('a daemon with a history', () => {
  it('stops within 5 s while the history process hangs, with all its events', async () => {
    await start();
    const pid = childPid();
    process.kill(pid, 'SIGSTOP');
    try {
      expect(await stopped()).toBeLessThan(STOP_MS);
      expect(eventsOf(join(folder.path, 'd.jsonl')).filter((event) => event.event_type === 'decision')).toHaveLength(2);
      expect(daemon.logged('minutes of the history could not be written before the stop')).toHaveLength(1);
    } finally {
      process.kill(pid, 'SIGCONT');
    }
    await until('the process ends by itself', () => !existsSync(`/proc/${pid}`));
  });

  it('shows a process that was killed, starts another one, and writes on', async () => {
    await start();
    process.kill(childPid(), 'SIGKILL');
    await until('the problem is shown', async () => (await history()).problem !== null);
    expect((await history()).since_ms).toBeGreaterThan(Date.now() - 60_000);
    await until('it is over', async () => (await history()).problem === null);
    expect((await history()).restarts).toBe(1);
    expect(await daemon.metric('sluice_history_restarts_total')).toBe(1);
    expect(await daemon.metric('sluice_history_up')).toBe(1);
    expect(await stopped()).toBeLessThan(STOP_MS);
  });

  it('leaves no history process behind after kill -9', async () => {
    await start();
    const pid = childPid();
    await daemon.kill('SIGKILL');
    await until('the process ends by itself', () => !existsSync(`/proc/${pid}`));
  });

  it('says what is missing after a broken file, and that a chart cannot be read', async () => {
    const file = join(folder.path, 'history.db');
    writeFileSync(file, Buffer.alloc(9000, 0xf5));
    await start('--history', file);
    expect((await history()).set_aside).toMatchObject({ problem: 'file is not a database' });
    expect((await history()).set_aside!.file).toMatch(/^history\.db\.broken-\d{8}T\d{6}Z$/);
    process.kill(childPid(), 'SIGKILL');
    await until('it is seen', async () => (await history()).problem !== null);
    const answer = await fetch(`${daemon.url}/api/v1/chart?measure=decisions`);
    if (answer.status !== 200) {
      expect(answer.status).toBe(503);
      expect(await answer.json()).toEqual({
        problem: 'the history process was ended by SIGKILL',
        code: 'history-killed',
        values: ['SIGKILL'],
      });
    }
    await stopped();
  });

  it('copies its history while it runs, and replaces no file', async () => {
    await start();
    const state = join(folder.path, 'state');
    const copy = join(folder.path, 'copy.db');
    const backUp = (): string =>
      execFileSync(process.execPath, [MAIN, 'ctl', 'backup', copy, '--state', state], {
        encoding: 'utf8',
        stdio: 'pipe',
      });
    backUp();
    expect(statSync(copy).size).toBeGreaterThan(4096);
    expect(statSync(copy).mode & 0o777).toBe(0o600);
    expect(backUp).toThrow('exists already, and a backup replaces no file');
    await stopped();
  });
});
