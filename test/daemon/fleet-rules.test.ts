/** Rules of a fleet: a real NATS server, `sluice rules`, and real daemons that take bundles, or refuse them. */
import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { NO_NATS } from '../kit/nats-server.ts';
import { RuledFleet } from '../kit/ruled-fleet.ts';
import { type RunningDaemon, until } from '../kit/running-daemon.ts';
import { sluiceDone } from '../cli/sluice.ts';

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

const fleet = new RuledFleet(new Map(RINGS.map((ring) => [SITES[ring], ring])));
const sensorOf = (ring: Ring): RunningDaemon => fleet.sensors.get(SITES[ring])!;
const runs = (version: number, rings: readonly Ring[] = RINGS): Promise<void> =>
  fleet.runs(
    version,
    rings.map((ring) => SITES[ring]),
  );

/** A published bundle is refused by each sensor for this reason, and their rules stay. */
function refusedFor(reason: string, files: readonly string[]): Promise<void> {
  return refusedAfter(reason, () => fleet.refusalsOf(files));
}

async function refusedAfter(reason: string, refusals: () => Promise<unknown[]>): Promise<void> {
  const before = await fleet.rulesOf();
  expect(await refusals()).toEqual(RINGS.map(() => reason));
  for (const ring of RINGS) expect(await sensorOf(ring).metric('sluice_fleet_bundle_refused')).toBe(1);
  expect(await fleet.rulesOf()).toEqual(before);
}

beforeAll(async () => {
  if (NO_NATS === undefined) await fleet.start(POLICY, ROWS);
}, 120_000);
afterAll(() => fleet.stop());

