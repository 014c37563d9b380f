/**
 * 10 November 2024 over ten sensors of one fleet: rules that cut everyone are in force on all of them. Where registered
 * users are among them, each sensor's own breaker trips before the first is hit, or the fleet's before that. Where not,
 * undisturbed, with the hub killed in the middle, and with a sensor cut off in the middle, all sensors together hit no
 * more clients than the fleet's limit, and each that is connected observes after the trip.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, describe, expect, it } from 'vitest';
import { CutLink } from '../kit/cut-link.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers } from '../kit/nats-server.ts';
import { FILE_HEADER_LENGTH } from '../kit/pcap.mjs';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningHub } from '../kit/running-hub.ts';
import { isShort, writeResult } from './proof-result.ts';

const SENSORS = isShort ? 3 : 10;
/** Clients of a sensor: one of ten is registered. */
const CLIENTS = isShort ? 300 : 1000;
const LIMIT = isShort ? 60 : 500;
/** A hub that is begun again lends after some seconds; the machine may do other things meanwhile. */
const PATIENCE_MS = 120_000;
const PART = 50;
/** 18:05 in Karachi. */
const START_US = 1_731_243_900_000_000;
const policy = (condition: string): string => `name: cuts-everyone
mode: enforce
rules:
  - { name: everyone, when: { ${condition} }, action: block }
safety: { window: 60s, max_clients_affected: 100000, max_share_affected: 100%, then: observe }
`;
const EVERYONE = policy('stage: confirmed');
const NOT_REGISTERED = policy('stage: confirmed, registered: none');

const began = performance.now();
const figures: Record<string, unknown> = {};
const conversation = new Conversation('wireguard/handshake.pcap', 12);

interface Sensor {
  readonly site: string;
  readonly first: number;
  readonly link: CutLink;
  readonly daemon: RunningDaemon;
}

/** A fleet of one form, in a folder of its own. */
class Fleet {
  readonly sensors: Sensor[] = [];
  hub!: RunningHub;
  private servers!: NatsServers;
  private readonly folder = temporaryFolder();
  private times = 0;

  async start(rules: string): Promise<void> {
    this.servers = await NatsServers.start(3);
    await this.servers.addFleetStreams();
    writeFileSync(this.path('policy.yaml'), rules);
    const registered = Array.from({ length: SENSORS * CLIENTS }, (_, client) => client).filter(isRegistered);
    const rows = registered.map((client) => `${addressOf(client)}/32,Example Company ${client},it,,,,OW-${client}\n`);
    const header = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
    writeFileSync(this.path('registry.csv'), header + rows.join(''));
    await this.startHub();
    for (let number = 0; number < SENSORS; number++) {
      const site = `site-${number}`;
      const link = await CutLink.to(this.servers.ports[number % 3]!);
      const daemon = new RunningDaemon([
        ...['-', '--isp', 'example', '--site', site, '--decisions', this.path(`${site}.jsonl`), '--fleet', link.url],
        ...['--policy', this.path('policy.yaml'), '--registry', this.path('registry.csv'), '--fleet-breaker'],
      ]);
      this.sensors.push({ site, first: number * CLIENTS, link, daemon: await daemon.started(PATIENCE_MS) });
      daemon.child.stdin!.write(conversation.header);
    }
    for (const { daemon } of this.sensors)
      await until(
        'there is a lease',
        async () => (await daemon.metric('sluice_fleet_lease_missing')) === 0,
        PATIENCE_MS,
      );
  }

  async startHub(): Promise<void> {
    const limit = ['--fleet-limit', `${LIMIT}/60s`];
    this.hub = await new RunningHub(['--state', this.path('hub'), '--nats', ...this.servers.urls, ...limit]).started();
  }

  /** A part of each sensor's clients talks; resolves when all of it is read. */
  async talk(from: number, until: number): Promise<void> {
    const startUs = START_US + this.times++ * 50_000;
    await Promise.all(this.sensors.map((sensor) => talk(sensor, from, until, startUs)));
  }

  hits(): Promise<number[]> {
    return Promise.all(this.sensors.map(({ daemon }) => daemon.metric('sluice_clients_affected')));
  }

  /** Registered users that were hit. */
  async registeredHits(): Promise<number> {
    const name = 'sluice_registered_hits_total';
    const of =
      (purpose: string) =>
      ({ daemon }: Sensor) =>
        daemon.metric(name, `outcome="done",on_purpose="${purpose}"`);
    const all = await Promise.all([...this.sensors.map(of('false')), ...this.sensors.map(of('true'))]);
    return all.reduce((total, hits) => total + hits, 0);
  }

