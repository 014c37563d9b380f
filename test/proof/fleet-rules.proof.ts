/**
 * Bundles of rules for ten sensors of a fleet: a good one reaches all of them in under two seconds, a bad one of each
 * kind is refused by all of them, and a harmful one returns by itself from the canary and hits no registered user.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { jetstreamManager } from '@nats-io/jetstream';
import { REFUSALS } from '../../src/fleet/rules/bundle-check.ts';
import { RINGS, type Ring } from '../../src/fleet/rules/ring-pointer.ts';
import { RINGS_STREAM, ringSubject } from '../../src/fleet/rules/rule-buckets.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RuledFleet } from '../kit/ruled-fleet.ts';
import { until } from '../kit/running-daemon.ts';
import { isShort, writeResult } from './proof-result.ts';

const SENSORS = isShort ? 3 : 10;
const GOOD_BUNDLES = isShort ? 1 : 5;
const CLIENTS = 300;
const START_US = 1_731_261_600_000_000;
/** The short form runs on machines that do other things meanwhile. */
const LIMIT_MS = isShort ? 15_000 : 2000;
/** The clients of the traffic, 10.0.0.0 and up, are registered. */
const ROWS = [
  '10.0.0.0/25,Example Bank,bank,,,,OW-1\n',
  '10.0.0.128/25,Example Software,it,,,,OW-2\n',
  '10.0.1.0/25,Example Calls,call-centre,,,,OW-3\n',
];
const POLICY = `name: fleet
mode: observe
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: unregistered, when: { stage: confirmed }, action: block }
safety:
  guard: { registrations: 10% }
`;
/** Only mode observe, and a guard that lets registrations go, let a harmful bundle reach the soak. */
const UNGUARDED = POLICY.replace('10%', '100%');

/** A registry that no sensor can read: one prefix has host bits, and one is no address. */
const INVALID =
  'prefix,holder,sector,protocols,valid_from,valid_until,reference\n' +
  '10.0.0.1/25,Example Bank,bank,,,,OW-1\nten,Example Software,it,,,,OW-2\n';

const sites = Array.from({ length: SENSORS }, (_, at) => `site-${at + 1}`);
const ringOf = (at: number): Ring => (at === 0 ? 'canary' : at === 1 ? 'tenth' : 'all');
const fleet = new RuledFleet(new Map(sites.map((site, at) => [site, ringOf(at)])));
const began = performance.now();
let version = 1;
const added: string[] = [];
const reachedMs: number[] = [];
const refused: Record<string, number> = {};
let harmful: Record<string, unknown> = {};
let isDone = false;

/** The files of one more bundle, signed by these keys, with one row more than the bundle before. */
async function next(
  { policy = POLICY, rows = ROWS }: { readonly policy?: string; readonly rows?: readonly string[] },
  more: readonly string[] = [],
  keys: readonly string[] = ['alice', 'bob'],
): Promise<readonly string[]> {
  version++;
  added.push(`10.200.${added.length}.0/24,Holder ${added.length},it,,,,OW-b${added.length}\n`);
  const files = fleet.rulesIn(`bundle-${version}`, policy, rows.length === 0 ? [] : [...rows, ...added]);
  await fleet.bundle(files, version, keys, more);
  return files;
}

/** Publishes a good bundle; resolves to the time from the first ring's move until the last sensor uses it, in ms. */
async function spread(files: readonly string[]): Promise<number> {
  const { code, stderr } = await fleet.publish(files, ['--ring', 'every']);
  expect([code, stderr]).toEqual([0, '']);
  await fleet.runs(version);
  const jsm = await jetstreamManager(await fleet.servers.connect(), { checkAPI: false });
  const moves = await Promise.all(
    RINGS.map((ring) => jsm.streams.getMessage(RINGS_STREAM, { last_by_subj: ringSubject(ring) })),
  );
  const uses = [...fleet.sensors.values()].map((sensor) => sensor.logged('a bundle of the fleet is used').at(-1)!);
  for (const use of uses) expect(use.bundle).toBe(version);
  const usedMs = Math.max(...uses.map(({ time }) => Date.parse(String(time))));
  return usedMs - Math.min(...moves.map((message) => message!.time.getTime()));
}

async function expectRefused(reason: string, files: readonly string[], ringKey?: string): Promise<void> {
  await expectRefusedAfter(reason, () => fleet.refusalsOf(files, ringKey));
}

