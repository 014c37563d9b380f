/** A shadow of a running daemon: what it shows, that it never acts, and how it begins, changes and ends. */
import { spawnSync } from 'node:child_process';
import { createReadStream, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { installed } from '../kit/installed.ts';
import { type Ended, sluice } from '../cli/sluice.ts';
import { Conversation } from '../kit/many-clients.ts';
import { type Event, eventsOf, PROJECT, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const BANK = '10.0.0.0/30,Meridian Example Bank,bank,,2021-03-01,,OW-1\n';
const START_US = 1_731_261_600_000_000;
const CLIENTS = 20;
/** Clients 10.0.0.0 to 10.0.0.3 are the bank's. */
const REGISTERED = 4;
const handshake = new Conversation('wireguard/handshake-only.pcap');

let folder = temporaryFolder();
let paths = { policy: '', registry: '', draft: '', decisions: '', state: '' };

beforeEach(() => {
  folder = temporaryFolder();
  const at = (name: string): string => join(folder.path, name);
  paths = {
    policy: at('policy.yaml'),
    registry: at('registry.csv'),
    draft: at('draft.yaml'),
    decisions: at('decisions.jsonl'),
    state: at('state'),
  };
  writeFileSync(paths.policy, policyOf('active', 'registered', 'allow'));
  writeFileSync(paths.registry, HEADER + BANK);
  writeFileSync(paths.draft, policyOf('draft', 'none', 'block'));
});
afterEach(() => {
  folder.remove();
});

/** A policy that lets registered users pass, or those of no kind, and does one thing to all others. */
function policyOf(name: string, passes: 'registered' | 'none', action: string, clients = 500): string {
  const first = '  - { name: registered, when: { registered: either }, action: allow }\n';
  return `name: ${name}\nmode: enforce\nrules:\n${passes === 'registered' ? first : ''}  - { name: rest, action: ${action} }\nsafety: { limits: [{ window: 60s, clients: ${clients} }], registered: 1000 }\n`;
}

function run(...more: string[]): RunningDaemon {
  const { policy, registry, decisions, state } = paths;
  const files = ['--policy', policy, '--registry', registry, '--decisions', decisions, '--state', state];
  return new RunningDaemon(['-', ...files, '--stats-every', 'never', ...more]);
}

let fed = 0;
beforeEach(() => {
  fed = 0;
});

/** Clients from one number to another. */
async function feed(daemon: RunningDaemon, from: number, to: number): Promise<void> {
  const bytes = handshake.capture(from, to, START_US + fed * 1000, 1000);
  daemon.child.stdin!.write(fed === 0 ? bytes : bytes.subarray(24));
  fed += (to - from) * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === fed);
}

/** From another folder than the daemon's. */
function ctl(...args: readonly string[]): Promise<Ended> {
  return sluice(['ctl', ...args, '--state', paths.state], { cwd: folder.path });
}

interface Shadow extends Record<string, unknown> {
  readonly state: string;
}

function shadows(): (Event & { shadow: Shadow })[] {
  return eventsOf(paths.decisions).filter(({ event_type: type }) => type === 'shadow') as (Event & {
    shadow: Shadow;
  })[];
}

const states = (): string[] => shadows().map(({ shadow }) => shadow.state);

describe('a shadow', () => {
  it('that blocks everybody, as in November, hits no client: it shows who would be hit', async () => {
    const daemon = await run('--shadow', paths.draft).started();
    await feed(daemon, 0, CLIENTS);
    expect(await daemon.metric('sluice_shadow_active')).toBe(1);
    expect(await daemon.metric('sluice_shadow_policy_info', 'name="draft"')).toBe(1);
    expect(await daemon.metric('sluice_shadow_flows_changed_total', 'from="allow"', 'to="block"')).toBe(CLIENTS);
    expect(await daemon.metric('sluice_shadow_flows_changed_total')).toBe(CLIENTS);
    expect(await daemon.metric('sluice_shadow_clients_newly_hit', 'span="since_began"')).toBe(CLIENTS);
    expect(await daemon.metric('sluice_shadow_registered_newly_hit', 'span="since_began"')).toBe(REGISTERED);
    expect(await daemon.metric('sluice_shadow_packets_total', 'outcome="dropped"')).toBeGreaterThan(0);
    // Nothing of it acts.
    expect(await daemon.metric('sluice_outcome_packets_total', 'outcome="dropped"')).toBe(0);
    expect(await daemon.metric('sluice_outcome_packets_total', 'outcome="forwarded"')).toBe(fed);
    expect(await daemon.metric('sluice_registered_hits_total')).toBe(0);
    expect(await daemon.metric('sluice_decisions_total', 'action="block"')).toBe(0);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
    expect(states()).toEqual(['began', 'registered-hit', 'ended']);
    const [, hit, ended] = shadows();
    expect(hit).toMatchObject({
      src_ip: '10.0.0.0',
      dest_ip: '198.51.100.7',
      vpn: { protocol: 'wireguard' },
      registration: { source: { holder: 'Meridian Example Bank', reference: 'OW-1' }, destination: null },
      shadow: {
        policy: { name: 'draft' },
        registry: { own: false },
        active: { action: 'allow', rule: 'registered' },
        candidate: { action: 'block', rule: 'rest' },
        deregistered: false,
      },
    });
    expect(ended!.shadow).toMatchObject({
      reason: 'stopped',
      since_began: { registered_hit: REGISTERED, newly_hit: CLIENTS, no_longer_hit: 0, flows: CLIENTS },
      would_trip: [],
    });
  });

  it('trips its own breaker, and the active one stays untouched', async () => {
    writeFileSync(paths.draft, policyOf('draft', 'registered', 'block', 5));
    const daemon = await run('--shadow', paths.draft).started();
    await feed(daemon, 0, CLIENTS);
    expect(await daemon.metric('sluice_shadow_would_trip', 'then="observe"')).toBe(1);
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(0);
    expect(await daemon.metric('sluice_breaker_trips_total')).toBe(0);
    expect(await daemon.metric('sluice_enforcing')).toBe(1);
    await daemon.kill();
    expect(eventsOf(paths.decisions).some(({ event_type: type }) => type === 'breaker')).toBe(false);
    const trip = shadows().find(({ shadow }) => shadow.state === 'would-trip')!.shadow.trip;
    expect(trip).toMatchObject({
      cause: 'clients',
      limit: '60s any',
      clients_affected: 6,
      clients_allowed: 5,
      rule: 'rest',
    });
  });

  it('begins, changes and ends while traffic runs, by ctl: each is on record, and open flows are decided at once', async () => {
    const daemon = await run().started();
    await feed(daemon, 0, CLIENTS);
    expect((await ctl('shadow')).stdout).toBe('there is no shadow\n');
    const began = await ctl('shadow', 'draft.yaml');
    expect([began.code, began.stderr]).toEqual([0, '']);
    expect(began.stdout).toMatch(/^shadow: success\n/);
    expect(began.stdout).toMatch(
      /^Registered users newly hit by draft since 2024-\S+: 4, and 0 who lose their registration\. Clients newly hit: 20; no longer hit: 0; its breaker would not have tripped\.$/m,
    );
    await feed(daemon, CLIENTS, 2 * CLIENTS);
    const shown = JSON.parse((await ctl('shadow', '--json')).stdout) as { shadow: object };
    expect(shown.shadow).toMatchObject({
      policy: { name: 'draft' },
      files: { policy: paths.draft, registry: null },
      since_began: { newly_hit: 2 * CLIENTS, flows: 2 * CLIENTS },
      last_hour: { newly_hit: 2 * CLIENTS, registered_hit: REGISTERED, actions: { 'allow-block': 2 * CLIENTS } },
    });
    const status = JSON.parse((await ctl('status', '--json')).stdout) as { shadow: object };
    expect(status.shadow).toMatchObject({ policy: { name: 'draft' }, since_began: { newly_hit: 2 * CLIENTS } });
    // The same again changes nothing; another content begins another shadow.
    expect((await ctl('shadow', 'draft.yaml')).stdout).toMatch(/^shadow: unchanged\n/);
    writeFileSync(paths.draft, policyOf('milder', 'registered', 'block'));
    daemon.child.kill('SIGHUP');
    await until('the draft is read again', () => states().includes('ended'));
    expect(await daemon.metric('sluice_shadow_policy_info', 'name="milder"')).toBe(1);
    expect(await daemon.metric('sluice_shadow_registered_newly_hit')).toBe(0);
    expect(await daemon.metric('sluice_shadow_clients_newly_hit', 'span="since_began"')).toBe(2 * CLIENTS - REGISTERED);
    expect((await ctl('shadow', '--off')).stdout).toBe('shadow: success\nthere is no shadow\n');
    expect((await ctl('shadow', '--off')).stdout).toBe('shadow: unchanged\nthere is no shadow\n');
    expect(await daemon.metric('sluice_shadow_active')).toBe(0);
    await feed(daemon, 2 * CLIENTS, 3 * CLIENTS);
    expect(await daemon.metric('sluice_shadow_flows_total')).toBe(0);
    await daemon.kill();
    expect(states()).toEqual(['began', 'registered-hit', 'ended', 'began', 'ended']);
    const actions = eventsOf(paths.decisions).filter(({ event_type: type }) => type === 'action');
    expect(actions.map(({ action }) => action)).toMatchObject(
      [
        { what: 'shadow-on', result: 'success', shadow_before: null, shadow_after: { policy: /^/ } },
        { what: 'shadow-on', result: 'unchanged' },
        { what: 'reload', result: 'unchanged', shadow: 'success' },
        { what: 'shadow-off', result: 'success', shadow_after: null },
        { what: 'shadow-off', result: 'unchanged' },
      ].map((fields) => ('shadow_after' in fields && fields.shadow_after !== null ? { what: fields.what } : fields)),
    );
  });

  it('that is not valid is refused with every problem, and the one before goes on', async () => {
    const daemon = await run('--shadow', paths.draft).started();
    await feed(daemon, 0, CLIENTS);
    writeFileSync(
      join(folder.path, 'bad.yaml'),
      'name: bad\nrules:\n  - { name: a, action: nothing }\n  - { when: 3, action: block }\n',
    );
    const bad = await ctl('shadow', 'bad.yaml');
    expect(bad.code).toBe(3);
    expect(bad.stdout).toMatch(/^shadow: failure\n.*bad\.yaml:3:\d+: error: .*\n.*bad\.yaml:4:\d+: error: /);
    expect(bad.stdout).toContain('policy.name: draft\n');
    for (const path of ['missing.yaml', '/dev/zero', '.']) expect((await ctl('shadow', path)).code, path).toBe(3);
    expect((await ctl('shadow', 'missing.yaml')).stdout).toMatch(
      /^cannot read the policy \S*missing\.yaml: no such file$/m,
    );
    expect((await ctl('shadow', 'draft.yaml', '--registry', 'bad.yaml')).code).toBe(3);
    expect((await ctl('shadow', 'draft.yaml', '--off')).code).toBe(2);
    expect((await ctl('shadow', '--registry', 'registry.csv')).code).toBe(2);
    writeFileSync(paths.draft, 'no policy');
    const reload = await ctl('reload');
    expect(reload.code).toBe(3);
    expect(reload.stdout).toMatch(/^reload: unchanged\nshadow: failure\n.*draft\.yaml/);
    expect(await daemon.metric('sluice_shadow_policy_info', 'name="draft"')).toBe(1);
    expect(await daemon.metric('sluice_shadow_clients_newly_hit', 'span="since_began"')).toBe(CLIENTS);
    expect(await daemon.metric('sluice_shadow_reads_total', 'result="failure"')).toBe(7);
    expect(await daemon.get('/readyz')).toBe('ready\n');
    await daemon.kill();
  });

  it('that is not valid at the start stops the start', async () => {
    writeFileSync(paths.draft, 'name: bad\nrules: 3\n');
    const daemon = run('--shadow', paths.draft);
    expect((await daemon.ended).code).toBe(3);
    expect(daemon.log).toMatch(/draft\.yaml:2:\d+: error: /);
    expect(daemon.log).toContain('sluice: the shadow is not valid\n');
    const without = run('--shadow-registry', paths.registry);
    expect((await without.ended).code).toBe(2);
  });

  it('follows the registry in use, or decides by its own', async () => {
    writeFileSync(paths.draft, policyOf('draft', 'registered', 'block'));
    const daemon = await run('--shadow', paths.draft, '--watch').started();
    await feed(daemon, 0, CLIENTS);
    expect(await daemon.metric('sluice_shadow_registered_newly_hit')).toBe(0);
    const own = join(folder.path, 'own.csv');
    writeFileSync(own, HEADER);
    expect((await ctl('shadow', 'draft.yaml', '--registry', 'own.csv')).code).toBe(0);
    expect(JSON.parse((await ctl('shadow', '--json')).stdout)).toMatchObject({
      shadow: { registry: { own: true }, since_began: { registered_hit: 0, deregistered: REGISTERED } },
    });
    await until('the event is written', () => states().at(-1) === 'registered-hit');
    expect(shadows().at(-1)).toMatchObject({
      registration: { source: { reference: 'OW-1' } },
      shadow: { state: 'registered-hit', deregistered: true },
    });
    // The watch reads it again.
    writeFileSync(own, HEADER + BANK);
    await until(
      'its registry is read again',
      async () => (await daemon.metric('sluice_shadow_registered_newly_hit')) === 0,
    );
    expect((await ctl('shadow', 'draft.yaml')).code).toBe(0);
    writeFileSync(paths.registry, HEADER + BANK + BANK.replace('/30', '/28').replace('OW-1', 'OW-2'));
    await until('the registry is taken', async () => (await daemon.metric('sluice_registry_entries')) === 2);
    const { sha256 } = /^sluice_registry_info\{sha256="(?<sha256>\w+)"/m.exec(await daemon.get('/metrics'))!.groups!;
    expect(await daemon.metric('sluice_shadow_policy_info', `registry_sha256="${sha256!}"`)).toBe(1);
    await feed(daemon, CLIENTS, CLIENTS + 1);
    await daemon.kill();
  });

  it('shows no address and no holder where they are hidden', async () => {
    const daemon = await run('--shadow', paths.draft, '--addresses', 'truncated').started();
    await feed(daemon, 0, CLIENTS);
    const texts = [(await ctl('shadow')).stdout, await daemon.get('/metrics')];
    await daemon.kill();
    texts.push(readFileSync(paths.decisions, 'utf8'), daemon.log);
    expect(states()).toContain('registered-hit');
    expect(shadows()[1]).toMatchObject({ src_ip: '10.0.0.0', registration: { source: { sector: 'bank' } } });
    for (const text of texts) expect(text).not.toMatch(/Meridian|OW-1|10\.0\.0\.[1-9]|10\.0\.0\.0\/30/);
  });

  it('is not there after a restart, unless the flag says so', async () => {
    const daemon = await run().started();
    expect((await ctl('shadow', 'draft.yaml')).code).toBe(0);
    await daemon.kill('SIGKILL');
    const again = await run().started();
    expect((await ctl('shadow')).stdout).toBe('there is no shadow\n');
    await again.kill();
  });
});

describe('the active side', () => {
  const shared = temporaryFolder();
  afterAll(() => {
    shared.remove();
  });
  const mixed = join(shared.path, 'mixed.pcap');
  spawnSync(process.execPath, [join(PROJECT, 'bench/generate/main.mjs'), '--packets', '60000', mixed]);

  /** Lines of the shadow and its operator. */
  const OWN = /"event_type":"(?:shadow|action)"/;

  /** The logs of a daemon that `feedAll` feeds: flows, and decisions without the shadow's lines and without numbers. */
  async function logsOf(feedAll: (daemon: RunningDaemon) => Promise<void>, ...flags: string[]): Promise<string> {
    const flows = join(folder.path, 'flows.jsonl');
    for (const path of [flows, paths.decisions]) writeFileSync(path, '');
    const daemon = await run('--flows', flows, '--mode', 'enforce', ...flags).started();
    await feedAll(daemon);
    expect((await daemon.ended).code).toBe(0);
    const lines = readFileSync(paths.decisions, 'latin1').split('\n');
    const others = lines.filter((line) => !OWN.test(line)).map((line) => line.replace(/,"seq":\d+}$/, '}'));
    return others.join('\n') + readFileSync(flows, 'latin1');
  }

  function whole(daemon: RunningDaemon): Promise<void> {
    createReadStream(mixed).pipe(daemon.child.stdin!);
    return Promise.resolve();
  }

  /** A shadow begins, is another one, and ends while packets are decided. */
  async function withCtl(daemon: RunningDaemon): Promise<void> {
    const bytes = readFileSync(mixed);
    const changes = [['draft.yaml'], ['policy.yaml'], ['--off']];
    const piece = Math.ceil(bytes.length / (changes.length + 1));
    const stdin = daemon.child.stdin!;
    for (const [at, change] of changes.entries()) {
      stdin.write(bytes.subarray(at * piece, (at + 1) * piece));
      expect((await ctl('shadow', ...change)).code).toBe(0);
    }
    stdin.end(bytes.subarray(changes.length * piece));
  }

  it.each([1, 2])('writes the same bytes with and without a shadow (%i threads)', async (workers) => {
    writeFileSync(paths.policy, readFileSync(join(PROJECT, 'rules/policy.yaml')));
    writeFileSync(paths.registry, readFileSync(join(PROJECT, 'rules/registry.csv')));
    const threads = ['--workers', String(workers)];
    const without = await logsOf(whole, ...threads);
    expect(without.split('\n').length).toBeGreaterThan(1000);
    expect(states()).toEqual([]);
    expect((await logsOf(whole, ...threads, '--shadow', paths.draft)) === without).toBe(true);
    expect(states().at(-1)).toBe('ended');
    const began = shadows().at(-1)!.shadow.since_began as { flows: number; newly_hit: number };
    expect(Math.min(began.flows, began.newly_hit)).toBeGreaterThan(50);
    expect((await logsOf(withCtl, ...threads)) === without).toBe(true);
    expect(states().filter((state) => state === 'ended')).toHaveLength(2);
  });
});

describe('the metrics of a shadow', () => {
  it.skipIf(!installed('promtool') && process.env.CI === undefined)('pass promtool', async () => {
    const daemon = await run('--shadow', paths.draft).started();
    await feed(daemon, 0, CLIENTS);
    const text = await daemon.get('/metrics');
    await daemon.kill();
    expect(text).toContain('sluice_shadow_flows_changed_total{from="allow",to="block"} 20\n');
    const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
    expect([check.status, check.stdout, check.stderr]).toEqual([0, '', '']);
  });
});
