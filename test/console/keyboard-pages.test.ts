/**
 * Every page by keyboard alone, in a real Chromium as an operator sees it: Tab reaches every control in turn and goes on to the
 * end, Shift+Tab goes back, the focus is always seen, and dialogs keep the focus and return it.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_PATHS } from '../../src/web/api/pages.ts';
import { CHROMIUM, TestBrowser, type TestPage } from '../kit/browser.ts';
import { Conversation } from '../kit/many-clients.ts';
import { RunningDaemon, temporaryFolder, until } from '../kit/running-daemon.ts';
import { addAccount, PASSWORD, SignedIn } from '../kit/signed-in.ts';

const HEADER = 'prefix,holder,sector,protocols,valid_from,valid_until,reference\n';
const POLICY = `name: hard
mode: enforce
rules:
  - { name: registered, when: { registered: either }, action: allow }
  - { name: rest, action: block }
safety: { limits: [{ window: 60s, clients: 5 }] }
`;
/** A view of each page that has all of its parts. */
const QUERIES: Readonly<Record<string, string>> = {
  '/decisions': '?action=block&port=51820',
  '/rules': '?rule=rest&span=hour',
  '/registry': '?q=198.51.100.7&row=0',
  '/reports': '?kind=span',
};

/** All that Tab should reach, in the order of the document. A group of radio buttons would be one; there are none. */
const CONTROLS = `[...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex="0"]')]
  .filter((one) => !one.disabled && one.checkVisibility({ visibilityProperty: true }))`;
/** The focused element: its place among the controls, and whether its focus is seen: an outline, within the window. */
const FOCUSED = `(() => {
  const one = document.activeElement;
  const { outlineStyle, outlineWidth } = getComputedStyle(one);
  const { top, bottom, left, right } = one.getBoundingClientRect();
  const isSeen = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 1 && bottom > 0 && top < innerHeight && right > 0 && left < innerWidth;
  return { at: window.controls.indexOf(one), isSeen, what: one.outerHTML.slice(0, 160) };
})()`;

interface Focused {
  readonly at: number;
  readonly isSeen: boolean;
  readonly what: string;
}

