/** The API of the Rules page, of a running daemon over HTTP. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { LiveDocument } from '../../src/web/api/live-schema.ts';
import { type RuleDay, type RulesDocument, rulesDocument, type RuleView } from '../../src/web/api/rules-schema.ts';
import { ruleWords } from '../../src/policy/rule-words.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const START_US = 1_731_261_600_000_000;
const handshake = new Conversation('wireguard/handshake-only.pcap');

let folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
beforeEach(() => {
  folder = temporaryFolder();
  writeFileSync(path('registry.csv'), `${HEADER}203.0.113.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n`);
});
afterEach(() => {
  folder.remove();
});

const policy = (...rules: string[]): string =>
  `name: test\nmode: enforce\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}safety: { window: 60s, max_clients_affected: 500, max_share_affected: 100%, then: observe }\n`;
const REGISTERED = '{ name: registered, when: { registered: either }, action: allow }';
const REST =
  '{ name: rest, when: { registered: none, source: 192.0.0.0/2 }, action: allow, legal_basis: Act 7, review_by: 2020-01-01 }';

async function run(active: string, draft: string | null): Promise<RunningDaemon> {
  writeFileSync(path('policy.yaml'), active);
  if (draft !== null) writeFileSync(path('draft.yaml'), draft);
  const shadow = draft === null ? [] : ['--shadow', path('draft.yaml')];
  const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv')];
  return new RunningDaemon(['-', ...files, ...shadow]).started();
}

async function feed(daemon: RunningDaemon, clients: number): Promise<void> {
  daemon.child.stdin!.write(handshake.capture(0, clients, START_US, 1000));
  const packets = clients * handshake.packets.length;
  await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
}

async function rules(daemon: RunningDaemon, query = ''): Promise<RulesDocument> {
  return rulesDocument.parse(JSON.parse(await daemon.get(`/api/v1/rules${query}`)));
}

/** A rule in the words that the page has. */
function saidBy(view: RuleView | null): string[] {
  const { flows, action } = ruleWords(view!.words);
  return [flows, action];
}

