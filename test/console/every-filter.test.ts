/**
 * Every filter of every page but Decisions, which has a file of its own: what a page shows after a choice is what an obvious look
 * through the whole answer of the API finds. A control of a page that is not named here fails.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ShownIncident } from '../../src/history/query/incident-list.ts';
import type { OverviewFigures } from '../../src/history/query/overview.ts';
import type { ReportPreview } from '../../src/history/report/report-head.ts';
import type { ReportList } from '../../src/web/api/report-schema.ts';
import type { RuleRow } from '../../src/web/api/rules-schema.ts';
import { shortCount } from '../../src/web/console/format/number-format.ts';
import { SPAN_NAMES, SPAN_SECONDS } from '../../src/web/console/span/span-choice.ts';
import { english as text } from '../../src/web/console/text/english.ts';
import { CHROMIUM, TestBrowser, type TestPage } from '../kit/browser.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, PASSWORD, SignedIn } from '../kit/signed-in.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const ROW = '198.51.100.0/24,Meridian Example Bank,bank,openvpn,2021-03-01,,OW-1\n';
const policyOf = (...rules: string[]): string =>
  `name: hard\nmode: enforce\nrules:\n${rules.map((rule) => `  - ${rule}\n`).join('')}safety: { limits: [{ window: 60s, clients: 5 }] }\n`;
const REGISTERED = '{ name: registered, when: { registered: either }, action: allow }';
/** Packets of two months, so that one is over; the last ones end the minute before them. */
const STARTS_S = [Date.UTC(2024, 9, 5, 12), Date.UTC(2024, 10, 10, 12), Date.UTC(2024, 10, 10, 12, 5)].map(
  (ms) => ms / 1000,
);
/** Spans end with the minute of the last packet. */
const END_S = STARTS_S[2]! + 60;
const POLL = { timeout: 15_000 };
const span = [text.component.span.from, text.component.span.to].map((name) => `${name} (UTC)`);

/** The incidents of a daemon are of one network operator; those of a hub have a filter for it. */
const incidentFilters = Object.entries(text.incidents.filters).flatMap(([name, label]) =>
  name === 'isp' ? [] : label,
);

/** The labels of all controls, by page. */
const CONTROLS: Readonly<Record<string, readonly string[]>> = {
  '/': span,
  '/rules': [text.rulesPage.filterName, text.rulesPage.filterShow],
  '/registry': [text.registryPage.searchLabel, text.registryPage.protocol, `${text.registryPage.searchAt} (UTC)`],
  '/incidents': [...span, ...incidentFilters],
  '/reports': [
    text.reports.audience,
    text.reports.period,
    text.reports.which,
    text.reports.site,
    text.reports.isp,
    text.reports.link,
  ],
  '/health': span,
};

