/** The whole way of an import through a running desk of examples, without script, and who may not go it. */
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { until } from '../kit/running-daemon.ts';
import { DeskClient, hiddenFields, RunningDesk } from '../kit/running-desk.ts';
import { workbook, zip } from './sheets/workbook.ts';

const out = mkdtempSync(join(tmpdir(), 'sluice-out-'));
const ROWS = [
  ['Company', 'IP address', 'Sector', 'Valid until', 'Provider'],
  ['Elder Example', '198.51.100.208 - 198.51.100.211', 'Software', '31.12.2036', 'North Net'],
  ['Fig Example', { formula: 'A1', value: '198.51.100.220' }, 'bank', '2036-12-31', 'North Net'],
  ['<script>alert(1)</script>', '198.51.100.221', 'bank', '2036-12-31', 'North Net'],
  ['Gorse Example', '10.0.0.1', 'bank', '2036-12-31', 'North Net'],
  ['=cmd|calc', '198.51.100.222', 'bank', '2036-12-31', 'North Net'],
] as const;

let desk: RunningDesk;

let client: DeskClient;

beforeAll(async () => {
  desk = await new RunningDesk(['--demo', '--out', out]).ready();
  client = new DeskClient(desk.origin);
  await client.signIn('anna', desk.password);
}, 60_000);

afterAll(async () => {
  await desk.stop();
});

async function upload(
  content: Buffer,
  name: string,
): Promise<{ readonly status: number; readonly location: string; readonly text: string }> {
  const { csrf } = hiddenFields((await client.get('/imports')).text, '/imports');
  const form = new FormData();
  form.append('csrf', csrf!);
  form.append('encoding', 'windows-1252');
  form.append('file', new Blob([new Uint8Array(content)]), name);
  return client.post('/imports', form);
}

describe('an import', () => {
  it('is shown row by row, asked about, confirmed once, and in the registry', async () => {
    const { status, location } = await upload(workbook([{ name: 'List', rows: ROWS }]), 'members.xlsx');
    expect(status).toBe(303);
    const shown = await client.get(`${location}?rows=question`);
    expect(shown.text).toContain('6 rows: 2 understood, 1 with questions, 2 to mend, 1 left out');
    expect(shown.text).toContain('has a formula, and its stored value “198.51.100.220” is read');
    expect((await client.get(`${location}?rows=error`)).text).toContain('is private (RFC 1918)');
    expect((await client.get(`${location}?rows=understood`)).text).not.toContain('<script>alert');
    expect(readFileSync(join(out, 'registry.csv'), 'utf8')).not.toContain('Elder');

    const answers = hiddenFields(shown.text, `${location}/answers`);
    expect((await client.post(`${location}/answers`, { ...answers, take: '3' })).status).toBe(303);
    const before = await client.get(location);
    expect(before.text).toContain('3 rows will be registered');
    // What was shown before the answer is something else.
    const stale = hiddenFields(shown.text, `${location}/confirm`);
    expect((await client.post(`${location}/confirm`, stale)).status).toBe(409);
    const fields = hiddenFields(before.text, `${location}/confirm`);
    const both = await Promise.all([1, 2].map(() => client.post(`${location}/confirm`, fields)));
    expect(both.map((one) => one.status)).toEqual([303, 303]);

    const registered = (): string => readFileSync(join(out, 'registry.csv'), 'utf8');
    await until('the registry has the rows', () => registered().includes('Fig Example'), 20_000);
    expect(registered().match(/Elder Example|Fig Example/g)).toHaveLength(2);
    expect(registered()).toContain('198.51.100.208/30,Elder Example,it,');
    const done = await client.get(`${location}?rows=understood`);
    expect(done.text).toMatch(/OW-\d{4}-\d{6}/);
    const report = (await client.get(`${location}/report.csv`)).text;
    expect(report).toContain('"6","error"');
    expect(report).not.toMatch(/(?:^|,)"[=+@-]/m);
    expect((await client.post(`${location}/confirm`, { ...fields, key: 'A'.repeat(22) })).status).toBe(409);
  });

  it('of other columns is read as the reviewer chooses', async () => {
    const { location } = await upload(Buffer.from('A;B;C\nHazel Example;bank;198.51.100.224\n'), 'list.csv');
    const first = await client.get(location);
    expect(first.text).toContain('1 to mend');
    const csrf = hiddenFields(first.text, `${location}/choices`);
    const chosen = {
      ...csrf,
      firstRow: '2',
      'column-0': 'holder',
      'column-1': 'sector',
      'column-2': 'own',
      isp: 'north-net',
      validFrom: '2026-01-01',
      validUntil: '2036-01-01',
      dateOrder: '',
      sector: '',
    };
    expect((await client.post(`${location}/choices`, { ...chosen, 'column-1': 'holder' })).status).toBe(400);
    expect((await client.post(`${location}/choices`, chosen)).status).toBe(303);
    expect((await client.get(location)).text).toContain('2 rows: 1 understood');
    const drop = hiddenFields((await client.get(location)).text, `${location}/drop`);
    expect((await client.post(`${location}/drop`, drop)).status).toBe(303);
    expect((await client.post(`${location}/choices`, chosen)).status).toBe(409);
  });

  it('of a hostile or mislabelled file is refused with what to do, and the desk goes on', async () => {
    const bomb = zip([['[Content_Types].xml', Buffer.alloc(70 << 20, ' ')]]);
    const files = [
      [bomb, 'once unpacked'],
      [Buffer.from([0xd0, 0xcf, 0x11, 0xe0]), 'save it as .xlsx or CSV'],
      [Buffer.alloc(6 << 20, 'a'), 'larger than 5 MB'],
      [Buffer.alloc(0), 'choose a file'],
    ] as const;
    for (const [content, message] of files) {
      const { status, text } = await upload(content, 'list.xlsx');
      expect(status).toBe(422);
      expect(text).toContain(message);
    }
    expect((await client.get('/imports')).status).toBe(200);
  });

  it('is not for other roles, and an auditor reads it alone', async () => {
    for (const [name, status] of [
      ['northnet', 403],
      ['admin', 403],
      ['auditor', 200],
    ] as const) {
      const other = new DeskClient(desk.origin);
      await other.signIn(name, desk.password);
      const { status: found, text } = await other.get('/imports/1');
      expect(found).toBe(status);
      expect(text).not.toContain('/imports/1/confirm');
    }
  });
});
