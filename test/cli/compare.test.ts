/**
 * `sluice compare` against an independent count: two replays whose decision and flow files DuckDB joins; and its first
 * line, gates and messages.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ChangeEvent } from '../../src/study/compare/change-event.ts';
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
const EMPTY_REGISTRY = file(
  'lost.csv',
  readFileSync(REGISTRY, 'utf8')
    .split('\n')
    .filter((row, at) => at === 0 || row.includes('Bank'))
    .join('\n'),
);

interface Figures {
  readonly packets: number;
  readonly vpn_flows: number;
  readonly rules: { breaker: { would_trip: { rule: string }[] } }[];
  readonly changes: {
    readonly registered_users_newly_hit: Record<string, number>;
    readonly clients: Record<string, number>;
    readonly flows: Record<string, number>;
    readonly packets_changed: number;
    readonly bytes_changed: number;
    readonly by: Record<string, { value: string; from: string; to: string; flows: number; clients: number }[]>;
    readonly largest: ChangeEvent[];
    readonly newly_hit_by_rule: Record<string, number>;
  }[];
  readonly time_line: Record<string, { packets: number } & Record<string, { packets: number }>>[];
}

async function compare(...args: string[]): Promise<Figures> {
  const { code, stdout, stderr } = await sluice(['compare', ...CAPTURES, ...args, '--json']);
  expect([code, stderr]).toEqual([0, '']);
  return JSON.parse(stdout) as Figures;
}

/** The action of every rule of the policies here. */
const ACTIONS: Readonly<Record<string, string>> = {
  ...{ 'no rule': 'allow', registered: 'allow', 'grace-period': 'allow' },
  ...{ 'suspected-slow': 'throttle', slow: 'throttle', unregistered: 'block', later: 'block', everyone: 'block' },
};

/** Every flow of a replay with its strongest and its last action, by what identifies it. */
const FLOWS_OF = `
  SELECT d.pcap_filename AS file, d.flow_id AS flow, any_value(d.src_ip) AS client,
    max(CASE d.decision.action WHEN 'block' THEN 2 WHEN 'throttle' THEN 1 ELSE 0 END) AS strongest,
    arg_max(d.decision.action, d.pcap_cnt) AS last,
    arg_max(d.registration.source IS NOT NULL OR d.registration.destination IS NOT NULL,
      (CASE d.decision.action WHEN 'block' THEN 2 WHEN 'throttle' THEN 1 ELSE 0 END) * 1e9 + d.pcap_cnt) AS registered
  FROM read_json('DECISIONS', format = 'newline_delimited', maximum_depth = 3) d GROUP BY ALL`;

