/** The checkpoints of a daemon: what another start takes over, and what it says and counts where it cannot. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmdirSync, statfsSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkpointOf, filesRead } from '../kit/checkpoint-of.ts';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const handshake = new Conversation('wireguard/handshake-only.pcap');
const CLIENTS = 50;
const START_US = 1_731_261_600_000_000;

let folder = temporaryFolder();
let spool = '';
beforeEach(() => {
  folder = temporaryFolder();
  spool = join(folder.path, 'spool');
  mkdirSync(spool);
});
afterEach(() => {
  folder.remove();
});

/** A file of the spool with the first packets of each client. */
function put(number: number): void {
  const bytes = handshake.capture(number * CLIENTS, (number + 1) * CLIENTS, START_US + number * 1e6, 100);
  writeFileSync(join(spool, `${number}.pcap`), bytes);
}

const decisions = (): string => join(folder.path, 'decisions.jsonl');

function run(...more: string[]): RunningDaemon {
  const args = ['--spool', spool, '--settle', '50ms', '--checkpoint-every', '100ms', '--stats-every', 'never'];
  return new RunningDaemon([...args, '--decisions', decisions(), ...more]);
}

const packets = (files: number): number => files * CLIENTS * handshake.packets.length;

async function hasRead(daemon: RunningDaemon, files: number): Promise<void> {
  await until('all is read', async () => (await daemon.metric('sluice_packets_total')) === packets(files));
}

const decided = (): number => eventsOf(decisions()).filter(({ event_type }) => event_type === 'decision').length;

