/** Signing in at a provider of OpenID Connect that is not this project's own, in a real Chromium, by the button on the page. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { CHROMIUM, overflow, picture, TestBrowser, type TestPage, violations } from '../kit/browser.ts';
import { IndependentProvider } from './independent-provider.mjs';
import { RunningDaemon, temporaryFolder } from '../kit/running-daemon.ts';

describe.skipIf(CHROMIUM === null)('signing in at a provider (skipped without Chromium)', () => {
  const folder = temporaryFolder();
  const provider = new IndependentProvider();
  let browser: TestBrowser;
  let daemon: RunningDaemon;

  beforeAll(async () => {
    await provider.start();
    provider.users = {
      anna: { preferred_username: 'Anna', groups: ['staff', 'sluice-act'], networks: ['n-1'] },
      berta: { preferred_username: 'berta', groups: ['staff'], networks: ['n-1'] },
      carl: { preferred_username: 'carl', groups: ['sluice-view'], networks: ['n-2'] },
    };
    const config = join(folder.path, 'oidc.json');
    writeFileSync(join(folder.path, 'secret'), provider.clientSecret, { mode: 0o600 });
    writeFileSync(
      config,
      JSON.stringify({
        name: 'State login',
        issuer: provider.issuer,
        client_id: provider.clientId,
        client_secret_file: 'secret',
        role: { claim: 'groups', values: { 'sluice-view': 'viewer', 'sluice-act': 'operator' } },
        isps: { claim: 'networks', values: { 'n-1': ['north'], 'n-2': ['south'] } },
      }),
    );
    daemon = await new RunningDaemon(['-', '--oidc', config, '--isp', 'north']).started();
    provider.serve(`${daemon.url}/api/v1/sign-in/oidc/return`);
    browser = await TestBrowser.open();
  });
  afterAll(async () => {
    await browser.close();
    await daemon.kill();
    provider.stop();
    folder.remove();
  });

  /** A browser at the provider's own page, by the button of the console. */
  async function atProvider(path: string): Promise<TestPage> {
    const opened = await browser.page(daemon.url);
    const { page } = opened;
    // The provider's page has a font from elsewhere.
    await page.route('https://**', (route) => route.abort());
    await page.goto(daemon.url + path);
    await page.getByRole('link', { name: 'Sign in with State login' }).click();
    await page.waitForURL(`${provider.issuer}/**`);
    return opened;
  }

  async function signIn({ page }: TestPage, name: string): Promise<void> {
    await page.getByPlaceholder('Enter any login').fill(name);
    await page.getByPlaceholder('and password').fill('any');
    await page.getByRole('button', { name: 'Sign-in' }).click();
    await page.getByRole('button', { name: 'Continue' }).waitFor();
  }

  it('leads from the page that was asked for by the button to the provider and back, with role and network', async () => {
    const opened = await atProvider('/rules?x=1');
    const { page, context } = opened;
    await picture(page, 'provider');
    await signIn(opened, 'anna');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${daemon.url}/rules?x=1`);
    await page.getByText('oidc:anna (operator)').waitFor();
    expect(await page.evaluate('document.cookie')).toBe('');
    // The session holds on the next page and after a reload, and ends with the button.
    await page.goto(`${daemon.url}/health`);
    await page.getByText('oidc:anna (operator)').waitFor();
    await picture(page, 'provider-signed-in');
    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.waitForURL(`${daemon.url}/sign-in`);
    await page.goto(`${daemon.url}/health`);
    await page.waitForURL(/\/sign-in\?to=/);
    const names = (await context.cookies(daemon.url)).map(({ name }) => name);
    expect(names.filter((name) => name.endsWith('-begun'))).toEqual([]);
    await context.close();
  });

  it('is refused with the reason for a user whose groups give no role', async () => {
    const opened = await atProvider('/');
    const { page, context } = opened;
    await signIn(opened, 'berta');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL(`${daemon.url}/sign-in?problem=unknown`);
    await page.getByRole('alert').waitFor();
    expect(await violations(page)).toEqual([]);
    await picture(page, 'provider-no-role');
    await page.goto(`${daemon.url}/`);
    await page.waitForURL(/\/sign-in\?to=/);
    await context.close();
  });

  it('shows nothing to a user of another network', async () => {
    const opened = await atProvider('/');
    const { page, context } = opened;
    await signIn(opened, 'carl');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.getByText('this account is for south; this daemon watches north').waitFor();
    await context.close();
  });

  it('leads back to the sign-in page, which says so, for a user who declines', async () => {
    const opened = await atProvider('/');
    const { page, context } = opened;
    await signIn(opened, 'anna');
    await page.getByRole('link', { name: /cancel/i }).click();
    await page.waitForURL(`${daemon.url}/sign-in?problem=failed`);
    await page.getByRole('alert').waitFor();
    await context.close();
  });

  it('has a page without faults at any width, in light and dark', async () => {
    for (const scheme of ['light', 'dark'] as const)
      for (const width of [320, 1280]) {
        const { page, complaints, context } = await browser.page(daemon.url, { scheme, width });
        await page.goto(`${daemon.url}/sign-in`);
        await page.getByRole('link', { name: 'Sign in with State login' }).waitFor();
        expect(await overflow(page)).toBe(0);
        expect(await violations(page)).toEqual([]);
        await picture(page, `provider-button-${scheme}-${width}`);
        expect(complaints.filter((one) => !one.includes('status of 401'))).toEqual([]);
        await context.close();
      }
  });
});
