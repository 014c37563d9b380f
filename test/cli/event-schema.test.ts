/** Every event that the built program writes is valid by the published schema. */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { eventsSchema, problemsOf } from '../kit/event-validator.ts';
import { Conversation } from '../kit/many-clients.ts';
import { endAll, type Event, eventsOf, RunningDaemon, until } from '../kit/running-daemon.ts';
import { jsonLines, sluice, temporaryFolder } from './sluice.ts';

const folder = temporaryFolder();
afterAll(endAll);

const OPEN = join(folder, 'open.yaml');
writeFileSync(OPEN, 'name: open\nmode: enforce\nrules:\n  - { name: all, action: block }\n');

/** The problems of each distinct kind, with one event of the kind: thousands of equal ones would say no more. */
function problemsIn(events: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(events.flatMap(problemsOf))];
}

function linesOf(path: string): Record<string, unknown>[] {
  return jsonLines(readFileSync(path, 'utf8'));
}

const FEW = ['captures/wireguard', 'captures/openvpn'];
const KEY = join(folder, 'key');
writeFileSync(KEY, Buffer.alloc(32, 7), { mode: 0o600 });

describe('the schema', () => {
  it('refuses an event with a field more, a field less, or a field of another type', async () => {
    const { stdout } = await sluice(['replay', 'captures/wireguard/two-messages.pcap', '--decisions', '-']);
    const event = jsonLines(stdout).at(-1)!;
    const vpn = event.vpn as Record<string, unknown>;
    const [first] = vpn.evidence as Record<string, unknown>[];
    expect(problemsOf(event)).toEqual([]);
    expect(problemsOf({ ...event, extra: 1 })).not.toEqual([]);
    expect(problemsOf({ ...event, src_port: '51820' })).not.toEqual([]);
    expect(problemsOf({ ...event, timestamp: '2024-11-10T18:00:00Z' })).not.toEqual([]);
    expect(problemsOf({ ...event, vpn: { ...vpn, evidence: [{ ...first, seen: 1 }] } })).not.toEqual([]);
    expect(problemsOf({ ...event, registration: undefined })).not.toEqual([]);
    expect(problemsOf({ ...event, event_type: 'flow' })).not.toEqual([]);
    expect(problemsOf({ ...event, event_type: 'unknown' })).not.toEqual([]);
  });
});

describe('events of replay and compare', () => {
  it.each([
    { form: 'plain', captures: ['captures'], flags: [] },
    { form: 'truncated', captures: FEW, flags: ['--addresses', 'truncated'] },
    { form: 'pseudonym', captures: FEW, flags: ['--addresses', 'pseudonym', '--address-key', KEY] },
  ])('are valid with $form addresses on $captures', async ({ form, captures, flags }) => {
    const [decisions, flows] = [join(folder, `${form}-d.jsonl`), join(folder, `${form}-f.jsonl`)];
    const outputs = ['--decisions', decisions, '--flows', flows];
    expect((await sluice(['replay', ...captures, '--each', '--quiet', ...outputs, ...flags])).code).toBe(0);
    expect(linesOf(decisions).length).toBeGreaterThan(100);
    expect(linesOf(flows).length).toBeGreaterThan(100);
    expect(problemsIn([...linesOf(decisions), ...linesOf(flows)])).toEqual([]);
    const changes = join(folder, `${form}-c.jsonl`);
    const rules = ['--policy', 'rules/policy.yaml', '--policy', OPEN];
    const compared = ['compare', ...captures, '--each', '--quiet', '--changes', changes, ...rules, ...flags];
    expect((await sluice(compared)).code).toBe(0);
    expect(linesOf(changes).length).toBeGreaterThan(100);
    expect(problemsIn(linesOf(changes))).toEqual([]);
  });
});

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const BANK = '198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,2024-11-10,OW-1\n';
const MIDNIGHT_US = Date.parse('2024-11-11T00:00:00Z') * 1000;
const MINUTE_US = 60_000_000;

describe('--site, --isp and --link', () => {
  const capture = 'captures/wireguard/two-messages.pcap';

  it('are the last fields of every event of replay and compare, those that are given', async () => {
    const [decisions, flows, changes] = ['o-d', 'o-f', 'o-c'].map((name) => join(folder, `${name}.jsonl`)) as [
      string,
      string,
      string,
    ];
    const outputs = ['--decisions', decisions, '--flows', flows, '--quiet'];
    await sluice(['replay', capture, ...outputs, '--site', 'lahore-1', '--isp', 'example', '--link', 'north_2']);
    const rules = ['--policy', 'rules/policy.yaml', '--policy', OPEN];
    await sluice(['compare', capture, ...rules, '--changes', changes, '--quiet', '--link', 'north_2']);
    const replayed = [...linesOf(decisions), ...linesOf(flows)];
    expect(problemsIn([...replayed, ...linesOf(changes)])).toEqual([]);
    expect(replayed.length).toBe(3);
    for (const event of replayed)
      expect(Object.entries(event).slice(-3)).toEqual([
        ['site', 'lahore-1'],
        ['isp', 'example'],
        ['link', 'north_2'],
      ]);
    const [changed] = linesOf(changes);
    expect(Object.entries(changed!).slice(-2)).toEqual([
      ['after', changed!.after],
      ['link', 'north_2'],
    ]);
    expect(changed).not.toHaveProperty('site');
  });

  it.each(['', 'a b', '-a', 'a\u0007', 'a.b', 'lähore', 'x'.repeat(64)])('refuse %j', async (value) => {
    for (const command of ['replay', 'compare', 'run']) {
      const { code, stderr } = await sluice([command, capture, `--site=${value}`]);
      expect([code, stderr]).toEqual([2, expect.stringContaining('like lahore-1') as string]);
    }
  });
});

