/** Rules of a fleet: a real NATS server, `sluice rules`, and real daemons that take bundles, or refuse them. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseBundle } from '../../src/fleet/rules/bundle.ts';
import { chunkSubject, digestOf, factsSubject, partName, RULES_BUCKET } from '../../src/fleet/rules/rule-buckets.ts';
import { Conversation } from '../kit/many-clients.ts';
import { NatsServers, NO_NATS } from '../kit/nats-server.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { sluice, sluiceDone } from '../cli/sluice.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const ROWS = ['10.0.0.0/25,Example Bank,bank,,,,OW-1\n', '10.0.0.128/25,Example Software,it,,,,OW-2\n'];
const ADDED = '10.0.1.0/25,Example Calls,call-centre,,,,OW-3\n';
/** Only mode observe and a guard that lets registrations go let a harmful bundle reach the soak. */
const POLICY = `name: fleet
mode: observe
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: unregistered, when: { stage: confirmed }, action: block }
safety:
  guard: { registrations: 100% }
`;
const CLIENTS = 300;
const START_US = 1_731_261_600_000_000;
const SITES = { canary: 'lahore-1', tenth: 'karachi-2', all: 'quetta-3' } as const;
type Ring = keyof typeof SITES;
const RINGS = Object.keys(SITES) as Ring[];

const folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
const sensors = new Map<Ring, RunningDaemon>();
let servers: NatsServers;

const start = (ring: Ring): Promise<RunningDaemon> =>
  new RunningDaemon([
    ...['-', '--isp', 'example', '--site', SITES[ring], '--policy', path('own/policy.yaml')],
    ...['--registry', path('own/registry.csv'), '--decisions', path(`${ring}.jsonl`), '--state', path(`state-${ring}`)],
    ...['--fleet', servers.urls[0]!, '--fleet-rules', ring, '--require-signatures', '2'],
    ...['--rules-keys', ...['alice', 'bob', 'carol'].map((name) => path(`${name}.pub`))],
    ...['--ring-keys', path('ops.pub'), '--desk-keys', path('desk.pub')],
  ]).started();

/** Writes the files of a bundle; the arguments of a command that names them. */
function rulesIn(name: string, policy: string, rows: readonly string[]): readonly string[] {
  mkdirSync(path(name), { recursive: true });
  writeFileSync(path(`${name}/policy.yaml`), policy);
  writeFileSync(path(`${name}/registry.csv`), HEADER + rows.join(''));
  return ['--policy', path(`${name}/policy.yaml`), '--registry', path(`${name}/registry.csv`)];
}

async function bundle(
  files: readonly string[],
  version: number,
  keys: readonly string[],
  more: readonly string[] = [],
) {
  const named = ['--bundle-version', `${version}`, ...more];
  for (const [at, key] of keys.entries())
    await sluiceDone(['rules', 'bundle', ...files, ...(at === 0 ? named : []), '--key', path(key)]);
}

const publish = (files: readonly string[], ...more: readonly string[]) =>
  sluice(['rules', 'publish', ...files, '--ring-key', path('ops'), '--nats', servers.urls[0]!, ...more]);
const versionOf = (ring: Ring): Promise<number> => sensors.get(ring)!.metric('sluice_fleet_bundle_version');
const rulesOf = async (ring: Ring): Promise<unknown> =>
  ((await sensors.get(ring)!.ask('status')) as { rules: { sha256: string } }).rules.sha256;
const runs = (version: number, rings: readonly Ring[] = RINGS, ms = 15_000): Promise<unknown> =>
  Promise.all(
    rings.map((ring) => until(`${ring} runs bundle ${version}`, async () => (await versionOf(ring)) === version, ms)),
  );

/** A published bundle is refused by each sensor for this reason, and their rules stay. */
async function refusedFor(reason: string, files: readonly string[]): Promise<void> {
  const before = await Promise.all(RINGS.map(rulesOf));
  const refusals = RINGS.map((ring) => sensors.get(ring)!.logged('a bundle of the fleet changes nothing').length);
  const { code, stderr } = await publish(files, '--ring', 'every');
  expect([code, stderr]).toEqual([0, '']);
  for (const [at, ring] of RINGS.entries()) {
    const sensor = sensors.get(ring)!;
    const logged = (): Record<string, unknown>[] => sensor.logged('a bundle of the fleet changes nothing');
    await until(`${ring} refuses (${reason})`, () => logged().length > refusals[at]!);
    expect(logged().at(-1)).toMatchObject({ reason });
    expect(await sensor.metric('sluice_fleet_bundle_refused')).toBe(1);
  }
  expect(await Promise.all(RINGS.map(rulesOf))).toEqual(before);
}

