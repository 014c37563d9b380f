/** `sluice ctl` with a running daemon: its answers, its effects, and their record. */
import { existsSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Ended, sluice } from '../cli/sluice.ts';
import { Conversation } from '../kit/many-clients.ts';
import { eventsOf, RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const BANK = '198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n';
const START_US = 1_731_261_600_000_000;
const CLIENTS = 20;
const handshake = new Conversation('wireguard/handshake-only.pcap');

interface Action {
  readonly what: string;
  readonly who: Record<string, unknown>;
  readonly at: string;
  readonly result: string;
  readonly rules_before: string;
  readonly rules_after: string;
  readonly [more: string]: unknown;
}

let folder = temporaryFolder();
let policy = '';
let registry = '';
let decisions = '';
let state = '';

beforeEach(() => {
  folder = temporaryFolder();
  policy = join(folder.path, 'policy.yaml');
  registry = join(folder.path, 'registry.csv');
  decisions = join(folder.path, 'decisions.jsonl');
  state = join(folder.path, 'state');
  writePolicy(500);
  writeFileSync(registry, HEADER + BANK);
});
afterEach(() => {
  folder.remove();
});

function writePolicy(clients: number, rules = ''): void {
  writeFileSync(
    policy,
    `name: test\nmode: enforce\nrules:\n${rules}  - { name: registered, when: { registered: either }, action: allow }\n  - { name: rest, when: { registered: none }, action: block }\nsafety: { window: 60s, max_clients_affected: ${clients}, max_share_affected: 100%, then: observe }\n`,
  );
}

function run(...more: string[]): RunningDaemon {
  const files = ['--policy', policy, '--registry', registry, '--decisions', decisions, '--state', state];
  return new RunningDaemon(['-', ...files, ...more]);
}

async function feed(daemon: RunningDaemon, from: number, to: number): Promise<void> {
  const bytes = handshake.capture(from, to, START_US + from * 1000, 1000);
  daemon.child.stdin!.write(from === 0 ? bytes : bytes.subarray(24));
  const packets = to * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
}

/** Runs `sluice ctl`; without `--json` it answers with text. */
function ctl(args: readonly string[], env: Record<string, string> = {}): Promise<Ended> {
  return sluice(['ctl', ...args, '--state', state], { env });
}

async function answer(...args: string[]): Promise<Record<string, unknown>> {
  return JSON.parse((await ctl([...args, '--json'])).stdout) as Record<string, unknown>;
}

function actions(): Action[] {
  return eventsOf(decisions)
    .filter(({ event_type: type }) => type === 'action')
    .map(({ action }) => action as Action);
}

describe('sluice ctl', () => {
  it('shows the state of a daemon, and takes rules that were refused once their hash is confirmed', async () => {
    const daemon = await run().started();
    await feed(daemon, 0, CLIENTS);
    expect(statSync(join(state, 'control.sock')).mode & 0o777).toBe(0o600);
    const before = await answer('status');
    expect(before).toMatchObject({
      ok: true,
      packets: CLIENTS * handshake.packets.length,
      waiting: { rules: null, date: null },
    });
    const { sha256: first } = before.rules as { sha256: string };
    writeFileSync(registry, HEADER);
    const refused = await ctl(['reload']);
    expect(refused.code).toBe(3);
    expect(refused.stdout).toContain('reload: refused\n1 of 1 registrations in force would be lost, 0 may be\n');
    const hash = /sluice ctl confirm (\w{64})/.exec(refused.stdout)![1]!;
    expect((await ctl(['status'])).stdout).toContain(`waiting.rules.sha256: ${hash}\n`);
    // Neither another hash nor a missing hash confirms anything.
    const other = await ctl(['confirm', '0'.repeat(64)]);
    expect([other.code, other.stdout]).toEqual([1, '']);
    expect(other.stderr).toContain(`the rules that wait for it are ${hash}`);
    expect((await ctl(['confirm', 'abc'])).code).toBe(1);
    expect((await answer('status')).rules).toMatchObject({ sha256: first });
    const confirmed = await ctl(['confirm', hash], { SUDO_UID: '1234' });
    expect([confirmed.code, confirmed.stdout]).toEqual([0, 'confirm: success\n']);
    expect((await answer('status')).rules).toMatchObject({ sha256: hash, registry: { registrations: 0 } });
    daemon.child.stdin!.end();
    expect((await daemon.ended).code).toBe(0);
    expect(existsSync(join(state, 'control.sock'))).toBe(false);
    const uid = process.getuid!();
    expect(actions()).toMatchObject([
      {
        what: 'reload',
        who: { via: 'socket', uid },
        result: 'refused',
        rules_before: first,
        rules_after: first,
        candidate: hash,
      },
      { what: 'confirm', result: 'refused', rules_before: first, rules_after: first, confirmed: '0'.repeat(64) },
      {
        what: 'confirm',
        who: uid === 0 ? { uid, sudo_uid: 1234 } : { uid },
        result: 'success',
        rules_before: first,
        rules_after: hash,
      },
    ]);
    for (const { at } of actions()) expect(Math.abs(Date.parse(at) - Date.now())).toBeLessThan(120_000);
    expect(daemon.logged('an action of an operator')).toHaveLength(3);
  });

  it('shows a date that is held, and lets it have its effect once its hash and time are confirmed', async () => {
    const midnight = '2024-11-11T00:00:00Z';
    writeFileSync(registry, HEADER + BANK.replace(',,OW-1', ',2024-11-10,OW-1'));
    const daemon = await run().started();
    const [from, later] = [Date.parse(midnight) * 1000 - 60e6, Date.parse(midnight) * 1000 + 60e6];
    daemon.child.stdin!.write(handshake.capture(0, CLIENTS, from, 1000));
    daemon.child.stdin!.write(handshake.capture(0, CLIENTS, later, 1000).subarray(24));
    const packets = 2 * CLIENTS * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    const { rules, waiting } = await answer('status');
    const { sha256 } = rules as { sha256: string };
    expect(waiting).toMatchObject({ date: { date: '2024-11-11T00:00:00.000000Z' } });
    expect(await daemon.metric('sluice_outcome_packets_total', 'outcome="dropped"')).toBe(0);
    expect((await ctl(['confirm', sha256, '--date', '2024-11-11T00:00:01Z'])).code).toBe(1);
    expect((await ctl(['confirm', '0'.repeat(64), '--date', midnight])).code).toBe(1);
    expect((await ctl(['confirm', sha256, '--date', 'tomorrow'])).code).toBe(1);
    expect((await ctl(['confirm', sha256, '--date', midnight])).stdout).toBe('confirm: done\n');
    expect(await answer('status')).toMatchObject({ waiting: { date: null } });
    await daemon.kill();
    expect(actions().map(({ result, date }) => [result, date])).toEqual([
      ['refused', '2024-11-11T00:00:01Z'],
      ['refused', midnight],
      ['success', midnight],
    ]);
  });

  it('resets the breaker, clears harm with a reason, and forgets what is kept of clients', async () => {
    writePolicy(5, '  - { name: hit, when: { registered: either }, action: block }\n');
    const daemon = await run().started();
    await feed(daemon, 0, CLIENTS);
    expect(await answer('status')).toMatchObject({
      breaker: { tripped: true },
      mode: { of_policy: 'enforce', in_effect: 'observe' },
    });
    expect(await daemon.metric('sluice_registered_hits_total', 'on_purpose="false"')).toBeGreaterThan(0);
    writeFileSync(join(state, 'safety.json.broken-1'), 'addresses');
    expect(await answer('forget')).toMatchObject({ ok: true, files: ['safety.json.broken-1'] });
    expect(readdirSync(state).filter((name) => name.includes('broken'))).toEqual([]);
    expect((await ctl(['clear-harm'])).code).toBe(2);
    for (const reason of ['two\nlines', '', '   ']) expect((await ctl(['clear-harm', reason])).code).toBe(1);
    expect((await ctl(['clear-harm', 'change 4711'])).code).toBe(0);
    expect(await daemon.metric('sluice_registered_hits_total', 'on_purpose="false"')).toBe(0);
    expect(await answer('reset')).toEqual({ ok: true, reset: true });
    expect(await answer('reset')).toEqual({ ok: true, reset: false });
    expect(await answer('status')).toMatchObject({ breaker: { tripped: false } });
    await daemon.kill();
    expect(actions().map(({ what, result, reason }) => [what, result, reason])).toEqual([
      ['forget', 'success', undefined],
      ['clear-harm', 'success', 'change 4711'],
      ['reset', 'success', undefined],
      ['reset', 'unchanged', undefined],
    ]);
    expect(actions()[1]).toHaveProperty('harm_before.in_force');
  });

  it('leaves signals on record too', async () => {
    const daemon = await run().started();
    daemon.child.kill('SIGHUP');
    await until(
      'the rules are read',
      async () => (await daemon.metric('sluice_reloads_total', 'result="unchanged"')) === 1,
    );
    await daemon.kill();
    expect(actions()).toMatchObject([
      { what: 'reload', who: { via: 'signal', signal: 'SIGHUP' }, result: 'unchanged' },
    ]);
  });

  it('says where no daemon is, and a daemon keeps its socket', async () => {
    const none = await ctl(['status']);
    expect([none.code, none.stderr]).toEqual([
      1,
      `sluice: ${join(state, 'control.sock')}: no daemon has its socket there\n`,
    ]);
    const daemon = await run('--control', join(folder.path, 'own.sock')).started();
    const second = new RunningDaemon([
      '-',
      '--policy',
      policy,
      '--registry',
      registry,
      '--state',
      join(folder.path, 'other'),
      '--control',
      join(folder.path, 'own.sock'),
    ]);
    expect((await second.ended).code).toBe(1);
    expect(second.log).toMatch(/another process listens on \S+; --control names another, or none/);
    expect((await ctl(['status', '--control', join(folder.path, 'own.sock')])).code).toBe(0);
    await daemon.kill();
    const without = await run('--control', 'none').started();
    expect(readdirSync(state)).not.toContain('control.sock');
    await without.kill();
  });
});
