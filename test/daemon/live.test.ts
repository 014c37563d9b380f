/**
 * Live capture over a virtual link between two ends in its own network namespace, fed by tcpreplay. Needs root and the
 * Debian packages iproute2, tcpdump and tcpreplay.
 */
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { readChanges } from '../../src/history/query/change-list.ts';
import { openDatabase } from '../../src/history/store/database.ts';
import { problemsOf } from '../kit/event-validator.ts';
import { Conversation } from '../kit/many-clients.ts';
import {
  endAll,
  type Event,
  eventsIn,
  eventsOf,
  MAIN,
  RunningDaemon,
  temporaryFolder,
  until,
} from '../kit/running-daemon.ts';

const CLIENTS = 1500;
const NAMESPACE = `sluice-test-${process.pid}`;
const TOOLS = ['ip', 'tcpdump', 'tcpreplay', 'setpriv', 'unshare'];
const missing = TOOLS.filter((tool) => spawnSync(tool, ['--version']).error !== undefined);
const canRun = process.getuid?.() === 0 && missing.length === 0;
const hasCap = ((): boolean => {
  try {
    createRequire(import.meta.url)('cap');
    return true;
  } catch {
    return false;
  }
})();

const folder = temporaryFolder();
const capture = join(folder.path, 'many.pcap');
const conversation = new Conversation('wireguard/handshake.pcap');
const PACKETS = CLIENTS * conversation.packets.length;
const INSIDE = ['ip', 'netns', 'exec', NAMESPACE];
const inside = (...command: string[]): string =>
  execFileSync('ip', [...INSIDE.slice(1), ...command], { encoding: 'utf8' });
let logNumber = 0;

/** Starts a daemon in the namespace, by a command if given; returns it and the path of its decisions. */
async function capturing(
  command: readonly string[],
  ...more: string[]
): Promise<{ daemon: RunningDaemon; decisions: string }> {
  const decisions = join(folder.path, `decisions-${logNumber++}.jsonl`);
  const args = ['--interface', 'right', '--decisions', decisions, '--state', join(folder.path, `state-${logNumber}`)];
  const socket = ['--listen', '127.0.0.1:9464'];
  const daemon = new RunningDaemon([...args, ...socket, ...more], { command: [...INSIDE, ...command] });
  return { daemon: await daemon.started(), decisions };
}

/** A metric, requested from within the namespace. */
function metric(name: string): number {
  const text = inside('curl', '-s', 'http://127.0.0.1:9464/metrics');
  return text
    .split('\n')
    .filter((line) => line.startsWith(`${name} `) || line.startsWith(`${name}{`))
    .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
}

function replay(...more: string[]): string[] {
  return ['tcpreplay', '-q', '-K', '-i', 'left', ...more, capture];
}

/** Sends the capture; returns tcpreplay's output. */
function send(...more: string[]): string {
  return inside(...replay(...more));
}

function essence(event: Event): string {
  const { pcap_cnt, src_ip, src_port, dest_ip, dest_port, vpn, registration, decision } = event;
  return JSON.stringify({ pcap_cnt, src_ip, src_port, dest_ip, dest_port, vpn, registration, decision });
}

const decisionsOf = (path: string): string[] =>
  eventsOf(path)
    .filter(({ event_type }) => event_type === 'decision')
    .map(essence);

