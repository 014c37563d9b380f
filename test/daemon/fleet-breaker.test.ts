/**
 * One breaker for a fleet: a real NATS server, a hub that lends its limit, and daemons that enforce a rule which would
 * cut everyone, while a link is cut and the hub is killed. All of them together hit no more clients than the limit.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBreakerState } from '../../src/fleet/breaker/lease-message.ts';
import { sluice } from '../cli/sluice.ts';
import { CutLink } from '../kit/cut-link.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { FILE_HEADER_LENGTH } from '../kit/pcap.mjs';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { RunningHub } from '../kit/running-hub.ts';

const LIMIT = 60;
const SITES = ['lahore-1', 'karachi-2', 'quetta-3'] as const;
type Site = (typeof SITES)[number];
const FIRST_CLIENTS = 4;
const ALL_CLIENTS = 200;
const START_US = 1_731_261_600_000_000;
const POLICY = `name: cuts-everyone
mode: enforce
rules:
  - { name: everyone, when: { stage: confirmed }, action: block }
safety: { window: 60s, max_clients_affected: 100000, max_share_affected: 100%, then: observe }
`;

const folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
const conversation = new Conversation('wireguard/handshake.pcap', 12);
const sensors = new Map<Site, RunningDaemon>();
const links = new Map<Site, CutLink>();
let servers: NatsServers;
let hub: RunningHub;
let times = 0;

const startHub = (): Promise<RunningHub> =>
  new RunningHub(['--state', path('hub'), '--nats', servers.urls[0]!, '--fleet-limit', `${LIMIT}/60s`]).started();

beforeAll(async () => {
  if (NO_NATS !== undefined) return;
  servers = await NatsServers.start(1);
  await servers.addFleetStreams();
  writeFileSync(path('policy.yaml'), POLICY);
  writeFileSync(path('registry.csv'), 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
  for (const site of SITES) {
    const link = await CutLink.to(servers.ports[0]!);
    links.set(site, link);
    const sensor = new RunningDaemon([
      ...['-', '--isp', 'example', '--site', site, '--decisions', path(`${site}.jsonl`), '--fleet', link.url],
      ...['--policy', path('policy.yaml'), '--registry', path('registry.csv'), '--fleet-breaker'],
    ]);
    sensors.set(site, await sensor.started());
    sensor.child.stdin!.write(conversation.header);
  }
}, 90_000);
afterAll(async () => {
  await Promise.all([...sensors.values()].map((sensor) => sensor.kill('SIGKILL')));
  for (const link of links.values()) link.close();
  await (hub as RunningHub | undefined)?.kill('SIGKILL');
  if (NO_NATS === undefined) await servers.stop();
  folder.remove();
});

/** Clients of a site talk, once more; resolves when the sensor has read it. */
async function talk(site: Site, clients: number): Promise<void> {
  const first = SITES.indexOf(site) * 1000;
  const sensor = sensors.get(site)!;
  const before = await sensor.metric('sluice_packets_total');
  const records = conversation.capture(first, first + clients, START_US + times++ * 100_000, 10);
  sensor.child.stdin!.write(records.subarray(FILE_HEADER_LENGTH));
  const packets = before + clients * conversation.packets.length;
  await until('the packets are read', async () => (await sensor.metric('sluice_packets_total')) >= packets);
}

const hits = (site: Site): Promise<number> => sensors.get(site)!.metric('sluice_clients_affected');
const is = (site: Site, name: string): Promise<boolean> =>
  sensors
    .get(site)!
    .metric(name)
    .then((value) => value === 1);

describe.skipIf(NO_NATS !== undefined)(`the breaker of a fleet${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('hits no client before there is a lease, though the rules enforce', async () => {
    for (const site of SITES) await talk(site, FIRST_CLIENTS);
    for (const site of SITES) {
      expect(await hits(site)).toBe(0);
      expect(await is(site, 'sluice_fleet_lease_missing')).toBe(true);
    }
    const { code, stderr } = await sluice(['hub', 'breaker', '--nats', servers.urls[0]!]);
    expect([code, stderr]).toEqual([1, expect.stringContaining('no hub lends the limits of the fleet')]);
  }, 60_000);

  it('hits clients within its leases; a sensor that is cut off goes on for its lease, and then observes', async () => {
    hub = await startHub();
    for (const site of SITES)
      await until('there is a lease', async () => !(await is(site, 'sluice_fleet_lease_missing')));
    // Nothing is hit between a request and its answer; a client that talks again is hit then.
    for (const site of SITES)
      await until('its clients are hit', async () => {
        await talk(site, FIRST_CLIENTS);
        return (await hits(site)) === FIRST_CLIENTS;
      });
    links.get('lahore-1')!.cut();
    await talk('lahore-1', ALL_CLIENTS);
    const mostCut = await hits('lahore-1');
    // A hub that is killed meanwhile goes on with what is kept; another one waits until it no longer writes.
    await hub.kill('SIGKILL');
    hub = await startHub();
    await until('the lease has ended', () => is('lahore-1', 'sluice_fleet_lease_missing'), 20_000);
    await talk('lahore-1', ALL_CLIENTS);
    expect(await hits('lahore-1')).toBeLessThanOrEqual(mostCut);
    expect(mostCut).toBeLessThan(LIMIT);
    await until('the others have a lease', async () => !(await is('quetta-3', 'sluice_fleet_lease_missing')));
  }, 90_000);

  it('trips on every sensor within three seconds, and all together have hit no more than the limit', async () => {
    const tripped = 'sluice_fleet_breaker_tripped';
    for (let round = 0; round < 10 && !(await is('quetta-3', tripped)); round++)
      await Promise.all((['karachi-2', 'quetta-3'] as const).map((site) => talk(site, ALL_CLIENTS)));
    for (const site of ['karachi-2', 'quetta-3'] as const) await until(`${site} observes`, () => is(site, tripped));
    const timeOf = (log: string): number =>
      Date.parse((JSON.parse(log.split('\n').find((line) => line.includes('has tripped'))!) as { time: string }).time);
    for (const site of ['karachi-2', 'quetta-3'] as const)
      expect(timeOf(sensors.get(site)!.log) - timeOf(hub.log)).toBeLessThan(3000);
    links.get('lahore-1')!.mend();
    await until('the sensor that was cut off observes too', () => is('lahore-1', tripped), 30_000);
    for (const site of SITES) await talk(site, ALL_CLIENTS);
    const all = await Promise.all(SITES.map(hits));
    const sum = all.reduce((total, clients) => total + clients, 0);
    expect(sum).toBeLessThanOrEqual(LIMIT);
    expect(sum).toBeGreaterThan(3 * FIRST_CLIENTS);
    expect(await hub.get('/metrics')).toContain('sluice_hub_breaker_tripped 1');
  }, 90_000);

  it('is shown and reset by an operator', async () => {
    const ask = (...args: readonly string[]) => sluice(['hub', 'breaker', '--nats', servers.urls[0]!, ...args]);
    expect((await ask()).stdout).toContain('60/60s is the limit');
    const state = parseBreakerState(Buffer.from((await ask('--json', '--reset', 'the rule is gone')).stdout))!;
    expect(state).toMatchObject({ trip: null, limits: [{ limit: '60/60s', clients: LIMIT }] });
    for (const site of SITES) await until('it enforces', async () => !(await is(site, 'sluice_fleet_lease_missing')));
    expect(sensors.get('lahore-1')!.logged("the fleet's breaker was reset")).toHaveLength(1);
  }, 60_000);
});