describe.skipIf(CHROMIUM === null)('the filters of a page (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let browser: TestBrowser;
  let daemon: RunningDaemon;
  let session: SignedIn;
  let opened: TestPage;
  let page: Page;

  beforeAll(async () => {
    mkdirSync(path('state'));
    writeFileSync(path('policy.yaml'), policyOf(REGISTERED, '{ name: rest, action: block }'));
    writeFileSync(
      path('draft.yaml'),
      policyOf(REGISTERED, '{ name: rest, action: allow }', '{ name: late, action: block }'),
    );
    writeFileSync(path('registry.csv'), HEADER + ROW);
    await addAccount(path('state'), 'olga', 'operator');
    const rules = ['--policy', path('policy.yaml'), '--registry', path('registry.csv'), '--shadow', path('draft.yaml')];
    const place = ['--site', 'north', '--isp', 'example', '--link', 'up'];
    const handshake = new Conversation('wireguard/handshake-only.pcap');
    const start = (): Promise<RunningDaemon> =>
      new RunningDaemon(['-', '--state', path('state'), '--history', path('history.db'), ...rules, ...place]).started();
    const feed = async (startS: number, from: number): Promise<void> => {
      const before = await daemon.metric('sluice_packets_total');
      daemon.child.stdin!.write(handshake.capture(from, from + 10, startS * 1e6, 1000).subarray(before === 0 ? 0 : 24));
      const packets = before + 10 * handshake.packets.length;
      await until('the packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    };
    // A clock that goes a month ahead would not be believed: the daemon is stopped between the months.
    daemon = await start();
    await feed(STARTS_S[0]!, 0);
    await daemon.kill();
    daemon = await start();
    await feed(STARTS_S[1]!, 10);
    await feed(STARTS_S[2]!, 20);
    session = await SignedIn.as(daemon, 'olga');
    await session.post('/incidents', { title: 'Maintenance', from: END_S - 60, to: END_S - 30 });
    await until('both months are recorded', async () => {
      const { periods } = await session.get<ReportList>('/reports');
      const { incidents } = await session.get<{ incidents: ShownIncident[] }>('/incidents');
      return periods.month!.length === 2 && new Set(incidents.map(({ kind }) => kind)).size > 1;
    });
    browser = await TestBrowser.open();
    opened = await browser.page(daemon.url);
    ({ page } = opened);
    await page.goto(`${daemon.url}/sign-in`);
    await page.getByLabel('Name').fill('olga');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');
  }, 60_000);
  afterAll(async () => {
    expect(opened.complaints.filter((one) => !one.includes('status of 401'))).toEqual([]);
    await browser.close();
    await daemon.kill();
    folder.remove();
  });

  const open = async (address: string): Promise<void> => {
    await page.goto(daemon.url + address);
    await page.locator('main h1').waitFor();
    await expect.poll(() => page.locator('.skeleton').count(), POLL).toBe(0);
  };
  const control = (label: string) => page.locator('main').getByLabel(label, { exact: true });

  it('are those that have a test here, and the explanation of a decision has none', async () => {
    for (const [address, labels] of Object.entries(CONTROLS)) {
      await open(address);
      const found = await page.locator('main :is(input, select, textarea)').count();
      const shown = (await page.locator('main label').allInnerTexts()).map((label) =>
        label.replaceAll(/\s+/g, ' ').trim(),
      );
      expect([found, shown.toSorted()], address).toEqual([labels.length, labels.toSorted()]);
    }
    const { rows } = await session.get<{ rows: { number: number; flow_id: string }[] }>('/decisions?limit=1');
    await open(`/decisions/${rows[0]!.number}-${rows[0]!.flow_id}`);
    await page.getByRole('heading', { name: 'Evidence' }).waitFor();
    expect(await page.locator('main :is(input, select, textarea)').count()).toBe(0);
  });

  it('of Rules leave those whose name has the part, and those that the draft changes', async () => {
    const { rows } = await session.get<{ rows: RuleRow[] }>('/rules');
    expect(rows.map(({ status }) => status)).toEqual(['same', 'changed', 'new']);
    const listed = () =>
      page
        .locator('.rule h3')
        .evaluateAll((headings) =>
          headings.map((one) =>
            (one as unknown as { innerText: string }).innerText.replace(/^\d+\. | \(draft only\)$/g, ''),
          ),
        );
    const expected = (holds: (row: RuleRow) => boolean) => rows.filter(holds).map(({ name }) => name);
    await open('/rules');
    for (const part of ['re', 'late', 'registered']) {
      await control(text.rulesPage.filterName).fill(part);
      await expect.poll(listed, POLL).toEqual(expected(({ name }) => name.includes(part)));
    }
    await page.getByRole('button', { name: text.component.reset, exact: true }).click();
    await expect.poll(listed, POLL).toEqual(expected(() => true));
    await control(text.rulesPage.filterShow).selectOption('changed');
    await expect.poll(listed, POLL).toEqual(expected(({ status }) => status !== 'same'));
    await control(text.rulesPage.filterName).fill('re');
    await expect.poll(listed, POLL).toEqual(['rest']);
  });

  it('of Registry search by address, reference and holder, for a protocol and at a time', async () => {
    await open('/registry');
    const answer = page.locator('.search-answer');
    const says = async (words: RegExp): Promise<void> => {
      await expect.poll(() => answer.innerText(), POLL).toMatch(words);
    };
    const sought = control(text.registryPage.searchLabel);
    await sought.fill('198.51.100.7');
    await says(/^198\.51\.100\.7 is registered at/);
    // The row of the registry is for OpenVPN alone, from March 2021 on.
    for (const [protocol, isRegistered] of [
      ['wireguard', false],
      ['openvpn', true],
      ['ipsec', false],
      ['', true],
    ] as const) {
      await control(text.registryPage.protocol).selectOption(protocol);
      await says(isRegistered ? /is registered at/ : /is not registered at/);
    }
    for (const [time, isRegistered] of [
      ['2021-02-28T23:59', false],
      ['2021-03-01T00:00', true],
    ] as const) {
      await control(`${text.registryPage.searchAt} (UTC)`).fill(time);
      await page.keyboard.press('Tab');
      await says(isRegistered ? /is registered at 1 Mar 2021/ : /is not registered at 28 Feb 2021/);
    }
    await control(`${text.registryPage.searchAt} (UTC)`).fill('');
    await page.keyboard.press('Tab');
    for (const found of ['OW-1', 'meridian', '198.51.100.0/24']) {
      await sought.fill(found);
      await says(/198\.51\.100\.0\/24/);
    }
    for (const nothing of ['OW-2', 'Kestrel', '203.0.113.7']) {
      await sought.fill(nothing);
      await says(/^No registration|is not registered at/);
    }
  });

  it('of Incidents leave those of the kind, the site, the link and the span', async () => {
    const { incidents } = await session.get<{ incidents: ShownIncident[] }>('/incidents');
    const listed = () =>
      page
        .getByRole('region', { name: text.incidents.listTitle, exact: true })
        .locator('tbody th a')
        .evaluateAll((links) => links.map((one) => (one as unknown as { pathname: string }).pathname));
    const leave = async (holds: (one: ShownIncident) => boolean, what: string): Promise<void> => {
      await expect
        .poll(listed, { ...POLL, message: what })
        .toEqual(incidents.filter(holds).map(({ id }) => `/incidents/${id}`));
    };
    await open('/incidents?span=all');
    await leave(() => true, 'all');
    for (const kind of Object.keys(text.incidents.kinds)) {
      await control(text.incidents.filters.kind).selectOption(kind);
      await leave((one) => one.kind === kind, kind);
    }
    await control(text.incidents.filters.kind).selectOption('');
    for (const [name, right] of [
      ['site', 'north'],
      ['link', 'up'],
    ] as const)
      for (const value of [right, 'elsewhere', '']) {
        await control(text.incidents.filters[name]).fill(value);
        await leave((one) => value === '' || one[name] === value, `${name} ${value}`);
      }
    for (const name of SPAN_NAMES) {
      await page.getByRole('button', { name: text.component.span[name], exact: true }).click();
      const from = name === 'all' ? -Infinity : END_S - SPAN_SECONDS[name];
      await leave(({ from_ms: begin, to_ms: end }) => (end ?? Math.max(begin, END_S * 1000)) >= from * 1000, name);
    }
    const note = incidents.find(({ kind }) => kind === 'note')!;
    await open(`/incidents?from=${note.to_ms! / 1000 + 60}&to=${note.to_ms! / 1000 + 120}`);
    await leave(
      ({ from_ms: begin, to_ms: end }) => begin < note.to_ms! + 120_000 && (end ?? Infinity) > note.to_ms! + 60_000,
      'after the note',
    );
  });

  it('of Reports choose the audience, the kind of period, the period and the place', async () => {
    const { periods } = await session.get<ReportList>('/reports');
    const says = async (query: Record<string, string>): Promise<void> => {
      const { title, summary } = await session.get<ReportPreview>(
        `/reports/preview?${new URLSearchParams(query).toString()}`,
      );
      await expect
        .poll(() => page.locator('main h3').allInnerTexts(), { ...POLL, message: JSON.stringify(query) })
        .toEqual([title]);
      await expect.poll(() => page.locator('.report-summary').allInnerTexts(), POLL).toEqual(summary);
    };
    await open('/reports');
    for (const audience of ['public', 'regulator', 'operator'])
      for (const kind of ['week', 'month', 'quarter', 'year', ...(audience === 'public' ? [] : ['day'])]) {
        await control(text.reports.audience).selectOption(audience);
        await control(text.reports.period).selectOption(kind);
        const offered = periods[kind]!.filter(({ to }) => audience !== 'public' || to <= END_S).map(({ name }) => name);
        if (offered.length === 0) {
          await page.getByText(text.reports.noPeriod).waitFor();
          continue;
        }
        const options = control(text.reports.which).locator('option');
        await expect
          .poll(() => options.evaluateAll((all) => all.map((one) => (one as unknown as { value: string }).value)), POLL)
          .toEqual(offered);
        for (const period of offered) {
          await control(text.reports.which).selectOption(period);
          await says({ audience, period });
        }
      }
    for (const [name, right] of [
      ['site', 'north'],
      ['isp', 'example'],
      ['link', 'up'],
    ] as const)
      for (const value of [right, 'elsewhere', '']) {
        await control(text.reports[name]).fill(value);
        await expect.poll(() => new URL(page.url()).searchParams.get(name) ?? '', POLL).toBe(value);
        await says({
          audience: 'operator',
          period: new URL(page.url()).searchParams.get('period')!,
          ...(value !== '' && { [name]: value }),
        });
      }
    // A span of its own has the control of spans.
    await control(text.reports.period).selectOption('span');
    await open(`/reports?kind=span&from=${END_S - 600}&to=${END_S}`);
    await says({ audience: 'operator', from: String(END_S - 600), to: String(END_S) });
  }, 90_000);

  it('of Overview and Health are the span, whose figures and charts are those of the API', async () => {
    for (const address of ['/', '/health'])
      for (const name of SPAN_NAMES) {
        if (name === SPAN_NAMES[0]) await open(`${address}?span=${SPAN_NAMES[1]}`);
        await page.getByRole('button', { name: text.component.span[name], exact: true }).click();
        await expect.poll(() => new URL(page.url()).search, POLL).toBe(`?span=${name}`);
        const query = name === 'all' ? '' : `from=${END_S - SPAN_SECONDS[name]}&to=${END_S}`;
        const charts = page.locator('main a[href*="/chart?"]');
        await expect
          .poll(async () => {
            const links = await charts.evaluateAll((all) =>
              all.map((one) => (one as unknown as { search: string }).search),
            );
            return (
              links.length > 2 && links.every((link) => (query === '' ? !link.includes('from=') : link.includes(query)))
            );
          }, POLL)
          .toBe(true);
        if (address !== '/') continue;
        const { packets } = await session.get<OverviewFigures>(`/overview?${query}`);
        const figure = page
          .locator('.figure')
          .filter({ has: page.getByText(text.overview.figures.packets, { exact: true }) });
        await expect.poll(() => figure.locator('.value').innerText(), POLL).toBe(shortCount(packets));
      }
  }, 60_000);
});
