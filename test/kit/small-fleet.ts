/** A fleet under test: a NATS server, a hub, and sensors whose traffic of twenty minutes has been shipped. */
import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { Conversation } from './many-clients.ts';
import { NatsServers } from './nats-server.ts';
import { RunningDaemon, temporaryFolder, until } from './running-daemon.ts';
import { RunningHub } from './running-hub.ts';

const MINUTES = 20;

export interface SmallSensor {
  readonly isp: string;
  readonly site: string;
  readonly clients: number;
  /** Further arguments of its daemon. */
  readonly args?: readonly string[];
}

export class SmallFleet {
  readonly folder: ReturnType<typeof temporaryFolder>;
  readonly hub: RunningHub;
  readonly sensors: RunningDaemon[] = [];
  private readonly servers: NatsServers;

  private constructor(folder: ReturnType<typeof temporaryFolder>, servers: NatsServers, hub: RunningHub) {
    this.folder = folder;
    this.servers = servers;
    this.hub = hub;
  }

  /** `folder`: where the policy of each sensor is, by its site; the example policy is copied for those without. */
  static async start(folder: ReturnType<typeof temporaryFolder>, hubArgs: readonly string[] = []): Promise<SmallFleet> {
    const servers = await NatsServers.start(1);
    await servers.addFleetStreams();
    const state = ['--state', join(folder.path, 'hub'), '--nats', servers.urls[0]!];
    const hub = await new RunningHub([...state, ...hubArgs]).started();
    return new SmallFleet(folder, servers, hub);
  }

  path(name: string): string {
    return join(this.folder.path, name);
  }

  /** Begins a sensor, and has it read the traffic of so many clients up to now. */
  async add({ isp, site, clients, args }: SmallSensor): Promise<RunningDaemon> {
    const policy = this.path(`${site}.yaml`);
    if (args === undefined) copyFileSync('rules/policy.yaml', policy);
    const sensor = await new RunningDaemon([
      ...['-', '--isp', isp, '--site', site, '--link', 'north', '--decisions', this.path(`${site}.jsonl`)],
      ...['--policy', policy, '--registry', 'rules/registry.csv', ...(args ?? [])],
      ...['--fleet', this.servers.urls[0]!, '--state', this.path(site)],
    ]).started();
    this.sensors.push(sensor);
    const startUs = Date.now() * 1000 - MINUTES * 60e6;
    const traffic = new Conversation('wireguard/handshake-only.pcap');
    sensor.child.stdin!.write(traffic.capture(0, clients, startUs, (MINUTES * 60e6) / clients));
    await until('its packets are read', async () => (await sensor.metric('sluice_packets_total')) > 2 * clients);
    return sensor;
  }

  /**
   * Stops the sensors, which ship their last minute then, and waits until the hub has all. `get`: asks the hub, for one
   * with accounts.
   */
  async shipped(get = (path: string): Promise<string> => this.hub.get(path)): Promise<void> {
    await Promise.all(this.sensors.map((sensor) => sensor.kill()));
    const seen = async (): Promise<number> => {
      const { sensors } = JSON.parse(await get('/api/v1/sensors')) as { sensors: { rows: number }[] };
      return sensors.filter(({ rows }) => rows > MINUTES / 2).length;
    };
    await until('the hub has all', async () => (await seen()) === this.sensors.length, 30_000);
  }

  async stop(): Promise<void> {
    await this.hub.kill('SIGKILL');
    await Promise.all(this.sensors.map((sensor) => sensor.kill('SIGKILL')));
    await this.servers.stop();
    this.folder.remove();
  }
}
