/** `sluice replay … --report`: the page by itself, its numbers against the JSON, and those against the flow events. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readdirSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import type { ReplayReportData } from '../../src/study/report/replay-report-data.ts';
import { type Element, isInside, readPage } from '../kit/html-page.ts';
import { installed } from '../kit/installed.ts';
import { ended, jsonLines, ROOT, sluice, start, temporaryFolder, untilWritten } from './sluice.ts';

const folder = temporaryFolder();
const CAPTURES = ['captures/wireguard', 'captures/openvpn', 'captures/encapsulation', '--each'];
const HOSTILE = '<script>alert("x")</script> &';

const THROTTLES = join(folder, 'throttles.yaml');
writeFileSync(
  THROTTLES,
  `name: ${JSON.stringify(HOSTILE)}
mode: enforce
rules:
  - { name: slow, when: { protocol: wireguard }, action: throttle, rate: 8kbit/s, burst: 2kB }
  - { name: all, when: { protocol: openvpn, stage: confirmed }, action: throttle, rate: 64kbit/s, burst: 2kB, per: rule }
  - { name: cut, when: { protocol: openvpn }, action: block }
`,
);

const EVERYONE = join(folder, 'everyone.yaml');
writeFileSync(EVERYONE, 'name: everyone\nmode: enforce\nrules:\n  - { name: all, action: block }\n');

async function reported(name: string, ...args: string[]): Promise<{ page: string; data: ReplayReportData }> {
  const path = join(folder, `${name}.html`);
  const { stdout, code, stderr } = await sluice(['replay', ...args, '--report', path, '--json']);
  expect(stderr).toBe('');
  expect(code).toBe(0);
  return { page: readFileSync(path, 'utf8'), data: JSON.parse(stdout) as ReplayReportData };
}

/** All numbers and texts of a JSON value. */
function valuesOf(json: unknown, into = new Set<string>()): Set<string> {
  if (typeof json === 'number' || typeof json === 'string') into.add(String(json));
  else if (json !== null && typeof json === 'object') for (const value of Object.values(json)) valuesOf(value, into);
  return into;
}

