/**
 * A regulator at the hub of a fleet: the questions that the console is for, each answered at once on the first page, and
 * in full within three clicks.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { Clicks } from '../kit/clicks.ts';
import { NO_NATS } from '../kit/nats-server.ts';
import { temporaryFolder } from '../kit/running-daemon.ts';
import { addAccount, PASSWORD } from '../kit/signed-in.ts';
import { SmallFleet } from '../kit/small-fleet.ts';

const MOST_CLICKS = 3;
const TOMORROW = new Date(Date.now() + 20 * 3_600_000).toISOString();
const why = CHROMIUM === null ? 'skipped without Chromium' : (NO_NATS ?? '');

const policyOf = (mode: string, action: string): string =>
  [
    `name: national\nmode: ${mode}\nrules:`,
    `  - { name: until-tomorrow, when: { until: ${TOMORROW}, protocol: openvpn }, action: allow }`,
    `  - { name: everyone, when: { registered: none }, action: ${action}, legal_basis: Order 12 }`,
    '',
  ].join('\n');

describe.skipIf(CHROMIUM === null || NO_NATS !== undefined)(`a viewer at the hub (${why})`, () => {
  let fleet: SmallFleet;
  let browser: TestBrowser;
  let page: Page;
  let complaints: readonly string[];

  beforeAll(async () => {
    const folder = temporaryFolder();
    mkdirSync(`${folder.path}/hub`);
    await addAccount(`${folder.path}/hub`, 'regulator', 'viewer');
    fleet = await SmallFleet.start(folder, ['--zone', 'Asia/Karachi']);
    writeFileSync(fleet.path('draft.yaml'), policyOf('observe', 'block'));
    for (const [isp, site, mode] of [
      ['operator-a', 'lahore-1', 'observe'],
      ['operator-b', 'quetta-3', 'enforce'],
    ] as const) {
      writeFileSync(fleet.path(`${site}.yaml`), policyOf(mode, 'allow'));
      const args = mode === 'observe' ? ['--shadow', fleet.path('draft.yaml')] : [];
      await fleet.add({ isp, site, clients: 25, args });
    }
    writeFileSync(fleet.path('quetta-3.yaml'), policyOf('enforce', 'allow').replace('Order 12', 'Order 13'));
    expect(await fleet.sensors[1]!.ask('reload')).toMatchObject({ result: 'success' });
    browser = await TestBrowser.open();
    ({ page, complaints } = await browser.page(fleet.hub.url));
    await page.goto(`${fleet.hub.url}/sign-in`);
    await page.getByLabel('Name').fill('regulator');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');
    await fleet.shipped(async (path) => (await page.request.get(fleet.hub.url + path)).text());
  }, 120_000);
  afterAll(async () => {
    expect(complaints).toEqual([]);
    await browser.close();
    await fleet.stop();
  });

  it.each<[question: string, short: RegExp, link: string, inFull: RegExp]>([
    ['Is anyone registered being hit?', /No, not in the span below/, '/incidents', /No incident/],
    [
      'What is enforced where, and since when?',
      /enforced at operator-b\/quetta-3.*latest change of rules was at \d/,
      '/sensors',
      /Enforce: national, since \d/,
    ],
    ['Can the figures be trusted?', /0 % of packets lost, 0 % not decoded/, '/sensors', /packets, loss and lag/],
    ['What changed?', /at operator-[ab]\/(lahore-1|quetta-3)/, '/incidents', /Taken; policy national/],
    [
      'What would draft rules do?',
      /at operator-a\/lahore-1.*No registered user/,
      '/incidents',
      /Began to decide beside/,
    ],
    ['What will happen next?', /The next announced date is \d/, '/incidents', /Ahead; date /],
  ])('finds the answer to “%s” at once, and in full by one click', async (question, short, link, inFull) => {
    await page.goto(`${fleet.hub.url}/`);
    const part = page.locator('.answers > div', { hasText: question });
    await expect.poll(() => part.locator('dd').innerText(), { timeout: 15_000 }).toMatch(short);
    const clicks = new Clicks(page);
    await clicks.on('link', new RegExp(question.replace('?', '\\?')));
    await page.waitForURL((url) => url.pathname === link);
    await page.getByText(inFull).first().waitFor();
    expect(clicks.count).toBeLessThanOrEqual(MOST_CLICKS);
  });

  it('finds what changed at a certain time at one site by two clicks, each change with its place', async () => {
    await page.goto(`${fleet.hub.url}/`);
    const clicks = new Clicks(page);
    await clicks.on('link', /^Incidents$/);
    const local = (ms: number): string =>
      new Date(ms).toLocaleString('sv-SE', { timeZone: 'Asia/Karachi' }).replace(' ', 'T').slice(0, 16);
    await page.getByLabel(/^From/).fill(local(Date.now() - 40 * 60_000));
    await page.getByLabel(/^To/).fill(local(Date.now() + 10 * 60_000));
    await clicks.on('button', /^Show$/);
    const reload = page.getByRole('row', { name: /Rules reloaded quetta-3, operator-b, north Taken; policy national/ });
    await reload.first().waitFor();
    await page
      .getByRole('row', { name: /Daemon started lahore-1/ })
      .first()
      .waitFor();
    await page.getByLabel('Site', { exact: true }).fill('quetta-3');
    await expect.poll(() => page.getByRole('row', { name: /lahore-1/ }).count()).toBe(0);
    await reload.first().waitFor();
    expect(clicks.count).toBeLessThanOrEqual(MOST_CLICKS);
  });

  it.each(['/', '/sensors', '/incidents'])('%s has no fault at 320 and 1280 px', async (path) => {
    for (const width of [320, 1280]) {
      await page.setViewportSize({ width, height: 900 });
      await page.goto(fleet.hub.url + path);
      await page.locator('main h1').waitFor();
      await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
      await picture(page, `hub-questions-${path === '/' ? 'overview' : path.slice(1)}-${width}`);
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
    }
  });
});
