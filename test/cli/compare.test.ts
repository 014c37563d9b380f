/**
 * `sluice compare` against an independent count: two replays whose decision and flow files DuckDB joins; and its first
 * line, gates and messages.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../src/study/compare/change-event.ts';
import { type Comparison, compare, figures, joined } from './joined-replays.ts';
import { sluice, temporaryFolder, withoutProvenance } from './sluice.ts';

const folder = temporaryFolder();
/** Enough captures for every kind of change, and few enough for two replays of each case. */
const CAPTURES = ['captures/wireguard', 'captures/field', '--each'];
const FEW = ['captures/wireguard', '--each'];
const BASELINE = 'rules/policy.yaml';
const REGISTRY = 'rules/registry.csv';

function file(name: string, text: string): string {
  const path = join(folder, name);
  writeFileSync(path, text);
  return path;
}

const policy = (name: string, ...rules: string[]): string =>
  file(`${name}.yaml`, `name: ${name}\nmode: enforce\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}`);

const EVERYONE = policy('everyone', '{ name: everyone, action: block }');
const SLOW = policy(
  'slow',
  '{ name: registered, when: { registered: either }, action: allow }',
  '{ name: slow, when: { protocol: openvpn }, action: throttle, rate: 64kbit/s, burst: 4kB }',
  '{ name: later, when: { min_packets: 6 }, action: block, rollout: 50% }',
);
/** A client of captures/wireguard whose flow is among the largest. */
const CLIENT = '192.0.2.25';
const EMPTY_REGISTRY = file(
  'lost.csv',
  readFileSync(REGISTRY, 'utf8')
    .split('\n')
    .filter((row, at) => at === 0 || row.includes('Bank'))
    .join('\n'),
);

/** The action of every rule of the policies here. */
const ACTIONS: Readonly<Record<string, string>> = {
  ...{ 'no rule': 'allow', registered: 'allow', 'grace-period': 'allow' },
  ...{ 'suspected-slow': 'throttle', slow: 'throttle', unregistered: 'block', later: 'block', everyone: 'block' },
};

const rules = (policyFile: string, registry = REGISTRY): string[] => ['--policy', policyFile, '--registry', registry];

describe('a comparison has the differences of two replays', () => {
  it.each([
    ['a rule that hits everyone', rules(BASELINE), rules(EVERYONE)],
    ['throttles and a rollout', rules(BASELINE), rules(SLOW)],
    ['the way back', rules(SLOW), rules(BASELINE)],
    ['a registry that lost rows', rules(BASELINE), rules(BASELINE, EMPTY_REGISTRY)],
  ])('%s', async (_, before, after) => {
    const found = await compare(CAPTURES, ...before, ...after);
    const expected = await joined(CAPTURES, folder, before, after);
    expect(figures(found)).toEqual(expected);
    expect(expected.changed).toBeGreaterThan(0);
    const { by, flows } = found.changes[0]!;
    // A row names the rules that made its actions.
    for (const { value, from, to } of by.rule!)
      expect(value.split(' → ').map((rule) => ACTIONS[rule])).toEqual([from, to]);
    for (const rows of Object.values(by)) expect(rows.reduce((sum, row) => sum + row.flows, 0)).toBe(flows.changed);
    const packets = found.time_line.reduce((sum, { offered }) => sum + offered!.packets, 0);
    expect(packets).toBe(found.packets);
  });

  it('in two threads as in one', async () => {
    const args = ['compare', ...CAPTURES, ...rules(BASELINE), ...rules(SLOW), '--json'];
    const one = await sluice([...args, '--workers', '1']);
    const two = await sluice([...args, '--workers', '2']);
    expect(withoutProvenance(two.stdout)).toBe(withoutProvenance(one.stdout));
    expect(one.stdout).not.toBe('');
  });

  it('none for the same rules', async () => {
    const { stdout, code } = await sluice([
      'compare',
      ...FEW,
      ...rules(BASELINE),
      ...rules(BASELINE),
      '--fail-on-change',
    ]);
    expect(code).toBe(0);
    expect(stdout).toMatch(/^Registered users newly hit: none\. 0 clients of \d+ would newly be hit\.\n/);
  });
});

describe('the day that everyone was cut off', () => {
  it('is said in one line: registered users, clients, and that the breaker would trip', async () => {
    const args = [...CAPTURES, ...rules(BASELINE), ...rules(EVERYONE)];
    const { stdout } = await sluice(['compare', ...args]);
    const found = await compare(CAPTURES, ...rules(BASELINE), ...rules(EVERYONE));
    const { clients, registered_users_newly_hit: registered } = found.changes[0]!;
    expect(stdout.split('\n')[0]).toBe(
      `Registered users newly hit: ${registered.clients} clients of ${registered.registrations} registrations. ` +
        `${clients.newly_hit} clients of ${clients.all} would newly be hit, and the safety breaker would trip.`,
    );
    expect(registered.clients).toBeGreaterThan(10);
    expect(found.rules.map(({ breaker }) => breaker.would_trip.length)).toEqual([0, 1]);
    expect(stdout).toContain('Meridian Example Bank, 198.51.100.0/28 (bank)');
    // Rows as they are in JSON.
    for (const { value, from, to, flows } of found.changes[0]!.by.protocol!)
      expect(stdout).toMatch(new RegExp(`${value} +│ ${from} → ${to} +│ +${flows} │`));
  });

  it('shows no holder and no prefix with hidden addresses', async () => {
    const args = [...FEW, ...rules(BASELINE), ...rules(EVERYONE), '--addresses', 'truncated'];
    const { stdout } = await sluice(['compare', ...args]);
    const { stdout: json } = await sluice(['compare', ...args, '--json']);
    const { stdout: events } = await sluice(['compare', ...args, '--changes', '-']);
    const { stdout: plain } = await sluice(['compare', ...args.slice(0, -2)]);
    for (const hidden of ['Meridian Example Bank', '198.51.100.0/28', CLIENT]) {
      expect(plain).toContain(hidden);
      for (const text of [stdout, json, events]) {
        expect(text).not.toBe('');
        expect(text).not.toContain(hidden);
      }
    }
  });
});