async function expectRefusedAfter(reason: string, refusals: () => Promise<unknown[]>): Promise<void> {
  const before = await fleet.rulesOf();
  expect(await refusals(), reason).toEqual(sites.map(() => reason));
  expect(await fleet.rulesOf()).toEqual(before);
  refused[reason] = (refused[reason] ?? 0) + sites.length;
}

describe(`bundles for ${SENSORS} sensors`, () => {
  beforeAll(async () => {
    await fleet.start(POLICY, ROWS);
  }, 300_000);
  afterAll(async () => {
    await fleet.stop();
    if (!isDone) return;
    writeResult('fleet-rules', 0, (performance.now() - began) / 1000, {
      sensors: SENSORS,
      good_bundles: GOOD_BUNDLES,
      milliseconds_to_all_sensors: {
        median: reachedMs.sort((a, b) => a - b)[reachedMs.length >> 1],
        most: Math.max(...reachedMs),
      },
      refusals_by_reason: refused,
      harmful_bundle: harmful,
    });
  });

  it(`a good bundle reaches all sensors in under ${LIMIT_MS / 1000} s`, async () => {
    for (let round = 0; round < GOOD_BUNDLES; round++) reachedMs.push(await spread(await next({})));
    for (const ms of reachedMs) expect(ms, reachedMs.join(', ')).toBeLessThan(LIMIT_MS);
  });

  it('a bad bundle of each kind is refused by every sensor', async () => {
    await expectRefused('signatures', await next({}, [], ['alice']));
    await expectRefused('expired', await next({}, ['--expires', '2024-01-01T00:00:00Z']));
    await expectRefused('not-yet', await next({}, ['--not-before', '2099-01-01T00:00:00Z']));
    await expectRefused('other-isp', await next({}, ['--isps', 'other,another']));
    await expectRefused('program', await next({}, ['--min-version', '99.0.0']));
    await expectRefused('guard', await next({ rows: [] }));
    await expectRefused('pointer', await next({}), 'desk');
    const cut = await next({});
    await fleet.bad.putCut(`bundle-${version}`);
    await expectRefused('cut', cut);
    const invalid = await next({});
    fleet.bad.signInvalid(`bundle-${version}`, INVALID, ['alice', 'bob']);
    await expectRefused('invalid', invalid);
    await next({});
    const move = (): Promise<void> => fleet.bad.moveRings(`bundle-${version}`);
    await expectRefusedAfter('missing', () => fleet.refusalsAfter(move));
    await next({});
    await fleet.bad.putManifest(`bundle-${version}`, '{ "bundle": 1, "version": ');
    await expectRefusedAfter('manifest', () => fleet.refusalsAfter(move));
    const newest = version;
    version = 0;
    await expectRefused('older', await next({}));
    version = newest;
    // Each reason that there is.
    expect(Object.keys(refused).sort()).toEqual([...REFUSALS].sort());
  });

  it('a harmful bundle returns by itself from the canary, and hits no registered user elsewhere', async () => {
    await spread(await next({ policy: UNGUARDED }));
    const good = version;
    const traffic = new Conversation('wireguard/handshake-only.pcap').capture(0, CLIENTS, START_US, 100_000);
    for (const sensor of fleet.sensors.values()) sensor.child.stdin!.write(traffic);
    for (const sensor of fleet.sensors.values())
      await until(
        'the flows are decided',
        async () => (await sensor.metric('sluice_decisions_total')) >= CLIENTS,
        60_000,
      );
    const files = await next({ policy: UNGUARDED, rows: [] }, ['--rollback-to', `${good}`]);
    const { code, stdout } = await fleet.publish(files, ['--soak', '5s', '--most-newly-hit', '1000']);
    expect(stdout).toContain('clients whose registration the bundle takes away');
    expect(stdout).toContain(`ring canary: returns to bundle ${good}`);
    expect(code).toBe(1);
    await fleet.runs(good);
    const [canary, ...others] = sites.map((site) => fleet.sensors.get(site)!);
    const uses = (sensor: typeof canary): unknown[] =>
      sensor!.logged('a bundle of the fleet is used').map(({ bundle }) => bundle);
    expect(uses(canary)).toContain(version);
    for (const sensor of others) expect(uses(sensor)).not.toContain(version);
    const hits = await Promise.all(others.map((sensor) => sensor.metric('sluice_registered_hits_total')));
    expect(hits).toEqual(others.map(() => 0));
    harmful = { used_by: 'canary', returned_to_the_one_before: true, registered_hits_elsewhere: 0 };
    isDone = true;
  });
});
