/** `sluice replay … --report`: the page by itself, its numbers against the JSON and the flow events, and what a public one hides. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ReplayReportData } from '../../src/study/report/replay-report-data.ts';
import { isInside, readPage } from '../kit/html-page.ts';
import { jsonLines, sluice } from './sluice.ts';
import { bareText, CAPTURES, EVERYONE, folder, THROTTLES, valuesOf } from './report-kit.ts';

async function reported(name: string, ...args: string[]): Promise<{ page: string; data: ReplayReportData }> {
  const path = join(folder, `${name}.html`);
  const { stdout, code, stderr } = await sluice(['replay', ...args, '--report', path, '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return { page: readFileSync(path, 'utf8'), data: JSON.parse(stdout) as ReplayReportData };
}

describe.each([
  ['in mode observe', []],
  ['with throttles and blocks in mode enforce, and a hostile name', ['--policy', THROTTLES]],
])('the report of a replay %s', (_, args) => {
  const report = reported(`page${args.length}`, ...CAPTURES, ...args);

  it('is one page that is well-formed and needs nothing else', async () => {
    const { page } = await report;
    const elements = readPage(page);
    const tags = new Set(elements.map(({ tag }) => tag));
    for (const tag of ['script', 'link', 'img', 'iframe', 'object', 'a']) expect(tags).not.toContain(tag);
    for (const { attributes } of elements)
      for (const [name, value] of Object.entries(attributes)) {
        expect(name).not.toMatch(/^(?:src|href|on|style)/);
        expect(value).not.toMatch(/url\((?!#)/);
      }
    expect(page).not.toMatch(/https?:|@import|<script/);
    const ids = elements.flatMap(({ attributes: { id } }) => id ?? []);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('has headings in order, heads of columns and rows, and a title and a description for every chart', async () => {
    const elements = readPage((await report).page);
    const levels = elements.flatMap(({ tag }) => /^h([1-6])$/.exec(tag)?.[1] ?? []).map(Number);
    expect(levels.filter((level) => level === 1)).toHaveLength(1);
    levels.reduce((before, level) => {
      expect(level).toBeLessThanOrEqual(before + 1);
      return level;
    }, 0);
    for (const { attributes } of elements.filter(({ tag }) => tag === 'th'))
      expect(['col', 'row']).toContain(attributes.scope);
    const charts = elements.filter(({ tag, attributes }) => tag === 'svg' && attributes.role === 'img');
    expect(charts.length).toBeGreaterThan(3);
    for (const { attributes, children } of charts)
      expect(children.slice(0, 2).map(({ tag, attributes: { id } }) => `${tag} ${id ?? ''}`)).toEqual(
        ['title', 'desc'].map((tag, at) => `${tag} ${attributes['aria-labelledby']!.split(' ')[at]!}`),
      );
  });

  it('has no number that the JSON does not have', async () => {
    const { page, data } = await report;
    const known = valuesOf(data);
    const elements = readPage(page);
    const figures = elements.filter(({ tag }) => tag === 'data');
    expect(figures.length).toBeGreaterThan(100);
    for (const { attributes, text } of figures) expect(known, text).toContain(attributes.value);
    const times = elements.filter((element) => element.tag === 'time' && isInside(element, 'main'));
    for (const { attributes } of times) expect(known).toContain(attributes.datetime);
    // Other cells have no digits but those of bounds and limits.
    for (const cell of elements.filter(({ tag }) => tag === 'td' || tag === 'dd'))
      expect(bareText(cell).replace('<5', '')).not.toMatch(/\d/);
  });

  it('shows counts with the digits that they have', async () => {
    const { page, data } = await report;
    const figures = readPage(page).filter(({ tag }) => tag === 'data');
    const shown = figures.filter(({ attributes }) => attributes.value === String(data.packets.read));
    expect(shown.map(({ text }) => text)).toContain(data.packets.read.toLocaleString('en-US'));
  });

  it('escapes the name of the policy', async () => {
    const { page } = await report;
    if (args.length > 0) expect(page).toContain('&lt;script&gt;alert(&quot;x&quot;)&lt;/script&gt; &amp;');
    else expect(page).toContain('national-baseline');
  });
});

interface FlowLine {
  readonly src_ip: string;
  readonly vpn?: { readonly protocol: string; readonly stage: string };
  readonly decision?: { readonly action: string; readonly rule: string | null };
  readonly flow: Record<'pkts_toserver' | 'pkts_toclient' | 'bytes_toserver' | 'bytes_toclient', number>;
}

describe('the figures of a report', () => {
  const flowFile = join(folder, 'flows.jsonl');
  const report = reported('counted', ...CAPTURES, '--policy', THROTTLES, '--flows', flowFile);

  it('are those of the flow events', async () => {
    const { data } = await report;
    const flows = jsonLines(readFileSync(flowFile, 'utf8')) as unknown as FlowLine[];
    const found = flows.filter(({ vpn }) => vpn !== undefined);
    const group = (some: FlowLine[]): object => ({
      flows: some.length,
      clients: new Set(some.map(({ src_ip: source }) => source)).size,
      packets: some.reduce((sum, { flow }) => sum + flow.pkts_toserver + flow.pkts_toclient, 0),
      bytes: some.reduce((sum, { flow }) => sum + flow.bytes_toserver + flow.bytes_toclient, 0),
    });
    for (const { protocol, stage, ...figures } of data.report.findings)
      expect(figures).toMatchObject(
        group(found.filter(({ vpn }) => vpn!.protocol === protocol && vpn!.stage === stage)),
      );
    for (const { action, ...figures } of data.report.actions)
      expect(figures).toMatchObject(group(found.filter(({ decision }) => decision!.action === action)));
    for (const { rule, ...figures } of data.report.rules)
      expect(figures).toMatchObject(group(found.filter(({ decision }) => decision!.rule === rule)));
    expect(data.report.vpn).toMatchObject({ flows: found.length });
    expect(data.report.rules.reduce((sum, { flows: count }) => sum + count, 0)).toBe(found.length);
  });

  it('sum up over time to those of the summary', async () => {
    const { data } = await report;
    const sum = (of: (interval: ReplayReportData['report']['time_line'][number]) => number): number =>
      data.report.time_line.reduce((total, interval) => total + of(interval), 0);
    for (const unit of ['packets', 'bytes'] as const) {
      const outcome = data.outcome[unit];
      expect(sum(({ forwarded }) => forwarded[unit])).toBe(outcome.forwarded);
      expect(sum(({ delayed }) => delayed[unit])).toBe(outcome.delayed);
      expect(sum(({ dropped }) => dropped[unit])).toBe(outcome.dropped);
      expect(sum(({ dropped_by: by }) => by.throttle[unit])).toBe(
        data.throttles!.reduce((total, { dropped }) => total + dropped[unit], 0),
      );
    }
    expect(data.outcome.packets.delayed).toBeGreaterThan(0);
    expect(sum(({ dropped_by: by }) => by.block.packets)).toBeGreaterThan(0);
    expect(sum(({ offered }) => offered.packets)).toBe(data.packets.read);
    for (const action of ['allow', 'throttle', 'block'])
      expect(sum(({ decisions }) => decisions[action]!)).toBe(data.decisions[action]);
    expect(data.report.link_types.reduce((total, { packets }) => total + packets, 0)).toBe(data.packets.read);
    expect(data.report.encapsulations.reduce((total, { flows }) => total + flows, 0)).toBe(data.flows.total);
  });

  it('are the same with workers', async () => {
    const { data } = await report;
    const again = await reported('workers', ...CAPTURES, '--policy', THROTTLES, '--workers', '2');
    expect(again.data.report).toEqual(data.report);
  });
});

describe('registered users in a report', () => {
  const lead = (page: string): string =>
    readPage(page)
      .find(({ attributes }) => attributes.class === 'lead')!
      .text.replace(/\s+/g, ' ')
      .trim();

  it('stand first, 0 like any other number', async () => {
    const { page, data } = await reported('none', 'captures/wireguard', '--each');
    expect(data.report.registered.clients).toBe(0);
    expect(lead(page)).toBe('0 registered users would be affected if these decisions were enforced.');
    expect(readPage(page).find(({ tag }) => tag === 'h2')!.text).toContain('Registered users affected');
  });

  it('are counted by client, with their registrations, which hidden addresses hide', async () => {
    const { page, data } = await reported('hit', 'captures', '--each', '--policy', EVERYONE);
    expect(data.report.registered.clients).toBeGreaterThan(4);
    expect(lead(page)).toBe(`${data.report.registered.clients} registered users would be affected by these rules.`);
    expect(page).toContain('Meridian Example Bank');
    const hidden = await reported('hidden', 'captures', '--each', '--policy', EVERYONE, '--addresses', 'truncated');
    expect(hidden.data.report.registered).toEqual({ ...data.report.registered, most_hit: null });
    expect(hidden.page).not.toContain('Meridian Example Bank');
    expect(hidden.page).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  });
});

describe('a public report', () => {
  const secrets = [/\d+\.\d+\.\d+\.\d+/, /\.pcap/, /\.yaml/, /\.csv/, /Example/, /captures\//, /everyone/, /slow/];

  it.each([
    ['replay', ['--policy', EVERYONE]],
    ['compare', ['--policy', 'rules/policy.yaml', '--policy', EVERYONE]],
  ])('of %s has no names and only rounded counts', async (command, args) => {
    const path = join(folder, `public-${command}.html`);
    const done = await sluice([command, ...CAPTURES, ...args, '--report', path, '--audience', 'public', '--quiet']);
    expect(done).toEqual({ code: 0, stdout: '', stderr: '' });
    const page = readFileSync(path, 'utf8');
    for (const secret of secrets) expect(page.replace('0.1.0', '')).not.toMatch(secret);
    const elements = readPage(page);
    const cells = elements.filter(({ tag, attributes }) => tag === 'td' && attributes.class === 'number');
    const counts = [...cells, ...elements.filter(({ tag }) => tag === 'strong')].map(({ text }) => text);
    const numbers = counts.filter((text) => /^[\d,]+$/.test(text)).map((text) => Number(text.replaceAll(',', '')));
    expect(numbers.length).toBeGreaterThan(0);
    for (const number of numbers) expect(number % 5).toBe(0);
    expect(elements.filter(({ tag }) => tag === 'data')).toEqual([]);
    const rows = elements.filter(({ tag, attributes }) => tag === 'th' && attributes.scope === 'row');
    const hashed = rows.map(({ text }) => text).filter((text) => /policy|registry/.test(text));
    const sets = command === 'replay' ? [''] : ['A: ', 'B: '];
    expect(hashed).toEqual(sets.flatMap((set) => [`${set}policy`, `${set}registry`]));
  });
});
