/** Actions of an operator on a running daemon: signals, requests, changed files; and how invalid ones are handled. */
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, readlinkSync, renameSync, unlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { Conversation } from '../kit/many-clients.ts';
import { type Event, eventsIn, eventsOf, MAIN, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const BANK = '198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n';
const START_US = 1_731_261_600_000_000;
const handshake = new Conversation('wireguard/handshake-only.pcap');

let folder = temporaryFolder();
let policy = '';
let registry = '';
let decisions = '';

beforeEach(() => {
  folder = temporaryFolder();
  policy = join(folder.path, 'policy.yaml');
  registry = join(folder.path, 'registry.csv');
  decisions = join(folder.path, 'decisions.jsonl');
  writePolicy('observe', 500);
  writeFileSync(registry, HEADER + BANK);
});
afterEach(() => {
  folder.remove();
});

/** The guard allows every loss of registrations unless configured otherwise. */
function writePolicy(mode: string, clients: number, guard = '{ registrations: 100% }'): void {
  writeFileSync(
    policy,
    `name: test\nmode: ${mode}\nrules:\n  - { name: registered, when: { registered: either }, action: allow }\n  - { name: rest, when: { registered: none }, action: block }\nsafety: { window: 60s, max_clients_affected: ${clients}, max_share_affected: 100%, then: observe, guard: ${guard} }\n`,
  );
}

function run(...more: string[]): RunningDaemon {
  return new RunningDaemon(['-', '--policy', policy, '--registry', registry, '--decisions', decisions, ...more]);
}

async function feed(daemon: RunningDaemon, from: number, to: number): Promise<void> {
  const bytes = handshake.capture(from, to, START_US + from * 1000, 1000);
  daemon.child.stdin!.write(from === 0 ? bytes : bytes.subarray(24));
  const packets = to * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
}

/** Inodes of the TCP sockets on which a process listens. */
function listeningSockets(pid: number): string[] {
  const own = readdirSync(`/proc/${pid}/fd`).map((descriptor) => readlinkSync(`/proc/${pid}/fd/${descriptor}`));
  const rows = ['tcp', 'tcp6'].flatMap((name) => readFileSync(`/proc/${pid}/net/${name}`, 'utf8').split('\n').slice(1));
  const columns = rows.map((row) => row.trim().split(/\s+/));
  return columns
    .filter(([, , , state]) => state === '0A')
    .map((row) => row[9]!)
    .filter((inode) => own.includes(`socket:[${inode}]`));
}

const ofType = (events: Event[], type: string): Event[] => events.filter(({ event_type }) => event_type === type);

describe('a running daemon', () => {
  it('takes new rules: each decision that changes is an event with the action before it', async () => {
    const daemon = await run().started();
    await feed(daemon, 0, 10);
    writeFileSync(registry, HEADER);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    await until('the changes are written', () => ofType(eventsOf(decisions), 'reload').length === 1);
    const events = eventsOf(decisions);
    const changed = ofType(events, 'decision').slice(-10) as unknown as { decision: object; registry: object }[];
    for (const { decision } of changed)
      expect(decision).toMatchObject({ action: 'block', previous: 'allow', rule: 'rest' });
    expect(ofType(events, 'reload')[0]).toMatchObject({ reload: { result: 'success', flows: 10, changed: 10 } });
    // A repeated request changes nothing, and the answer reports that.
    expect(await daemon.ask('reload')).toMatchObject({ result: 'unchanged' });
    expect(await daemon.metric('sluice_reloads_total', 'result="unchanged"')).toBe(1);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
  });

  it('refuses rules beyond the guard with the numbers: in the answer, the log, the event and the metrics', async () => {
    writePolicy('enforce', 500, '{}');
    const daemon = await run().started();
    await feed(daemon, 0, 20);
    const hash = /^sluice_rules_info\{sha256="(\w{64})"/m.exec(await daemon.get('/metrics'))![1];
    expect(await daemon.metric('sluice_registrations_in_force')).toBe(1);
    expect(await daemon.metric('sluice_registered_addresses', 'family="ipv4"')).toBe(256);
    writeFileSync(registry, HEADER);
    const answer = (await daemon.ask('reload')) as { sha256: string };
    expect(answer).toMatchObject({
      ok: false,
      result: 'refused',
      problems: [
        '1 of 1 registrations in force would be lost, 0 may be',
        '20 clients would lose their registration and be hit, 10 may be',
      ],
    });
    expect(await daemon.metric('sluice_reloads_total', 'result="refused"')).toBe(1);
    expect(await daemon.metric('sluice_rules_refused')).toBe(1);
    expect(await daemon.metric('sluice_rules_info', `sha256="${hash!}"`)).toBe(1);
    expect(await daemon.metric('sluice_outcome_packets_total', 'outcome="dropped"')).toBe(0);
    await until('it is logged', () => daemon.log.includes(answer.sha256));
    // The old file is back: nothing waits for a confirmation any more.
    writeFileSync(registry, HEADER + BANK);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'unchanged' });
    expect(await daemon.metric('sluice_rules_refused')).toBe(0);
    await daemon.kill();
    const [reload] = ofType(eventsOf(decisions), 'reload') as unknown as { reload: object; rules: object }[];
    expect(reload).toMatchObject({
      reload: { result: 'refused', change: { sha256: answer.sha256, figures: { deregistered: 20 } } },
      rules: { sha256: hash },
    });
  });

  it('refuses at start and at a reload what does not match its manifest, and shows the versions of what does', async () => {
    const sign = (): void => {
      const { status, stderr } = spawnSync(process.execPath, [MAIN, 'rules', 'sign', '--registry', registry], {
        encoding: 'utf8',
      });
      expect(status, stderr).toBe(0);
    };
    sign();
    const daemon = await run('--watch').started();
    expect(await daemon.metric('sluice_rules_info', 'registry_version="1"', 'policy_version=""')).toBe(1);
    writeFileSync(registry, HEADER);
    expect(await daemon.ask('reload')).toMatchObject({ ok: false, result: 'failure' });
    await until('the numbers are logged', () => daemon.log.includes('rows expected 1, seen 0'));
    const second = run();
    expect((await second.ended).code).toBe(3);
    expect(second.log).toMatch(/rows expected 1, seen 0; bytes expected \d+, seen \d+; sha256 expected/);
    writeFileSync(registry, HEADER + BANK + BANK.replace('198.51.100', '203.0.113'));
    sign();
    await until(
      'the watch has seen both',
      async () => (await daemon.metric('sluice_rules_info', 'registry_version="2"')) === 1,
    );
    await daemon.kill();
  });

  it('keeps the old rules where new ones are garbage, and tells every problem', async () => {
    const daemon = await run('--watch').started();
    await feed(daemon, 0, 3);
    writeFileSync(registry, `${HEADER}999.1.1.1/33,x\n1.2.3.4/8,Bank,bank,,,,\n`);
    await until(
      'the watch has seen it',
      async () => (await daemon.metric('sluice_reloads_total', 'result="failure"')) === 1,
    );
    await until('both problems are logged', () => daemon.logged('the rules are not valid').length === 2);
    expect(await daemon.ask('reload')).toMatchObject({ ok: false, result: 'failure' });
    // A file that is not text, and a missing file.
    writeFileSync(registry, randomBytes(100_000));
    expect(await daemon.ask('reload')).toMatchObject({ ok: false, result: 'failure' });
    unlinkSync(registry);
    expect(await daemon.ask('reload')).toMatchObject({ ok: false, result: 'failure' });
    expect(await daemon.metric('sluice_registry_entries')).toBe(1);
    expect(await daemon.get('/readyz')).toBe('ready\n');
    writeFileSync(registry, HEADER + BANK + BANK.replace('198.51.100', '203.0.113'));
    daemon.child.kill('SIGHUP');
    await until('the good one is taken', async () => (await daemon.metric('sluice_registry_entries')) === 2);
    await daemon.kill();
  });

  it('stops enforcing when too many clients are hit, also over a restart, until it is reset', async () => {
    writePolicy('enforce', 5);
    writeFileSync(registry, HEADER);
    const state = join(folder.path, 'state');
    let daemon = await run('--state', state).started();
    await feed(daemon, 0, 20);
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(1);
    expect(await daemon.metric('sluice_enforcing')).toBe(0);
    await daemon.kill('SIGKILL');
    daemon = await run('--state', state).started();
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(1);
    expect(await daemon.ask('reset')).toEqual({ ok: true, reset: true });
    expect(await daemon.metric('sluice_breaker_tripped')).toBe(0);
    expect(await daemon.metric('sluice_enforcing')).toBe(1);
    await daemon.kill();
    const states = (ofType(eventsOf(decisions), 'breaker') as unknown as { breaker: { state: string } }[]).map(
      ({ breaker }) => breaker.state,
    );
    expect(states).toEqual(['tripped', 'reset']);
  });

  it('changes nothing by HTTP, whatever asks', async () => {
    const daemon = await run().started();
    for (const path of ['/-/reload', '/-/breaker/reset', '/nothing'])
      expect((await fetch(daemon.url + path, { method: 'POST' })).status).toBe(404);
    expect((await fetch(`${daemon.url}/metrics`, { method: 'POST' })).status).toBe(405);
    expect(await daemon.metric('sluice_reloads_total')).toBe(0);
    expect(await daemon.get('/healthz')).toBe('alive\n');
    expect(await daemon.get('/readyz')).toBe('ready\n');
    await daemon.kill();
  });

  it('serves nothing with --listen none', async () => {
    const daemon = await run('--listen', 'none').started();
    expect(daemon.logged('listening')).toEqual([]);
    expect(listeningSockets(daemon.child.pid!)).toEqual([]);
    await daemon.kill();
  });

  it('leaves a port that is in use to its owner', async () => {
    const first = await run().started();
    const second = run('--listen', new URL(first.url).host);
    expect((await second.ended).code).toBe(1);
    expect(second.log).toContain('the port is taken');
    expect(await first.get('/healthz')).toBe('alive\n');
    await first.kill();
  });

  it('holds signals that come while it starts until it is ready', async () => {
    const rows = Array.from(
      { length: 200_000 },
      (_, row) => `20.${row >> 16}.${(row >> 8) & 255}.${row & 255}/32,H,it,,,,`,
    );
    writeFileSync(registry, HEADER + rows.join('\n'));
    const daemon = run();
    // Bit 0 is SIGHUP.
    const caught = (): string | undefined =>
      /^SigCgt:\s+(\w+)/m.exec(readFileSync(`/proc/${daemon.child.pid!}/status`, 'utf8'))?.[1];
    await until('it catches signals', () => (BigInt(`0x${caught() ?? '0'}`) & 1n) === 1n);
    for (const signal of ['SIGHUP', 'SIGUSR2', 'SIGUSR1'] as const) daemon.child.kill(signal);
    expect(daemon.log).not.toContain('"running"');
    await daemon.started();
    await until('it has reloaded', async () => (await daemon.metric('sluice_reloads_total')) === 1);
    expect(daemon.log).not.toContain('Debugger');
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
  });

  it('sees a change that comes while it starts, with --watch', async () => {
    const rows = (count: number): string =>
      Array.from({ length: count }, (_, row) => `20.${row >> 16}.${(row >> 8) & 255}.${row & 255}/32,H,it,,,,\n`).join(
        '',
      );
    const other = `${registry}.new`;
    writeFileSync(registry, HEADER + rows(200_000));
    writeFileSync(other, HEADER + rows(199_000));
    const daemon = run('--watch');
    await sleep(900);
    renameSync(other, registry);
    await daemon.started();
    await until('the new registry is in use', async () => (await daemon.metric('sluice_registry_entries')) === 199_000);
    await daemon.kill();
  });

  it.each(['SIGUSR2', 'SIGUSR1'] as const)('opens its log again on %s, and moves it aside by size', async (signal) => {
    const daemon = await run('--rotate-size', '20kB', '--rotate-keep', '2').started();
    await feed(daemon, 0, 5);
    renameSync(decisions, `${decisions}.old`);
    daemon.child.kill(signal);
    await until('the log is there again', () => existsSync(decisions));
    for (let part = 1; part < 6; part++) {
      await feed(daemon, part * 20 - 15, (part + 1) * 20 - 15);
      await sleep(1100);
    }
    expect(await daemon.metric('sluice_event_log_rotations_total')).toBeGreaterThan(2);
    expect(readdirSync(folder.path).filter((name) => /jsonl\.\d/.test(name))).toHaveLength(2);
    await daemon.kill();
    expect(daemon.log).not.toContain('Debugger');
    for (const name of readdirSync(folder.path))
      if (name.includes('jsonl')) eventsIn(readFileSync(join(folder.path, name), 'utf8'));
  });

  it('moves its log aside by age, and keeps as many as it is told', async () => {
    const daemon = await run('--rotate-every', '1s', '--rotate-keep', '3', '--stats-every', 'never').started();
    const since = Date.now();
    for (let part = 0; Date.now() - since < 6500; part++) {
      await feed(daemon, part, part + 1);
      await sleep(50);
    }
    const rotations = await daemon.metric('sluice_event_log_rotations_total');
    // The files are checked once a second.
    expect(rotations).toBeGreaterThanOrEqual(3);
    expect(rotations).toBeLessThanOrEqual(7);
    expect(readdirSync(folder.path).filter((name) => /jsonl\.\d/.test(name))).toHaveLength(3);
    const written = await daemon.metric('sluice_event_log_lines_total');
    expect(eventsOf(decisions).length).toBeLessThan(written);
    expect(await daemon.kill()).toEqual({ code: 0, signal: null });
  });

  it('leaves a log that nothing is written to where it is, whatever its age', async () => {
    const daemon = await run('--rotate-every', '1s', '--stats-every', 'never').started();
    await sleep(2500);
    expect(await daemon.metric('sluice_event_log_rotations_total')).toBe(0);
    await daemon.kill();
  });

  it('ends with what its pipe held, and says where that broke off', async () => {
    const daemon = await run('--flows', '-').started();
    daemon.child.stdin!.end(handshake.capture(0, 4, START_US, 1000).subarray(0, -5));
    expect((await daemon.ended).code).toBe(4);
    expect(ofType(eventsIn(daemon.standardOutput), 'flow')).toHaveLength(4);
    expect(daemon.log).toContain('cut to');
  });

  it('writes flows without a finding under --flows, and not with --vpn-only', async () => {
    const capture = readFileSync(join(import.meta.dirname, '../../captures/negative/bittorrent.pcap'));
    const typesWith = async (...flags: string[]): Promise<number> => {
      const daemon = await run('--flows', '-', ...flags).started();
      daemon.child.stdin!.end(capture);
      expect((await daemon.ended).code).toBe(0);
      return ofType(eventsIn(daemon.standardOutput), 'flow').length;
    };
    expect(await typesWith()).toBeGreaterThan(0);
    expect(await typesWith('--vpn-only')).toBe(0);
  });

  const promtool = spawnSync('promtool', ['--version']).status === 0;
  it.skipIf(!promtool && process.env.CI === undefined)(
    'has metrics that promtool finds nothing wrong with',
    async () => {
      const daemon = await run().started();
      await feed(daemon, 0, 10);
      const text = await daemon.get('/metrics');
      const check = spawnSync('promtool', ['check', 'metrics'], { input: text, encoding: 'utf8' });
      expect(check.stderr + check.stdout).toBe('');
      expect(check.status).toBe(0);
      expect(text).not.toMatch(/10\.0\.|198\.51\.100|Meridian/);
      await daemon.kill();
    },
  );
});