describe('each flow that changes', () => {
  it('is an event with both decisions', async () => {
    const path = join(folder, 'changes.jsonl');
    const found = await compare(CAPTURES, ...rules(BASELINE), ...rules(SLOW), '--changes', path);
    const events = readFileSync(path, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ChangeEvent);
    expect(events).toHaveLength(found.changes[0]!.flows.changed!);
    for (const { event_type: type, before, after, vpn } of events) {
      expect([type, before.policy, after.policy]).toEqual(['change', 'national-baseline', 'slow']);
      expect(before.action !== after.action || before.last_action !== after.last_action).toBe(true);
      expect(vpn).toBeDefined();
    }
    const total = (side: 'before' | 'after'): number =>
      events.reduce((sum, event) => sum + event[side].pkts_dropped, 0);
    expect(total('after')).toBeGreaterThan(0);
    const again = await sluice(['compare', ...FEW, ...rules(BASELINE), ...rules(SLOW), '--changes', path]);
    expect([again.code, again.stderr]).toEqual([2, expect.stringContaining('--force overwrites')]);
  });
});

describe('gates', () => {
  it.each([
    [
      ['--max-registered-hits', '0'],
      1,
      /--max-registered-hits 0: policy everyone would newly hit \d+ registered clients/,
    ],
    [['--max-clients-hit', '10'], 1, /--max-clients-hit 10: policy everyone would newly hit \d+ clients/],
    [['--max-share-hit', '1.5%'], 1, /--max-share-hit 1\.5 %: policy everyone would newly hit [\d.]+ % of \d+ clients/],
    [['--fail-on-change'], 1, /--fail-on-change: policy everyone changes [\d,]+ flows/],
    [['--max-registered-hits', '1000', '--max-clients-hit', '1000', '--max-share-hit', '100%'], 0, /^$/],
    [['--max-share-hit', '5'], 2, /It must be a percentage from 0% to 100%/],
  ])('%j', async (gate, code, message) => {
    const ended = await sluice(['compare', ...FEW, ...rules(BASELINE), ...rules(EVERYONE), ...gate, '--quiet']);
    expect(ended.code).toBe(code);
    expect(ended.stderr.trim()).toMatch(message);
    expect(ended.stdout).toBe('');
  });
});

it('a listed flow has the change of action by which the tables count it', async () => {
  const args = ['captures/openvpn', '--each', ...rules(BASELINE), ...rules(SLOW)];
  const { stdout } = await sluice(['compare', ...args]);
  const { changes } = JSON.parse((await sluice(['compare', ...args, '--json'])).stdout) as Comparison;
  const counted = changes[0]!.by.protocol!.map(({ from, to }) => `${from} → ${to}`);
  const shown = [...stdout.split('The flows that change most:')[1]!.matchAll(/│ (\w+ → \w+)( in the end)? +│/g)];
  expect(shown).toHaveLength(changes[0]!.largest.length);
  for (const [, change] of shown) expect(counted).toContain(change);
  expect(shown.map(([, , inTheEnd]) => inTheEnd !== undefined)).toContain(true);
});

it('limits are not checked on a part of a capture, and that is said', async () => {
  const whole = readFileSync('captures/wireguard/handshake.pcap');
  const cut = file('cut.pcap', '');
  writeFileSync(cut, whole.subarray(0, whole.length - 1));
  const args = ['compare', cut, ...rules(BASELINE), ...rules(EVERYONE), '--quiet'];
  const gated = await sluice([...args, '--max-registered-hits', '0']);
  expect([gated.code, gated.stderr]).toEqual([4, expect.stringMatching(/^sluice: the limits were not checked/m)]);
  const other = await sluice(args);
  expect([other.code, other.stderr]).toEqual([4, expect.not.stringContaining('the limits were not checked')]);
});

it.each([
  [['--policy', BASELINE], /nothing to compare: give --policy or --registry at least twice/],
  [
    [...['a', 'b', 'c'].flatMap((name) => ['--policy', name]), '--registry', 'x', '--registry', 'y'],
    /give each once, or both equally often/,
  ],
])('%j is wrong usage', async (args, message) => {
  const { code, stderr } = await sluice(['compare', 'captures', ...args]);
  expect([code, stderr]).toEqual([2, expect.stringMatching(message)]);
});

it('three sets of rules: each further one is compared with the first', async () => {
  const found = await compare(CAPTURES, ...['--policy', BASELINE, '--policy', EVERYONE, '--policy', SLOW]);
  expect(found.changes).toHaveLength(2);
  const [everyone, slow] = found.changes;
  expect([figures({ ...found, changes: [everyone!] }), figures({ ...found, changes: [slow!] })]).toEqual([
    figures(await compare(CAPTURES, '--policy', BASELINE, '--policy', EVERYONE)),
    figures(await compare(CAPTURES, '--policy', BASELINE, '--policy', SLOW)),
  ]);
});