describe.skipIf(!canRun && process.env.CI === undefined)(
  `live capture (root, ${missing.length === 0 ? 'all tools' : `without ${missing.join(', ')}`})`,
  () => {
    let replayed: string[] = [];

    beforeAll(async () => {
      execFileSync('ip', ['netns', 'add', NAMESPACE]);
      inside('sysctl', '-qw', 'net.ipv6.conf.all.disable_ipv6=1', 'net.ipv6.conf.default.disable_ipv6=1');
      inside('ip', 'link', 'add', 'left', 'type', 'veth', 'peer', 'name', 'right');
      for (const device of ['lo', 'left', 'right']) inside('ip', 'link', 'set', device, 'up');
      await sleep(500);
      writeFileSync(capture, conversation.capture(0, CLIENTS, 1.7e15, 50));
      const text = execFileSync(process.execPath, [MAIN, 'replay', capture, '--decisions', '-', '--quiet'], {
        encoding: 'utf8',
        maxBuffer: 1 << 28,
      });
      replayed = eventsIn(text).map(essence);
    });

    // A failed test leaves its daemon running, on the port of the next test.
    afterEach(endAll);
    afterAll(() => {
      spawnSync('ip', ['netns', 'del', NAMESPACE]);
      folder.remove();
    });

    it('decides with tcpdump what a replay of the file decides, and loses nothing at top speed', async () => {
      const { daemon, decisions } = await capturing([], '--capture-with', 'tcpdump');
      send('--topspeed');
      await until('all packets are there', () => metric('sluice_packets_total') === PACKETS);
      await sleep(2500);
      expect(metric('sluice_capture_dropped_packets_total')).toBe(0);
      expect(await daemon.kill()).toEqual({ code: 0, signal: null });
      expect(decisionsOf(decisions)).toEqual(replayed);
    });

    // tcpreplay uses one of two cores, and tcpdump and the daemon share the other. Unprocessed packets wait in the
    // kernel, in frames of 2 kB. All packets fit, so the speed of the machine does not matter.
    it('loses nothing with tcpdump at top speed for a second, with room for it in the kernel', async () => {
      const { daemon } = await capturing([], '--capture-with', 'tcpdump', '--kernel-buffer', '512MB');
      const rounds = 6;
      const rate = /[\d.]+ pps/.exec(send('--topspeed', '--loop', String(rounds)))![0];
      await until('all packets are there', () => metric('sluice_packets_total') === rounds * PACKETS);
      await sleep(2500);
      expect(metric('sluice_capture_dropped_packets_total')).toBe(0);
      expect(await daemon.kill()).toEqual({ code: 0, signal: null });
      process.stdout.write(`tcpdump at top speed: ${rate}, ${rounds * PACKETS} packets, none lost\n`);
    }, 60_000);

    it.skipIf(!hasCap)(
      'decides the same with cap, at a rate that it can take, and counts what it misses',
      async () => {
        const { daemon, decisions } = await capturing([], '--capture-with', 'cap');
        send('--pps', '2000');
        await sleep(2000);
        const seen = metric('sluice_packets_total');
        expect(seen + metric('sluice_capture_dropped_packets_total')).toBe(PACKETS);
        expect(await daemon.kill()).toEqual({ code: 0, signal: null });
        if (seen === PACKETS) expect(decisionsOf(decisions)).toEqual(replayed);
      },
      60_000,
    );

    it('records the seconds that it has watched, also after kill -9 and a stop, and none of those between', async () => {
      const history = join(folder.path, 'live.db');
      const MINUTE_S = 60;
      const nowS = (): number => Date.now() / 1000;
      const first = await capturing([], '--history', history);
      const beganS = nowS();
      const minuteS = Math.floor(beganS / MINUTE_S) * MINUTE_S;
      send('--topspeed');
      await until('all packets are there', () => metric('sluice_packets_total') === PACKETS);
      // The minute ends 3 s after its last second, and is written within a second.
      await sleep((minuteS + MINUTE_S - nowS()) * 1000 + 6000);
      await first.daemon.kill('SIGKILL');
      await sleep(4000);
      const second = await capturing([], '--history', history);
      const againS = nowS();
      await sleep(6000);
      const stoppedS = nowS();
      await second.daemon.kill();
      const database = openDatabase(history);
      const rows = database
        .prepare('SELECT time, seconds, packets, lost_packets AS lost FROM coverage WHERE level = 0 ORDER BY time')
        .all() as { time: number; seconds: number; packets: number; lost: number }[];
      const [start] = readChanges(database, { kind: 'start' }).changes;
      database.close();
      expect(rows.map(({ time, packets, lost }) => [time, packets, lost])).toEqual([
        [minuteS, PACKETS, 0],
        [minuteS + MINUTE_S, 0, 0],
      ]);
      expect(Math.abs(rows[0]!.seconds - (minuteS + MINUTE_S - beganS))).toBeLessThan(3);
      // The seconds before the kill are lost with the minute that was under way.
      expect(Math.abs(rows[1]!.seconds - (stoppedS - againS))).toBeLessThan(3);
      expect(start!.fields).toMatchObject({ after: 'kill', unwatched_from_s: minuteS + MINUTE_S });
      expect(Number(start!.fields.unwatched_seconds)).toBeGreaterThanOrEqual(9);
    }, 120_000);

    it('goes on with its flows after kill -9 and after a stop during traffic, and says what it has not seen', async () => {
      const clients = 20;
      const begun = new Conversation('wireguard/handshake.pcap', 3);
      const beginnings = begun.capture(0, clients, 1.7e15, 50);
      const rest = Buffer.concat([
        conversation.header,
        ...Array.from({ length: clients }, (_, client) => {
          const records = conversation.records(client, 1.7e15);
          return records.subarray(begun.records(client, 1.7e15).length);
        }),
      ]);
      const packets = clients * conversation.packets.length;
      const [state, decisions, flows] = ['kept-state', 'kept.jsonl', 'kept-flows.jsonl'].map((name) =>
        join(folder.path, name),
      );
      const start = async (): Promise<RunningDaemon> => {
        const args = ['--interface', 'right', '--state', state!, '--decisions', decisions!, '--flows', flows!];
        const more = ['--listen', '127.0.0.1:9464', '--checkpoint-every', '200ms'];
        return new RunningDaemon([...args, ...more], { command: INSIDE }).started();
      };
      const sent: { beganMs: number; endedMs: number }[] = [];
      const sendOnly = (bytes: Buffer): void => {
        const path = join(folder.path, 'part.pcap');
        writeFileSync(path, bytes);
        const beganMs = Date.now();
        inside('tcpreplay', '-q', '-K', '-i', 'left', '--topspeed', path);
        sent.push({ beganMs, endedMs: Date.now() });
      };
      const first = await start();
      sendOnly(beginnings);
      await until('their beginnings are there', () => metric('sluice_packets_total') === 3 * clients);
      // They are saved at the daemon's next look, which comes once a second.
      await sleep(2500);
      await first.kill('SIGKILL');
      await sleep(1500);
      const second = await start();
      expect(metric('sluice_flows_active')).toBe(clients);
      sendOnly(rest);
      await until('the rest is there', () => metric('sluice_packets_total') === packets);
      expect(await second.kill()).toEqual({ code: 0, signal: null });
      await sleep(1200);
      const third = await start();
      sendOnly(rest);
      await until('more is there', () => metric('sluice_packets_total') === 2 * packets - 3 * clients);
      expect([metric('sluice_flows_active'), metric('sluice_flows_started_total')]).toEqual([clients, clients]);
      await third.kill();
      const events = eventsOf(decisions!) as (Event & { gap?: { seconds: number; flows: number } })[];
      const decided = events.filter(({ event_type }) => event_type === 'decision').map((event) => event.src_ip);
      expect(new Set(decided).size).toBe(clients);
      expect(events.flatMap((event) => problemsOf(event))).toEqual([]);
      const gaps = events.flatMap(({ gap }) => gap ?? []);
      expect(gaps.map((gap) => gap.flows)).toEqual([clients, clients]);
      // Each is as long as the pause between the last packet that was seen and the next.
      for (const [index, { seconds }] of gaps.entries()) {
        const [before, after] = [sent[index]!, sent[index + 1]!];
        expect(1000 * seconds).toBeGreaterThanOrEqual(after.beganMs - before.endedMs);
        expect(1000 * seconds).toBeLessThanOrEqual(after.endedMs - before.beganMs);
      }
      expect(eventsOf(flows!)).toEqual([]);
    }, 60_000);

    it('restarts a capture that is killed, and counts the gap', async () => {
      const { daemon } = await capturing([]);
      const process_ = Number(/process (\d+)/.exec(String(daemon.logged('capture started')[0]!.detail))![1]);
      process.kill(process_, 'SIGKILL');
      await until('there is another', () => metric('sluice_capture_restarts_total') === 1);
      expect(metric('sluice_capture_gap_seconds_total')).toBeGreaterThan(0);
      expect(metric('sluice_source_up')).toBe(1);
      send('--topspeed');
      await until('it captures', () => metric('sluice_packets_total') > 0);
      await daemon.kill();
    });

    it('waits longer and longer for a capture that ends at once, and stops at once meanwhile', async () => {
      const tools = join(folder.path, 'tools');
      const starts = join(folder.path, 'starts');
      mkdirSync(tools);
      // The first process is tcpdump; later ones end immediately, until a file exists that allows them.
      const real = execFileSync('sh', ['-c', 'command -v tcpdump'], { encoding: 'utf8' }).trim();
      writeFileSync(
        join(tools, 'tcpdump'),
        `#!/bin/sh
[ "$1" != --version ] || exec ${real} --version
date +%s%3N >> ${starts}
[ "$(wc -l < ${starts})" -le 1 ] || [ -e ${starts}.mended ] || { echo 'broken' >&2; exit 1; }
[ ! -e ${starts}.mended ] || sleep 2.5
exec ${real} "$@"
`,
        { mode: 0o755 },
      );
      const path = `${tools}:${process.env.PATH ?? ''}`;
      const { daemon } = await capturing(['env', `PATH=${path}`]);
      const times = (): number[] => readFileSync(starts, 'utf8').trim().split('\n').map(Number);
      process.kill(Number(/process (\d+)/.exec(String(daemon.logged('capture started')[0]!.detail))![1]), 'SIGKILL');
      await until('it has been tried some times', () => times().length === 6);
      const waits = times()
        .slice(2)
        .map((time, index) => time - times()[index + 1]!);
      // 0.25, 0.5, 1 and 2 seconds, and the time of the starts.
      for (const [index, wait] of waits.entries()) {
        expect(wait, `waits of ${waits.join(', ')} ms`).toBeGreaterThanOrEqual(250 * 2 ** index - 20);
        expect(wait, `waits of ${waits.join(', ')} ms`).toBeLessThan(250 * 2 ** index + 700);
      }
      const ready = (): string => inside('curl', '-s', 'http://127.0.0.1:9464/readyz');
      await until('it says why', () => ready().includes('tcpdump ended: broken')).catch(() => expect.fail(ready()));
      expect(metric('sluice_capture_restarts_total')).toBe(0);
      writeFileSync(`${starts}.mended`, '');
      const before = times().length;
      await until('it captures again', () => metric('sluice_source_up') === 1);
      await until('that is logged', () => daemon.logged('capture started').length === 2);
      expect(metric('sluice_capture_restarts_total')).toBe(1);
      // A process that starts slowly is not asked for its counts, which would end it.
      expect(times().length).toBe(before + 1);
      expect(metric('sluice_capture_gap_seconds_total')).toBeGreaterThan(3.7);
      rmSync(`${starts}.mended`);
      process.kill(
        Number(/process (\d+)/.exec(String(daemon.logged('capture started').at(-1)!.detail))![1]),
        'SIGKILL',
      );
      await until('it waits', () => metric('sluice_source_up') === 0);
      const since = performance.now();
      expect(await daemon.kill()).toEqual({ code: 0, signal: null });
      expect(performance.now() - since).toBeLessThan(1500);
    }, 40_000);

    it('loses nothing while a million rows of registry are reloaded', async () => {
      const registry = join(folder.path, 'registry.csv');
      const rows = ['prefix,holder,sector,protocols,valid_from,valid_until,reference'];
      writeFileSync(registry, `${rows[0]!}\n`);
      const { daemon } = await capturing([], '--capture-with', 'tcpdump', '--registry', registry);
      for (let i = 0; i < 1_000_000; i++)
        rows.push(`${20 + (i >> 16)}.${(i >> 8) & 255}.${i & 255}.0/24,Holder ${i},it,,,,`);
      writeFileSync(registry, `${rows.join('\n')}\n`);
      // 16 s: longer than the reload takes on a busy machine.
      const rounds = 12;
      const traffic = spawn('ip', [...INSIDE.slice(1), ...replay('--pps', '30000', '--loop', String(rounds))]);
      const isOver = new Promise((resolve) => traffic.on('close', resolve));
      await until('packets come', () => metric('sluice_packets_total') > 0);
      daemon.child.kill('SIGHUP');
      await until('the rows are in use', () => metric('sluice_registry_entries') === 1_000_000, 30_000);
      expect(metric('sluice_packets_total')).toBeLessThan(rounds * PACKETS);
      await isOver;
      await until('all packets are there', () => metric('sluice_packets_total') === rounds * PACKETS);
      await sleep(2500);
      expect(metric('sluice_capture_dropped_packets_total')).toBe(0);
      expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    }, 90_000);

    it('comes back when the interface does', async () => {
      const { daemon } = await capturing([]);
      inside('ip', 'link', 'set', 'right', 'down');
      await until('it is noticed', () => metric('sluice_source_up') === 0);
      expect(inside('curl', '-s', 'http://127.0.0.1:9464/readyz')).toContain(
        'right is down: sudo ip link set right up',
      );
      inside('ip', 'link', 'set', 'right', 'up');
      await until('it captures again', () => metric('sluice_source_up') === 1);
      send('--topspeed', '--limit', '50');
      await until('packets come', () => metric('sluice_packets_total') >= 50);
      expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    });

    it('restarts a capture that is stuck', async () => {
      const { daemon } = await capturing([], '--stuck-after', '1s');
      const process_ = Number(/process (\d+)/.exec(String(daemon.logged('capture started')[0]!.detail))![1]);
      process.kill(process_, 'SIGSTOP');
      send('--pps', '20', '--limit', '80');
      await until('it is noticed', () => metric('sluice_source_stalls_total') >= 1);
      await until('there is another', () => metric('sluice_capture_restarts_total') >= 1);
      await daemon.kill();
    });

    it.each([
      ['no such interface', ['--interface', 'nowhere'], 'there is no interface nowhere'],
      ['a filter that is none', ['--interface', 'right', 'and', 'or'], 'the filter "and or" is invalid'],
    ])('says what is wrong: %s', async (_name, args, message) => {
      const daemon = new RunningDaemon(args, { command: INSIDE });
      expect((await daemon.ended).code).toBe(1);
      expect(daemon.log).toContain(message);
    });

    it('says which command gives the right that is missing', async () => {
      const command = [...INSIDE, 'setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
      const daemon = new RunningDaemon(['--interface', 'right'], { command });
      expect((await daemon.ended).code).toBe(1);
      expect(daemon.log).toContain('sudo setcap cap_net_raw,cap_net_admin=eip');
    });

    it('decides from sluice capture what a replay of the file decides, without the right to capture, and loses nothing', async () => {
      const socket = join(folder.path, 'packets.sock');
      const service = spawn('ip', [...INSIDE.slice(1), process.execPath, MAIN, 'capture', 'right', '--socket', socket]);
      const isOver = new Promise((resolve) => service.on('close', resolve));
      try {
        await until('it listens', () => existsSync(socket));
        const without = ['setpriv', '--bounding-set=-net_raw', '--inh-caps=-net_raw'];
        const { daemon, decisions } = await capturing(without, '--capture-socket', socket);
        send('--topspeed');
        await until('all packets are there', () => metric('sluice_packets_total') === PACKETS);
        await sleep(2500);
        expect(metric('sluice_capture_dropped_packets_total')).toBe(0);
        expect(await daemon.kill()).toEqual({ code: 0, signal: null });
        expect(decisionsOf(decisions)).toEqual(replayed);
      } finally {
        service.kill('SIGTERM');
      }
      expect(await isOver).toBe(0);
      expect(existsSync(socket)).toBe(false);
    });
  },
);