describe('events of the daemon', () => {
  const log = join(folder, 'daemon.jsonl');
  const state = join(folder, 'state');
  const policy = join(folder, 'policy.yaml');
  const registry = join(folder, 'registry.csv');
  const seen = (type: string): number => eventsOf(log).filter((event) => event.event_type === type).length;

  const shadowStates = (): Set<unknown> =>
    new Set(
      eventsOf(log)
        .filter(({ event_type: type }) => type === 'shadow')
        .map(({ shadow }) => (shadow as { state: string }).state),
    );

  /** Rules that block all but registered ends, and a breaker that five clients trip. */
  function writePolicy(rule: string): void {
    writeFileSync(
      policy,
      `name: test\nmode: enforce\nrules:\n  - { name: registered, when: { registered: either }, action: allow }\n  - { name: ${rule}, when: { registered: none }, action: block }\nsafety: { window: 60s, max_clients_affected: 5, max_share_affected: 100%, then: observe }\n`,
    );
  }

  it('are valid, of every kind', async () => {
    mkdirSync(state);
    writePolicy('rest');
    writeFileSync(registry, HEADER + BANK);
    const rules = ['--policy', policy, '--registry', registry];
    const daemon = await new RunningDaemon([
      ...['-', ...rules, '--decisions', log, '--flows', log, '--state', state, '--stats-every', '200ms'],
      ...['--site', 'lahore-1', '--isp', 'example', '--link', 'north'],
    ]).started();
    const handshake = new Conversation('wireguard/handshake-only.pcap');
    let packets = 0;
    /** Clients from one number to another, at a packet time. */
    const feed = async (from: number, to: number, timeUs: number): Promise<void> => {
      const bytes = handshake.capture(from, to, timeUs, 1000);
      daemon.child.stdin!.write(packets === 0 ? bytes : bytes.subarray(24));
      packets += (to - from) * handshake.packets.length;
      await until('all is read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    };
    await feed(0, 20, MIDNIGHT_US - 30 * MINUTE_US);
    await until('the date is seen ahead', () => seen('calendar') > 0);
    // A shadow that blocks everybody: registered users too, and more than its breaker allows.
    const { control } = daemon.logged('running')[0] as { control: string };
    const draft = join(folder, 'draft.yaml');
    writeFileSync(draft, readFileSync(OPEN, 'utf8').replace('open', 'draft'));
    expect((await sluice(['ctl', 'shadow', draft, '--control', control])).code).toBe(0);
    await until('it has a summary', () => shadowStates().has('summary'));
    writeFileSync(draft, 'no policy');
    expect((await sluice(['ctl', 'reload', '--control', control])).code).toBe(3);
    expect((await sluice(['ctl', 'shadow', '--off', '--control', control])).code).toBe(0);
    // A refused reload has the figures of the guard, an unchanged and a failed one have none.
    writeFileSync(registry, HEADER);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'refused' });
    writeFileSync(registry, HEADER + BANK);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'unchanged' });
    writeFileSync(registry, 'no registry');
    expect(await daemon.ask('reload')).toMatchObject({ result: 'failure' });
    writePolicy('others');
    writeFileSync(registry, HEADER + BANK.replace('198.51.100.0', '203.0.113.0'));
    const { result, sha256 } = (await daemon.ask('reload')) as { result: string; sha256: string };
    expect(result).toBe('refused');
    const confirmed = await sluice(['ctl', 'confirm', sha256, '--control', control]);
    expect(confirmed.code, confirmed.stderr).toBe(0);
    const before = seen('reload');
    daemon.child.kill('SIGHUP');
    await until('the signal has been followed', () => seen('reload') > before);
    await feed(20, 40, MIDNIGHT_US - 29 * MINUTE_US);
    await until('the breaker has tripped', () => seen('breaker') > 0);
    expect(await daemon.ask('reset')).toMatchObject({ reset: true });
    const cleared = await sluice(['ctl', 'clear-harm', 'a test', '--control', control]);
    expect(cleared.code, cleared.stderr).toBe(0);
    const forgotten = await sluice(['ctl', 'forget', '--control', control]);
    expect(forgotten.code, forgotten.stderr).toBe(0);
    await until('counts are written', () => seen('stats') > 0);
    const samples = (await daemon.get('/metrics')).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
    expect(samples.length).toBeGreaterThan(100);
    for (const name of ['site="lahore-1"', 'isp="example"', 'link="north"'])
      expect(samples.filter((sample) => !sample.includes(name))).toEqual([]);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });

    const events: Event[] = eventsOf(log);
    expect(problemsIn(events)).toEqual([]);
    const origin = { site: 'lahore-1', isp: 'example', link: 'north' };
    expect(
      events.filter(({ site, isp, link }) => JSON.stringify({ site, isp, link }) !== JSON.stringify(origin)),
    ).toEqual([]);
    expect([...shadowStates()].sort()).toEqual(
      ['began', 'ended', 'failed', 'registered-hit', 'summary', 'would-trip'].sort(),
    );
    const kinds = new Set(events.map((event) => event.event_type));
    // A change is an event of compare; a gap is one of an interface, in test/daemon/live.test.ts.
    expect([...kinds].sort()).toEqual(
      Object.keys(eventsSchema.$defs)
        .filter((type) => type !== 'change' && type !== 'gap')
        .sort(),
    );
  });
});
