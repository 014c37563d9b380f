/**
 * Sources that stop delivering packets: this is detected, shown and counted, and the daemon continues when packets come
 * again.
 */
import { mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const START_US = 1_731_261_600_000_000;
const handshake = new Conversation('wireguard/handshake-only.pcap');
const perClient = handshake.packets.length;

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  folder.remove();
});

async function expectStuck(daemon: RunningDaemon, problem: string): Promise<void> {
  await until('it is noticed', async () => (await daemon.metric('sluice_source_up')) === 0);
  const response = await fetch(`${daemon.url}/readyz`);
  expect(response.status).toBe(503);
  expect(await response.text()).toContain(problem);
  expect(await daemon.get('/healthz')).toBe('alive\n');
}

describe('a pipe whose writer is stuck', () => {
  it('within a packet is noticed once, and goes on with that packet', async () => {
    const daemon = await new RunningDaemon(['-', '--stuck-after', '500ms']).started();
    const bytes = handshake.capture(0, 2, START_US, 100);
    daemon.child.stdin!.write(bytes.subarray(0, -10));
    await expectStuck(daemon, 'no packets for 0.5 s from standard input');
    await until('it is logged', () => daemon.logged('the source is stuck').length > 0);
    // The document of the pages is made once a second.
    const source = async (): Promise<object> =>
      (JSON.parse(await daemon.get('/api/v1/live')) as { source: object }).source;
    await expect.poll(source, { timeout: 5000 }).toMatchObject({ code: 'pipe-silent', values: ['0.5'] });
    expect(await daemon.metric('sluice_source_stalls_total')).toBe(1);
    daemon.child.stdin!.write(bytes.subarray(-10));
    await until('the rest is read', async () => (await daemon.metric('sluice_packets_total')) === 2 * perClient);
    expect(await daemon.metric('sluice_source_up')).toBe(1);
    expect(await daemon.get('/readyz')).toBe('ready\n');
    await until('that is logged too', () => daemon.logged('packets come again').length === 1);
    await expectStuck(daemon, 'no packets');
    expect(await daemon.metric('sluice_source_stalls_total')).toBe(2);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
  });

  it('that goes on slowly is not called stuck', async () => {
    const daemon = await new RunningDaemon(['-', '--stuck-after', '1500ms']).started();
    for (let client = 0; client < 8; client++) {
      const bytes = handshake.capture(client, client + 1, START_US, 100);
      daemon.child.stdin!.write(client === 0 ? bytes : bytes.subarray(24));
      await until(
        'it is read',
        async () => (await daemon.metric('sluice_packets_total')) === (client + 1) * perClient,
        400,
      );
      await new Promise((resolve) => setTimeout(resolve, 300));
    }
    expect(await daemon.metric('sluice_source_stalls_total')).toBe(0);
    await daemon.kill();
  });
});

describe('a spool', () => {
  it('whose folder is gone is not ready, and goes on when it is back', async () => {
    const spool = join(folder.path, 'spool');
    mkdirSync(spool);
    const args = ['--spool', spool, '--settle', '50ms', '--state', join(folder.path, 'state')];
    const daemon = await new RunningDaemon(args).started();
    renameSync(spool, `${spool}-away`);
    await expectStuck(daemon, 'cannot list the spool: no such file or directory');
    expect(await daemon.metric('sluice_spool_files', 'state="unlistable"')).toBeGreaterThan(0);
    renameSync(`${spool}-away`, spool);
    writeFileSync(join(spool, 'a.pcap'), handshake.capture(0, 3, START_US, 100));
    await until('the file is read', async () => (await daemon.metric('sluice_packets_total')) === 3 * perClient);
    expect(await daemon.get('/readyz')).toBe('ready\n');
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
  });

  it('with nothing to do is ready for as long as it takes, and a file that stays empty holds no other up', async () => {
    const spool = join(folder.path, 'spool');
    mkdirSync(spool);
    writeFileSync(join(spool, '0.pcap'), '');
    const daemon = await new RunningDaemon(['--spool', spool, '--settle', '50ms', '--stuck-after', '300ms']).started();
    await new Promise((resolve) => setTimeout(resolve, 1500));
    expect(await daemon.get('/readyz')).toBe('ready\n');
    expect(await daemon.metric('sluice_source_stalls_total')).toBe(0);
    writeFileSync(join(spool, '1.pcap'), handshake.capture(0, 3, START_US, 100));
    await until('the other is read', async () => (await daemon.metric('sluice_packets_total')) === 3 * perClient);
    await daemon.kill();
  });

  it('leaves a file alone for as long as it is written to', async () => {
    const spool = join(folder.path, 'spool');
    mkdirSync(spool);
    const daemon = await new RunningDaemon(['--spool', spool, '--settle', '2s']).started();
    const path = join(spool, 'growing.pcap');
    // Changed repeatedly: never complete, so never read.
    for (let round = 0; round < 6; round++) {
      writeFileSync(path, handshake.capture(0, 1 + round, START_US, 100));
      await new Promise((resolve) => setTimeout(resolve, 500));
    }
    expect(await daemon.metric('sluice_packets_total')).toBe(0);
    expect(await daemon.metric('sluice_spool_files', 'state="waiting"')).toBe(1);
    await until(
      'it is read once it rests',
      async () => (await daemon.metric('sluice_packets_total')) === 6 * perClient,
    );
    await daemon.kill();
  });
});
