/**
 * Every page on paper, in a real Chromium: no navigation and no control, tables whole, nothing wider than a sheet, black and
 * white, and what was not watched in few words. With PICTURES the PDF files are stored too.
 */
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_PATHS } from '../../src/web/api/pages.ts';
import { CHROMIUM, overflow, TestBrowser, type TestPage } from '../kit/browser.ts';
import { RunningConsole } from '../kit/running-console.ts';

/** CSS pixels between the margins of A4. */
const SHEET = 688;
/** A filter is on paper in words. */
const QUERIES: Readonly<Record<string, string>> = { '/decisions': '?action=throttle,block&rule=unregistered' };
/** Decisions and incidents by their number have pages of their own; signing in is not printed. */
const PATHS = PAGE_PATHS.filter((path) => path !== '/sign-in' && path !== '/incidents/:id');

/** Elements that a reader could not use on paper, as far as they take space there. */
const CONTROLS = `[...document.querySelectorAll('nav, input, select, textarea, dialog, summary, fieldset, [role=search], .actions, button:not(.legend button)')]
  .filter((one) => one.getClientRects().length > 0).map((one) => one.outerHTML.slice(0, 120))`;
/** Tables of which a part is cut off, or that have rows or columns without space. */
const CUT = `[...document.querySelectorAll('.table-region')]
  .filter((one) => one.scrollHeight > one.clientHeight + 1 || one.scrollWidth > one.clientWidth + 1 ||
    [...one.querySelectorAll('tr')].some((row) => row.getClientRects().length === 0))
  .map((one) => one.innerText.slice(0, 120))`;
/** Colours that are neither black, white nor grey: of elements that show, and of the pixels of charts. */
const COLOURED = `(() => {
  const found = new Set();
  for (const one of document.querySelectorAll('body *')) {
    if (one.getClientRects().length === 0) continue;
    const style = getComputedStyle(one);
    for (const name of ['color', 'backgroundColor', 'borderTopColor', 'borderLeftColor', 'fill', 'stroke', 'textDecorationColor']) {
      const [, r, g, b, a] = /^rgba?\\((\\d+), (\\d+), (\\d+)(?:, ([\\d.]+))?/.exec(style[name]) ?? [];
      if (r !== undefined && a !== '0' && (r !== g || g !== b)) found.add(one.tagName + '.' + one.getAttribute('class') + ' ' + name + ' ' + style[name]);
    }
  }
  for (const canvas of document.querySelectorAll('canvas')) {
    const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
    // Letters may be drawn with the colours of a screen's subpixels.
    let coloured = 0;
    for (let at = 0; at < data.length; at += 4)
      if (data[at + 3] > 0 && Math.max(data[at], data[at + 1], data[at + 2]) - Math.min(data[at], data[at + 1], data[at + 2]) > 40) coloured++;
    if (coloured > 0) found.add('canvas: ' + coloured + ' pixels');
  }
  return [...found];
})()`;