/** The same differences, counted from the files of two replays. */
async function joined(before: readonly string[], after: readonly string[]): Promise<Record<string, number>> {
  const sides: string[] = [];
  for (const [at, rules] of [before, after].entries()) {
    const paths = [join(folder, `decisions-${at}.jsonl`), join(folder, `flows-${at}.jsonl`)] as const;
    const outputs = ['--decisions', paths[0], '--flows', paths[1], '--vpn-only', '--force', '--quiet'];
    const { code } = await sluice(['replay', ...CAPTURES, '--mode', 'enforce', ...rules, ...outputs]);
    expect(code).toBe(0);
    sides.push(FLOWS_OF.replace('DECISIONS', paths[0]));
  }
  const connection = await (await DuckDBInstance.create()).connect();
  const reader = await connection.runAndReadAll(`
    WITH a AS (${sides[0]!}), b AS (${sides[1]!}),
      f AS (SELECT pcap_filename AS file, flow_id AS flow,
        flow.pkts_toserver + flow.pkts_toclient AS packets, flow.bytes_toserver + flow.bytes_toclient AS bytes
        FROM read_json('${join(folder, 'flows-0.jsonl')}', format = 'newline_delimited', maximum_depth = 3)),
      j AS (SELECT client, a.strongest AS sa, b.strongest AS sb, a.last AS la, b.last AS lb, a.registered AS ra,
        b.registered AS rb, packets, bytes, a.strongest <> b.strongest OR a.last <> b.last AS changed
        FROM a JOIN b USING (file, flow, client) JOIN f USING (file, flow)),
      c AS (SELECT client, max(sa) AS sa, max(sb) AS sb, bool_or(sb > 0 AND sa = 0 AND rb) AS hit,
        bool_or(sb > 0 AND sa = 0 AND NOT rb AND ra) AS lost, bool_or(changed) AS changed FROM j GROUP BY client)
    SELECT (SELECT count(*) FROM j) AS flows, (SELECT count(*) FROM j WHERE changed) AS changed,
      (SELECT coalesce(sum(packets), 0) FROM j WHERE changed) AS packets,
      (SELECT coalesce(sum(bytes), 0) FROM j WHERE changed) AS bytes,
      (SELECT count(*) FROM c) AS clients, (SELECT count(*) FROM c WHERE changed) AS changedClients,
      (SELECT count(*) FROM c WHERE sb > 0 AND sa = 0) AS newlyHit,
      (SELECT count(*) FROM c WHERE sa > 0 AND sb = 0) AS noLongerHit,
      (SELECT count(*) FROM c WHERE hit) AS stillRegistered, (SELECT count(*) FROM c WHERE lost) AS deregistered,
      (SELECT count(*) FROM c WHERE (hit OR lost) AND sa > 0) AS alreadyHit`);
  const [row] = reader.getRowObjectsJson();
  return Object.fromEntries(Object.entries(row!).map(([name, value]) => [name, Number(value)]));
}

function figures({ changes: [change] }: Figures): Record<string, number> {
  const { flows, clients, registered_users_newly_hit: registered, packets_changed, bytes_changed } = change!;
  return {
    flows: flows.all!,
    changed: flows.changed!,
    packets: packets_changed,
    bytes: bytes_changed,
    clients: clients.all!,
    changedClients: clients.changed!,
    newlyHit: clients.newly_hit!,
    noLongerHit: clients.no_longer_hit!,
    stillRegistered: registered.still_registered!,
    deregistered: registered.deregistered!,
    alreadyHit: registered.already_hit!,
  };
}

const rules = (policyFile: string, registry = REGISTRY): string[] => ['--policy', policyFile, '--registry', registry];

describe('a comparison has the differences of two replays', () => {
  it.each([
    ['a rule that hits everyone', rules(BASELINE), rules(EVERYONE)],
    ['throttles and a rollout', rules(BASELINE), rules(SLOW)],
    ['the way back', rules(SLOW), rules(BASELINE)],
    ['a registry that lost rows', rules(BASELINE), rules(BASELINE, EMPTY_REGISTRY)],
  ])('%s', async (_, before, after) => {
    const found = await compare(...before, ...after);
    const expected = await joined(before, after);
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
    const found = await compare(...rules(BASELINE), ...rules(EVERYONE));
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
    for (const text of [stdout, json, events]) {
      expect(text).not.toBe('');
      expect(text).not.toMatch(/Meridian|198\.51\.100\.0\/28|192\.0\.2\.10\b/);
    }
  });
});

describe('each flow that changes', () => {
  it('is an event with both decisions', async () => {
    const path = join(folder, 'changes.jsonl');
    const found = await compare(...rules(BASELINE), ...rules(SLOW), '--changes', path);
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
  const { changes } = JSON.parse((await sluice(['compare', ...args, '--json'])).stdout) as Figures;
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
  expect([other.code, other.stderr]).toEqual([4, expect.not.stringContaining('judged')]);
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
  const found = await compare(...['--policy', BASELINE, '--policy', EVERYONE, '--policy', SLOW]);
  expect(found.changes).toHaveLength(2);
  const [everyone, slow] = found.changes;
  expect([figures({ ...found, changes: [everyone!] }), figures({ ...found, changes: [slow!] })]).toEqual([
    figures(await compare('--policy', BASELINE, '--policy', EVERYONE)),
    figures(await compare('--policy', BASELINE, '--policy', SLOW)),
  ]);
});
