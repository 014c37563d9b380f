/** Signing in, in a real Chromium against a daemon with accounts: to the page that was asked for, and out again. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, violations } from '../kit/browser.ts';
import { addAccount, PASSWORD, runAccount } from '../kit/console-accounts.ts';
import { RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

describe.skipIf(CHROMIUM === null)('the sign-in page (skipped without Chromium)', () => {
  const state = temporaryFolder();
  let browser: TestBrowser;
  let daemon: RunningDaemon;

  beforeAll(async () => {
    addAccount(state.path, 'anna', '--role', 'operator');
    addAccount(state.path, 'elsewhere', '--isps', 'south');
    browser = await TestBrowser.open();
    daemon = await new RunningDaemon(['-', '--state', state.path, '--isp', 'north']).started();
  });
  afterAll(async () => {
    await browser.close();
    await daemon.kill();
    state.remove();
  });

  const refusedOnly = (complaints: readonly string[]): string[] =>
    complaints.filter((one) => !/status of 40[13]/.test(one));

  it('has no fault at any width, in light and dark, also after a refusal', async () => {
    for (const scheme of ['light', 'dark'] as const) {
      const { page, complaints, context } = await browser.page(daemon.url, { scheme });
      for (const width of [320, 1280]) {
        await page.setViewportSize({ width, height: 800 });
        await page.goto(`${daemon.url}/sign-in`);
        await page.getByLabel('Name', { exact: true }).waitFor();
        expect(await overflow(page)).toBe(0);
        expect(await violations(page)).toEqual([]);
        await picture(page, `sign-in-${scheme}-${width}`);
        await page.getByLabel('Name', { exact: true }).fill('anna');
        await page.getByLabel('Password', { exact: true }).fill('not this one');
        await page.keyboard.press('Enter');
        await page.getByText('name or password is wrong').waitFor();
        expect(await violations(page)).toEqual([]);
        await picture(page, `sign-in-wrong-${scheme}-${width}`);
      }
      expect(refusedOnly(complaints)).toEqual([]);
      await context.close();
    }
  });

  it('leads by keyboard alone to the page that was asked for; signing out, or losing the account, leads back', async () => {
    const { page, complaints, context } = await browser.page(daemon.url);
    await page.goto(`${daemon.url}/health?x=1`);
    await page.getByLabel('Name', { exact: true }).focus();
    await page.keyboard.type('anna');
    await page.keyboard.press('Tab');
    await page.keyboard.type(PASSWORD);
    await page.keyboard.press('Enter');
    await page.waitForURL(`${daemon.url}/health?x=1`);
    await page.getByText('anna (operator)').waitFor();
    await picture(page, 'signed-in');
    expect(await page.evaluate('document.cookie')).toBe('');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${daemon.url}/sign-in`);
    await page.goto(`${daemon.url}/`);
    await page.waitForURL(/\/sign-in\?to=/);
    await page.getByLabel('Name', { exact: true }).fill('anna');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.getByRole('button', { name: 'Sign in', exact: true }).click();
    await page.getByText('anna (operator)').waitFor();
    runAccount(['remove', 'anna', '--state', state.path]);
    await page.waitForURL(/\/sign-in\?to=/, { timeout: 5000 });
    expect(refusedOnly(complaints)).toEqual([]);
    await context.close();
  });

  it('never leads to another site', async () => {
    addAccount(state.path, 'berta');
    const { page, context } = await browser.page(daemon.url);
    for (const to of [
      'https://evil.example/',
      '//evil.example/',
      '/\\evil.example',
      'javascript:alert(1)',
      '/sign-in?to=x',
    ]) {
      await page.goto(`${daemon.url}/sign-in?to=${encodeURIComponent(to)}`);
      await page.getByLabel('Name', { exact: true }).fill('berta');
      await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
      await page.keyboard.press('Enter');
      await page.getByText('berta (viewer)').waitFor();
      expect(new URL(page.url()).origin).toBe(daemon.url);
      await page.getByRole('button', { name: 'Sign out' }).click();
      await page.waitForURL(`${daemon.url}/sign-in`);
    }
    await context.close();
  });

  it('tells a user of another network why nothing is shown', async () => {
    const { page, context } = await browser.page(daemon.url);
    await page.goto(`${daemon.url}/`);
    await page.getByLabel('Name', { exact: true }).fill('elsewhere');
    await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
    await page.keyboard.press('Enter');
    await page.getByText('this account is for south; this daemon watches north').waitFor();
    expect(await violations(page)).toEqual([]);
    await picture(page, 'sign-in-scope');
    await page.goto(`${daemon.url}/health`);
    await page.getByText('this account is for south').waitFor();
    await context.close();
  });
});
