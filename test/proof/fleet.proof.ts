/**
 * A fleet whose parts are killed with -9, and whose links are cut, at random moments: a cluster of three NATS nodes, real
 * daemons and a real hub. Each line of each sensor is in the stream once, the hub's figures are those of the sensors,
 * and each log verifies up to the heads that its sensor anchored.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Database from 'libsql';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, expect, it } from 'vitest';
import { EVENTS_STREAM, eventsSubject } from '../../src/fleet/subjects.ts';
import { makeKeyFiles } from '../../src/rules/signing-key.ts';
import { CutLink } from '../kit/cut-link.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers } from '../kit/nats-server.ts';
import { FILE_HEADER_LENGTH } from '../kit/pcap.mjs';
import { SeededRandom } from '../kit/random.mjs';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningHub } from '../kit/running-hub.ts';
import { sluice } from '../cli/sluice.ts';
import { isShort, writeResult } from './proof-result.ts';

const SEED = 19;
const NODES = 3;
const SENSORS = isShort ? 2 : 10;
/** Kills and cuts together. */
const STEPS = isShort ? 10 : 260;
const CONVERSATIONS = isShort ? 40 : 200;
const LONGEST_PAUSE_MS = isShort ? 400 : 800;
const START_US = 1_731_261_600_000_000;
/** Each step's packets come a minute after those of the step before. */
const STEP_US = 60e6;
const PATIENCE_MS = 180_000;

type Kind = 'sensor' | 'hub' | 'node' | 'cut';
const TURNS: readonly Kind[] = ['sensor', 'node', 'hub', 'cut', 'sensor', 'node'];

const folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
const random = new SeededRandom(SEED);
const sites = Array.from({ length: SENSORS }, (_, at) => `site-${at + 1}`);
const running: { kill: (signal: 'SIGKILL') => unknown }[] = [];
let servers: NatsServers | null = null;
const links: CutLink[] = [];
/** Sensors whose input has begun: a capture's header comes once. */
const hasHeader = new WeakSet<RunningDaemon>();
afterAll(async () => {
  for (const one of running) void one.kill('SIGKILL');
  for (const link of links) link.close();
  await servers?.stop();
  folder.remove();
});

/** A log with its segments, in order. */
function textOf(site: string): string {
  const segments = readdirSync(folder.path).filter((name) => new RegExp(`^${site}\\.jsonl\\..*\\d{9}Z$`).test(name));
  return [...segments.sort(), `${site}.jsonl`].map((name) => readFileSync(path(name), 'utf8')).join('');
}

const FIGURES = ['flows', 'decisions', 'packets', 'bytes'] as const;
type Figures = Record<string, Record<string, number>>;

/** Sums of a history's minutes by site. */
function figuresIn(file: string): Figures {
  const database = new Database(file, { readonly: true });
  const query = (table: string, columns: string): { site: string }[] =>
    database.prepare(`SELECT site, ${columns} FROM ${table} WHERE level = 0 GROUP BY site`).all() as never;
  const sums = FIGURES.map((name) => `sum(${name}) AS ${name}`).join(', ');
  const series = query('roll_up JOIN series ON series.id = series JOIN place ON place.id = series.place', sums);
  const coverage = query('coverage JOIN place ON place.id = place', 'sum(coverage.packets) AS seen');
  database.close();
  const figures: Figures = {};
  for (const { site, ...rest } of [...series, ...coverage])
    figures[site] = { ...figures[site], ...(rest as Record<string, number>) };
  return figures;
}

async function messagesOf(jsm: JetStreamManager, subject: string): Promise<string> {
  const consumer = await jsm.jetstream().consumers.get(EVENTS_STREAM, { filter_subjects: subject });
  const { num_pending: count } = await consumer.info();
  const parts: string[] = [];
  if (count === 0) return '';
  for await (const message of await consumer.consume()) {
    parts.push(message.string());
    if (parts.length === count) break;
  }
  return parts.join('');
}