describe.skipIf(NO_NATS !== undefined)(`the rules of a fleet${NO_NATS === undefined ? '' : `: ${NO_NATS}`}`, () => {
  it('a bundle with one signature of two changes nothing; with the second it is taken by all rings', async () => {
    const files = fleet.rulesIn('good', POLICY, [...ROWS, ADDED]);
    await fleet.bundle(files, 5, ['alice']);
    await refusedFor('signatures', files);
    await sluiceDone(['rules', 'bundle', ...files, '--key', fleet.path('carol')]);
    expect((await fleet.publish(files, ['--ring', 'every'])).code).toBe(0);
    await runs(5);
    const text = await sluiceDone(['rules', 'status', '--nats', fleet.servers.urls[0]!]);
    expect(text).toMatch(/ring canary +bundle 5, used by [01] of 1 sensors/);
    expect(await sensorOf('all').metric('sluice_registry_entries')).toBe(3);
  });

  it('a bundle reaches every sensor within seconds', async () => {
    const files = fleet.rulesIn('quick', POLICY, [...ROWS, ADDED, '10.9.0.0/24,Example Shop,other,,,,OW-9\n']);
    await fleet.bundle(files, 6, ['bob', 'carol'], ['--rollback-to', '5']);
    expect((await fleet.publish(files, ['--ring', 'every'])).code).toBe(0);
    const beganMs = performance.now();
    await runs(6);
    // The proof fleet-rules shows two seconds, on a machine that does nothing else.
    expect(performance.now() - beganMs).toBeLessThan(10_000);
  });

  it('a bundle that is older, expired, for others, or cut changes nothing', async () => {
    const both = ['alice', 'bob'];
    const rows = (row: string): readonly string[] => [...ROWS, ADDED, row];
    const older = fleet.rulesIn('older', POLICY, rows('10.9.1.0/24,A,it,,,,OW-a\n'));
    await fleet.bundle(older, 4, both);
    await refusedFor('older', older);
    const expired = fleet.rulesIn('expired', POLICY, rows('10.9.2.0/24,A,it,,,,OW-b\n'));
    await fleet.bundle(expired, 20, both, ['--expires', '2024-01-01T00:00:00Z']);
    await refusedFor('expired', expired);
    const others = fleet.rulesIn('others', POLICY, rows('10.9.3.0/24,A,it,,,,OW-c\n'));
    await fleet.bundle(others, 21, both, ['--isps', 'other,another']);
    await refusedFor('other-isp', others);
    const later = fleet.rulesIn('later', POLICY, rows('10.9.4.0/24,A,it,,,,OW-d\n'));
    await fleet.bundle(later, 22, both, ['--not-before', '2099-01-01T00:00:00Z']);
    await refusedFor('not-yet', later);
    const program = fleet.rulesIn('program', POLICY, rows('10.9.5.0/24,A,it,,,,OW-e\n'));
    await fleet.bundle(program, 23, both, ['--min-version', '99.0.0']);
    await refusedFor('program', program);
    const cut = fleet.rulesIn('cut', POLICY, rows('10.9.6.0/24,A,it,,,,OW-f\n'));
    await fleet.bundle(cut, 24, both);
    await fleet.bad.putCut('cut');
    await refusedFor('cut', cut);
  });

  it('a bundle that the fleet does not have, or not as the ring names it, or that is invalid changes nothing', async () => {
    const both = ['alice', 'bob'];
    const move = (name: string) => (): Promise<unknown[]> => fleet.refusalsAfter(() => fleet.bad.moveRings(name));
    await fleet.bundle(fleet.rulesIn('missing', POLICY, [...ROWS, ADDED, '10.9.7.0/24,A,it,,,,OW-g\n']), 25, both);
    await refusedAfter('missing', move('missing'));
    await fleet.bundle(fleet.rulesIn('garbled', POLICY, [...ROWS, ADDED, '10.9.8.0/24,A,it,,,,OW-h\n']), 26, both);
    await fleet.bad.putManifest('garbled', '{ "bundle": 1, "version": ');
    await refusedAfter('manifest', move('garbled'));
    await fleet.bundle(fleet.rulesIn('swapped', POLICY, [...ROWS, ADDED, '10.9.9.0/24,A,it,,,,OW-i\n']), 27, both);
    await fleet.bad.putManifest('swapped', readFileSync(fleet.path('good/registry.csv.bundle.json'), 'utf8'));
    await refusedAfter('manifest', move('swapped'));
    const invalid = fleet.rulesIn('invalid', POLICY, [...ROWS, ADDED]);
    await fleet.bundle(invalid, 28, both);
    fleet.bad.signInvalid('invalid', readFileSync(fleet.path('good/registry.csv'), 'utf8').replace('/25', '/33'), both);
    await refusedFor('invalid', invalid);
  });

  it("a desk's key alone may add registrations, and nothing else", async () => {
    const rows = [...ROWS, ADDED, '10.9.0.0/24,Example Shop,other,,,,OW-9\n'];
    const fewer = fleet.rulesIn('fewer', POLICY, rows.slice(1));
    await fleet.bundle(fewer, 30, ['desk']);
    await refusedFor('signatures', fewer);
    const policy = fleet.rulesIn('policy', POLICY.replace('block', 'throttle, rate: 1kB/s'), rows);
    await fleet.bundle(policy, 31, ['desk']);
    await refusedFor('signatures', policy);
    const more = fleet.rulesIn('more', POLICY, [...rows, '10.9.9.0/24,Example Mission,mission,,,,OW-10\n']);
    await fleet.bundle(more, 32, ['desk']);
    expect((await fleet.publish(more, ['--ring', 'every'])).code).toBe(0);
    await runs(32);
  });

  it('a pointer that no ring key signed moves nothing', async () => {
    const files = fleet.rulesIn('moved', POLICY, [...ROWS, ADDED]);
    await fleet.bundle(files, 33, ['alice', 'bob']);
    expect(await fleet.refusalsOf(files, 'desk')).toEqual(['pointer', 'pointer', 'pointer']);
    await runs(32);
  });

  it('a bundle without registrations is stopped at the canary, which returns; the other rings never run it', async () => {
    const good = fleet.rulesIn('base', POLICY, [...ROWS, ADDED, '10.7.0.0/24,Example Lab,it,,,,OW-11\n']);
    await fleet.bundle(good, 34, ['alice', 'bob']);
    expect((await fleet.publish(good, ['--ring', 'every'])).code).toBe(0);
    await runs(34);
    const traffic = new Conversation('wireguard/handshake-only.pcap').capture(0, CLIENTS, START_US, 100_000);
    for (const sensor of fleet.sensors.values()) sensor.child.stdin!.write(traffic);
    await until('the flows are decided', async () => (await sensorOf('all').metric('sluice_decisions_total')) > 0);
    const harmful = fleet.rulesIn('harmful', POLICY, []);
    await fleet.bundle(harmful, 35, ['alice', 'bob'], ['--rollback-to', '34']);
    const { code, stdout } = await fleet.publish(harmful, ['--soak', '5s', '--most-newly-hit', '1000']);
    expect(stdout).toContain('clients whose registration the bundle takes away');
    expect(stdout).toContain('ring canary: returns to bundle 34');
    expect(code).toBe(1);
    await runs(34, ['canary']);
    for (const ring of ['tenth', 'all'] as const)
      expect(
        sensorOf(ring)
          .logged('a bundle of the fleet is used')
          .map(({ bundle: version }) => version),
      ).not.toContain(35);
  });

  it('a good bundle goes through the rings after its soak', async () => {
    const files = fleet.rulesIn('soaked', POLICY, [
      ...ROWS,
      ADDED,
      '10.7.0.0/24,Example Lab,it,,,,OW-11\n',
      '10.8.0.0/24,B,it,,,,OW-12\n',
    ]);
    await fleet.bundle(files, 36, ['alice', 'bob'], ['--rollback-to', '34']);
    const { code, stdout, stderr } = await fleet.publish(files, ['--soak', '1s']);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout.match(/did no harm/g)).toHaveLength(3);
    await runs(36);
  });

  it('a sensor that is killed, and begun again without the fleet, keeps the bundle; rollback returns all rings', async () => {
    await fleet.servers.killNode(0);
    await sensorOf('all').kill('SIGKILL');
    await fleet.startSensor(SITES.all);
    expect(await fleet.versionOf(SITES.all)).toBe(36);
    expect(await sensorOf('all').metric('sluice_registry_entries')).toBe(5);
    fleet.servers.startNode(0);
    await until('the fleet is back', async () => (await sensorOf('all').metric('sluice_fleet_connected')) === 1);
    await sluiceDone(['rules', 'rollback', '--ring-key', fleet.path('ops'), '--nats', fleet.servers.urls[0]!]);
    await runs(34);
  });
});