  async stop(): Promise<void> {
    await Promise.all(this.sensors.map(({ daemon }) => daemon.kill('SIGKILL')));
    for (const { link } of this.sensors) link.close();
    await this.hub.kill('SIGKILL');
    await this.servers.stop();
    this.folder.remove();
  }

  private path(name: string): string {
    return join(this.folder.path, name);
  }
}

function isRegistered(client: number): boolean {
  return client % 10 === 3;
}

/** The address that the captures give a client. */
function addressOf(client: number): string {
  return `10.${client >> 16}.${(client >> 8) & 255}.${client & 255}`;
}

async function talk({ first, daemon }: Sensor, from: number, to: number, startUs: number): Promise<void> {
  const before = await daemon.metric('sluice_packets_total');
  const records = conversation.capture(first + from, first + to, startUs, 10);
  daemon.child.stdin!.write(records.subarray(FILE_HEADER_LENGTH));
  const packets = before + (to - from) * conversation.packets.length;
  await until('it is read', async () => (await daemon.metric('sluice_packets_total')) >= packets, PATIENCE_MS);
}

describe('10 November 2024, over a fleet', () => {
  let fleet = new Fleet();
  afterEach(async () => {
    await fleet.stop();
  });

  it('registered users are among those who are cut', async () => {
    fleet = new Fleet();
    await fleet.start(EVERYONE);
    for (let part = 0; part < CLIENTS; part += PART) await fleet.talk(part, part + PART);
    for (const { site, daemon } of fleet.sensors) {
      const is = async (metric: string): Promise<boolean> => (await daemon.metric(metric)) === 1;
      // A sensor whose lease was used up before its first registered user observes because the fleet has tripped.
      const observes = async (): Promise<boolean> =>
        (await is('sluice_breaker_tripped')) || (await is('sluice_fleet_breaker_tripped'));
      await until(`${site} observes`, observes);
    }
    await expectFewHits('registered users are among those who are cut');
  }, 600_000);

  it('nothing else happens', () => cutsAll('nothing else happens', () => Promise.resolve()), 600_000);

  it(
    'the hub is killed in the middle',
    () =>
      cutsAll('the hub is killed in the middle', async () => {
        await fleet.hub.kill('SIGKILL');
        await fleet.startHub();
      }),
    600_000,
  );

  it(
    'a sensor is cut off in the middle',
    () =>
      cutsAll('a sensor is cut off in the middle', (last) => {
        last.link.cut();
        return Promise.resolve();
      }),
    600_000,
  );

  /** All unregistered clients are cut, a part after the other, until the fleet's breaker trips. */
  async function cutsAll(form: string, inTheMiddle: (last: Sensor) => Promise<void>): Promise<void> {
    fleet = new Fleet();
    await fleet.start(NOT_REGISTERED);
    const last = fleet.sensors[SENSORS - 1]!;
    for (let part = 0; part < CLIENTS; part += PART) {
      await fleet.talk(part, part + PART);
      if (part === PART) await inTheMiddle(last);
    }
    const connected = form === 'a sensor is cut off in the middle' ? fleet.sensors.slice(0, -1) : fleet.sensors;
    const observes = async ({ daemon }: Sensor): Promise<boolean> =>
      (await daemon.metric('sluice_fleet_breaker_tripped')) === 1;
    const untilMs = performance.now() + PATIENCE_MS;
    while (performance.now() < untilMs && !(await observes(connected[0]!))) await fleet.talk(0, CLIENTS);
    for (const sensor of connected) await until(`${sensor.site} observes`, () => observes(sensor), PATIENCE_MS);
    await fleet.talk(0, CLIENTS);
    expect(await expectFewHits(form)).toBeGreaterThan(0);
  }

  /** No more clients are hit than the limit, and no registered one; how many. */
  async function expectFewHits(form: string): Promise<number> {
    const sum = (await fleet.hits()).reduce((total, clients) => total + clients, 0);
    const registered = await fleet.registeredHits();
    figures[form] = { clients: SENSORS * CLIENTS, limit: LIMIT, hit: sum, registered_hits: registered };
    expect(sum).toBeLessThanOrEqual(LIMIT);
    expect(registered).toBe(0);
    return sum;
  }

  afterAll(() => {
    // Nothing in it is random.
    writeResult('fleet-rehearsal', 0, (performance.now() - began) / 1000, { sensors: SENSORS, forms: figures });
  });
});