it(`${STEPS} kills and cuts lose nothing and double nothing, and no log raises a false alarm`, async () => {
  const began = performance.now();
  servers = await NatsServers.start(NODES);
  await servers.addFleetStreams();
  for (const site of sites) makeKeyFiles(path(`${site}.key`));
  for (const port of servers.ports) links.push(await CutLink.to(port));
  const fleet = links.map(({ url }) => url);
  const startSensor = async (site: string): Promise<RunningDaemon> => {
    const sensor = new RunningDaemon([
      ...['-', '--isp', 'example', '--site', site, '--decisions', path(`${site}.jsonl`), '--on-full', 'wait'],
      ...['--rotate-size', '200kB', '--rotate-keep', '100000', '--log-key', path(`${site}.key`)],
      ...['--history', path(`${site}.db`), '--state', path(`state-${site}`), '--fleet', ...fleet],
    ]);
    running.push(sensor);
    return sensor.started(PATIENCE_MS);
  };
  const startHub = async (): Promise<RunningHub> => {
    const hub = new RunningHub(['--state', path('hub'), ...fleet.flatMap((url) => ['--nats', url])]);
    running.push(hub);
    return hub.started();
  };
  const sensors = new Map<string, RunningDaemon>();
  for (const site of sites) sensors.set(site, await startSensor(site));
  let hub = await startHub();
  const conversation = new Conversation('wireguard/handshake-only.pcap');
  const done: Record<Kind, number> = { sensor: 0, hub: 0, node: 0, cut: 0 };
  for (let step = 0; step < STEPS; step++) {
    const from = step * CONVERSATIONS;
    for (const sensor of sensors.values()) {
      const records = conversation.capture(from, from + CONVERSATIONS, START_US + step * STEP_US, 1000);
      sensor.child.stdin!.write(records.subarray(hasHeader.has(sensor) ? FILE_HEADER_LENGTH : 0));
      hasHeader.add(sensor);
    }
    await sleep(random.below(LONGEST_PAUSE_MS));
    const kind = TURNS[step % TURNS.length]!;
    done[kind]++;
    if (kind === 'sensor') {
      const site = random.pick(sites);
      await sensors.get(site)!.kill('SIGKILL');
      sensors.set(site, await startSensor(site));
    } else if (kind === 'hub') {
      await hub.kill('SIGKILL');
      hub = await startHub();
    } else if (kind === 'node') {
      const node = random.below(NODES);
      await servers.killNode(node);
      await sleep(random.below(LONGEST_PAUSE_MS));
      servers.startNode(node);
    } else {
      const cut = links.filter(() => random.chance(0.6));
      for (const link of cut) link.cut();
      await sleep(2 * random.below(LONGEST_PAUSE_MS));
      for (const link of cut) link.mend();
    }
  }
  const killed = performance.now();
  const jsm = await jetstreamManager(await servers.connect(), { checkAPI: false });
  const counts: Record<string, { lines: number; lost: number; doubled: number }> = {};
  for (const site of sites) {
    const query = { last_by_subj: eventsSubject('example', site) };
    // Until its last packets are decided, a log grows.
    let length = -1;
    while (length !== textOf(site).length) {
      length = textOf(site).length;
      await sleep(1000);
    }
    // A sensor that still has packets to decide writes more meanwhile: both are read until neither is ahead.
    let [written, stored] = ['', ''];
    const isShipped = async (): Promise<boolean> => {
      const { last_by_subj: subject } = query;
      written = textOf(site);
      stored = await messagesOf(jsm, subject).catch(() => '');
      return stored === written && written === textOf(site);
    };
    await until(`all lines of ${site}`, isShipped, PATIENCE_MS).catch(() => undefined);
    const linesOf = (text: string): string[] => text.split('\n').slice(0, -1);
    const seen = linesOf(stored);
    const distinct = new Set(seen);
    counts[site] = {
      lines: seen.length,
      lost: linesOf(written).filter((line) => !distinct.has(line)).length,
      doubled: seen.length - distinct.size,
    };
    expect(counts[site]).toMatchObject({ lost: 0, doubled: 0 });
    expect(stored === written).toBe(true);
  }
  // The last minutes are shipped when the sensors are stopped, or by their next start.
  const own = (): Figures => Object.assign({}, ...sites.map((site) => figuresIn(path(`${site}.db`)))) as Figures;
  const isSame = (): boolean => JSON.stringify(figuresIn(path('hub/history.db'))) === JSON.stringify(own());
  await Promise.all([...sensors.values()].map((sensor) => sensor.kill('SIGTERM')));
  for (let rest = 0; rest < 10; rest++) {
    const isDone = await until('the hub has all', isSame, 5000).then(
      () => true,
      () => false,
    );
    if (isDone) break;
    const again = await Promise.all(sites.map(startSensor));
    await sleep(2000);
    await Promise.all(again.map((sensor) => sensor.kill('SIGTERM')));
  }
  const [total, ofSensors] = [figuresIn(path('hub/history.db')), own()];
  expect(total).toEqual(ofSensors);
  for (const site of sites) expect(total[site]!.decisions).toBeGreaterThan(0);
  for (const site of sites) {
    const keys = ['--log-keys', path(`${site}.key.pub`), '--nats', servers.urls[0]!];
    const { code, stdout, stderr } = await sluice(['verify', path(`${site}.jsonl`), ...keys]);
    expect([code, stderr], stdout).toEqual([0, '']);
  }
  await hub.kill();
  writeResult('fleet', SEED, (performance.now() - began) / 1000, {
    nodes: NODES,
    sensors: SENSORS,
    kills_and_cuts: done,
    seconds_of_kills: Math.round((killed - began) / 1000),
    lines: Object.values(counts).reduce((sum, { lines }) => sum + lines, 0),
    lost: Object.values(counts).reduce((sum, { lost }) => sum + lost, 0),
    doubled: Object.values(counts).reduce((sum, { doubled }) => sum + doubled, 0),
    hub: total,
    sensors_own: ofSensors,
  });
});