beforeAll(async () => {
  if (NO_NATS !== undefined) return;
  servers = await NatsServers.start(1);
  await servers.addFleetStreams();
  for (const name of ['alice', 'bob', 'carol', 'ops', 'desk']) await sluiceDone(['rules', 'keygen', path(name)]);
  const own = rulesIn('own', POLICY, ROWS);
  for (const key of ['alice', 'bob']) await sluiceDone(['rules', 'sign', ...own, '--key', path(key)]);
  for (const ring of RINGS) sensors.set(ring, await start(ring));
}, 120_000);
afterAll(async () => {
  await Promise.all([...sensors.values()].map((sensor) => sensor.kill('SIGKILL')));
  if (NO_NATS === undefined) await servers.stop();
  folder.remove();
});

describe.skipIf(NO_NATS !== undefined)(`the rules of a fleet${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('a bundle with one signature of two changes nothing; with the second it is taken by all rings', async () => {
    const files = rulesIn('good', POLICY, [...ROWS, ADDED]);
    await bundle(files, 5, ['alice']);
    await refusedFor('signatures', files);
    await sluiceDone(['rules', 'bundle', ...files, '--key', path('carol')]);
    expect((await publish(files, '--ring', 'every')).code).toBe(0);
    await runs(5);
    const text = await sluiceDone(['rules', 'status', '--nats', servers.urls[0]!]);
    expect(text).toMatch(/ring canary +bundle 5, used by [01] of 1 sensors/);
    expect(await sensors.get('all')!.metric('sluice_registry_entries')).toBe(3);
  });

  it('a bundle reaches every sensor in under 2 s', async () => {
    const files = rulesIn('quick', POLICY, [...ROWS, ADDED, '10.9.0.0/24,Example Shop,other,,,,OW-9\n']);
    await bundle(files, 6, ['bob', 'carol'], ['--rollback-to', '5']);
    expect((await publish(files, '--ring', 'every')).code).toBe(0);
    const beganMs = performance.now();
    await runs(6);
    expect(performance.now() - beganMs).toBeLessThan(2000);
  });

  it('a bundle that is older, expired, for others, cut or invalid changes nothing', async () => {
    const both = ['alice', 'bob'];
    const rows = (row: string): readonly string[] => [...ROWS, ADDED, row];
    const older = rulesIn('older', POLICY, rows('10.9.1.0/24,A,it,,,,OW-a\n'));
    await bundle(older, 4, both);
    await refusedFor('older', older);
    const expired = rulesIn('expired', POLICY, rows('10.9.2.0/24,A,it,,,,OW-b\n'));
    await bundle(expired, 20, both, ['--expires', '2024-01-01T00:00:00Z']);
    await refusedFor('expired', expired);
    const others = rulesIn('others', POLICY, rows('10.9.3.0/24,A,it,,,,OW-c\n'));
    await bundle(others, 21, both, ['--isps', 'other,another']);
    await refusedFor('other-isp', others);
    const later = rulesIn('later', POLICY, rows('10.9.4.0/24,A,it,,,,OW-d\n'));
    await bundle(later, 22, both, ['--not-before', '2099-01-01T00:00:00Z']);
    await refusedFor('not-yet', later);
    const program = rulesIn('program', POLICY, rows('10.9.5.0/24,A,it,,,,OW-e\n'));
    await bundle(program, 23, both, ['--min-version', '99.0.0']);
    await refusedFor('program', program);
    const cut = rulesIn('cut', POLICY, rows('10.9.6.0/24,A,it,,,,OW-f\n'));
    await bundle(cut, 24, both);
    await putCut('cut');
    await refusedFor('cut', cut);
  });

  it("a desk's key alone may add registrations, and nothing else", async () => {
    const rows = [...ROWS, ADDED, '10.9.0.0/24,Example Shop,other,,,,OW-9\n'];
    const fewer = rulesIn('fewer', POLICY, rows.slice(1));
    await bundle(fewer, 30, ['desk']);
    await refusedFor('signatures', fewer);
    const policy = rulesIn('policy', POLICY.replace('block', 'throttle, rate: 1kB/s'), rows);
    await bundle(policy, 31, ['desk']);
    await refusedFor('signatures', policy);
    const more = rulesIn('more', POLICY, [...rows, '10.9.9.0/24,Example Mission,mission,,,,OW-10\n']);
    await bundle(more, 32, ['desk']);
    expect((await publish(more, '--ring', 'every')).code).toBe(0);
    await runs(32);
  });

  it('a pointer that no ring key signed moves nothing', async () => {
    const files = rulesIn('moved', POLICY, [...ROWS, ADDED]);
    await bundle(files, 33, ['alice', 'bob']);
    const { code } = await sluice([
      ...['rules', 'publish', ...files, '--ring-key', path('desk'), '--nats', servers.urls[0]!, '--ring', 'every'],
    ]);
    expect(code).toBe(0);
    await until('it is refused', async () => (await sensors.get('all')!.metric('sluice_fleet_bundle_refused')) === 1);
    expect(sensors.get('all')!.logged('a bundle of the fleet changes nothing').at(-1)).toMatchObject({
      reason: 'pointer',
    });
    expect(await Promise.all(RINGS.map(versionOf))).toEqual([32, 32, 32]);
  });

  it('a bundle without registrations is stopped at the canary, which returns; the other rings never run it', async () => {
    const good = rulesIn('base', POLICY, [...ROWS, ADDED, '10.7.0.0/24,Example Lab,it,,,,OW-11\n']);
    await bundle(good, 34, ['alice', 'bob']);
    expect((await publish(good, '--ring', 'every')).code).toBe(0);
    await runs(34);
    const traffic = new Conversation('wireguard/handshake-only.pcap').capture(0, CLIENTS, START_US, 100_000);
    for (const sensor of sensors.values()) sensor.child.stdin!.write(traffic);
    await until('the flows are decided', async () => (await sensors.get('all')!.metric('sluice_decisions_total')) > 0);
    const harmful = rulesIn('harmful', POLICY, []);
    await bundle(harmful, 35, ['alice', 'bob'], ['--rollback-to', '34']);
    const { code, stdout } = await publish(harmful, '--soak', '5s', '--most-newly-hit', '1000');
    expect(stdout).toContain('clients whose registration the bundle takes away');
    expect(stdout).toContain('ring canary: returns to bundle 34');
    expect(code).toBe(1);
    await runs(34, ['canary']);
    for (const ring of ['tenth', 'all'] as const)
      expect(
        sensors
          .get(ring)!
          .logged('a bundle of the fleet is used')
          .map(({ bundle: version }) => version),
      ).not.toContain(35);
  });

  it('a good bundle goes through the rings after its soak', async () => {
    const files = rulesIn('soaked', POLICY, [
      ...ROWS,
      ADDED,
      '10.7.0.0/24,Example Lab,it,,,,OW-11\n',
      '10.8.0.0/24,B,it,,,,OW-12\n',
    ]);
    await bundle(files, 36, ['alice', 'bob'], ['--rollback-to', '34']);
    const { code, stdout, stderr } = await publish(files, '--soak', '1s');
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/did no harm/g)).toHaveLength(3);
    await runs(36);
  });

  it('a sensor that is killed, and begun again without the fleet, keeps the bundle; rollback returns all rings', async () => {
    await servers.killNode(0);
    await sensors.get('all')!.kill('SIGKILL');
    sensors.set('all', await start('all'));
    expect(await versionOf('all')).toBe(36);
    expect(await sensors.get('all')!.metric('sluice_registry_entries')).toBe(5);
    servers.startNode(0);
    await until('the fleet is back', async () => (await sensors.get('all')!.metric('sluice_fleet_connected')) === 1);
    await sluiceDone(['rules', 'rollback', '--ring-key', path('ops'), '--nats', servers.urls[0]!]);
    await runs(34);
  });
});

/** Puts a registry of which a part is missing in place of the whole one. */
async function putCut(name: string): Promise<void> {
  const { readFileSync } = await import('node:fs');
  const { bundle: manifest } = parseBundle(readFileSync(path(`${name}/registry.csv.bundle.json`)));
  const bytes = readFileSync(path(`${name}/registry.csv`));
  const connection = await servers.connect();
  const facts = { name: partName('registry', manifest!.registry.sha256), bucket: RULES_BUCKET, nuid: 'cut1' };
  const object = { ...facts, size: bytes.length, chunks: 1, digest: digestOf(bytes) };
  await connection.request(chunkSubject('cut1'), bytes.subarray(0, -20));
  await connection.request(factsSubject(facts.name), JSON.stringify(object));
  await connection.close();
}
