/**
 * Failures around a daemon: a reader that stops, a full disk, rules that take long to load. The daemon continues, and
 * counts.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

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

describe('standard output without a reader', () => {
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

describe('a named pipe without a reader', () => {
  it.each(['drop', 'wait'])('as a log, with --on-full %s, holds up neither packets nor the end', async (onFull) => {
    const pipe = join(folder.path, 'pipe');
    expect(spawnSync('mkfifo', [pipe]).status).toBe(0);
    const log = ['--decisions', pipe, '--on-full', onFull, '--stats-every', 'never'];
    const daemon = await new RunningDaemon(['-', ...log]).started();
    daemon.child.stdin!.write(handshake.capture(0, 100, START_US, 100));
    const packets = 100 * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    if (onFull === 'drop')
      await until(
        'lines are counted',
        async () => (await daemon.metric('sluice_event_log_dropped_lines_total')) === 200,
      );
    daemon.child.kill('SIGTERM');
    await until('it has ended', () => daemon.child.exitCode !== null || daemon.child.signalCode !== null, 6000);
    expect(daemon.child.exitCode).toBe(0);
  });
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
      // A chunk that does not fit is there until it is truncated away.
      const lines = (): number => readFileSync(decisions, 'latin1').split('\n').length;
      await until('nothing is written', async () => {
        const written = await daemon.metric('sluice_event_log_lines_total');
        return written + (await daemon.metric('sluice_event_log_dropped_lines_total')) === 2000;
      });
      const before = lines();
      daemon.child.stdin!.write(handshake.records(5000, START_US + 1e6));
      await until('it writes again', () => lines() > before);
      const [written, dropped] = [
        await daemon.metric('sluice_event_log_lines_total'),
        await daemon.metric('sluice_event_log_dropped_lines_total'),
      ];
      expect(eventsOf(decisions).length).toBe(written);
      expect(written + dropped).toBe(2 * 1001);
      await until('the loss is in the log', () => daemon.logged('event lines are lost').length > 0);
      expect(daemon.logged('event lines are lost')[0]).toMatchObject({
        log: 'decisions',
        problem: expect.stringContaining('ENOSPC') as string,
      });
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

function writeMillionRows(path: string, first: string): void {
  const lines = ['prefix,holder,sector,protocols,valid_from,valid_until,reference', `${first},Bank,bank,,,,OW-1`];
  for (let i = 0; i < 1_000_000; i++)
    lines.push(`${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24,Holder ${i},it,,,,`);
  writeFileSync(path, `${lines.join('\n')}\n`);
}

describe('a registry of a million rows', () => {
  it('is reloaded while packets go on, none of which is lost', async () => {
    const registry = join(folder.path, 'registry.csv');
    writeMillionRows(registry, '198.51.100.0/24');
    const decisions = join(folder.path, 'decisions.jsonl');
    const args = ['-', '--registry', registry, '--decisions', decisions, '--stats-every', 'never'];
    const daemon = await new RunningDaemon(args).started();
    daemon.child.stdin!.write(handshake.header);
    // Packets continue independent of the daemon: 10 handshakes every 2 ms, for a pipe with a reader.
    let sent = 0;
    const traffic = setInterval(() => {
      const moment = Array.from({ length: 10 }, () => handshake.records(sent++, START_US + sent * 100));
      daemon.child.stdin!.write(Buffer.concat(moment));
    }, 2);
    await sleep(1000);
    writeMillionRows(registry, '198.51.101.0/24');
    await daemon.metric('sluice_event_loop_lag_seconds');
    const [sentBefore, since] = [sent, performance.now()];
    const answer: unknown = await daemon.ask('reload');
    const [sentMeanwhile, took] = [sent - sentBefore, performance.now() - since];
    const stall = await daemon.metric('sluice_event_loop_lag_seconds', 'statistic="max"');
    await sleep(500);
    clearInterval(traffic);
    expect(answer).toMatchObject({ result: 'success' });
    expect(await daemon.metric('sluice_registry_entries')).toBe(1_000_001);
    const packets = sent * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    expect(await daemon.metric('sluice_flows_started_total')).toBe(sent);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    // Two decisions for each handshake, and one more for each that was decided before the rules changed.
    const [reload] = eventsOf(decisions).filter(({ event_type }) => event_type === 'reload') as unknown as {
      reload: { flows: number; changed: number };
    }[];
    expect(reload!.reload.changed).toBe(reload!.reload.flows);
    expect(eventsOf(decisions).filter(({ event_type }) => event_type === 'decision')).toHaveLength(
      2 * sent + reload!.reload.changed,
    );
    process.stdout.write(
      `a million rows reloaded in ${Math.round(took)} ms, ${sentMeanwhile} handshakes meanwhile; the engine held up for ${Math.round(stall * 1000)} ms\n`,
    );
    expect(sentMeanwhile).toBeGreaterThan(100);
    // Loading takes seconds; the engine is blocked for less than a kernel buffer lasts.
    expect(stall).toBeLessThan(1);
  }, 90_000);
});
