/** What goes wrong around a daemon: a reader that stops, a disk that is full, rules that take long. It goes on, and counts. */
import { spawnSync } from 'node:child_process';
import { mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from './many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from './running-daemon.ts';

const handshake = new Conversation('wireguard/handshake-only.pcap');
const START_US = 1_731_261_600_000_000;
const isRoot = process.getuid?.() === 0;

let folder = temporaryFolder();
beforeEach(() => {
  folder = temporaryFolder();
});
afterEach(() => {
  folder.remove();
});

describe('standard output that nobody reads', () => {
  it('costs lines, which are counted, and neither packets nor the answer to requests', async () => {
    const daemon = await new RunningDaemon(['-', '--decisions', '-', '--stats-every', 'never']).started();
    daemon.child.stdout!.pause();
    const clients = 40_000;
    const bytes = handshake.capture(0, clients, START_US, 100);
    daemon.child.stdin!.write(bytes);
    const packets = clients * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets, 40_000);
    expect(await daemon.metric('sluice_event_log_dropped_lines_total')).toBeGreaterThan(0);
    expect(await daemon.get('/readyz')).toBe('ready\n');
    const since = Date.now();
    daemon.child.kill('SIGTERM');
    await until('it has ended', () => daemon.child.exitCode !== null || daemon.child.signalCode !== null, 6000);
    expect(daemon.child.exitCode).toBe(0);
    expect(Date.now() - since).toBeLessThan(5000);
  }, 90_000);
});

describe.skipIf(!isRoot && process.env.CI === undefined)('a full disk (root, to mount a small one)', () => {
  it('costs lines, which are counted; every line in the file is whole, and it goes on when there is room', async () => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=512k', 'tmpfs', disk]).status).toBe(0);
    try {
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(300_000));
      const decisions = join(disk, 'decisions.jsonl');
      const daemon = await new RunningDaemon(['-', '--decisions', decisions, '--stats-every', 'never']).started();
      daemon.child.stdin!.write(handshake.capture(0, 1000, START_US, 100));
      await until('writing has failed', async () => (await daemon.metric('sluice_event_log_failures_total')) > 0);
      expect(await daemon.metric('sluice_event_log_dropped_lines_total')).toBeGreaterThan(0);
      unlinkSync(ballast);
      const before = eventsOf(decisions).length;
      daemon.child.stdin!.write(handshake.records(5000, START_US + 1e6));
      await until('it writes again', () => eventsOf(decisions).length > before);
      const [written, dropped] = [
        await daemon.metric('sluice_event_log_lines_total'),
        await daemon.metric('sluice_event_log_dropped_lines_total'),
      ];
      expect(eventsOf(decisions).length).toBe(written);
      expect(written + dropped).toBe(2 * 1001);
      await daemon.kill();
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  });

  it('holds the engine up with --on-full wait, for as long as is counted, and loses nothing', async () => {
    const disk = join(folder.path, 'disk');
    mkdirSync(disk);
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=128M', 'tmpfs', disk]).status).toBe(0);
    try {
      const ballast = join(disk, 'ballast');
      writeFileSync(ballast, Buffer.alloc(127 << 20));
      const decisions = join(disk, 'decisions.jsonl');
      const args = ['-', '--decisions', decisions, '--on-full', 'wait', '--stats-every', 'never'];
      const daemon = await new RunningDaemon(args).started();
      const clients = 30_000;
      daemon.child.stdin!.write(handshake.capture(0, clients, START_US, 100));
      await until('it waits', async () => (await daemon.metric('sluice_event_log_wait_seconds_total')) > 0, 40_000);
      expect(await daemon.get('/healthz')).toBe('alive\n');
      unlinkSync(ballast);
      const packets = clients * handshake.packets.length;
      await until(
        'all packets are read',
        async () => (await daemon.metric('sluice_packets_total')) === packets,
        40_000,
      );
      expect(await daemon.metric('sluice_event_log_dropped_lines_total')).toBe(0);
      await daemon.kill();
      const events = eventsOf(decisions).filter(({ event_type }) => event_type === 'decision');
      expect(events.length).toBe(2 * clients);
    } finally {
      spawnSync('umount', ['-l', disk]);
    }
  }, 90_000);
});

describe('a registry of a million rows', () => {
  it('is reloaded while packets go on', async () => {
    const registry = join(folder.path, 'registry.csv');
    const rows = (first: string): string => {
      const lines = ['prefix,holder,sector,protocols,valid_from,valid_until,reference', first];
      for (let i = 0; i < 1_000_000; i++)
        lines.push(`${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24,Holder ${i},it,,,,`);
      return `${lines.join('\n')}\n`;
    };
    writeFileSync(registry, rows('198.51.100.0/24,Bank,bank,,,,OW-1'));
    const daemon = await new RunningDaemon([
      '-',
      '--registry',
      registry,
      '--decisions',
      join(folder.path, 'd.jsonl'),
    ]).started();
    daemon.child.stdin!.write(handshake.capture(0, 100, START_US, 100));
    await until('the first are read', async () => (await daemon.metric('sluice_packets_total')) > 0);
    await daemon.get('/metrics');
    writeFileSync(registry, rows('198.51.101.0/24,Bank,bank,,,,OW-1'));
    const answered = daemon.post('/-/reload').then((response) => response.json());
    let slowest = 0;
    let isOver = false;
    void answered.then(() => (isOver = true));
    for (let client = 100; !isOver; client++) {
      const since = performance.now();
      daemon.child.stdin!.write(handshake.records(client, START_US + client * 1000));
      await daemon.get('/healthz');
      slowest = Math.max(slowest, performance.now() - since);
    }
    expect(await answered).toMatchObject({ result: 'success' });
    expect(await daemon.metric('sluice_registry_entries')).toBe(1_000_001);
    // Reading it takes seconds; the engine is held up for less than what a kernel's buffer holds.
    expect(slowest).toBeLessThan(1500);
    await daemon.kill();
  }, 90_000);
});