describe.skipIf(CHROMIUM === null)('every page by keyboard (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  const path = (name: string): string => join(folder.path, name);
  let browser: TestBrowser;
  let daemon: RunningDaemon;
  let opened: TestPage;
  let page: Page;
  const ids: Record<string, string> = {};

  beforeAll(async () => {
    for (const name of ['state', 'drafts']) mkdirSync(path(name));
    writeFileSync(path('policy.yaml'), POLICY);
    writeFileSync(path('drafts/next.yaml'), POLICY.replace('block', 'allow'));
    writeFileSync(
      path('registry.csv'),
      `${HEADER}198.51.100.0/24,Meridian Example Bank,bank,openvpn,2021-03-01,,OW-1\n`,
    );
    await addAccount(path('state'), 'olga', 'operator');
    const files = ['--policy', path('policy.yaml'), '--registry', path('registry.csv'), '--drafts', path('drafts')];
    daemon = await new RunningDaemon(['-', '--state', path('state'), ...files]).started();
    const handshake = new Conversation('wireguard/handshake-only.pcap');
    daemon.child.stdin!.write(handshake.capture(0, 10, Date.now() * 1000, 1000));
    const session = await SignedIn.as(daemon, 'olga');
    await session.post('/incidents', { title: 'Maintenance', from: Math.floor(Date.now() / 1000) - 60 });
    await until('a trip, a note and decisions are there', async () => {
      const { incidents } = await session.get<{ incidents: { id: number; kind: string }[] }>('/incidents');
      const { rows } = await session.get<{ rows: { number: number; flow_id: string }[] }>('/decisions?limit=1');
      if (rows[0] !== undefined) ids['/decisions/:id'] = `${rows[0].number}-${rows[0].flow_id}`;
      ids['/incidents/:id'] = String(incidents.find(({ kind }) => kind === 'note')?.id ?? '');
      return incidents.some(({ kind }) => kind === 'breaker') && ids['/incidents/:id'] !== '' && rows.length > 0;
    });
    browser = await TestBrowser.open();
    opened = await browser.page(daemon.url);
    ({ page } = opened);
    await page.goto(`${daemon.url}/sign-in`);
    await page.getByLabel('Name').focus();
    await page.keyboard.type('olga');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.pathname === '/');
  }, 60_000);
  afterAll(async () => {
    expect(opened.complaints.filter((one) => !/status of 40[13]/.test(one))).toEqual([]);
    await browser.close();
    await daemon.kill();
    folder.remove();
  });

  async function open(address: string): Promise<number> {
    await page.goto(daemon.url + address);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
    await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
    // What is folded has controls too.
    await page.evaluate('for (const one of document.querySelectorAll("details")) one.open = true');
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return page.evaluate(`(window.controls = ${CONTROLS}).length`);
  }
  const focused = (): Promise<Focused> => page.evaluate(FOCUSED);

  for (const pattern of PAGE_PATHS.filter((one) => one !== '/sign-in'))
    it(`${pattern}: Tab reaches every control in turn and goes on, with the focus in sight`, async () => {
      const count = await open(pattern.replace(':id', ids[pattern] ?? '') + (QUERIES[pattern] ?? ''));
      expect(count).toBeGreaterThan(8);
      const reached = new Set<number>();
      const unseen: string[] = [];
      let last = -1;
      // A field of a time has a stop for each of its parts: more presses than controls.
      for (let presses = 0; presses < 4 * count + 40; presses++) {
        await page.keyboard.press('Tab');
        const { at, isSeen, what } = await focused();
        // Past the last one the focus leaves the page, and comes back to the first.
        if (at === -1 || at < last) break;
        if (!isSeen && !reached.has(at)) unseen.push(what);
        reached.add(at);
        last = at;
      }
      const missed: string[] = await page.evaluate(
        `window.controls.filter((one, at) => document.contains(one) && !${JSON.stringify([...reached])}.includes(at)).map((one) => one.outerHTML.slice(0, 160))`,
      );
      expect(missed, 'not reached').toEqual([]);
      expect(unseen, 'the focus is not seen').toEqual([]);
      // And back: from the last one to the one before it.
      await page.evaluate('window.controls.at(-1).focus()');
      const before = (await focused()).at;
      for (let presses = 0; presses < 8 && (await focused()).at === before; presses++)
        await page.keyboard.press('Shift+Tab');
      expect((await focused()).at).toBe(before - 1);
    }, 90_000);

  it('each dialog takes the focus, keeps it, ends with Escape and returns it', async () => {
    writeFileSync(path('policy.yaml'), readFileSync(path('policy.yaml'), 'utf8').replace('name: hard', 'name: other'));
    let dialogs = 0;
    for (const address of ['/rules', '/incidents', `/incidents/${ids['/incidents/:id']!}`]) {
      await open(address);
      const names = await page
        .locator('main button:enabled')
        .filter({ hasText: /…$|^Note an incident$|^Remove this note$/ })
        .allInnerTexts();
      for (const name of names) {
        const button = page.locator('main').getByRole('button', { name, exact: true }).first();
        await button.press('Enter');
        const dialog = page.getByRole('dialog');
        await dialog.waitFor();
        await expect.poll(() => page.evaluate('document.activeElement.closest("dialog") !== null')).toBe(true);
        for (let presses = 0; presses < 24; presses++) {
          await page.keyboard.press(presses < 12 ? 'Tab' : 'Shift+Tab');
          // The browser's own bar may have its turn, the page behind the dialog may not.
          expect(
            await page.evaluate(
              'document.activeElement === document.body || document.activeElement.closest("dialog") !== null',
            ),
            name,
          ).toBe(true);
        }
        await page.keyboard.press('Escape');
        await dialog.waitFor({ state: 'hidden' });
        // The browser hides it, and the page empties it then: a key that is pressed in between is lost.
        await page.locator('dialog h2 + :not(.end)').waitFor({ state: 'detached' });
        await expect.poll(() => page.evaluate('document.activeElement.textContent')).toBe(name);
        dialogs++;
      }
    }
    expect(dialogs).toBeGreaterThanOrEqual(5);
  }, 90_000);

  it('filters, headings that sort, spans and folded parts work by keys', async () => {
    await open('/decisions');
    const action = page.getByRole('search').getByLabel('Action', { exact: true });
    await action.focus();
    await page.keyboard.type('Bl');
    await expect.poll(() => new URL(page.url()).search).toBe('?action=block');
    // A key folds what was unfolded.
    const more = page.locator('.more-filters');
    await more.locator('summary').focus();
    await page.keyboard.press('Enter');
    expect(await more.getAttribute('open')).toBeNull();
    await page.keyboard.press('Enter');
    await page.getByRole('search').getByLabel('Port', { exact: true }).focus();
    await page.keyboard.type('51820');
    await expect.poll(() => new URL(page.url()).searchParams.get('port')).toBe('51820');
    await page.getByLabel('Show new ones at once').focus();
    await page.keyboard.press('Space');
    expect(await page.getByLabel('Show new ones at once').isChecked()).toBe(true);
    await open('/incidents?span=hour');
    const heading = page.getByRole('columnheader', { name: 'Duration' });
    await heading.getByRole('button').focus();
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('ascending');
    await page.keyboard.press('Enter');
    expect(await heading.getAttribute('aria-sort')).toBe('descending');
    await open('/health');
    await page.getByRole('button', { name: 'Hour', exact: true }).focus();
    await page.keyboard.press('Space');
    await expect.poll(() => new URL(page.url()).search).toBe('?span=hour');
    const alerts = page.locator('.alerts summary');
    await alerts.focus();
    await page.keyboard.press('Enter');
    await page.locator('.alerts table').waitFor({ state: 'hidden' });
  });
});
