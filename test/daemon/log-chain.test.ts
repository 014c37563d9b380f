/** The signed chain of a real daemon's log: kills at random moments, an action, and the command that verifies it. */
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, expect, it } from 'vitest';
import { makeKeyFiles } from '../../src/rules/signing-key.ts';
import { Conversation } from '../kit/many-clients.ts';
import { SeededRandom } from '../kit/random.mjs';
import { MAIN, RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

const KILLS = 3;
const folder = temporaryFolder();
afterAll(() => {
  folder.remove();
});

const verify = (log: string, key: string): ReturnType<typeof spawnSync> =>
  spawnSync(process.execPath, [MAIN, 'verify', log, '--log-keys', `${key}.pub`], { encoding: 'utf8' });

it(`a chain has no false alarm over ${KILLS} kills, and shows an edit by its line`, async () => {
  const key = join(folder.path, 'sensor.key');
  makeKeyFiles(key);
  const log = join(folder.path, 'decisions.jsonl');
  const random = new SeededRandom(19);
  const capture = new Conversation('wireguard/handshake-only.pcap').capture(0, 2000, 1_731_261_600_000_000, 50);
  const rotation = ['--rotate-size', '64kB', '--rotate-keep', '40', '--log-key', key];
  for (let kill = 0; kill <= KILLS; kill++) {
    const daemon = await new RunningDaemon(['-', '--decisions', log, ...rotation]).started();
    daemon.child.stdin!.write(capture);
    expect(await daemon.ask('reset')).toMatchObject({ ok: true });
    // Logs are rotated once a second.
    await sleep(900 + random.below(600));
    await daemon.kill(kill < KILLS ? 'SIGKILL' : 'SIGTERM');
    const { status, stdout } = verify(log, key);
    expect(status, String(stdout)).toBe(0);
  }
  const [first] = readdirSync(folder.path).filter((name) => /\d{9}Z$/.test(name));
  const lines = readFileSync(join(folder.path, first!), 'utf8').split('\n');
  writeFileSync(join(folder.path, first!), lines.toSpliced(4, 1).join('\n'));
  const { status, stdout } = verify(log, key);
  expect(status).toBe(1);
  expect(stdout).toMatch(/^changed: decisions\.jsonl\.\S+: \d+ lines, \d+ were signed; .*missing before line 5;/);
  expect(stdout).toMatch(/[1-9] actions?$/m);
}, 90_000);
