/** Sensors of a fleet in its rings, with keys of all kinds, and bundles of rules for them, by the commands of a user. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Ring } from '../../src/fleet/rules/ring-pointer.ts';
import { type Ended, sluice, sluiceDone } from '../cli/sluice.ts';
import { BadBundles } from './bad-bundles.ts';
import { NatsServers } from './nats-server.ts';
import { RunningDaemon, temporaryFolder, until } from './running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const REFUSAL = 'a bundle of the fleet changes nothing';

export class RuledFleet {
  readonly sensors = new Map<string, RunningDaemon>();
  servers!: NatsServers;
  private readonly rings: ReadonlyMap<string, Ring>;
  private readonly folder = temporaryFolder();

  /** `rings`: the ring of each site. */
  constructor(rings: ReadonlyMap<string, Ring>) {
    this.rings = rings;
  }

  /** Starts one server and the sensors, which begin with these rules. */
  async start(policy: string, rows: readonly string[]): Promise<void> {
    this.servers = await NatsServers.start(1);
    await this.servers.addFleetStreams();
    for (const name of ['alice', 'bob', 'carol', 'ops', 'desk']) await sluiceDone(['rules', 'keygen', this.path(name)]);
    const own = this.rulesIn('own', policy, rows);
    for (const key of ['alice', 'bob']) await sluiceDone(['rules', 'sign', ...own, '--key', this.path(key)]);
    for (const site of this.rings.keys()) await this.startSensor(site);
  }

  async startSensor(site: string): Promise<void> {
    const { path, servers } = this;
    const sensor = new RunningDaemon([
      ...['-', '--isp', 'example', '--site', site, '--policy', path('own/policy.yaml')],
      ...[
        '--registry',
        path('own/registry.csv'),
        '--decisions',
        path(`${site}.jsonl`),
        '--state',
        path(`state-${site}`),
      ],
      ...['--fleet', servers.urls[0]!, '--fleet-rules', this.rings.get(site)!, '--require-signatures', '2'],
      ...['--rules-keys', ...['alice', 'bob', 'carol'].map((name) => path(`${name}.pub`))],
      ...['--ring-keys', path('ops.pub'), '--desk-keys', path('desk.pub')],
    ]);
    this.sensors.set(site, sensor);
    await sensor.started(60_000);
  }

  async stop(): Promise<void> {
    await Promise.all([...this.sensors.values()].map((sensor) => sensor.kill('SIGKILL')));
    await (this.servers as NatsServers | undefined)?.stop();
    this.folder.remove();
  }

  readonly path = (name: string): string => join(this.folder.path, name);

  /** Writes the files of a bundle; the arguments of a command that names them. */
  rulesIn(name: string, policy: string, rows: readonly string[]): readonly string[] {
    mkdirSync(this.path(name), { recursive: true });
    writeFileSync(this.path(`${name}/policy.yaml`), policy);
    writeFileSync(this.path(`${name}/registry.csv`), HEADER + rows.join(''));
    return ['--policy', this.path(`${name}/policy.yaml`), '--registry', this.path(`${name}/registry.csv`)];
  }

  async bundle(
    files: readonly string[],
    version: number,
    keys: readonly string[],
    more: readonly string[] = [],
  ): Promise<void> {
    const named = ['--bundle-version', `${version}`, ...more];
    for (const [at, key] of keys.entries())
      await sluiceDone(['rules', 'bundle', ...files, ...(at === 0 ? named : []), '--key', this.path(key)]);
  }

  /** `ringKey`: which key moves the rings. */
  publish(files: readonly string[], more: readonly string[], ringKey = 'ops'): Promise<Ended> {
    const nats = ['--nats', this.servers.urls[0]!];
    return sluice(['rules', 'publish', ...files, '--ring-key', this.path(ringKey), ...nats, ...more]);
  }

  versionOf(site: string): Promise<number> {
    return this.sensors.get(site)!.metric('sluice_fleet_bundle_version');
  }

  /** Resolves when these sensors run a bundle; all of them by default. */
  async runs(version: number, sites: Iterable<string> = this.sensors.keys()): Promise<void> {
    for (const site of sites)
      await until(`${site} runs bundle ${version}`, async () => (await this.versionOf(site)) === version, 30_000);
  }

  /** SHA-256 of the rules of each sensor. */
  rulesOf(): Promise<unknown[]> {
    return Promise.all(
      [...this.sensors.values()].map(
        async (sensor) => ((await sensor.ask('status')) as { rules: { sha256: string } }).rules.sha256,
      ),
    );
  }

  get bad(): BadBundles {
    return new BadBundles(this.servers, this.path);
  }

  /** Publishes to all rings; resolves to each sensor's reason to refuse that, once all have. */
  refusalsOf(files: readonly string[], ringKey = 'ops'): Promise<unknown[]> {
    return this.refusalsAfter(async () => {
      const { code, stderr } = await this.publish(files, ['--ring', 'every'], ringKey);
      if (code !== 0 || stderr !== '') throw new Error(`rules publish: ${stderr}`);
    });
  }

  /** Each sensor's reason to refuse what `move` does, once all have refused it. */
  async refusalsAfter(move: () => Promise<void>): Promise<unknown[]> {
    const sensors = [...this.sensors.values()];
    const refusals = (sensor: RunningDaemon): Record<string, unknown>[] => sensor.logged(REFUSAL);
    const before = sensors.map((sensor) => refusals(sensor).length);
    await move();
    for (const [at, sensor] of sensors.entries())
      await until('a sensor refuses the bundle', () => refusals(sensor).length > before[at]!, 30_000);
    return sensors.map((sensor) => refusals(sensor).at(-1)!.reason);
  }
}
