/** `sluice compare … --report`: its numbers against the JSON and the changed flows, and what a public one hides. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readPage } from '../kit/html-page.ts';
import { jsonLines, sluice } from './sluice.ts';
import { bareText, CAPTURES, EVERYONE, folder, THROTTLES, valuesOf } from './report-kit.ts';

describe('the public report of a comparison', () => {
  const path = join(folder, 'public.html');
  const changes = join(folder, 'public-changes.jsonl');
  const compared = sluice([
    ...['compare', ...CAPTURES, '--policy', 'rules/policy.yaml', '--policy', EVERYONE, '--json'],
    ...['--report', path, '--audience', 'public', '--changes', changes],
  ]);

  interface Group {
    readonly value: string;
    readonly flows: number;
    readonly clients: number;
  }
  interface Side {
    readonly action: string;
    readonly registration: Record<'source' | 'destination', { sector: string } | null>;
  }
  interface Change {
    readonly src_ip: string;
    readonly vpn: { readonly protocol: string; readonly stage: string };
    readonly before: Side;
    readonly after: Side;
  }
  const sectorOf = ({ registration: { source, destination } }: Side): string | undefined =>
    (source ?? destination)?.sector;
  const PROPERTIES: Readonly<Record<string, (change: Change) => string>> = {
    action: ({ before, after }) => `${before.action} → ${after.action}`,
    protocol: ({ vpn }) => vpn.protocol,
    stage: ({ vpn }) => vpn.stage,
    sector: ({ before, after }) => sectorOf(after) ?? sectorOf(before) ?? 'not registered',
  };

  it('is made from flows and clients by one property each, which are those of the changed flows', async () => {
    const { code, stdout } = await compared;
    expect(code).toBe(0);
    const [changed] = (JSON.parse(stdout) as { report: { changed: Record<string, Group[]>[] } }).report.changed;
    const events = jsonLines(readFileSync(changes, 'utf8')) as unknown as Change[];
    expect(events.length).toBeGreaterThan(50);
    for (const [property, valueOf] of Object.entries(PROPERTIES)) {
      const expected = [...new Set(events.map(valueOf))].map((value) => {
        const flows = events.filter((event) => valueOf(event) === value);
        return { value, flows: flows.length, clients: new Set(flows.map(({ src_ip: client }) => client)).size };
      });
      expect(changed![property]).toHaveLength(expected.length);
      expect(changed![property]).toEqual(expect.arrayContaining(expected));
    }
  });

  it('has a table for each property, with small groups as <5 and added to the first one', async () => {
    const { stdout } = await compared;
    const [changed] = (JSON.parse(stdout) as { report: { changed: Record<string, Group[]>[] } }).report.changed;
    const page = readFileSync(path, 'utf8').replace(/\s+/g, ' ');
    let smallCount = 0;
    for (const property of Object.keys(PROPERTIES)) {
      const table = page.split('<table>').find((text) => text.includes(`<th scope="col" >${property}</th>`))!;
      const rows = table.split('</table>')[0]!.split('<th scope="row">').slice(1);
      const cells = rows.map((row) => [...row.matchAll(/<td[^>]*>(.*?)<\/td>/g)].map(([, text]) => text!));
      const small = changed![property]!.filter(({ clients }) => clients < 5);
      const large = changed![property]!.filter(({ clients }) => clients >= 5);
      smallCount += small.length;
      expect(cells.filter(([clients]) => clients === '&lt;5')).toHaveLength(small.length);
      const sum = (groups: readonly Group[], key: 'clients' | 'flows'): number =>
        groups.reduce((total, group) => total + group[key], 0);
      const rounded = (value: number): string => (5 * Math.round(value / 5)).toLocaleString('en-US');
      expect(cells[0]).toEqual([
        rounded(sum([large[0]!, ...small], 'clients')),
        rounded(sum([large[0]!, ...small], 'flows')),
      ]);
    }
    expect(smallCount).toBeGreaterThan(0);
  });
});

describe('the report of a comparison', () => {
  const path = join(folder, 'compared.html');
  const policies = ['--policy', 'rules/policy.yaml', '--policy', EVERYONE, '--policy', THROTTLES];
  const compared = sluice(['compare', ...CAPTURES, ...policies, '--report', path, '--json']);

  it('has no number that the JSON does not have, and needs nothing else', async () => {
    const { stdout, code } = await compared;
    expect(code).toBe(0);
    const known = valuesOf(JSON.parse(stdout));
    const elements = readPage(readFileSync(path, 'utf8'));
    const figures = elements.filter(({ tag }) => tag === 'data');
    expect(figures.length).toBeGreaterThan(100);
    for (const { attributes, text } of figures) expect(known, text).toContain(attributes.value);
    for (const cell of elements.filter(({ tag }) => tag === 'td' || tag === 'dd'))
      expect(bareText(cell).replace('<5', '')).not.toMatch(/\d/);
    expect(elements.map(({ tag }) => tag)).not.toContain('script');
    const ids = elements.flatMap(({ attributes: { id } }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has the first line of the comparison for each further set of rules, in large letters', async () => {
    const { changes } = JSON.parse((await compared).stdout) as {
      changes: { to: string; registered_users_newly_hit: { clients: number } }[];
    };
    const leads = readPage(readFileSync(path, 'utf8')).filter(({ attributes }) => attributes.class === 'lead');
    const shown = (clients: number): string => (clients > 0 && clients < 5 ? '<5' : String(clients));
    expect(leads.map(({ text }) => text.replace(/\s+/g, ' ').trim())).toEqual(
      changes.map(
        ({ to, registered_users_newly_hit: { clients } }) =>
          `${shown(clients)} registered ${clients === 1 ? 'user' : 'users'} would newly be hit by ${to}.`,
      ),
    );
    expect(changes[0]!.registered_users_newly_hit.clients).toBeGreaterThan(0);
  });

  it('hides holders with the addresses', async () => {
    const hidden = join(folder, 'compared-hidden.html');
    const { code } = await sluice([
      ...['compare', ...CAPTURES, ...policies],
      ...['--report', hidden, '--quiet', '--addresses', 'truncated'],
    ]);
    expect(code).toBe(0);
    expect(readFileSync(path, 'utf8')).toContain('Example');
    expect(readFileSync(hidden, 'utf8')).not.toContain('Example');
    const ends = readFileSync(hidden, 'utf8').match(/\d+\.\d+\.\d+\.\d+/g) ?? [];
    expect(ends.filter((end) => !end.endsWith('.0'))).toEqual([]);
  });
});
