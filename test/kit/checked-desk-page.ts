/** Looks at a page of the desk in a browser, with all that opens open: no fault of accessibility, and no overflow. */
import type { Page } from 'playwright-core';
import { expect } from 'vitest';
import { overflow, picture, violations } from './browser.ts';

/** At 1,280 px, which it leaves, and at 320 px. `name`: of its pictures. */
export async function checked(page: Page, name: string): Promise<void> {
  await page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })");
  expect(await violations(page), name).toEqual([]);
  await picture(page, `desk-${name}`);
  await page.setViewportSize({ width: 320, height: 700 });
  expect(await overflow(page), `${name} at 320 px`).toBe(0);
  await picture(page, `desk-${name}-320`);
  await page.setViewportSize({ width: 1280, height: 900 });
}
