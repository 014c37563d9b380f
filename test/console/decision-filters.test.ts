/**
 * Every filter of the Decisions page in a real Chromium: each value is chosen by its control, and the page lists exactly
 * those decisions that an obvious look through all of them finds. A field of the page without a case here fails.
 */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { DecisionList, DecisionRow } from '../../src/history/recent/decision-document.ts';
import { FILTER_NAMES } from '../../src/history/recent/decision-query.ts';
import type { LiveDocument } from '../../src/web/api/live-schema.ts';
import { SPAN_NAMES, SPAN_SECONDS } from '../../src/web/console/span/span-choice.ts';
import { localText } from '../../src/web/console/span/zone-time.ts';
import { decisions as words } from '../../src/web/console/text/english/decisions.ts';
import { component } from '../../src/web/console/text/english/component.ts';
import { CHROMIUM, TestBrowser, type TestPage } from '../kit/browser.ts';
import { RunningConsole } from '../kit/running-console.ts';
import { temporaryFolder, until } from '../kit/running-daemon.ts';

/** The breaker trips within the captures: decisions before it are of mode enforce, those after it are held. */
const POLICY = `name: hard
mode: enforce
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: suspected-slow, when: { stage: suspected, protocol: [wireguard, openvpn] }, action: throttle, rate: 256kbit/s, per: client }
  - { name: unregistered, when: { stage: confirmed, registered: none }, action: block }
safety: { limits: [{ window: 24h, clients: 2 }] }
`;
const PAGE = 50;
const POLL = { timeout: 15_000 };
const ANY = 'source,destination,both';

interface Case {
  /** The key in the address. */
  readonly name: string;
  readonly holds: (row: DecisionRow, value: string) => boolean;
  /** Values that are written; those of a choice are all of its options. */
  readonly written?: (rows: readonly DecisionRow[]) => readonly string[];
}

const ends = ({ source, destination }: DecisionRow) => [source, destination];
const registrations = (row: DecisionRow) =>
  ends(row).flatMap(({ registration }) => (registration === null ? [] : [registration]));
const registered = (row: DecisionRow): string =>
  ['none', 'source', 'destination', 'both'][
    (row.source.registration === null ? 0 : 1) + (row.destination.registration === null ? 0 : 2)
  ]!;
const some = <T>(values: readonly T[], at: number): T => values[Math.floor(values.length * at)]!;
const own = (name: 'action' | 'protocol' | 'stage' | 'variant' | 'reason' | 'mode'): Case => ({
  name,
  holds: (row, value) => row[name] === value,
});
const id = (name: 'flow_id' | 'tunnel_id' | 'community_id'): Case => ({
  name,
  holds: (row, value) => row[name] === value,
  written: (rows) => [rows.findLast((row) => row[name] !== null)![name]!],
});

/** By the label of the field. */
const { fields } = words;
const CASES: Readonly<Record<string, Case>> = {
  [fields.action]: own('action'),
  [fields.protocol]: own('protocol'),
  [fields.stage]: own('stage'),
  [fields.registered]: {
    name: 'registered',
    holds: (row, value) =>
      value === 'other'
        ? row.other_protocol === true
        : value === ANY
          ? registrations(row).length > 0
          : registered(row) === value,
  },
  [fields.rule]: {
    name: 'rule',
    holds: ({ rule }, value) => value.split(',').includes(rule ?? 'none'),
    written: () => ['registered', 'none', 'registered,unregistered', 'no such rule'],
  },
  [fields.hiddenPrefix]: {
    name: 'prefix',
    // Truncated addresses are the first of their /24 or /48.
    holds: (row, value) => ends(row).some(({ ip }) => ip === value.split('/')[0]),
    written: (rows) => [
      `${
        some(
          rows.filter(({ source }) => source.ip.includes('.')),
          0.3,
        ).source.ip
      }/24`,
      `${rows.find(({ source }) => source.ip.includes(':'))!.source.ip}/48`,
    ],
  },
  [fields.sector]: {
    name: 'sector',
    holds: (row, value) => registrations(row).some(({ sector }) => sector === value),
  },
  [fields.hiddenQ]: {
    name: 'q',
    holds: (row, value) =>
      registrations(row).some((one) => Object.values(one).join('\n').toLowerCase().includes(value.toLowerCase())),
    written: (rows) => [registrations(rows.find((row) => registrations(row).length > 0)!)[0]!.reference.toUpperCase()],
  },
  [fields.port]: {
    name: 'port',
    holds: (row, value) => ends(row).some(({ port }) => port === Number(value)),
    written: () => ['1194', '51820'],
  },
  [fields.variant]: { ...own('variant'), written: (rows) => [...new Set(rows.map(({ variant }) => variant))] },
  [fields.previous]: { name: 'previous', holds: ({ previous }, value) => (previous ?? 'none') === value },
  [fields.reason]: own('reason'),
  [fields.mode]: own('mode'),
  [fields.held]: { name: 'held', holds: ({ held }, value) => held === (value === 'yes') },
  [fields.tunnel]: id('tunnel_id'),
  [fields.flow]: id('flow_id'),
  [fields.community]: id('community_id'),
};