describe('a checkpoint', () => {
  it('of two threads goes on in three; in one thread its flows are given up, which is said and counted', async () => {
    put(0);
    let daemon = await run('--workers', '2').started();
    await hasRead(daemon, 1);
    await daemon.kill();
    put(1);
    daemon = await run('--workers', '3').started();
    await hasRead(daemon, 2);
    expect(await daemon.metric('sluice_flows_active')).toBe(2 * CLIENTS);
    expect(await daemon.metric('sluice_restart_lost_flows')).toBe(0);
    await daemon.kill();
    put(2);
    daemon = await run('--workers', '1').started();
    await until('the new file is read', async () => (await daemon.metric('sluice_flows_active')) === CLIENTS);
    expect(await daemon.metric('sluice_restart_lost_flows')).toBe(2 * CLIENTS);
    expect(await daemon.metric('sluice_state_failures_total')).toBe(1);
    expect(daemon.logged('the flows of the last run cannot be taken over: they are lost')).toMatchObject([
      { flows: 2 * CLIENTS, problem: expect.stringContaining('threads=several') as string },
    ]);
    await daemon.kill();
    // The place in the spool is kept: nothing is read twice.
    expect(decided()).toBe(3 * 2 * CLIENTS);
  });

  it('of an earlier program keeps its place in the spool, and its flows are given up, which is said and counted', async () => {
    const state = join(spool, '.sluice');
    mkdirSync(state);
    // A daemon at commit eab331a3 has written it, over a file of 8 clients.
    const old = gunzipSync(readFileSync(join(import.meta.dirname, 'checkpoints/schema-1.bin.gz')));
    writeFileSync(join(state, 'checkpoint.bin'), old);
    put(0);
    const daemon = await run('--max-flows', '100', '--history', 'none').started();
    await until('the new file is read', async () => (await daemon.metric('sluice_flows_active')) === CLIENTS);
    expect(await daemon.metric('sluice_restart_lost_flows')).toBe(8);
    expect(await daemon.metric('sluice_state_failures_total')).toBeGreaterThan(0);
    await until('it is done too', async () => (await daemon.metric('sluice_spool_files', 'state="done"')) === 2);
    expect(daemon.logged('the flows of the last run cannot be taken over: they are lost')).toMatchObject([
      { flows: 8, problem: expect.stringContaining('it was made by another program') as string },
    ]);
    await daemon.kill();
    expect(decided()).toBe(2 * CLIENTS);
  });

  it('that cannot be saved holds the events of a reload, which come once, whenever the daemon is killed', async () => {
    const policy = join(folder.path, 'policy.yaml');
    const allow = 'name: held\nmode: observe\nrules:\n  - { name: all, when: {}, action: allow }\n';
    const limits = 'safety: { limits: [{ window: 60s, clients: 100000 }] }\n';
    writeFileSync(policy, allow + limits);
    const reloaded = (): number => eventsOf(decisions()).filter(({ event_type }) => event_type === 'reload').length;
    put(0);
    let daemon = await run('--policy', policy).started();
    await hasRead(daemon, 1);
    await until('all is written and saved', () => decided() === 2 * CLIENTS && filesRead(spool) === 1);
    const inTheWay = join(spool, '.sluice', 'checkpoint.new');
    mkdirSync(inTheWay);
    writeFileSync(policy, allow.replace('action: allow', 'action: throttle, rate: 1Mbit/s, per: flow') + limits);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    put(1);
    await hasRead(daemon, 2);
    const failed = (): Promise<number> => daemon.metric('sluice_checkpoints_total', 'result="failed"');
    await until('it is tried again', async () => (await failed()) >= 2);
    expect([decided(), reloaded()]).toEqual([2 * CLIENTS, 0]);
    await daemon.kill('SIGKILL');
    rmdirSync(inTheWay);
    // The next start has the rules of its checkpoint, and reloads the files before it reads on.
    daemon = await run('--policy', policy).started();
    await until('all is written', () => decided() === 5 * CLIENTS);
    expect(reloaded()).toBe(1);
    mkdirSync(inTheWay);
    writeFileSync(policy, allow + limits);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    expect(reloaded()).toBe(1);
    rmdirSync(inTheWay);
    await until('it is saved after all', () => reloaded() === 2);
    expect(await daemon.metric('sluice_changes_unsaved_total')).toBe(0);
    await daemon.kill('SIGKILL');
    const before = decided();
    daemon = await run('--policy', policy).started();
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    expect([decided(), reloaded()]).toEqual([before, 2]);
  }, 60_000);

  const isRoot = process.getuid?.() === 0;
  it.skipIf(!isRoot && process.env.CI === undefined)(
    'that a full disk has no room for is made at the end in place of the one in reserve; events of a reload come once',
    async () => {
      const policy = join(folder.path, 'policy.yaml');
      const allow = 'name: held\nmode: observe\nrules:\n  - { name: all, when: {}, action: allow }\n';
      const limits = 'safety: { limits: [{ window: 60s, clients: 100000 }] }\n';
      writeFileSync(policy, allow + limits);
      const disk = join(folder.path, 'disk');
      mkdirSync(disk);
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64M', 'tmpfs', disk]).status).toBe(0);
      try {
        const start = (): Promise<RunningDaemon> =>
          run('--policy', policy, '--state', disk, '--history', 'none').started();
        const reloaded = (): number => eventsOf(decisions()).filter(({ event_type }) => event_type === 'reload').length;
        put(0);
        let daemon = await start();
        await hasRead(daemon, 1);
        expect(await daemon.kill()).toEqual({ code: 0, signal: null });
        // Another start makes a checkpoint at once: then the one in reserve has the flows too.
        daemon = await start();
        const savedCount = (): Promise<number> => daemon.metric('sluice_checkpoints_total', 'result="saved"');
        await until('both checkpoints have the flows', async () => (await savedCount()) >= 1);
        expect([decided(), checkpointOf(disk)?.source.done.length]).toEqual([2 * CLIENTS, 1]);
        // Half of a checkpoint is left, and the one in reserve has the other half.
        const size = Math.min(
          ...['checkpoint.bin', 'checkpoint.before.bin'].map((name) => statSync(join(disk, name)).size),
        );
        const { bavail, bsize } = statfsSync(disk);
        writeFileSync(join(disk, 'ballast'), Buffer.alloc(bavail * bsize - (size >> 1)));
        writeFileSync(policy, allow.replace('action: allow', 'action: throttle, rate: 1Mbit/s, per: flow') + limits);
        expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
        put(1);
        await hasRead(daemon, 2);
        const failed = (): Promise<number> => daemon.metric('sluice_checkpoints_total', 'result="failed"');
        await until('it is tried again', async () => (await failed()) >= 2);
        expect([decided(), reloaded()]).toEqual([2 * CLIENTS, 0]);
        expect(await daemon.kill()).toEqual({ code: 0, signal: null });
        expect([decided(), reloaded()]).toEqual([5 * CLIENTS, 1]);
        expect(
          daemon.logged('the events of a change are written without a checkpoint: a kill may double them'),
        ).toEqual([]);
        daemon = await start();
        expect(daemon.logged('going on from a checkpoint')).toMatchObject([{ flows: 2 * CLIENTS, restart: 'resumed' }]);
        expect(await daemon.kill()).toEqual({ code: 0, signal: null });
        expect([decided(), reloaded()]).toEqual([5 * CLIENTS, 1]);
      } finally {
        spawnSync('umount', ['-l', disk]);
      }
    },
    60_000,
  );

  it('that --max-state leaves no room for is said and counted, and holds nothing up', async () => {
    put(0);
    const daemon = await run('--max-state', '1kB').started();
    await hasRead(daemon, 1);
    writeFileSync(join(spool, '1.pcap'), '');
    expect(await daemon.ask('reload')).toMatchObject({ result: 'unchanged' });
    await until('the reload is written', () => eventsOf(decisions()).some(({ event_type }) => event_type === 'reload'));
    // The start and the reload.
    expect(await daemon.metric('sluice_changes_unsaved_total')).toBe(2);
    expect(await daemon.metric('sluice_checkpoints_total', 'result="too-large"')).toBeGreaterThan(1);
    expect(await daemon.metric('sluice_state_failures_total')).toBeGreaterThan(1);
    expect(existsSync(join(spool, '.sluice', 'checkpoint.bin'))).toBe(false);
    expect(daemon.log).toContain('--max-state is 1000');
    await daemon.kill();
  });
});
