/**
 * Groups of fewer than five clients in every answer of a running daemon: three clients that a draft and a refused reload
 * would newly hit, beside others. No answer has their number, and none has figures from which it can be computed.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ConsoleAnswers } from '../../src/web/api/routes.ts';
import { apiRoutes } from '../../src/web/api/routes.ts';
import type { RulesDocument } from '../../src/web/api/rules-schema.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, SignedIn } from '../kit/signed-in.ts';

const anything: unknown = new Proxy(() => undefined, { get: () => anything, apply: () => anything });
const handshake = new Conversation('wireguard/handshake-only.pcap');
const START_US = 1_731_261_640_000_000;
const FEW = 3;
const MANY = 20;
/** Two clients begin at 10.0.0.0, one at 10.0.1.0: the small group. The others begin at 10.0.2.0. */
const SMALL_SOURCES = '[10.0.0.0/31, 10.0.1.0/32]';
const MANY_FROM = 512;
const SAFETY = 'safety: { window: 60s, max_clients_affected: 10, max_share_affected: 100%, then: observe }\n';
/** Fields that count clients, by what they say and not by the list of the program. */
const CLIENTS = /^(.*clients.*|.*_hit|deregistered|registered|affected|seen|median)$/;
/** Counts by these names are of decisions, packets or rules. */
const NO_CLIENTS = /^(clients_allowed|registered_allowed)$/;
const QUERIES: Readonly<Record<string, readonly string[]>> = {
  '/api/v1/chart': ['measure=clients', 'measure=clients&by=action', 'measure=clients&by=site&action=block'],
  '/api/v1/incidents': ['format=json'],
};

type Found = readonly [path: string, value: number];

/** Every number of clients in an answer. */
function clientsIn(value: unknown, path: string, name: string, found: Found[]): void {
  if (typeof value === 'number') {
    if (CLIENTS.test(name) && !NO_CLIENTS.test(name)) found.push([path, value]);
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const isOfRules = name === 'hits_by_rule' || (name === 'clients' && !Array.isArray(value));
  for (const [key, part] of Object.entries(value))
    clientsIn(part, `${path}.${key}`, isOfRules ? 'clients' : key, found);
}

/** Parts of newly hit clients of which one alone is unknown: the whole less the others is its number. */
function differencesIn(value: unknown, path: string, found: Found[]): void {
  if (typeof value !== 'object' || value === null) return;
  const { newly_hit: whole, hits_by_rule: parts } = value as Record<string, unknown>;
  if (typeof whole === 'number' && typeof parts === 'object' && parts !== null) {
    const values = Object.values(parts) as (number | null)[];
    const known = values.filter((one): one is number => one !== null && one >= 5);
    if (known.length === values.length - 1)
      found.push([`${path}: whole less the rest`, whole - known.reduce((sum, one) => sum + one, 0)]);
  }
  for (const [key, part] of Object.entries(value)) differencesIn(part, `${path}.${key}`, found);
}

describe('a group of three clients', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let daemon: RunningDaemon;
  let olga: SignedIn;

  const write = (file: string, rules: string): void => {
    writeFileSync(path(file), `name: ${file.split('.')[0]!}\nmode: enforce\nrules:\n${rules}${SAFETY}`);
  };
  const hitting =
    `  - { name: few, when: { source: ${SMALL_SOURCES} }, action: block }\n` + '  - { name: many, action: block }\n';

  beforeAll(async () => {
    mkdirSync(path('state'));
    await addAccount(path('state'), 'olga', 'operator');
    writeFileSync(path('registry.csv'), 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
    write('policy.yaml', '  - { name: all, action: allow }\n');
    write('draft.yaml', hitting);
    daemon = await new RunningDaemon([
      ...['-', '--policy', path('policy.yaml'), '--registry', path('registry.csv')],
      ...['--shadow', path('draft.yaml'), '--state', path('state')],
    ]).started();
    const input = daemon.child.stdin!;
    input.write(handshake.capture(MANY_FROM, MANY_FROM + MANY, START_US, 1000));
    const rest = [handshake.records(0, START_US), handshake.records(1, START_US), handshake.records(256, START_US)];
    // The last one ends the minute, so that its clients are in the history.
    input.write(Buffer.concat([...rest, handshake.records(MANY_FROM, START_US + 25_000_000)]));
    const packets = (MANY + FEW + 1) * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    // Beyond the limit of the breaker of the rules in use: the reload is refused, with its figures.
    write('policy.yaml', hitting);
    expect(await daemon.ask('reload')).toMatchObject({ result: 'refused' });
    olga = await SignedIn.as(daemon, 'olga');
    await until('the refusal is an incident', async () => {
      const { incidents } = await olga.get<{ incidents: { kind: string }[] }>('/incidents');
      return incidents.some(({ kind }) => kind === 'reload');
    });
  });
  afterAll(async () => {
    await daemon.kill();
    folder.remove();
  });

  it('is in the figures of the draft and of the refused reload', async () => {
    const { waiting, shadow } = await olga.get<RulesDocument>('/rules');
    const figures = { newly_hit: MANY + FEW, hits_by_rule: { few: 4, many: null } };
    expect(waiting.rules!.figures).toMatchObject(figures);
    expect(shadow!.since_began.newly_hit).toBe(MANY + FEW);
  });

  it('has its number in no answer, and it follows from none', async () => {
    const { incidents } = await olga.get<{ incidents: { id: number }[] }>('/incidents');
    const places = apiRoutes(anything as ConsoleAnswers)
      .filter(({ method, path: route }) => method === 'GET' && !route.includes(':'))
      .flatMap(({ path: route }) => ['', ...(QUERIES[route] ?? [])].map((query) => `${route}?${query}`));
    const details = incidents.map(({ id }) => `/api/v1/incidents/${id}?`);
    const found: Found[] = [];
    const computed: Found[] = [];
    let answered = 0;
    for (const place of [...places, ...details]) {
      const short = place.replace('/api/v1', '').replace(/\?$/, '');
      const answer = await olga.fetch(short);
      if (!answer.ok || answer.headers.get('content-type')?.startsWith('application/json') !== true) continue;
      answered++;
      const value: unknown = await answer.json();
      clientsIn(value, short, '', found);
      differencesIn(value, short, computed);
      // The series of a chart of clients have values by time.
      if (short.includes('measure=clients'))
        for (const { values, total } of (value as { series: { values: (number | null)[]; total: number }[] }).series)
          for (const one of [...values, total]) found.push([short, one ?? 0]);
    }
    expect(answered).toBeGreaterThan(10);
    const shown = found.map(([at]) => at).join('\n');
    for (const part of ['/rules.shadow.last_hour', '/changes.changes', 'before', '/chart?measure=clients'])
      expect(shown).toContain(part);
    expect(found.filter(([, value]) => value > 0 && value < 4)).toEqual([]);
    expect(computed.filter(([, value]) => value > 0 && value < 5)).toEqual([]);
  });
});