describe.skipIf(CHROMIUM === null)('the filters of the Decisions page (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  let browser: TestBrowser;
  let running: RunningConsole;
  let opened: TestPage;
  let page: Page;
  /** All decisions, the newest first, as the API has them without any filter. */
  const all: DecisionRow[] = [];

  beforeAll(async () => {
    const policy = join(folder.path, 'policy.yaml');
    writeFileSync(policy, POLICY);
    browser = await TestBrowser.open();
    running = await new RunningConsole(['--policy', policy]).read();
    await until('every decision can be searched', async () => {
      const { stock } = (await (await fetch(`${running.origin}/api/v1/decisions?limit=0`)).json()) as DecisionList;
      const live = (await (await fetch(`${running.origin}/api/v1/live`)).json()) as LiveDocument;
      const made = Object.values(live.counts.decisions).reduce((sum, count) => sum + count, 0);
      return stock.kept === made;
    });
    for (let before = ''; ;) {
      const answer = await fetch(`${running.origin}/api/v1/decisions?limit=1000${before}`);
      const list = (await answer.json()) as DecisionList;
      all.push(...list.rows);
      if (list.next === null) break;
      before = `&before=${list.next}`;
    }
    opened = await browser.page(running.origin);
    ({ page } = opened);
  }, 60_000);
  afterAll(async () => {
    expect(opened.complaints).toEqual([]);
    await browser.close();
    await running.stop();
    folder.remove();
  });

  const open = async (query = ''): Promise<void> => {
    await page.goto(`${running.origin}/decisions${query}`);
    await page.getByRole('button', { name: component.reset }).first().waitFor();
    const more = page.locator('.more-filters');
    if ((await more.getAttribute('open')) === null) await more.locator('summary').click();
  };
  const shownNow = (): Promise<readonly string[]> =>
    page
      .locator('main tbody tr th a')
      .evaluateAll((links) => links.map((link) => (link as unknown as { pathname: string }).pathname));
  /** The page lists these decisions and no others, and says how many there are. */
  const expectListed = async (rows: readonly DecisionRow[], what: string): Promise<void> => {
    const first = rows.slice(0, PAGE).map(({ number, flow_id: flow }) => `/decisions/${number}-${flow}`);
    await expect.poll(shownNow, { ...POLL, message: what }).toEqual(first);
    if (rows.length === 0) await page.getByText(words.empty).waitFor();
    else
      await page
        .getByText(`${first.length} of ${rows.length.toLocaleString('en-US')} decisions`, { exact: false })
        .first()
        .waitFor();
  };
  const field = (label: string): Locator => page.getByRole('search').getByLabel(label, { exact: true });

  it('have a case here for each field of the page, and a field for each filter of the API', async () => {
    await open();
    const labels = await page.locator('[role=search] label').allInnerTexts();
    expect(labels.toSorted()).toEqual(Object.keys(CASES).toSorted());
    const names = [...Object.values(CASES).map(({ name }) => name), 'from', 'to'];
    expect(names.toSorted()).toEqual([...FILTER_NAMES].toSorted());
    // The captures have decisions of every kind, so that each filter has something to find.
    for (const held of [true, false]) expect(all.some((row) => row.held === held)).toBe(true);
    expect(all.some((row) => row.other_protocol)).toBe(true);
  });

  it.each(Object.entries(CASES))('%s selects exactly the decisions that have it', async (label, one) => {
    await open();
    const control = field(label);
    const isChoice = one.written === undefined;
    const values = isChoice
      ? await control
          .locator('option')
          .evaluateAll((options) =>
            options.map((option) => (option as unknown as { value: string }).value).filter((value) => value !== ''),
          )
      : one.written(all);
    expect(values.length).toBeGreaterThan(0);
    let selected = 0;
    for (const value of values) {
      if (isChoice) await control.selectOption(value);
      else await control.fill(value);
      await expect.poll(() => new URL(page.url()).searchParams.get(one.name), POLL).toBe(value);
      const rows = all.filter((row) => one.holds(row, value));
      await expectListed(rows, `${label}: ${value}`);
      if (rows.length > 0 && rows.length < all.length) selected++;
    }
    expect(selected, 'a value that selects some and not all').toBeGreaterThan(0);
    await page
      .getByRole('search')
      .filter({ has: page.getByLabel(label, { exact: true }) })
      .getByRole('button', { name: component.reset })
      .click();
    await expect.poll(() => new URL(page.url()).search, POLL).toBe('');
    await expectListed(all, 'after a reset');
  });

  it('hold together with each other and with a span of time, and the file has the same', async () => {
    const [from, to] = [Date.UTC(2026, 10, 22, 5) / 1000, Date.UTC(2026, 10, 22, 6) / 1000];
    await open(`?action=throttle,block&protocol=wireguard&registered=none&from=${from}&to=${to}`);
    const rows = all.filter(
      ({ action, protocol, time, source, destination }) =>
        action !== 'allow' &&
        protocol === 'wireguard' &&
        source.registration === null &&
        destination.registration === null &&
        Date.parse(time) >= from * 1000 &&
        Date.parse(time) < to * 1000,
    );
    expect(rows.length).toBeGreaterThan(5);
    await expectListed(rows, 'together');
    expect(await field(fields.action).inputValue()).toBe('throttle,block');
    const csv = await page.getByRole('link', { name: /^CSV/ }).getAttribute('href');
    const lines = (await (await fetch(running.origin + csv!)).text()).trimEnd().split('\r\n');
    expect(lines.slice(1).map((line) => Number(line.split(',')[0]))).toEqual(rows.map(({ number }) => number));
  });

  it('have the spans of time, of which named ones end with the last packet', async () => {
    const live = (await (await fetch(`${running.origin}/api/v1/live`)).json()) as LiveDocument;
    const end = Math.ceil(live.now_ms! / 60_000) * 60;
    await open('?span=all');
    for (const name of SPAN_NAMES.toReversed()) {
      await page.getByRole('button', { name: component.span[name], exact: true }).click();
      await expect.poll(() => new URL(page.url()).search, POLL).toBe(`?span=${name}`);
      const from = name === 'all' ? -Infinity : (end - SPAN_SECONDS[name]) * 1000;
      await expectListed(
        all.filter(({ time }) => Date.parse(time) >= from),
        name,
      );
    }
    const within = (from: number, to: number) =>
      all.filter(({ time }) => Date.parse(time) >= from * 1000 && Date.parse(time) < to * 1000);
    const [from, to] = [Date.UTC(2026, 10, 22, 5) / 1000, Date.UTC(2026, 10, 22, 6) / 1000];
    await page.getByLabel(/^From/).fill(localText(from, 'UTC'));
    await page.getByLabel(/^To/).fill(localText(to, 'UTC'));
    await page.getByRole('button', { name: component.span.show, exact: true }).click();
    await expectListed(within(from, to), 'a span of its own');
    await page.getByRole('button', { name: component.span.later }).click();
    await expectListed(within(to, to + 3600), 'the span after it');
    await page.getByRole('button', { name: component.span.earlier }).click();
    await expectListed(within(from, to), 'and back');
  });
});
