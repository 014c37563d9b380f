/**
 * A regulator with a viewer's account: the questions that the console is for, each answered within three clicks from
 * the first page.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, TestBrowser } from '../kit/browser.ts';
import { Clicks } from '../kit/clicks.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, PASSWORD } from '../kit/signed-in.ts';

const MINUTE_US = 60_000_000;
const CLIENTS = 20;
const START_US = Date.now() * 1000 - CLIENTS * MINUTE_US;
const MOST_CLICKS = 3;
const handshake = new Conversation('wireguard/handshake-only.pcap');
const TOMORROW = new Date(Date.now() + 20 * 3_600_000).toISOString();

describe.skipIf(CHROMIUM === null)('a viewer (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let browser: TestBrowser;
  let daemon: RunningDaemon;
  let page: Page;
  let complaints: readonly string[];

  const write = (file: string, action: string): void => {
    const rules = [
      `  - { name: until-tomorrow, when: { until: ${TOMORROW}, protocol: openvpn }, action: allow }`,
      `  - { name: everyone, when: { registered: none }, action: ${action}, legal_basis: Order 12 }`,
    ];
    writeFileSync(path(file), `name: national\nmode: observe\nrules:\n${rules.join('\n')}\n`);
  };

  beforeAll(async () => {
    mkdirSync(path('state'));
    await addAccount(path('state'), 'regulator', 'viewer');
    writeFileSync(path('registry.csv'), 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n');
    write('policy.yaml', 'allow');
    write('draft.yaml', 'block');
    daemon = await new RunningDaemon([
      ...['-', '--policy', path('policy.yaml'), '--registry', path('registry.csv'), '--shadow', path('draft.yaml')],
      ...['--state', path('state'), '--zone', 'Asia/Karachi'],
    ]).started();
    daemon.child.stdin!.write(handshake.capture(0, CLIENTS, START_US, MINUTE_US));
    const packets = CLIENTS * handshake.packets.length;
    await until('all packets are read', async () => (await daemon.metric('sluice_packets_total')) === packets);
    write('policy.yaml', 'block');
    expect(await daemon.ask('reload')).toMatchObject({ result: 'success' });
    browser = await TestBrowser.open();
    ({ page, complaints } = await browser.page(daemon.url));
    await page.goto(`${daemon.url}/sign-in`);
    await page.getByLabel('Name').fill('regulator');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');
  }, 60_000);
  afterAll(async () => {
    expect(complaints).toEqual([]);
    await browser.close();
    await daemon.kill();
    folder.remove();
  });

  /** The first page's short answer to a question. */
  const answer = async (question: string): Promise<string> => {
    await page.goto(`${daemon.url}/`);
    const part = page.locator('.answers > div', { hasText: question });
    await part.waitFor();
    // What comes moves what is below it, and a click beside a link is none.
    await page.locator('.summary .sign').waitFor();
    return part.locator('dd').innerText();
  };

  it.each<[question: string, short: RegExp, link: string, inFull: RegExp]>([
    [
      'Is anyone registered being hit?',
      /No, not in the last 24 hours/,
      '/decisions',
      /No decision that can be searched fits these filters/,
    ],
    ['What is enforced, and since when?', /Nothing: decisions .* in use since \d/, '/rules', /Order 12/],
    [
      'Can the figures be trusted?',
      /0 % of packets lost, 0 % not decoded/,
      '/health',
      /Packets lost before they were seen/,
    ],
    ['What changed?', /Rules reloaded, |Draft: /, '/incidents', /Taken; policy national/],
    [
      'What would the draft rules do?',
      /clients would newly have been hit/,
      '/rules',
      /The draft would newly hit no registered client/,
    ],
    ['What will happen next?', /The next date of rules or registry is /, '/rules', /Rule until-tomorrow ends\. /],
  ])('finds the answer to “%s” at once, and in full by one click', async (question, short, link, inFull) => {
    await expect.poll(() => answer(question), { timeout: 15_000 }).toMatch(short);
    const clicks = new Clicks(page);
    await clicks.on('link', new RegExp(question.replace('?', '\\?')));
    await page.waitForURL((url) => url.pathname === link);
    await page.getByText(inFull).first().waitFor();
    expect(clicks.count).toBeLessThanOrEqual(MOST_CLICKS);
  });

  it('finds what changed at a certain time by two clicks, and nothing that only operators see', async () => {
    await page.goto(`${daemon.url}/`);
    const clicks = new Clicks(page);
    await clicks.on('link', /^Incidents$/);
    const local = (ms: number): string =>
      new Date(ms).toLocaleString('sv-SE', { timeZone: 'Asia/Karachi' }).replace(' ', 'T').slice(0, 16);
    await page.getByLabel(/^From/).fill(local(Date.now() - 10 * 60_000));
    await page.getByLabel(/^To/).fill(local(Date.now() + 10 * 60_000));
    await clicks.on('button', /^Show$/);
    await page
      .getByRole('row', { name: /Rules reloaded Taken; policy national/ })
      .first()
      .waitFor();
    expect(clicks.count).toBeLessThanOrEqual(MOST_CLICKS);
    expect(await page.locator('main').innerText()).not.toContain('Action of an operator');
    expect(await page.getByRole('button', { name: 'Note an incident' }).count()).toBe(0);
  });

  it('opens a report of the day by three clicks', async () => {
    await page.goto(`${daemon.url}/`);
    const clicks = new Clicks(page);
    await clicks.on('link', /^Reports$/);
    await page.getByLabel('Kind of period').selectOption('day');
    clicks.count++;
    await page.getByText(/VPN flows of .* clients ended/).waitFor();
    const opened = page
      .context()
      .waitForEvent('page', { timeout: 3000 })
      .catch(() => null);
    await clicks.on('link', /Open the page/);
    const report = (await opened) ?? page;
    await report.getByText('What was monitored').first().waitFor();
    expect(await report.locator('body').innerText()).not.toContain('Action');
    expect(clicks.count).toBeLessThanOrEqual(MOST_CLICKS);
  });
});
