/** The frame and the charts by keyboard alone, in a real Chromium: links, headings, spans of time, values of a chart. */
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, TestBrowser, type TestPage } from '../kit/browser.ts';
import { RunningConsole } from '../kit/running-console.ts';

/** An hour and a half in which the captures of the lab have packets. */
const SPAN = '?from=1795323600&to=1795329600';

describe.skipIf(CHROMIUM === null)('by keyboard (skipped without Chromium)', () => {
  let browser: TestBrowser;
  let running: RunningConsole;

  beforeAll(async () => {
    browser = await TestBrowser.open();
    running = await new RunningConsole([]).read();
  });
  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  async function open(path: string, width = 1280): Promise<TestPage> {
    const opened = await browser.page(running.origin, { width });
    await opened.page.goto(running.origin + path);
    await opened.page.locator('.legend').first().waitFor();
    return opened;
  }
  const focused = (page: Page): Promise<string> => page.evaluate('document.activeElement.textContent.trim()');

  it('the first key leads past the navigation, and a page that is opened has the focus in its heading', async () => {
    const { page, context } = await open('/');
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement.id')).toBe('content');
    await page.getByRole('navigation').getByRole('link', { name: 'Health' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/health');
    await page.getByRole('heading', { level: 1, name: 'Health' }).waitFor();
    expect(await focused(page)).toBe('Health');
    expect(await page.title()).toBe('Health · Sluice');
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
    expect(await page.title()).toBe('Overview · Sluice');
    await context.close();
  });

  it('the navigation of a narrow window opens and closes', async () => {
    const { page, context } = await open('/', 320);
    const menu = page.getByRole('button', { name: 'Menu' });
    const link = page.getByRole('navigation').getByRole('link', { name: 'Health' });
    expect(await link.isVisible()).toBe(false);
    await menu.focus();
    await page.keyboard.press('Enter');
    expect(await menu.getAttribute('aria-expanded')).toBe('true');
    await link.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/health');
    await expect.poll(() => menu.getAttribute('aria-expanded')).toBe('false');
    await context.close();
  });

  it('a chart tells its values point by point, and a point becomes the span', async () => {
    const { page, context } = await open(`/${SPAN}`);
    const chart = page.getByRole('slider', { name: /^Decisions by action/ });
    await chart.focus();
    await page.keyboard.press('Home');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/05:00 to 05:01 UTC: Not watched$/);
    for (let i = 0; i < 11; i++) await page.keyboard.press('ArrowRight');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(
      /05:11 to 05:12 UTC: Allow \d+, Throttle \d+, Block \d+$/,
    );
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?from=1795324260&to=1795324320');
    await page.goBack();
    await page.waitForURL(`**/${SPAN}`);
    await context.close();
  });

  it('a series is hidden and shown by its button, and the table has the values', async () => {
    const { page, context } = await open(`/${SPAN}`);
    const series = page
      .getByRole('list', { name: 'Series of Decisions by action' })
      .getByRole('button', { name: /Allow/ });
    await series.focus();
    await page.keyboard.press('Space');
    expect(await series.getAttribute('aria-pressed')).toBe('false');
    await page.keyboard.press('Space');
    expect(await series.getAttribute('aria-pressed')).toBe('true');
    const panel = page.getByRole('region', { name: 'Decisions by action', exact: true });
    await panel.locator('summary').focus();
    await page.keyboard.press('Enter');
    const row = panel.getByRole('row', { name: /05:11:00/ });
    await row.waitFor();
    const sum = (await row.getByRole('cell').allInnerTexts())
      .slice(0, 3)
      .reduce((all, value) => all + Number(value), 0);
    expect(sum).toBeGreaterThan(0);
    await context.close();
  });

  it('a span of time is in the address, and steps back', async () => {
    const { page, context } = await open(`/${SPAN}`);
    await page.getByRole('button', { name: 'Earlier' }).first().focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?from=1795317600&to=1795323600');
    await page.getByRole('button', { name: 'Week', exact: true }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL('**/?span=week');
    expect(await page.getByRole('button', { name: 'Week', exact: true }).getAttribute('aria-pressed')).toBe('true');
    await context.close();
  });

  it('each question of the overview is answered there, and leads to its page', async () => {
    const { page, complaints, context } = await open('/');
    const answers = page.locator('.answers > div');
    expect(await answers.count()).toBe(6);
    for (let i = 0; i < 6; i++) {
      await answers.nth(i).getByRole('link').click();
      const heading = page.getByRole('heading', { level: 1 });
      await heading.waitFor();
      expect(await heading.innerText()).not.toBe('There is no such page');
      expect(new URL(page.url()).pathname).not.toBe('/');
      await page.goBack();
      await answers.first().waitFor();
    }
    expect(complaints).toEqual([]);
    await context.close();
  });
});
