/**
 * A fleet whose parts are killed with -9, and whose links are cut, at random moments: a cluster of three NATS nodes, real
 * daemons and a real hub. Each line of each sensor is in the stream once, the hub's figures are those of the sensors,
 * and each log verifies up to the heads that its sensor anchored.
 */
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import Database from 'libsql';
import type { JetStreamManager } from '@nats-io/jetstream';
import { jetstreamManager } from '@nats-io/jetstream';
import { afterAll, expect, it } from 'vitest';
import { EVENTS_STREAM, eventsSubject } from '../../src/fleet/subjects.ts';
import { lastEventOf } from '../../src/output/log/log-tail.ts';
import { makeKeyFiles } from '../../src/rules/signing-key.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers } from '../kit/nats-server.ts';
import { FILE_HEADER_LENGTH } from '../kit/pcap.mjs';
import { NetworkSpaces, type ProcessLink, relayedLink } from '../kit/process-link.ts';
import { SeededRandom } from '../kit/random.mjs';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningHub } from '../kit/running-hub.ts';
import { sluice } from '../cli/sluice.ts';
import { isShort, writeResult } from './proof-result.ts';

const SEED = 19;
const NODES = 3;
const SENSORS = isShort ? 2 : 10;
/** Kills and cuts together. */
const STEPS = isShort ? 10 : 424;
/** Conversations of each sensor in a step; each is two decisions. */
const CONVERSATIONS = isShort ? 40 : 260;
const FEWEST_LINES = isShort ? 1500 : 2_000_000;
/** The other kills hit a sensor at any moment, also while it starts. */
const SHARE_STARTED = isShort ? 1 : 0.7;
const LONGEST_PAUSE_MS = isShort ? 400 : 3000;
/** A cut is mended while kills go on. */
const LONGEST_CUT_MS = isShort ? 2000 : 15_000;
/** A log is verified after one of so many kills of its sensor, besides at the end. */
const VERIFY_EVERY = isShort ? 4 : 10;
/** Bytes that wait for a sensor, which are lost to it when it is killed. */
const MOST_WAITING = 1 << 20;
const START_US = 1_731_261_600_000_000;
/** Each step's packets come a minute after those of the step before. */
const STEP_US = 60e6;
const PATIENCE_MS = 240_000;
const ENDED_BY_SIGTERM = 143;

type Kind = 'sensor' | 'hub' | 'node' | 'cut';
const TURNS: readonly Kind[] = ['sensor', 'node', 'sensor', 'hub', 'sensor', 'cut', 'sensor', 'node'];

const folder = temporaryFolder();
const path = (...names: string[]): string => join(folder.path, ...names);
const random = new SeededRandom(SEED);
const sites = Array.from({ length: SENSORS }, (_, at) => `site-${at + 1}`);
const running: { kill: (signal: 'SIGKILL') => Promise<unknown> }[] = [];
let servers: NatsServers | null = null;
const spaces = NetworkSpaces.make();
const relays: { close: () => void }[] = [];
/** Sensors whose input has begun: a capture's header comes once. */
const hasHeader = new WeakSet<RunningDaemon>();
afterAll(async () => {
  await Promise.all(running.map((one) => one.kill('SIGKILL')));
  for (const relay of relays) relay.close();
  spaces?.remove();
  await servers?.stop();
  folder.remove();
});

const logOf = (site: string): string => path(site, 'decisions.jsonl');

/** The files of a log, in order. */
function filesOf(site: string): string[] {
  const segments = readdirSync(path(site)).filter((name) => /^decisions\.jsonl\..*\d{9}Z$/.test(name));
  return [...segments.sort().map((name) => path(site, name)), logOf(site)];
}

function textOf(site: string): string {
  return filesOf(site)
    .map((name) => readFileSync(name, 'utf8'))
    .join('');
}

function bytesOf(site: string): number {
  return filesOf(site).reduce((sum, name) => sum + statSync(name).size, 0);
}

