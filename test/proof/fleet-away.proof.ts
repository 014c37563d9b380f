/**
 * A sensor whose cluster is away for ten minutes: three NATS nodes are killed while packets come over a virtual link at
 * a steady rate. Capture loses none of them, and when the nodes are back, the whole log is shipped, once.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { createReadStream, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { type JetStreamManager, jetstreamManager } from '@nats-io/jetstream';
import { afterAll, describe, expect, it } from 'vitest';
import { ReplayedTraffic } from '../../bench/live/replayed-traffic.mjs';
import { EVENTS_STREAM, eventsSubject } from '../../src/fleet/subjects.ts';
import { MirrorLink } from '../kit/mirror-link.ts';
import { NatsServers } from '../kit/nats-server.ts';
import { PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { isShort, writeResult } from './proof-result.ts';

const NODES = [0, 1, 2];
const RATE = isShort ? 2000 : 5000;
const AWAY_SECONDS = isShort ? 6 : 600;
const BEFORE_SECONDS = isShort ? 1 : 10;
/** Packets of the capture that is sent again and again, each time with other addresses. */
const PACKETS = isShort ? 20_000 : 400_000;
/** Seed of the generated traffic (bench/generate). */
const SEED = 1;
/** The kernel's drops are asked for every two seconds. */
const DROPS_MS = 2500;
const PATIENCE_MS = 600_000;
const isRoot = process.getuid?.() === 0;

const folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
const log = path('decisions.jsonl');
let servers: NatsServers | undefined;
let link: MirrorLink | undefined;
let sensor: RunningDaemon | undefined;
let traffic: ReplayedTraffic | undefined;
afterAll(async () => {
  traffic?.child.kill('SIGKILL');
  await sensor?.kill('SIGKILL');
  link?.remove();
  await servers?.stop();
  folder.remove();
});

/** SHA-256 of a log with its segments, in order. */
async function digestOfLog(): Promise<string> {
  const hash = createHash('sha256');
  const segments = readdirSync(folder.path).filter((name) => /^decisions\.jsonl\..*\d{9}Z$/.test(name));
  for (const file of [...segments.sort().map(path), log])
    for await (const piece of createReadStream(file)) hash.update(piece as Buffer);
  return hash.digest('hex');
}

/** SHA-256 of the lines of all messages. */
async function digestOfStream(jsm: JetStreamManager): Promise<string> {
  const subject = eventsSubject('example', 'lahore-1');
  const consumer = await jsm.jetstream().consumers.get(EVENTS_STREAM, { filter_subjects: subject });
  const { num_pending: count } = await consumer.info();
  const hash = createHash('sha256');
  let messages = 0;
  if (count > 0)
    for await (const message of await consumer.consume()) {
      hash.update(message.data);
      if (++messages === count) break;
    }
  return hash.digest('hex');
}

describe.skipIf(!isRoot && process.env.CI === undefined)('a sensor (root, for a virtual link)', () => {
  it(`loses no packet while its cluster is away for ${AWAY_SECONDS} seconds, and ships all afterwards`, async () => {
    const began = performance.now();
    const capture = path('traffic.pcap');
    const generator = join(PROJECT, 'bench/generate/main.mjs');
    const generated = ['--kind', 'all-vpn', '--seed', String(SEED), '--packets', String(PACKETS), capture];
    expect(spawnSync(process.execPath, [generator, ...generated], { stdio: 'ignore' }).status).toBe(0);
    servers = await NatsServers.start(NODES.length);
    await servers.addFleetStreams();
    link = new MirrorLink();
    sensor = await new RunningDaemon([
      ...['--interface', link.receiver, '--capture-with', 'tcpdump', '--kernel-buffer', '256MB'],
      ...[
        '--isp',
        'example',
        '--site',
        'lahore-1',
        '--decisions',
        log,
        '--rotate-size',
        '10MB',
        '--rotate-keep',
        '100000',
      ],
      ...['--history', path('history.db'), '--fleet', ...servers.urls],
    ]).started(60_000);
    const metric = sensor.metric.bind(sensor);
    const packets = (): Promise<number> => metric('sluice_packets_total');
    const lines = (): Promise<number> => metric('sluice_event_log_lines_total');
    const shipped = (): Promise<number> => metric('sluice_fleet_shipped_lines_total');
    traffic = new ReplayedTraffic(link.sender, capture, RATE);
    await until('lines are shipped', async () => (await shipped()) > 0, 60_000);
    await sleep(1000 * BEFORE_SECONDS);

    await Promise.all(NODES.map((node) => servers!.killNode(node)));
    const [away, packetsBefore] = [performance.now(), await packets()];
    await sleep(1000 * AWAY_SECONDS);
    const awaySeconds = (performance.now() - away) / 1000;
    const [packetsAway, written] = [(await packets()) - packetsBefore, await lines()];
    const waiting = written - (await shipped());
    expect(waiting).toBeGreaterThan(0);

    for (const node of NODES) servers.startNode(node);
    const back = performance.now();
    await until('what waited is shipped', async () => (await shipped()) >= written, PATIENCE_MS);
    const catchUpSeconds = (performance.now() - back) / 1000;
    process.stdout.write(
      `${waiting} lines were shipped ${Math.round(catchUpSeconds)} s after the nodes were started\n`,
    );
    expect(traffic.hasEnded).toBe(false);
    const { packets: sent, seconds } = await traffic.stop();
    await until('the last packets are read', async () => (await packets()) >= sent, 30_000).catch(() => undefined);
    await sleep(DROPS_MS);
    const figures = {
      packets_per_second: Math.round(sent / seconds),
      seconds_away: Math.round(awaySeconds),
      packets_while_away: packetsAway,
      packets_sent: sent,
      packets_lost: sent - (await packets()),
      dropped_by_kernel_or_interface: await metric('sluice_capture_dropped_packets_total'),
      lines_dropped: await metric('sluice_event_log_dropped_lines_total'),
      lines_waiting_at_the_end: waiting,
      seconds_to_catch_up: Math.round(catchUpSeconds),
      lines_removed_unshipped: await metric('sluice_fleet_lost_lines_total'),
    };
    expect(figures).toMatchObject({ packets_lost: 0, dropped_by_kernel_or_interface: 0, lines_dropped: 0 });
    expect(figures.packets_per_second).toBeGreaterThan(0.95 * RATE);
    expect(figures.lines_removed_unshipped).toBe(0);
    await until('the last lines are shipped', async () => (await shipped()) === (await lines()), PATIENCE_MS);
    const jsm = await jetstreamManager(await servers.connect(), { checkAPI: false });
    // The sensor adds a line of counts once a minute, perhaps between the two.
    const isWhole = async (): Promise<boolean> => (await digestOfStream(jsm)) === (await digestOfLog());
    expect((await isWhole()) || (await isWhole()), 'the stream has the log, line for line').toBe(true);
    writeResult('fleet-away', SEED, (performance.now() - began) / 1000, { ...figures, lines_shipped: await shipped() });
  });
});