describe('GET /rules', () => {
  it('has the rules in words, in order, with their counts since the start', async () => {
    const daemon = await run(policy(REGISTERED, REST, '{ name: late, action: block, rollout: 10% }'), null);
    await feed(daemon, 20);
    const document = await rules(daemon);
    expect(document).toMatchObject({ policy: 'test', mode: 'enforce', total: 3, shadow: null, hidden: true });
    expect(document.waiting).toEqual({ rules: null, date: null });
    expect(document.rows.map(({ name, status, active }) => [name, status, ...saidBy(active)])).toEqual([
      ['registered', null, 'Flows with a registered end', 'allowed'],
      ['rest', null, 'Flows whose ends are both unregistered, from 1 named prefix', 'allowed'],
      ['late', null, 'All VPN flows, for 10 % of clients', 'blocked'],
    ]);
    const [, rest, late] = document.rows;
    expect(rest!.active).toMatchObject({
      legal_basis: 'Act 7',
      review_by: '2020-01-01',
      review: 'passed',
      reach: null,
    });
    expect(late!.active!.reach).toMatchObject({ hits: false });
    const made = await daemon.metric('sluice_decisions_total');
    expect(made).toBeGreaterThan(0);
    expect(document.rows.reduce((sum, { decisions }) => sum + decisions, document.unmatched)).toBe(made);
    await daemon.kill();
  });

  it('has a draft beside the rules, and what it would change', async () => {
    const daemon = await run(
      policy(REGISTERED, '{ name: rest, action: allow }', '{ name: old, action: allow }'),
      policy(REGISTERED, '{ name: new, when: { stage: confirmed }, action: block }', '{ name: rest, action: block }'),
    );
    await feed(daemon, 20);
    await daemon.ask('shadow');
    const { rows, shadow } = await rules(daemon);
    expect(rows.map(({ name, status }) => [name, status])).toEqual([
      ['registered', 'same'],
      ['new', 'new'],
      ['rest', 'changed'],
      ['old', 'gone'],
    ]);
    expect(rows[2]).toMatchObject({
      active: { place: 2, words: { action: 'allow' } },
      draft: { place: 3, words: { action: 'block' } },
    });
    expect(shadow!.rules).toEqual({ same: 1, changed: 1, moved: 0, new: 1, gone: 1 });
    expect(shadow!.last_hour.newly_hit).toBe(20);
    expect(shadow!.since_began.newly_hit).toBe(20);
    expect(shadow!.last_hour.hits_by_rule).toEqual({ new: 20 });
    expect((await rules(daemon, '?show=changed')).rows.map(({ name }) => name)).toEqual(['new', 'rest', 'old']);
    await daemon.kill();
  });

  it('has the registrations that a draft would hit first, by sector alone where addresses are hidden', async () => {
    writeFileSync(path('registry.csv'), `${HEADER}198.51.100.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1\n`);
    const daemon = await run(policy(REGISTERED), policy('{ name: all, action: block }'));
    await feed(daemon, 20);
    await daemon.ask('shadow');
    const { last_hour: figures } = (await rules(daemon)).shadow!;
    expect(figures).toMatchObject({ registered_hit: 20, newly_hit: 20, hits_by_rule: { all: 20 } });
    const hidden = { prefix: null, holder: null, reference: null };
    expect(figures.users).toEqual([{ rule: 'all', deregistered: false, sector: 'bank', ...hidden }]);
    expect(await daemon.get('/api/v1/rules')).not.toMatch(/Meridian|198\.51|OW-1/);
    await daemon.kill();
  });

  it('says which rules have ended or not begun by packet time, and does not tell small groups of clients apart', async () => {
    const daemon = await run(
      policy(
        '{ name: ended, when: { until: 2024-11-01T00:00:00Z }, action: allow }',
        '{ name: now, when: { from: 2024-11-01T00:00:00Z, until: 2024-12-01T00:00:00Z }, action: allow }',
        '{ name: ahead, when: { from: 2024-12-01T00:00:00Z }, action: block }',
      ),
      policy('{ name: all, action: block }'),
    );
    await feed(daemon, 3);
    await daemon.ask('shadow');
    const { rows, shadow } = await rules(daemon);
    expect(rows.filter(({ active }) => active !== null).map(({ name, active }) => [name, active!.outside])).toEqual([
      ['ended', { state: 'ended', at_ms: Date.UTC(2024, 10, 1) }],
      ['now', null],
      ['ahead', { state: 'ahead', at_ms: Date.UTC(2024, 11, 1) }],
    ]);
    const { last_hour: hour, since_began: began } = shadow!;
    expect(hour).toMatchObject({ newly_hit: 4, clients: 4, registered_hit: 0, hits_by_rule: { all: 4 } });
    expect(began).toMatchObject({ newly_hit: 4, registered_hit: 0 });
    // The live document is made once a second.
    let shown: LiveDocument['shadow'] = null;
    await until('the live document has the draft', async () => {
      ({ shadow: shown } = JSON.parse(await daemon.get('/api/v1/live')) as LiveDocument);
      return (shown?.newly_hit ?? 0) > 0;
    });
    expect(shown).toMatchObject({ newly_hit: 4, registered: 0 });
    await daemon.kill();
  });

  it('answers a page of 10,000 rules at a time, and quickly', async () => {
    const many = Array.from(
      { length: 10_000 },
      (_, at) => `{ name: r${at}, when: { source: 10.${at >> 8}.${at & 255}.1 }, action: block }`,
    );
    const daemon = await run(policy(...many), null);
    await rules(daemon);
    const since = performance.now();
    const { rows, total } = await rules(daemon, '?skip=9990&limit=200');
    expect(performance.now() - since).toBeLessThan(500);
    expect([rows.length, total]).toEqual([10, 10_000]);
    const at = await rules(daemon, '?at=r120&limit=50');
    expect([at.skip, at.rows[20]!.name]).toEqual([100, 'r120']);
    expect((await rules(daemon, '?at=none')).skip).toBe(0);
    expect((await rules(daemon, '?name=r9999')).rows.map(({ name, active }) => [name, active!.place])).toEqual([
      ['r9999', 10_000],
    ]);
    await daemon.kill();
  }, 60_000);

  it('refuses what it does not understand', async () => {
    const daemon = await run(policy(REGISTERED), null);
    const wrong = ['?limit=0', '?limit=201', '?skip=-1', '?show=some', '?more=1', `?name=${'x'.repeat(65)}`];
    for (const query of wrong)
      expect([query, (await fetch(`${daemon.url}/api/v1/rules${query}`)).status]).toEqual([query, 400]);
    await daemon.kill();
  });

  it('counts the decisions of a day by rule from the history, as the metrics do', async () => {
    const daemon = await run(policy(REGISTERED, '{ name: rest, action: allow }'), null);
    await feed(daemon, 20);
    // A packet of the next minute ends the first one.
    daemon.child.stdin!.write(handshake.capture(0, 1, START_US + 120e6, 1000).subarray(24));
    let day: RuleDay | null = null;
    await until('the history has a minute', async () => {
      day = JSON.parse(await daemon.get('/api/v1/rules/day')) as RuleDay;
      return day.counts.length > 0;
    });
    const { counts, from, to } = day!;
    expect(to - from).toBeGreaterThanOrEqual(86_400);
    expect(to - from).toBeLessThan(86_400 + 3600);
    expect(new Set(counts.map(({ rule, action }) => `${rule} ${action}`))).toEqual(new Set(['rest allow']));
    expect(counts.reduce((sum, { decisions }) => sum + decisions, 0)).toBe(40);
    await daemon.kill();
  });
});

describe('an action without an account', () => {
  it('is refused, and nothing is done', async () => {
    const daemon = await run(policy(REGISTERED), null);
    const plain = ['reload', 'shadow-read', 'preview-reload'];
    const others = ['confirm', 'reset-breaker', 'clear-harm', 'shadow-off', 'shadow-on'];
    for (const name of [...plain, ...others]) {
      const answer = await fetch(`${daemon.url}/api/v1/actions/${name}`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(name === 'preview-reload' ? {} : { id: 'abcdefgh' }),
      });
      expect([name, plain.includes(name) ? answer.status >= 401 : answer.status >= 400]).toEqual([name, true]);
    }
    expect(daemon.logged('an action of an operator')).toEqual([]);
    await daemon.kill();
  });
});