async function linkTo(ports: readonly number[]): Promise<ProcessLink> {
  if (spaces !== null) return spaces.join(ports);
  const link = await relayedLink(ports);
  relays.push(link);
  return link;
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

/** Ten sensors, or two, and their hub, each with a link of its own. */
class Fleet {
  readonly sensors = new Map<string, RunningDaemon>();
  readonly links = new Map<string, ProcessLink>();
  /** Logs of processes that ended by themselves. */
  readonly failures: string[] = [];
  private hub!: RunningHub;

  async join(ports: readonly number[]): Promise<void> {
    for (const name of ['hub', ...sites]) this.links.set(name, await linkTo(ports));
    for (const site of sites) {
      mkdirSync(path(site));
      makeKeyFiles(path(site, 'key'));
      this.startSensor(site);
    }
    this.startHub();
    await this.started();
  }

  startSensor(site: string): void {
    const { command, servers } = this.links.get(site)!;
    const sensor = new RunningDaemon(
      [
        ...['-', '--isp', 'example', '--site', site, '--decisions', logOf(site), '--on-full', 'wait'],
        ...['--rotate-size', isShort ? '200kB' : '1MB', '--rotate-keep', '100000', '--log-key', path(site, 'key')],
        ...['--history', path(site, 'history.db'), '--state', path(site, 'state'), '--fleet', ...servers],
      ],
      { command },
    );
    this.sensors.set(site, sensor);
    running.push(sensor);
    void sensor.ended.then(({ code, signal }) => {
      if (signal !== 'SIGKILL' && code !== 0 && code !== ENDED_BY_SIGTERM) this.failures.push(`${site}: ${sensor.log}`);
    });
  }

  startHub(): void {
    const { command, servers } = this.links.get('hub')!;
    this.hub = new RunningHub(['--state', path('hub'), ...servers.flatMap((url) => ['--nats', url])], command);
    running.push(this.hub);
  }

  async started(): Promise<void> {
    for (const sensor of this.sensors.values()) await sensor.started(PATIENCE_MS);
    await this.hub.started();
  }

  async killSensor(site: string): Promise<void> {
    if (random.chance(SHARE_STARTED)) await this.sensors.get(site)!.started(PATIENCE_MS);
    await this.sensors.get(site)!.kill('SIGKILL');
  }

  async killHub(): Promise<void> {
    await this.hub.kill('SIGKILL');
  }

  /** The same packets for all sensors, except those that are far behind. */
  feed(records: Buffer): void {
    for (const sensor of this.sensors.values()) {
      const input = sensor.child.stdin!;
      if (input.writableLength > MOST_WAITING) continue;
      input.write(records.subarray(hasHeader.has(sensor) ? FILE_HEADER_LENGTH : 0));
      hasHeader.add(sensor);
    }
  }

  /** Cuts the links of some processes; resolves when they are mended. */
  async cut(): Promise<void> {
    const cut = [...this.links.values()].filter(() => random.chance(0.6));
    for (const link of cut) link.cut();
    await sleep(500 + random.below(LONGEST_CUT_MS));
    for (const link of cut) link.mend();
  }

  /** Lines of all logs, but for those that are just moved aside. */
  async lines(): Promise<number> {
    const counts = await Promise.all(sites.map((site) => lastEventOf(logOf(site)).catch(() => 0)));
    return counts.reduce((sum, lines) => sum + lines, 0);
  }
}

/** A log must be complete and unchanged, as far as it can be said. */
async function verify(site: string, ...more: readonly string[]): Promise<void> {
  const { code, stdout, stderr } = await sluice(['verify', logOf(site), '--log-keys', path(site, 'key.pub'), ...more]);
  expect([code, stderr], stdout).toEqual([0, '']);
}

it(`${STEPS} kills and cuts lose nothing and double nothing, and no log raises a false alarm`, async () => {
  const began = performance.now();
  if (spaces === null) process.stdout.write('not root: links are cut by relays, not by network namespaces\n');
  servers = await NatsServers.start(NODES, spaces?.host);
  await servers.addFleetStreams();
  const fleet = new Fleet();
  await fleet.join(servers.ports);
  const conversation = new Conversation('wireguard/handshake-only.pcap');
  let fed = 0;
  const feed = (): void => {
    const from = fed * CONVERSATIONS;
    fleet.feed(conversation.capture(from, from + CONVERSATIONS, START_US + fed++ * STEP_US, 1000));
  };
  const done: Record<Kind, number> = { sensor: 0, hub: 0, node: 0, cut: 0 };
  let verified = 0;
  let mended = Promise.resolve();
  for (let step = 0; step < STEPS; step++) {
    feed();
    await sleep(random.below(LONGEST_PAUSE_MS));
    const kind = TURNS[step % TURNS.length]!;
    done[kind]++;
    if (kind === 'sensor') {
      const site = random.pick(sites);
      await fleet.killSensor(site);
      if (done.sensor % VERIFY_EVERY === 0 && existsSync(logOf(site))) {
        await verify(site);
        verified++;
      }
      fleet.startSensor(site);
    } else if (kind === 'hub') {
      await fleet.killHub();
      fleet.startHub();
    } else if (kind === 'node') {
      const node = random.below(NODES);
      // A cluster of three keeps what it has acknowledged while one node at a time is away.
      await servers.caughtUp();
      await servers.killNode(node);
      await sleep(random.below(LONGEST_PAUSE_MS));
      servers.startNode(node);
    } else {
      await mended;
      mended = fleet.cut();
    }
    expect(fleet.failures).toEqual([]);
    if (step % 50 === 0) process.stdout.write(`${step} steps, ${await fleet.lines()} lines, ${seconds(began)} s\n`);
  }
  await mended;
  await fleet.started();
  const killed = performance.now();
  // The last batch of each sensor anchors a head.
  const hasEnough = async (): Promise<boolean> =>
    sites.every((site) => statSync(`${logOf(site)}.chain`).size > 0) && (await fleet.lines()) >= FEWEST_LINES;
  while (!(await hasEnough())) {
    feed();
    await sleep(200);
  }
  feed();
  const jsm = await jetstreamManager(await servers.connect(), { checkAPI: false });
  const counts: Record<string, { lines: number; lost: number; doubled: number }> = {};
  for (const site of sites) {
    // Until its last packets are decided, a log grows.
    for (let bytes = -1; bytes !== bytesOf(site);) {
      bytes = bytesOf(site);
      await sleep(1000);
    }
    // A sensor that still has packets to decide writes more meanwhile: both are read until neither is ahead.
    let [written, stored] = ['', ''];
    const isShipped = async (): Promise<boolean> => {
      written = textOf(site);
      stored = await messagesOf(jsm, eventsSubject('example', site)).catch(() => '');
      return stored === written && Buffer.byteLength(written) === bytesOf(site);
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
  const own = (): Figures => Object.assign({}, ...sites.map((site) => figuresIn(path(site, 'history.db')))) as Figures;
  const isSame = (): boolean => isDeepStrictEqual(figuresIn(path('hub', 'history.db')), own());
  const stop = (): Promise<unknown> => Promise.all([...fleet.sensors.values()].map((sensor) => sensor.kill('SIGTERM')));
  await stop();
  for (let rest = 0; rest < 10; rest++) {
    const isDone = await until('the hub has all', isSame, isShort ? 5000 : 20_000).then(
      () => true,
      () => false,
    );
    if (isDone) break;
    for (const site of sites) fleet.startSensor(site);
    await fleet.started();
    await sleep(2000);
    await stop();
  }
  const [total, ofSensors] = [figuresIn(path('hub', 'history.db')), own()];
  expect(total).toEqual(ofSensors);
  for (const site of sites) expect(total[site]!.decisions).toBeGreaterThan(0);
  for (const site of sites) await verify(site, '--nats', servers.urls[0]!);
  await fleet.killHub();
  expect(fleet.failures).toEqual([]);
  writeResult('fleet', SEED, seconds(began), {
    nodes: NODES,
    sensors: SENSORS,
    kills: done.sensor + done.hub + done.node,
    kills_of: { sensors: done.sensor, nodes: done.node, hub: done.hub },
    cuts: done.cut,
    links_cut_by: spaces === null ? 'relays' : 'network namespaces',
    seconds_of_kills: Math.round((killed - began) / 1000),
    lines: Object.values(counts).reduce((sum, { lines }) => sum + lines, 0),
    lost: Object.values(counts).reduce((sum, { lost }) => sum + lost, 0),
    doubled: Object.values(counts).reduce((sum, { doubled }) => sum + doubled, 0),
    logs_verified: verified + SENSORS,
    false_alarms: 0,
    hub: total,
    sensors_own: ofSensors,
  });
});

function seconds(since: number): number {
  return Math.round((performance.now() - since) / 1000);
}
