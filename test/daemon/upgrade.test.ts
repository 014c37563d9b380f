/**
 * A daemon on the state of version 0.1 (upgrade/README.md): nothing is lost, read twice or torn, in either direction of
 * the upgrade.
 */
import {
  appendFileSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { type Event, eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const LEFT = fileURLToPath(new URL('upgrade', import.meta.url));
const CLIENTS_PER_FILE = 8;
const DECISIONS_PER_FILE = 2 * CLIENTS_PER_FILE;
const START_US = 1_731_261_600_000_000;
const handshake = new Conversation('wireguard/handshake-only.pcap');

let folder = temporaryFolder();
let decisions = '';
let state = '';
beforeEach(() => {
  folder = temporaryFolder();
  cpSync(LEFT, folder.path, { recursive: true });
  decisions = join(folder.path, 'decisions.jsonl');
  state = join(folder.path, 'state');
  writeOlderCheckpoint(['0.pcap']);
});
afterEach(() => {
  folder.remove();
});

/** The checkpoint of version 0.1, for the files in this copy. */
function writeOlderCheckpoint(names: readonly string[]): void {
  const left = JSON.parse(readFileSync(join(LEFT, 'state/spool.json'), 'utf8')) as { done: [{ head: string }] };
  const done = names.map((name) => {
    const { ino, size, mtimeMs } = statSync(join(folder.path, 'spool', name));
    return { name, inode: ino, size, modifiedMs: mtimeMs, head: left.done[0].head };
  });
  const { ino, size } = statSync(decisions);
  const logs = { [decisions]: { inode: ino, octets: size } };
  writeFileSync(join(state, 'spool.json'), JSON.stringify({ version: 1, done, logs }));
}

function putFile(number: number): void {
  const first = number * CLIENTS_PER_FILE;
  const bytes = handshake.capture(first, first + CLIENTS_PER_FILE, START_US + first * 100_000, 100_000);
  const path = join(folder.path, 'spool', `${number}.pcap`);
  writeFileSync(path, bytes);
  // Complete for a long time.
  utimesSync(path, number, number);
}

function run(): Promise<RunningDaemon> {
  const path = (name: string): string => join(folder.path, name);
  const rules = ['--policy', path('policy.yaml'), '--registry', path('registry.csv')];
  const args = ['--spool', path('spool'), '--settle', '50ms', '--state', state, '--stats-every', 'never'];
  return new RunningDaemon([...args, ...rules, '--decisions', decisions]).started();
}

const done = (daemon: RunningDaemon): Promise<number> => daemon.metric('sluice_spool_files', 'state="done"');
const tripped = (daemon: RunningDaemon): Promise<number> => daemon.metric('sluice_breaker_tripped', 'then="observe"');

/** Decisions in the log; throws if a line is torn. Each has its own client and stage. */
function expectDecisions(fileCount: number): void {
  const found = eventsOf(decisions).filter(({ event_type }) => event_type === 'decision');
  const names = found.map(
    (event) => `${String(event.src_ip)} ${(event as Event & { vpn: { stage: string } }).vpn.stage}`,
  );
  expect(found).toHaveLength(fileCount * DECISIONS_PER_FILE);
  expect(new Set(names).size).toBe(found.length);
}

describe('after an upgrade', () => {
  it('the trip and its counts hold, no file is read twice, and the log goes on after its last whole line', async () => {
    // The leftovers of a kill in the middle of the next file.
    appendFileSync(decisions, '{"timestamp":"2024-11-10T18:00:01.6');
    putFile(1);
    let daemon = await run();
    await until('the new file is read', async () => (await done(daemon)) === 1);
    expect(await daemon.metric('sluice_packets_total')).toBe(CLIENTS_PER_FILE * handshake.packets.length);
    expect(await tripped(daemon)).toBe(1);
    expect(await daemon.metric('sluice_enforcing')).toBe(0);
    expect(await daemon.metric('sluice_clients_affected')).toBe(5);
    expect(daemon.logged('the state of the breaker was taken over from version 0.1')).toHaveLength(1);
    expect(daemon.logged('the checkpoint of the spool was taken over from version 0.1')).toHaveLength(1);
    await daemon.kill('SIGKILL');
    daemon = await run();
    await sleep(1200);
    // Counts go on after a restart.
    expect(await daemon.metric('sluice_packets_total')).toBe(CLIENTS_PER_FILE * handshake.packets.length);
    expect(await tripped(daemon)).toBe(1);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    expectDecisions(2);
    for (const name of ['safety.json', 'clients.json', 'checkpoint.bin', 'rules.json', 'breaker.json'])
      expect(statSync(join(state, name)).mode & 0o777).toBe(0o600);
  });

  it('what a return to version 0.1 finds is a breaker that is tripped as long as this one is, and no places in logs', async () => {
    const older = join(state, 'breaker.json');
    const daemon = await run();
    const trip = { timeUs: START_US + 500_000, cause: 'clients', affected: 6, seen: 6 };
    expect(JSON.parse(readFileSync(older, 'utf8'))).toMatchObject({
      version: 1,
      trip,
      sliceUs: 0,
      slice: 0,
      clients: [],
    });
    expect(existsSync(join(state, 'spool.json'))).toBe(false);
    await daemon.ask('reset');
    expect(existsSync(older)).toBe(false);
    expect(await tripped(daemon)).toBe(0);
    putFile(1);
    await until('it trips again', async () => (await tripped(daemon)) === 1);
    expect(JSON.parse(readFileSync(older, 'utf8'))).toMatchObject({ version: 1, trip: { cause: 'clients' } });
    await daemon.kill();
  });

  it('and a return, the files and the trip of that time are known too', async () => {
    let daemon = await run();
    await daemon.ask('reset');
    await daemon.kill();
    // Version 0.1 runs: it reads a file, writes its events, and trips.
    putFile(1);
    const lines = readFileSync(join(LEFT, 'decisions.jsonl'), 'utf8').replaceAll('10.0.0.', '10.0.9.').split('\n');
    appendFileSync(decisions, `${lines.filter((line) => line.includes('"decision"')).join('\n')}\n`);
    writeOlderCheckpoint(['0.pcap', '1.pcap']);
    cpSync(join(LEFT, 'state/breaker.json'), join(state, 'breaker.json'));
    putFile(2);
    daemon = await run();
    expect(await tripped(daemon)).toBe(1);
    await until('the last file is read', async () => (await done(daemon)) === 1);
    expect(await daemon.metric('sluice_packets_total')).toBe(CLIENTS_PER_FILE * handshake.packets.length);
    await daemon.kill();
    expectDecisions(3);
  });

  it.each([
    ['empty', ''],
    ['cut', '{"version":1,"trip":nul'],
    ['of other data', '{"version":1}'],
  ])('state of version 0.1 that is %s is set aside: nothing is enforced, and all files are read', async (_, text) => {
    writeFileSync(join(state, 'breaker.json'), text);
    writeFileSync(join(state, 'spool.json'), text);
    const daemon = await run();
    expect(await tripped(daemon)).toBe(1);
    expect(daemon.log).toContain('nothing is enforced until a reset');
    await until('the file is read again', async () => (await done(daemon)) === 1);
    expect(daemon.log).toContain('the processed files of the spool are not known');
    await daemon.kill();
    const broken = readdirSync(state).filter((name) => name.includes('.broken-'));
    expect(broken.map((name) => name.split('.broken')[0]).sort()).toEqual(['breaker.json', 'spool.json']);
  });
});
