/** The pages of decisions in a real Chromium: filters, the keyboard, new decisions while one reads, and explanations. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { RunningConsole } from '../kit/running-console.ts';
import { PROJECT, RunningDaemon } from '../kit/running-daemon.ts';

const rows = (page: Page) => page.locator('main tbody tr');
const TIMES = "[...document.querySelectorAll('main tbody time')].map((one) => one.dateTime)";
const timesOf = (page: Page): Promise<string[]> => page.evaluate(TIMES);
const POLL = { timeout: 15_000 };

describe.skipIf(CHROMIUM === null)('decisions in a browser (skipped without Chromium)', () => {
  let browser: TestBrowser;
  let running: RunningConsole;
  let origin: string;

  beforeAll(async () => {
    browser = await TestBrowser.open();
    running = await new RunningConsole([]).read();
    ({ origin } = running);
  });
  afterAll(async () => {
    await browser.close();
    await running.stop();
  });

  it('are filtered by the fields, by a value in a row and by the address, and the way back undoes it', async () => {
    const { page, complaints, context } = await browser.page(origin);
    await page.goto(`${origin}/decisions`);
    await rows(page).first().waitFor();
    expect(await rows(page).count()).toBe(50);
    await page.getByLabel('Action', { exact: true }).selectOption('block');
    await expect
      .poll(async () => (await page.locator('main tbody tr .badge.bad').count()) === (await rows(page).count()), POLL)
      .toBe(true);
    expect(new URL(page.url()).search).toBe('?action=block');
    const blocked = await rows(page).count();
    await rows(page)
      .first()
      .getByRole('link', { name: /^Only protocol/ })
      .click();
    await expect.poll(() => rows(page).count(), POLL).toBeLessThan(blocked);
    expect(new URL(page.url()).search).toMatch(/^\?action=block&protocol=\w+$/);
    await page.goBack();
    await expect.poll(() => rows(page).count(), POLL).toBe(blocked);
    const csv = await page.getByRole('link', { name: /^CSV/ }).getAttribute('href');
    const text = await (await fetch(origin + csv!)).text();
    expect(
      text
        .trimEnd()
        .split('\r\n')
        .slice(1)
        .every((line) => line.includes(',block,')),
    ).toBe(true);
    await page.goto(`${origin}/decisions?rule=no%20such%20rule`);
    await page.getByText('No decision that can be searched fits these filters.').waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  it('say what is wrong with a filter, in the words of the daemon', async () => {
    const { page, context } = await browser.page(origin);
    await page.goto(`${origin}/decisions?prefix=192.0.2.7`);
    await page.getByRole('alert').getByText('addresses are shown truncated').waitFor();
    await context.close();
  });

  it('are paged without moving those that are shown', async () => {
    const { page, context } = await browser.page(origin);
    await page.goto(`${origin}/decisions`);
    await rows(page).first().waitFor();
    const before = await timesOf(page);
    await page.getByRole('button', { name: /^Show 50 older/ }).click();
    await expect.poll(() => rows(page).count(), POLL).toBe(100);
    expect((await timesOf(page)).slice(0, 50)).toEqual(before);
    await context.close();
  });

  it('are opened by keyboard alone, and the explanation begins with why', async () => {
    const { page, complaints, context } = await browser.page(origin);
    await page.goto(`${origin}/decisions?action=block`);
    await rows(page).first().waitFor();
    const address = await rows(page).first().getByRole('link').first().getAttribute('href');
    for (let presses = 0; presses < 60; presses++) {
      if ((await page.evaluate("document.activeElement.getAttribute('href')")) === address) break;
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.locator('.why .lead').waitFor();
    expect(new URL(page.url()).pathname).toBe(address);
    expect(await page.locator('.why .lead').innerText()).toMatch(
      /^Would be blocked by rule unregistered, because neither of its ends is registered\.$/,
    );
    expect(await page.evaluate('document.activeElement.tagName')).toBe('H1');
    for (const heading of ['Outcome', 'Flow', 'Rules, in order', 'Registrations', 'Evidence'])
      await page.getByRole('heading', { name: heading, exact: true }).waitFor();
    expect(complaints).toEqual([]);
    await context.close();
  });

  for (const width of [320, 768, 1280, 2560])
    it(`have an explanation without a fault at ${width} px`, async () => {
      const { page, complaints, context } = await browser.page(origin, {
        width,
        scheme: width === 768 ? 'dark' : 'light',
      });
      await page.goto(`${origin}/decisions?protocol=ipsec&q=bank`);
      await rows(page).first().getByRole('link').first().click();
      await page.getByRole('heading', { name: 'Evidence' }).waitFor();
      await picture(page, `explanation-${width}`);
      expect(await overflow(page)).toBe(0);
      expect(await violations(page)).toEqual([]);
      expect(complaints).toEqual([]);
      await context.close();
    });
});

describe.skipIf(CHROMIUM === null)('new decisions in a browser (skipped without Chromium)', () => {
  it('are counted while one reads, and shown when they are asked for', async () => {
    const capture = (name: string): Buffer => readFileSync(join(PROJECT, 'captures', name));
    const daemon = await new RunningDaemon(['-']).started();
    const browser = await TestBrowser.open();
    const { page, complaints, context } = await browser.page(daemon.url);
    await page.goto(`${daemon.url}/decisions`);
    await page.getByText('No VPN flow has been decided yet.').waitFor();
    daemon.child.stdin!.write(capture('wireguard/handshake.pcap'));
    await page.getByRole('button', { name: /^Show \d+ new/ }).click();
    await rows(page).first().waitFor();
    const before = await timesOf(page);
    // The records of another capture follow those of the first.
    daemon.child.stdin!.write(capture('wireguard/two-peers.pcap').subarray(24));
    const button = page.getByRole('button', { name: /^Show \d+ new/ });
    await button.waitFor();
    expect(await timesOf(page)).toEqual(before);
    await button.click();
    await expect.poll(() => rows(page).count(), POLL).toBeGreaterThan(before.length);
    await page.getByLabel('Show new ones at once').check();
    const shown = await rows(page).count();
    daemon.child.stdin!.write(capture('wireguard/port-53.pcap').subarray(24));
    await expect.poll(() => rows(page).count(), POLL).toBeGreaterThan(shown);
    expect(complaints).toEqual([]);
    await context.close();
    await browser.close();
    await daemon.kill();
  });
});
