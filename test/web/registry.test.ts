/** The API of the Registry page, of a running daemon over HTTP: with an account, and with hidden addresses. */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  expiringList,
  overlapList,
  registrationAnswer,
  registrySummary,
  searchAnswer,
  type SearchAnswer,
} from '../../src/web/api/registry-schema.ts';
import { RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';
import { addAccount, SignedIn } from '../kit/signed-in.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const DAY_MS = 86_400_000;
const dateIn = (days: number): string => new Date(Date.now() + days * DAY_MS).toISOString().slice(0, 10);
const ROWS = [
  '192.0.2.0/24,Meridian Example Bank,bank,,2021-03-01,,OW-1',
  `192.0.2.128/25,Orion Software,it,wireguard,2022-03-01,${dateIn(20)},OW-2`,
  `192.0.2.128/25,Orion Software,it,wireguard,2022-03-01,${dateIn(20)},OW-2`,
  `198.51.100.7,=Formula Ltd,it,,2022-04-01,${dateIn(3)},OW-3`,
  '203.0.113.0/24,Old Meridian,other,,2020-01-01,2021-01-01,OW-4',
  `2001:db8::/32,Later Corp,enterprise,,${dateIn(40)},,OW-5`,
];

const folder = temporaryFolder();
const path = (name: string): string => join(folder.path, name);
let daemon: RunningDaemon;
let hidden: RunningDaemon;
let viewer: SignedIn;
let hiddenViewer: SignedIn;

beforeAll(async () => {
  writeFileSync(path('registry.csv'), HEADER + ROWS.map((row) => `${row}\n`).join(''));
  writeFileSync(path('policy.yaml'), 'name: x\nrules: [{ name: all, action: allow }]\n');
  const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv')];
  for (const state of ['plain', 'hidden']) {
    mkdirSync(path(state));
    await addAccount(path(state), 'vera', 'viewer');
  }
  daemon = await new RunningDaemon(['-', ...files, '--state', path('plain')]).started();
  hidden = await new RunningDaemon(['-', ...files, '--state', path('hidden'), '--addresses', 'truncated']).started();
  viewer = await SignedIn.as(daemon, 'vera');
  hiddenViewer = await SignedIn.as(hidden, 'vera');
}, 30_000);
afterAll(async () => {
  await daemon.kill();
  await hidden.kill();
  folder.remove();
});

async function search(query: string): Promise<SearchAnswer> {
  return searchAnswer.parse(await viewer.get(`/registry/search?${query}`));
}
const shown = ({ kind, registered, sections }: SearchAnswer): unknown => [
  kind,
  registered,
  ...sections.map(({ kind: part, total, rows }) => [
    part,
    total,
    ...rows.map(({ line, validity, counts }) => `${line} ${validity}${counts ? ' counts' : ''}`),
  ]),
];

describe('the registry with an account', () => {
  it('is summed up', async () => {
    const summary = registrySummary.parse(await viewer.get('/registry'));
    expect(summary).toMatchObject({ rows: 6, prefixes: 5, in_force: 4, not_yet_valid: 1, expired: 1, hidden: false });
    expect(summary).toMatchObject({ overlaps: 1, duplicates: 1, without_begin: 0 });
    expect(summary.expiring).toEqual([
      { days: 7, registrations: 1 },
      { days: 30, registrations: 3 },
      { days: 90, registrations: 3 },
    ]);
    expect(summary.sectors).toEqual([
      { sector: 'it', registrations: 3, ipv4: 129, ipv6: '0' },
      { sector: 'bank', registrations: 1, ipv4: 256, ipv6: '0' },
    ]);
    expect(summary.months).toContainEqual({ month: '2022-03', begin: 2, end: 0 });
  });

  it.each<[string, string, unknown]>([
    [
      'an address',
      'q=192.0.2.200',
      ['address', true, ['covering', 3, '3 in-force counts', '4 in-force', '2 in-force']],
    ],
    [
      'an address for a protocol',
      'q=192.0.2.200&protocol=openvpn',
      ['address', true, ['covering', 3, '3 other-protocol', '4 other-protocol', '2 in-force counts']],
    ],
    [
      'an address at a time',
      `q=203.0.113.1&at=${Date.parse('2020-06-01') / 1000}`,
      ['address', true, ['covering', 1, '6 in-force counts']],
    ],
    ['an address whose registration expired', 'q=203.0.113.1', ['address', false, ['covering', 1, '6 expired']]],
    ['an address that is not registered', 'q=10.0.0.1', ['address', false]],
    ['an IPv6 address', 'q=2001:db8::1', ['address', false, ['covering', 1, '7 not-yet-valid']]],
    [
      'a prefix',
      'q=192.0.2.0/24',
      ['prefix', null, ['covering', 1, '2 in-force'], ['inside', 2, '3 in-force', '4 in-force']],
    ],
    ['a reference', 'q=OW-3', ['text', null, ['reference', 1, '5 in-force']]],
    ['a part of a holder', 'q=meridian', ['text', null, ['holder', 2, '2 in-force', '6 expired']]],
    ['a reference that is a part of another', 'q=OW-', ['text', null]],
  ])('is searched by %s', async (_title, query, answer) => {
    expect(shown(await search(query))).toEqual(answer);
  });

  it('says what is wrong with an address', async () => {
    const { kind, problem } = await search('q=192.0.2.300');
    expect([kind, problem]).toEqual(['invalid', expect.stringMatching(/255/)]);
  });

  it('refuses what it does not understand', async () => {
    for (const query of ['', 'q=', 'q=%20', `q=${'x'.repeat(201)}`, 'q=a&protocol=tor', 'q=a&at=soon', 'q=a&more=1'])
      expect([query, (await viewer.fetch(`/registry/search?${query}`)).status]).toEqual([query, 400]);
    expect((await viewer.fetch('/registry/registration?row=6')).status).toBe(404);
  });

  it('shows one registration', async () => {
    const { registration } = registrationAnswer.parse(await viewer.get('/registry/registration?row=0'));
    expect(registration).toMatchObject({ holder: 'Meridian Example Bank', reference: 'OW-1', validity: 'in-force' });
  });

  it('lists what expires, the soonest first, and overlaps, also as CSV', async () => {
    const expiring = expiringList.parse(await viewer.get('/registry/expiring'));
    expect(expiring.rows.map(({ reference }) => reference)).toEqual(['OW-3', 'OW-2', 'OW-2']);
    const overlaps = overlapList.parse(await viewer.get('/registry/overlaps?limit=1&skip=1'));
    expect(overlaps).toMatchObject({ overlaps: 1, duplicates: 1, total: 2, skip: 1 });
    expect(overlaps.rows.map(({ kind, registration, other }) => [kind, registration.line, other.line])).toEqual([
      ['inside', 3, 2],
    ]);
    const csv = await (await viewer.fetch('/registry/expiring.csv')).text();
    expect(csv.split('\r\n')).toHaveLength(5);
    // A spreadsheet must not take a holder for a formula.
    expect(csv).toContain(",'=Formula Ltd,");
    expect(await (await viewer.fetch('/registry/overlaps.csv')).text()).toContain('duplicate,192.0.2.128/25');
  });
});

describe('the registry with hidden addresses', () => {
  it('shows sectors and counts, and no prefix, holder or reference anywhere', async () => {
    const summary = registrySummary.parse(await hiddenViewer.get('/registry'));
    expect(summary).toMatchObject({ rows: 6, in_force: 4, hidden: true });
    const expiring = expiringList.parse(await hiddenViewer.get('/registry/expiring'));
    expect(expiring.rows).toEqual([]);
    expect(expiring.groups.map(({ sector, registrations }) => [sector, registrations])).toEqual([
      ['it', 1],
      ['it', 2],
    ]);
    const pages = [
      '/registry',
      '/registry/expiring',
      '/registry/expiring.csv',
      '/registry/overlaps',
      '/registry/overlaps.csv',
      '/rules',
    ];
    for (const page of pages)
      expect(await (await hiddenViewer.fetch(page)).text()).not.toMatch(/192\.0|198\.51|Meridian|Orion|OW-/);
  });

  it('counts overlaps by kind in a file', async () => {
    const csv = await (await hiddenViewer.fetch('/registry/overlaps.csv')).text();
    expect(csv).toBe('kind,registrations\r\nduplicate,1\r\noverlap,1\r\n');
  });

  it('refuses searches, with the reason', async () => {
    for (const page of ['/registry/search?q=192.0.2.1', '/registry/registration?row=0']) {
      const answer = await hiddenViewer.fetch(page);
      expect([answer.status, await answer.text()]).toEqual([403, expect.stringContaining('addresses are hidden')]);
    }
  });
});
