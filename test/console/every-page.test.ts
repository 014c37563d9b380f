/**
 * Every page in a real Chromium, on the captures of the project: no violation of accessibility rules, nothing that the
 * browser complains about, nothing wider than the window, no empty place among panels, in light and dark, from 320 to 2,560 pixels.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PAGE_PATHS } from '../../src/web/api/pages.ts';
import { CHROMIUM, cutCards, emptyPlaces, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { RunningConsole } from '../kit/running-console.ts';

const WIDTHS = [320, 768, 1280, 2560] as const;
const PATHS = PAGE_PATHS.filter((path) => !path.includes(':') && path !== '/sign-in');

describe.skipIf(CHROMIUM === null)('a page of the console (skipped without Chromium)', () => {
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

  for (const path of PATHS)
    for (const scheme of ['light', 'dark'] as const)
      it(`${path} in ${scheme} has no fault at any width`, async () => {
        const { page, complaints, context } = await browser.page(running.origin, { scheme });
        for (const width of WIDTHS) {
          await page.setViewportSize({ width, height: 900 });
          await page.goto(running.origin + path);
          await page.locator('main h1').waitFor();
          await page.waitForLoadState('networkidle', { timeout: 3000 }).catch(() => undefined);
          const name = path === '/' ? 'overview' : path.slice(1);
          await picture(page, `${name}-${scheme}-${width}`);
          expect(await overflow(page), `${width} px: the page is wider than its window`).toBe(0);
          expect(await cutCards(page), `${width} px: rows that are cards and wider than their table`).toBe(0);
          expect(await emptyPlaces(page), `${width} px: places without a panel`).toEqual([]);
          expect(await violations(page), `${width} px`).toEqual([]);
        }
        expect(complaints).toEqual([]);
        await context.close();
      });
});