/** The text of an element without that of figures, times and names in it. */
function bareText(element: Element): string {
  let { text } = element;
  const remove = ({ tag, text: part, children }: Element): void => {
    if (['data', 'time', 'bdi'].includes(tag)) text = text.replace(part, '');
    else children.forEach(remove);
  };
  element.children.forEach(remove);
  return text;
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

describe('a report that cannot be made', () => {
  const run = (path: string, ...args: string[]): { code: number | null; stderr: string } => {
    const main = join(ROOT, 'dist/bin/sluice.js');
    const done = spawnSync(process.execPath, [main, 'replay', 'captures/none.pcap', ...args], {
      cwd: ROOT,
      encoding: 'utf8',
      env: { ...process.env, PATH: path },
    });
    return { code: done.status, stderr: done.stderr };
  };

  it('says what to install, before anything is read', () => {
    const { code, stderr } = run(folder, '--report', join(folder, 'none.pdf'));
    expect(code).toBe(2);
    expect(stderr).toContain('none of chromium, chromium-browser, google-chrome is in PATH');
    expect(stderr).toContain('apt-get install chromium');
    expect(stderr).not.toContain('none.pcap');
  });

  it.each([
    [['--report', 'x.doc'], 'the name must end in .html or .pdf'],
    [['--audience', 'public'], '--audience public wants --report FILE'],
    [['--report', '-', '--json'], '--report - and --json both want standard output'],
    [['--report', 'no/folder/x.html'], 'its folder does not exist'],
    [['--report', 'README.md.html', '--flows', 'README.md.html'], 'is written by --flows too'],
  ])('%j is wrong usage', (args, message) => {
    const { code, stderr } = run('', ...args);
    expect(stderr).toContain(message);
    expect(code).toBe(2);
  });

  it('does not replace a file without --force', async () => {
    const path = join(folder, 'kept.html');
    writeFileSync(path, 'kept');
    const { code } = await sluice(['replay', 'captures/wireguard', '--each', '--report', path]);
    expect(code).toBe(2);
    expect(readFileSync(path, 'utf8')).toBe('kept');
    await sluice(['replay', 'captures/wireguard', '--each', '--report', path, '--force', '--quiet']);
    expect(readFileSync(path, 'utf8')).toMatch(/^<!DOCTYPE html>/);
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

it('the report of an interrupted run says so before anything else', async () => {
  const report = join(folder, 'interrupted.html');
  const decisions = join(folder, 'interrupted.jsonl');
  const child = start(['replay', '-', '--decisions', decisions, '--report', report, '--json']);
  const end = ended(child);
  child.stdin!.write(readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap')));
  await untilWritten(decisions, 2);
  child.kill('SIGINT');
  const { code } = await end;
  expect(code).toBe(130);
  const page = readFileSync(report, 'utf8');
  expect(page).toContain('This run was interrupted.');
  expect(page).toContain('of standard input');
  expect(page.indexOf('This run was interrupted.')).toBeLessThan(page.indexOf('<h2>'));
});

it.each([
  ['replay', []],
  ['compare', ['--policy', 'rules/policy.yaml', '--policy', EVERYONE]],
])('the report of %s says first that no packet was read', async (command, args) => {
  const capture = join(folder, 'empty.pcap');
  writeFileSync(capture, readFileSync('captures/wireguard/handshake.pcap').subarray(0, 24));
  for (const audience of ['internal', 'public']) {
    const { stdout } = await sluice([command, capture, ...args, '--report', '-', '--audience', audience, '--quiet']);
    const notices = readPage(stdout).filter(({ attributes }) => attributes.class === 'notice');
    expect(notices.map(({ text }) => text.trim().replace(/\s+/g, ' '))).toEqual([
      'No packet was read. The zeros here say nothing of VPNs.',
    ]);
    expect(stdout).not.toContain('Every packet that was read');
  }
});

it('the report of a capture that is cut says so, on standard output too, with names escaped', async () => {
  const cut = join(folder, `<img onerror=alert(1)>\u202egnp${'.long'.repeat(40)}`);
  writeFileSync(cut, readFileSync(join(ROOT, 'captures/wireguard/rekey.pcap')).subarray(0, 2000));
  const registry = join(folder, 'hostile.csv');
  const holder = '</td><script>alert(1)</script>';
  writeFileSync(
    registry,
    `prefix,holder,sector,protocols,valid_from,valid_until,reference\n192.0.2.0/24,${holder},bank,,,,\n`,
  );
  const rules = ['--policy', EVERYONE, '--registry', registry];
  const { code, stdout } = await sluice(['replay', cut, ...rules, '--report', '-']);
  expect(code).toBe(4);
  const elements = readPage(stdout);
  const notice = elements.find(({ attributes }) => attributes.class === 'notice')!;
  expect(notice.text).toContain('<img onerror=alert(1)>\\u202egnp');
  expect(notice.text).toContain('…');
  expect(elements.map(({ tag }) => tag)).not.toContain('script');
  expect(elements.some(({ tag, text }) => tag === 'bdi' && text === '</td><script>alert(1)</script>')).toBe(true);
  expect(stdout).not.toContain('\u202e');
});

describe('a report as PDF', () => {
  const hasChromium = installed('chromium');

  it.runIf(hasChromium)('is printed by Chromium, and leaves nothing behind', { timeout: 90_000 }, async () => {
    const path = join(folder, 'report.pdf');
    const { code, stderr } = await sluice([...['replay', ...CAPTURES], '--report', path, '--quiet']);
    expect(stderr).toBe('');
    expect(code).toBe(0);
    const pdf = readFileSync(path, 'latin1');
    expect(pdf).toMatch(/^%PDF-1\.\d/);
    expect(pdf.trimEnd().endsWith('%%EOF')).toBe(true);
    expect(pdf.match(/\/Type\s*\/Page\b/g)!.length).toBeGreaterThan(2);
    // A4 in points.
    expect(pdf).toMatch(/\/MediaBox\s*\[0 0 59[45][.\d]* 84[12][.\d]*\]/);
    expect(readdirSync(tmpdir()).filter((name) => name.startsWith('sluice-report-'))).toEqual([]);
    expect(existsSync(`${path}.part`)).toBe(false);
  });
  it.each([
    ['SIGINT', 130],
    ['SIGTERM', 143],
  ] as const)('ends by %s during the printing with exit code %i, and leaves nothing behind', async (signal, exit) => {
    const place = join(folder, `printing-${signal}`);
    const temporary = join(place, 'tmp');
    mkdirSync(temporary, { recursive: true });
    const began = join(place, 'began');
    writeFileSync(join(place, 'chromium'), `#!/bin/sh\necho > '${began}'\nsleep 60\n`, { mode: 0o755 });
    vi.stubEnv('PATH', `${place}:${process.env.PATH ?? ''}`);
    vi.stubEnv('TMPDIR', temporary);
    const report = join(place, 'report.pdf');
    const child = start(['replay', 'captures/wireguard/rekey.pcap', '--report', report, '--quiet']);
    vi.unstubAllEnvs();
    const end = ended(child);
    await untilWritten(began, 1);
    child.kill(signal);
    const { code, stderr } = await end;
    expect(stderr).toBe('sluice: interrupted while the report was printed\n');
    expect(code).toBe(exit);
    expect(existsSync(report)).toBe(false);
    expect(readdirSync(temporary)).toEqual([]);
  });
});

it('a report through a link is written to where the link leads', async () => {
  const link = join(folder, 'latest.html');
  symlinkSync('of-today.html', link);
  for (const more of [[], ['--force']]) {
    const { code } = await sluice(['replay', 'captures/wireguard/rekey.pcap', '--report', link, '--quiet', ...more]);
    expect(code).toBe(0);
    expect(readlinkSync(link)).toBe('of-today.html');
    expect(readFileSync(join(folder, 'of-today.html'), 'utf8')).toContain('</html>');
  }
});