describe.skipIf(CHROMIUM === null)('a page on paper (skipped without Chromium)', () => {
  let browser: TestBrowser;
  let running: RunningConsole;
  let decision = '';

  beforeAll(async () => {
    browser = await TestBrowser.open();
    running = await new RunningConsole([]).read();
    const list = await fetch(`${running.origin}/api/v1/decisions?limit=1&action=block`);
    const { rows } = (await list.json()) as { rows: { number: number; flow_id: string }[] };
    decision = `${rows[0]!.number}-${rows[0]!.flow_id}`;
  });
  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  async function printed(path: string): Promise<TestPage> {
    const opened = await browser.page(running.origin, { width: SHEET, height: 971, scheme: 'dark' });
    const { page } = opened;
    await page.goto(running.origin + path);
    await page.locator('main h1').waitFor();
    await page.waitForLoadState('networkidle', { timeout: 5000 }).catch(() => undefined);
    await expect.poll(() => page.locator('.skeleton').count()).toBe(0);
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    await expect.poll(() => page.evaluate('document.documentElement.className')).toContain('printing');
    // Charts are drawn again in the width and the colours of paper.
    await page.evaluate('new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))');
    return opened;
  }

  async function store(page: Page, name: string): Promise<void> {
    const pdf = await page.pdf({ format: 'A4' });
    expect(pdf.subarray(0, 5).toString()).toBe('%PDF-');
    const folder = process.env.PICTURES;
    if (folder === undefined) return;
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, `${name}.pdf`), pdf);
  }

  for (const path of PATHS)
    it(`${path} has no navigation and no control, whole tables, and no colour`, async () => {
      const { page, complaints, context } = await printed(path.replace(':id', decision) + (QUERIES[path] ?? ''));
      expect(await page.evaluate(CONTROLS)).toEqual([]);
      expect(await page.evaluate(CUT)).toEqual([]);
      expect(await page.evaluate(COLOURED)).toEqual([]);
      expect(await overflow(page), 'wider than a sheet').toBe(0);
      expect(await page.locator('h1').isVisible()).toBe(true);
      await store(page, `print-${path === '/' ? 'overview' : path.slice(1).replaceAll(/\W+/g, '-')}`);
      // Back on the screen, everything is there again.
      await page.emulateMedia({ media: 'screen' });
      await expect.poll(() => page.getByRole('navigation', { name: 'Pages' }).count()).toBe(1);
      expect(complaints).toEqual([]);
      await context.close();
    });

  it('has its charts drawn for paper before the browser prints, which waits for nothing', async () => {
    const { page, context } = await browser.page(running.origin, { scheme: 'dark' });
    await page.goto(running.origin);
    await expect.poll(() => page.locator('.uplot').count()).toBe(5);
    const widths = `[...document.querySelectorAll('.uplot')].map((plot) => plot.offsetWidth)`;
    // A browser lays a page out once the listeners of this event, and the promises that they resolve, are done.
    const printed = `(async () => { dispatchEvent(new Event('beforeprint')); for (let n = 0; n < 10; n++) await null; return ${widths}; })()`;
    const [first, ...others] = await page.evaluate<number[]>(printed);
    expect(first).toBeGreaterThan(0.95 * SHEET);
    expect(new Set(others)).toEqual(new Set([first]));
    // The style sheet for paper makes everything else black.
    const coloured = await page.evaluate<string[]>(COLOURED);
    expect(coloured.filter((one) => one.startsWith('canvas'))).toEqual([]);
    await page.evaluate(`dispatchEvent(new Event('afterprint'))`);
    await expect.poll(() => page.evaluate(widths)).not.toContain(first);
    await context.close();
  });

  it('says which filters and which span it has', async () => {
    const { page, context } = await printed(`/decisions${QUERIES['/decisions']!}`);
    await expect.poll(() => page.getByText('Action: Throttle, Block; Rule: unregistered').isVisible()).toBe(true);
    expect(await page.getByText('Everything recorded').isVisible()).toBe(true);
    await page.emulateMedia({ media: 'screen' });
    expect(await page.getByText('Action: Throttle, Block; Rule: unregistered').isVisible()).toBe(false);
    await context.close();
  });

  it('has the values of every chart as a table, where each stretch that was not watched is one row', async () => {
    const { page, context } = await printed('/');
    const charts = page.locator('.chart');
    const count = await charts.count();
    expect(count).toBe(5);
    for (let at = 0; at < count; at++) {
      const rows = charts.nth(at).locator('tbody tr');
      const texts = await rows.allInnerTexts();
      // The captures are of a few days within 13 months.
      expect(texts.length).toBeLessThan(12);
      const gaps = texts.filter((text) => text.includes('not watched until'));
      expect(gaps.length).toBeGreaterThan(0);
      expect(texts.filter((text) => text.endsWith('\t0 %') && !gaps.includes(text))).toEqual([]);
    }
    await context.close();
  });
});
